/* Prune: removes sets and files from the far side, and their local copies with them. */
#ifndef ENGINE_PRUNE_H
#define ENGINE_PRUNE_H

#include "engine/job.h"

/* What is about to be removed, or was. */
typedef struct PruneReport {
        const RetentionRule *rule;
        const RetentionPlan *plan;
        const TextList *local_files; /* RETENTION_CLEANUP: files of the archive folder that no set has */
        bool will_delete;            /* force, and no dry run */
        bool is_dry_run;
        bool is_done;
        uint64_t removed_files, removed_bytes; /* so far, on the far side */
} PruneReport;
typedef void PruneSink(void *context, const PruneReport *report);

/* Applies job->retention. SINK is told the plan first, and once more when all of it was done; without force, or in a
 * dry run, nothing is done. Needs no passphrase. A rule that spares nothing: ERROR_USER, exit code 2. When a file
 * cannot be removed the rest stays: what is left can be restored, and the same command goes on. */
CHECKED Error *prune_run(const Job *job, PruneSink *sink, void *context);

#endif
