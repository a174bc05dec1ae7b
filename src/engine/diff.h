/* Diff: how the trees of two moments differ, from signature archives alone. */
#ifndef ENGINE_DIFF_H
#define ENGINE_DIFF_H

#include "engine/job.h"
#include "engine/signature_in.h"

typedef enum DifferenceKind {
        DIFFERENCE_ADDED,
        DIFFERENCE_REMOVED,
        DIFFERENCE_CHANGED,    /* another type, content, target or device */
        DIFFERENCE_ATTRIBUTES, /* another mode, owner or time alone */
} DifferenceKind;

enum { DIFFERENCE_KINDS = DIFFERENCE_ATTRIBUTES + 1 };

/* One path that differs. Valid while it is told. */
typedef struct Difference {
        DifferenceKind kind;
        const char *path; /* "" is the root */
        const Recorded *before, *now; /* NULL where the path is not there */
} Difference;

typedef struct DiffTotals {
        Moment from, to; /* the ends of the sets that show the two trees */
        struct {
                uint64_t count;
                SizeRange before, now; /* of all files; most ENTRY_SIZE_UNKNOWN: not known of all */
        } of[DIFFERENCE_KINDS];
} DiffTotals;

typedef void DiffSink(void *context, const Difference *difference);

/* Tells what differs between job->from, or the set before the other, and job->time, in archive order; only what lies
 * within job->path. TOTALS' moments are set before the first is told. No set before: ERROR_MISSING, exit code 20. */
CHECKED Error *diff_run(const Job *job, DiffTotals *totals, DiffSink *sink, void *context);

/* The name of a kind: "added", "removed", "changed", "attributes". */
const char *difference_kind_name(DifferenceKind kind);

#endif
