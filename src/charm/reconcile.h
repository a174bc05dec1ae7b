/* Reconcile: makes the unit so as its config wants it, whatever it was before. */
#ifndef CHARM_RECONCILE_H
#define CHARM_RECONCILE_H

#include "charm/snapshot.h"
#include "charm/unit.h"

/* Folders, packages, keys, schedules, checks, and what later runs read. Does nothing where all is so already.
 * When something is wrong with the config there are no schedules. */
CHECKED Error *reconcile_unit(const Unit *unit, const Snapshot *snapshot, Arena *arena);

/* Shows in juju status how the unit is, by what reconcile_unit has found wrong and by the outcome of the backups.
 * ERROR_MISSING when no hook has set it up yet. */
CHECKED Error *reconcile_status(const Unit *unit, const CharmConfig *config, Arena *arena);

/* Takes the schedules and checks away, and ends what is at work on the repository (hook stop). What fails keeps nothing
 * else from being done; so below. */
CHECKED Error *reconcile_stop(const Unit *unit);

/* Takes everything of the unit away (hook remove), its logs too; backups and packages stay. */
CHECKED Error *reconcile_remove(const Unit *unit);

#endif
