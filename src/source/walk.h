/* Walk: a tree, depth first, in the archive's path order, with memory for one path and the names of the folders on
 * it.
 *
 * Works with descriptors relative to each folder, so paths may be longer than PATH_MAX, and nothing is followed
 * through symbolic links (the root itself may be given as one, and is then a link entry: its target is not entered),
 * unless that is asked for. */
#ifndef SOURCE_WALK_H
#define SOURCE_WALK_H

#include "base/error.h"
#include "source/entry.h"
#include "source/selection.h"
#include "sys/scratch.h"

typedef struct Walk Walk;

typedef struct WalkOptions {
        const Selection *selection; /* NULL: everything; the root always. Folders that are not selected are not entered,
                                     * those that are to be scanned are given when something in them is */
        bool follows_links;         /* links are given as what they lead to, the root too; not at all where that is
                                     * missing, and as links where it is a folder they lie in */
} WalkOptions;

/* What became of the path last given by walk_next. */
typedef enum WalkState {
        WALK_ENTRY,      /* entry is complete */
        WALK_UNREADABLE, /* it exists but could not be examined or (folders) opened or listed: see problem. has_entry:
                          * the entry is complete, but a folder's content or a link's target is unknown: nothing beneath
                          * follows. Otherwise only the path is known: either its type is not, or it is a folder given
                          * before that was moved while we were deep beneath it, and what is left of its content stays
                          * unknown */
        WALK_SOCKET,     /* a socket, which archives do not keep; entry has path only */
} WalkState;

typedef struct WalkItem {
        WalkState state;
        const Entry *entry;    /* valid until the next call */
        bool has_entry;        /* false: entry has its path only */
        const char *problem;   /* WALK_UNREADABLE: "permission denied" */
} WalkItem;

/* Begins at ROOT, a path as typed (resolved against the current folder). Missing root: ERROR_MISSING with exit code
 * 13. SCRATCH serves giant folders; it and the selection must outlive the walk. OPTIONS NULL are none. */
CHECKED Error *walk_open(const char *root, const WalkOptions *options, Scratch *scratch, Walk **ret_walk);

/* As given to walk_open. */
const WalkOptions *walk_options(const Walk *walk);

/* The next path; *ret_item becomes NULL at the end. The root comes first. A path that vanished meanwhile is simply
 * not there. Errors are those that are not one path's: no more open files (exit code 36), scratch files (exit code
 * 34), a regular expression that does not come to an end (exit code 15). */
CHECKED Error *walk_next(Walk *walk, const WalkItem **ret_item);

/* Opens the content of the file last given, for reading: never follows a link, never blocks on a fifo, and fails with
 * ERROR_MISSING when what is there now is gone or of another type. Errors are told without the path ("permission
 * denied"). */
CHECKED Error *walk_open_file(Walk *walk, int *ret_fd);

/* The root as typed, for messages: ROOT, or ROOT/PATH. Caller frees. */
char *walk_full_path(const Walk *walk, const char *path);

void walk_close(Walk *walk);
DEFINE_AUTO(Walk, walk_close)

#endif
