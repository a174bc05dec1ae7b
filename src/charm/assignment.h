/* Assignment: the engine's Job that a unit's config means. */
#ifndef CHARM_ASSIGNMENT_H
#define CHARM_ASSIGNMENT_H

#include "charm/snapshot.h"
#include "charm/unit.h"
#include "engine/job.h"

/* Makes the Job of SNAPSHOT's config, a good one, for what is backed up where; the caller sets what the verb needs
 * beyond that. Texts and secrets are ARENA's or SNAPSHOT's and must outlive it; release with assignment_clear.
 * ERROR_USER names the option. */
CHECKED Error *assignment_make(const Unit *unit, const Snapshot *snapshot, Arena *arena, Job *ret_job);

/* The kind that TYPE ("auto", "full", "incremental") means. */
BackupKind assignment_kind(const char *type);

/* The path inside the backup that an operator means by PATH, which may be one of the machine: "" is all of it. Made in
 * ARENA. */
const char *assignment_inner_path(const Job *job, const char *path, Arena *arena);

void assignment_clear(Job *job);

#endif
