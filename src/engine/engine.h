/* The verbs, as the command line and the charm call them. Each runs a Job from beginning to end.
 *
 * Common errors: exit code 23 when the archive folder is locked by another run; 31 for GnuPG's failures; 13 for a
 * missing source; 50 to 53 from the storage. Files that could not be dealt with are no error: see
 * Summary.problem_count. */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "catalog/flaws.h"
#include "engine/job.h"
#include "engine/signature_in.h"
#include "engine/summary.h"
#include "source/entry.h"

/* Makes one backup set. Host or source differ from the last set's: exit codes 3 and 42, unless allowed. An explicit
 * incremental without signatures to build on: exit code 17. */
CHECKED Error *backup_run(const Job *job, Summary *summary);

/* Restores job->path (or all) as of job->time into job->folder. Target not empty without force: exit code 11. Path
 * not in the backup: 19. */
CHECKED Error *restore_run(const Job *job, Summary *summary);

/* Tells one difference: the relative path, "" for the root, and what it is, without newline. */
typedef void DifferenceSink(void *context, const char *path, const char *text);

/* Reads everything back; with compare_data compares it with job->folder. Differences are counted in SUMMARY. */
CHECKED Error *verify_run(const Job *job, Summary *summary, DifferenceSink *sink, void *context);

/* Tells one path as of job->time; valid while it is told. */
typedef void ListingSink(void *context, const Recorded *recorded);
CHECKED Error *listing_run(const Job *job, ListingSink *sink, void *context);

/* What collection-status shows. */
typedef struct Status {
        const char *archive_folder;
        const Collection *collection;
        bool is_continuable; /* the newest chain has all its signature archives */
        FlawList flaws;
} Status;
typedef void StatusSink(void *context, const Status *status);
CHECKED Error *status_run(const Job *job, StatusSink *sink, void *context);

#endif
