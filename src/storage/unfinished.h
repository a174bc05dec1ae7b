/* Unfinished: what files on a server are called while they are written: ".NAME.part-MARK". Listings show no such
 * names. */
#ifndef STORAGE_UNFINISHED_H
#define STORAGE_UNFINISHED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/list.h"

enum { UNFINISHED_MARK_SIZE = 32 };

/* A mark that nobody else has, in this process or another. Where a server can go on writing to a file after the
 * connection broke, and none can be created anew (FTP, WebDAV), each try needs one of its own: a late writer must not
 * reach what was published since. */
void unfinished_mark(char mark[UNFINISHED_MARK_SIZE]);

/* The unfinished name of NAME, cut there when it would be too long. Caller frees. */
char *unfinished_name(const char *name, const char *mark);

bool unfinished_is_one(const char *name);

/* What a listing has shown of unfinished files that killed writers left: names for the next put to clear away. A zeroed
 * one is empty. */
typedef struct UnfinishedLeftovers {
        Arena *arena;
        TextList names;
} UnfinishedLeftovers;

/* Adds NAME if it is an unfinished file's and was last written, in seconds since 1970, more than a day ago by the real
 * clock: a run for another day must not take young files for old ones. No more than a thousand are kept. */
void unfinished_note(UnfinishedLeftovers *leftovers, const char *name, int64_t modified);

/* Releases all; an empty one is left. */
void unfinished_clear(UnfinishedLeftovers *leftovers);

#endif
