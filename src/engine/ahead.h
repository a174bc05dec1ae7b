/* Ahead: compares in a thread of its own, some changes before they are dealt with, and opens the files that will be
 * stored so that the system reads them meanwhile. */
#ifndef ENGINE_AHEAD_H
#define ENGINE_AHEAD_H

#include "engine/compare.h"

typedef struct Ahead Ahead;

typedef struct AheadOptions {
        Walk *walk; /* this and the next stay the caller's, and are the Ahead's to use until it is closed */
        Previous *previous;
        bool opens_files;
        const char *first; /* files before this path are not opened; NULL: none are before it */
} AheadOptions;

/* Begins. At most 96 files are open at a time. */
CHECKED Error *ahead_open(const AheadOptions *options, Ahead **ret_ahead);

/* As compare_next; but of what has not changed, and can be read, nothing is told but path, type and size of now. */
CHECKED Error *ahead_next(Ahead *ahead, const Change **ret_change);

/* Opens the content of the file last given, which is new or changed: as walk_open_file, but *ret_fd has been opened
 * already, and stays the Ahead's. */
CHECKED Error *ahead_open_file(Ahead *ahead, int *ret_fd);

/* Loads the signature of the file last given, which is changed: as previous_load_signature. */
CHECKED Error *ahead_load_signature(Ahead *ahead, Signature **ret_signature);

void ahead_close(Ahead *ahead);
DEFINE_AUTO(Ahead, ahead_close)

#endif
