/* Run: one backup or deletion of a unit, and the writing down of its outcome. Whoever runs one, or reads backups, holds
 * the lock. */
#ifndef CHARM_RUN_H
#define CHARM_RUN_H

#include "charm/snapshot.h"
#include "charm/unit.h"
#include "engine/engine.h"
#include "engine/prune.h"
#include "sys/lock.h"

/* What a run does to the unit's repository, which says what may be at work beside it. */
typedef enum RunKind {
        RUN_READING,  /* beside others that read, and a backup */
        RUN_BACKUP,   /* beside those that read */
        RUN_DELETION, /* alone: it would take volumes away from beneath a restore */
} RunKind;

typedef struct RunLock {
        Lock *changes, *reads;
} RunLock;

/* Takes the lock that a run of KIND has to hold, without waiting. *ret_held (NULL: nobody asks) tells whether it failed
 * because of another run: then it is ERROR_USER, naming that process and the remedy. */
CHECKED Error *run_lock(const Unit *unit, RunKind kind, RunLock *ret_lock, bool *ret_held);

void run_unlock(RunLock *lock);

/* With the lock: backs up, and writes the outcome down, and into the log when it went well. TYPE as in backup_type.
 * When the host, what is backed up, or what it is encrypted with has changed since the last set, a full one is made. */
CHECKED Error *run_backup(const Unit *unit, const Snapshot *snapshot, const char *type, ProgressListener *progress,
                          Summary *summary);

/* With the lock: deletes what retention_period and the keep options no longer want, and writes the outcome down. */
CHECKED Error *run_deletion(const Unit *unit, const Snapshot *snapshot);

/* Writes into the log how much a deletion has removed, when REPORT says that it is done. */
void run_log_removal(const PruneReport *report);

/* Writes down that a run of the kind of PATH, an outcome's file, has failed before it could begin. */
void run_note_failure(const char *path, const Error *error);

#endif
