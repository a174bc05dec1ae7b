/* Run: one backup or deletion of a unit, and the writing down of its outcome. Whoever runs one holds the lock. */
#ifndef CHARM_RUN_H
#define CHARM_RUN_H

#include "charm/snapshot.h"
#include "charm/unit.h"
#include "engine/engine.h"
#include "sys/lock.h"

/* Takes the lock that whatever changes the unit's repository has to hold. Held by another: ERROR_USER with exit code
 * 23, naming that process and the remedy. */
CHECKED Error *run_lock(const Unit *unit, Lock **ret_lock);

/* True when run_lock has failed because another has the lock. */
bool run_is_held(const Error *error);

/* With the lock: backs up, and writes the outcome down. TYPE as in backup_type. When the host, what is backed up, or
 * what it is encrypted with has changed since the last set, a full one is made. */
CHECKED Error *run_backup(const Unit *unit, const Snapshot *snapshot, const char *type, ProgressListener *progress,
                          Summary *summary);

/* With the lock: deletes what retention_period and the keep options no longer want, and writes the outcome down. */
CHECKED Error *run_deletion(const Unit *unit, const Snapshot *snapshot);

/* Writes down that a run of the kind of PATH, an outcome's file, has failed before it could begin. */
void run_note_failure(const char *path, const Error *error);

#endif
