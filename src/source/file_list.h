/* FileList: files that hold a path or a pattern a line. */
#ifndef SOURCE_FILE_LIST_H
#define SOURCE_FILE_LIST_H

#include "base/bytes.h"
#include "base/error.h"

/* NUMBER counts from 1. LINE is without its end, and valid during the call. */
typedef Error *FileListSink(void *context, size_t number, Bytes line);

/* Hands each line of the file called NAME to SINK and stops at its first error; "-" is standard input. Lines end with
 * SEPARATOR; the last may do without. ERROR_USER with exit code 7 when it cannot be read, or a line is longer than
 * FILE_LIST_LONGEST. */
#define FILE_LIST_LONGEST 65536
CHECKED Error *file_list_read(const char *name, char separator, FileListSink *sink, void *context);

/* What a line of --include-filelist or --exclude-filelist asks for. */
typedef struct FileListEntry {
        bool has_sign, include; /* it begins with "+ " (include) or "- " */
        Bytes pattern;
} FileListEntry;

/* Reads LINE: blanks around it, "+ " or "- " in front and a pair of quotes around the rest are taken off. False when
 * nothing is left, or it is a comment (#). */
bool file_list_parse(Bytes line, FileListEntry *ret_entry);

#endif
