/* Monitor: what the hooks have set up, written down for the check, which runs as nagios and sees no config. */
#ifndef CHARM_MONITOR_H
#define CHARM_MONITOR_H

#include "charm/check.h"
#include "charm/config.h"
#include "charm/unit.h"

typedef struct Monitor {
        Watched backups, deletions;
        const char *scratch; /* folder of temporary files */
} Monitor;

/* What CONFIG means for the check. PROBLEM is what validate_config, or the unit's set-up, found wrong; NULL: nothing.
 * SINCE is now; where BEFORE (NULL: none) has the same schedule, its moment is kept. All texts are made in ARENA. */
Monitor monitor_of(const Unit *unit, const CharmConfig *config, const char *problem, const Monitor *before, Moment now,
                   Arena *arena);

/* Seconds after which a missing backup is wrong: alert_after, else the schedule's longest pause and a quarter of it, at
 * least an hour more; 0 when backups are made by hand and nothing is set. */
int64_t monitor_alert_after(const char *cron, const char *alert_after);

/* The file unit->plan, 0644. Reading: ERROR_MISSING when no hook has run yet. */
CHECKED Error *monitor_write(const Unit *unit, const Monitor *monitor);
CHECKED Error *monitor_read(const Unit *unit, Arena *arena, Monitor *ret_monitor);

#endif
