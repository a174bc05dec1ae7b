/* Cron: the unit's files in /etc/cron.d. */
#ifndef CHARM_CRON_H
#define CHARM_CRON_H

#include "charm/config.h"
#include "charm/unit.h"

/* Writes the unit's two cron files as CONFIG, which is a good one, wants them, and removes those it does not want.
 * Files that are right already stay untouched. */
CHECKED Error *cron_set_up(const Unit *unit, const CharmConfig *config);

/* Removes both. */
CHECKED Error *cron_remove(const Unit *unit);

#endif
