/* Takeover: what the predecessor of this charm, of the same name, left on the machine. */
#ifndef CHARM_TAKEOVER_H
#define CHARM_TAKEOVER_H

#include "charm/unit.h"

/* Removes the predecessor's files: its cron files (only when they are its own), check plugins, pid and error files, and
 * the copy of the private ssh key, of which the unit has one of its own. ROOT stands in front of every path. Failures
 * are logged. */
void takeover_clean(const Unit *unit, const char *root);

#endif
