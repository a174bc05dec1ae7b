/* Unfinished: what files on a server are called while they are written: ".NAME.part-MARK". Listings show no such
 * names. */
#ifndef STORAGE_UNFINISHED_H
#define STORAGE_UNFINISHED_H

#include <stdbool.h>

enum { UNFINISHED_MARK_SIZE = 32 };

/* A mark that no other storage has, in this process or another. */
void unfinished_mark(char mark[UNFINISHED_MARK_SIZE]);

/* The unfinished name of NAME, cut there when it would be too long. Caller frees. */
char *unfinished_name(const char *name, const char *mark);

bool unfinished_is_one(const char *name);

#endif
