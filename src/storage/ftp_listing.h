/* Ftp listing: what servers answer to MLSD (RFC 3659) and to LIST, which no standard describes. Pure. */
#ifndef STORAGE_FTP_LISTING_H
#define STORAGE_FTP_LISTING_H

#include <stdbool.h>

#include "base/when.h"

typedef struct FtpEntry {
        Bytes name;       /* part of the line */
        uint64_t size;
        bool is_file;     /* else a folder, a link, or "." */
        bool has_time;    /* only in answers to MLSD: */
        Moment modified;
} FtpEntry;

/* Reads one line, without its end, of an answer to MLSD: "type=file;size=12;modify=20261123044346; name". False when it
 * is none. */
bool ftp_listing_read_facts(Bytes line, FtpEntry *ret_entry);

/* Reads one line of an answer to LIST in the form of ls -l, with or without a group, or in that of DOS: "10-23-26
 * 04:30PM 12 name". False when it is none; "total 12" is one of no file. */
bool ftp_listing_read_line(Bytes line, FtpEntry *ret_entry);

#endif
