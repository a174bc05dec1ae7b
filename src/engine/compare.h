/* Compare: the tree now against the tree as recorded, path by path. */
#ifndef ENGINE_COMPARE_H
#define ENGINE_COMPARE_H

#include "engine/previous.h"
#include "source/walk.h"

typedef enum ChangeKind {
        CHANGE_NONE,       /* now equals before */
        CHANGE_NEW,        /* before is NULL */
        CHANGE_CHANGED,    /* both */
        CHANGE_GONE,       /* now is NULL */
        CHANGE_UNREADABLE, /* it is there, but could not be examined: path and problem; what is recorded of it stays */
        CHANGE_IGNORED,    /* a socket: path */
} ChangeKind;

/* Valid until the next call. */
typedef struct Change {
        ChangeKind kind;
        const char *path;
        const Recorded *before;
        const Entry *now;
        const char *problem;       /* also beside another kind: a folder, recorded itself, that could not be entered */
        Moment kept;               /* with a problem: when what is kept was recorded; see has_kept */
        bool has_kept;
} Change;

typedef struct Compare Compare;

/* Both stay the caller's and must outlive it. */
Compare *compare_new(Walk *walk, Previous *previous);

/* The next path of either side, in archive order; NULL at the end. What lies beneath a folder that cannot be read is
 * passed over in silence: it is not gone. */
CHECKED Error *compare_next(Compare *compare, const Change **ret_change);

void compare_free(Compare *compare);
DEFINE_AUTO(Compare, compare_free)

#endif
