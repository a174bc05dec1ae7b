/* Status: what juju status shows of the unit. Pure. */
#ifndef CHARM_STATUS_H
#define CHARM_STATUS_H

#include "charm/config.h"
#include "charm/outcome.h"

typedef struct UnitStatus {
        const char *status; /* "active", "blocked" */
        const char *message;
} UnitStatus;

/* PROBLEM is what is wrong with the config, NULL: nothing. OUTCOME is that of the backups; IS_ALIVE: the run that it
 * says is running really is. Made in ARENA. */
UnitStatus status_of(const CharmConfig *config, const char *problem, const Outcome *outcome, bool is_alive,
                     Arena *arena);

#endif
