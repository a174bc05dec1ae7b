/* Rename: what is restored under another name (--rename OLD NEW). Paths are relative to what is restored. */
#ifndef ENGINE_RENAME_H
#define ENGINE_RENAME_H

#include "engine/job.h"

/* The rename that concerns PATH: OLD is PATH or leads to it, component by component; of several the longest. NULL when
 * there is none. */
const Rename *rename_find(const RenameList *renames, const char *path);

/* Where PATH goes, which RENAME concerns (NULL: where it is). Caller frees. */
char *rename_apply(const Rename *rename, const char *path);

/* True when what RENAME (NULL: no rename) brings may lie at PLACE: no other one has its NEW nearer to it. */
bool rename_may_use(const RenameList *renames, const Rename *rename, const char *place);

#endif
