/* Ftp reply: what the last line of an FTP server that says no means (RFC 959, RFC 2228). Pure. */
#ifndef STORAGE_FTP_REPLY_H
#define STORAGE_FTP_REPLY_H

#include "base/error.h"

typedef struct FtpMeaning {
        ErrorKind kind;
        ExitCode code;      /* EXIT_CODE_OK: that of the kind */
        const char *remedy; /* what to do, "" when there is nothing to say */
} FtpMeaning;

/* What REPLY, the code, and LINE, all of the server's last line, mean. 550 stands for anything that has to do with a
 * file: servers say in words which, and quote paths beside them. PATH is what may be quoted, "folder/deep/name": its
 * parts are no words of the server's. 550 without known words, or with those for a missing file, is ERROR_MISSING; 4xx
 * is ERROR_TRANSIENT, but for a full disk. */
FtpMeaning ftp_reply_meaning(unsigned reply, const char *line, const char *path);

#endif
