/* Run: one backup or deletion of a unit, and the writing down of its outcome. Whoever runs one holds the lock. */
#ifndef CHARM_RUN_H
#define CHARM_RUN_H

#include "charm/snapshot.h"
#include "charm/unit.h"
#include "engine/engine.h"
#include "sys/lock.h"

/* Takes the lock that whatever changes the unit's repository has to hold. Held by another: ERROR_USER with exit code 23,
 * naming that process. */
CHECKED Error *run_lock(const Unit *unit, Lock **ret_lock);

/* With the lock: backs up, and writes the outcome down. TYPE as in backup_type. A source or host that has changed since the last set
 * makes a full one. */
CHECKED Error *run_backup(const Unit *unit, const Snapshot *snapshot, const char *type, ProgressListener *progress,
                          Summary *summary);

/* With the lock: deletes what retention_period and the keep options no longer want, and writes the outcome down. */
CHECKED Error *run_deletion(const Unit *unit, const Snapshot *snapshot);

#endif
