/* Nrpe: the unit's checks for the nrpe charm, on this machine and on its relation (endpoint nrpe-external-master). */
#ifndef CHARM_NRPE_H
#define CHARM_NRPE_H

#include "charm/config.h"
#include "charm/unit.h"

/* While related: publishes the checks on the relation, writes their definitions and exports, and restarts the service
 * when something changed; files stay as they are while the options for Nagios are wrong. Otherwise, and where there is
 * no NRPE yet, takes away what is there. The checks are called "backups" and "deletions"; of an application that is not
 * called as the charm is, "backups-APPLICATION"; and "backups-UNIT" where that name is another unit's. */
CHECKED Error *nrpe_set_up(const Unit *unit, const CharmConfig *config);

/* Takes the unit's files away, and restarts the service when there were any. */
CHECKED Error *nrpe_remove(const Unit *unit);

/* Takes away the check that the charm's predecessor has defined. */
CHECKED Error *nrpe_take_over(const Unit *unit);

#endif
