/* Takeover: what the predecessor of this charm, of the same name, left on the machine. */
#ifndef CHARM_TAKEOVER_H
#define CHARM_TAKEOVER_H

#include "charm/unit.h"

/* Removes the predecessor's files: its cron files, check plugins and definitions, pid and error files, and the copy of
 * the private ssh key, of which the unit has one of its own. While another unit of the machine is still run by the
 * predecessor, only the cron files of this one. ROOT stands in front of every path. Failures are logged. */
void takeover_clean(const Unit *unit, const char *root);

#endif
