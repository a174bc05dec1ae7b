/* Nrpe: the unit's checks for the nrpe charm, on this machine and on its relation (endpoint nrpe-external-master). */
#ifndef CHARM_NRPE_H
#define CHARM_NRPE_H

#include "charm/config.h"
#include "charm/unit.h"

/* While related: writes the checks' definitions and exports, publishes them on the relation, and restarts the service
 * when something changed. Otherwise, and where there is no NRPE yet, takes away what is there. */
CHECKED Error *nrpe_set_up(const Unit *unit, const CharmConfig *config);

/* Takes the files away, and restarts the service when there were any. */
CHECKED Error *nrpe_remove(const Unit *unit);

#endif
