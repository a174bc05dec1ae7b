/* Outcome: how the runs of one kind (backups, or deletions) of a unit went. A file that everybody may read and that
 * holds no secret: the check runs as nagios. */
#ifndef CHARM_OUTCOME_H
#define CHARM_OUTCOME_H

#include "base/arena.h"
#include "base/error.h"
#include "base/when.h"

/* One run that has ended. */
typedef struct RunRecord {
        bool is_known;    /* there was one */
        const char *kind; /* "full", "incremental", "deletion" */
        Moment started, ended;
        bool is_good;        /* it did what it was for; some files may have been left out */
        uint64_t problems;   /* those */
        uint64_t stored;     /* bytes */
        const char *message; /* one line: what went wrong, "" when nothing did */
} RunRecord;

typedef struct Outcome {
        RunRecord last; /* the last that ended */
        RunRecord good; /* the last good one */
        bool is_running;
        Moment running_since;
        int64_t running_pid;
        const char *running_boot; /* the machine's boot it belongs to */
        bool has_overlap;         /* since the last begin or end, a run was due and left out for another */
        Moment overlap;
} Outcome;

/* Reads the file PATH; texts are made in ARENA. No file is an Outcome of nothing. ERROR_CORRUPT names the file. */
CHECKED Error *outcome_read(const char *path, Arena *arena, Outcome *ret_outcome);

/* Notes that this process begins a run; what was left out before is past. */
CHECKED Error *outcome_begin(const char *path, Moment now);

/* Notes that it has ended as RUN says. */
CHECKED Error *outcome_end(const char *path, const RunRecord *run);

/* Notes that a run was due, and was left out because another is still at it. */
CHECKED Error *outcome_overlap(const char *path, Moment now);

/* True when the run that OUTCOME says is running really is; otherwise it was killed, or the machine was started anew.
 */
bool outcome_is_alive(const Outcome *outcome);

#endif
