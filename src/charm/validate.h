/* Validate: is this config one that backups can be made with? Pure. */
#ifndef CHARM_VALIDATE_H
#define CHARM_VALIDATE_H

#include "charm/config.h"

/* What is wrong first, as the unit's status shows it: names the option and the remedy, and no secret. NULL when all is
 * well. Without a backend nothing is backed up, on purpose, and options for that are not looked at. Made in ARENA. */
const char *validate_config(const CharmConfig *config, Arena *arena);

#endif
