/* Check: proves a repository, and tells all that is wrong with it. */
#ifndef ENGINE_CHECK_H
#define ENGINE_CHECK_H

#include "engine/finding.h"
#include "engine/job.h"

typedef struct CheckTotals {
        uint64_t chains, sets, volumes;
        uint64_t proven_volumes, proven_bytes; /* hashed, or read as a whole */
        uint64_t replayed_files;
        uint64_t warnings, errors;
} CheckTotals;

typedef void FindingSink(void *context, const Finding *finding);

/* Looks at every set of every chain: manifests and signature archives are read from the far side, and compared with
 * their local copies; volumes are looked for, and hashed, all of them or, with job->sample_percent, some of each set.
 * With job->replay each chain is restored to its end, to nowhere. What is wrong is told and counted, and the check goes
 * on. An error is what keeps it from checking: no backup at all has the exit code 20; no file that could be decrypted,
 * that of the first failure. Both options at once: ERROR_USER, exit code 2. */
CHECKED Error *check_run(const Job *job, CheckTotals *totals, FindingSink *sink, void *context);

#endif
