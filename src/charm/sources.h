/* Sources: the package sources of install_sources and their keys, of install_keys. They mean what they mean to
 * charm-helpers, but that ids of keys which can be forged are refused, and that passwords are seen by root only. */
#ifndef CHARM_SOURCES_H
#define CHARM_SOURCES_H

#include "charm/config.h"
#include "charm/unit.h"

/* Takes back what the unit has added when the options, right or wrong, have changed since. What add-apt-repository does
 * not take back is told in the log, and tried again next time. */
CHECKED Error *sources_drop(const Unit *unit, const CharmConfig *config, Arena *arena);

/* After sources_drop: adds what they want, unless that was done. *ret_problem, made in ARENA, is what the operator has
 * to correct: names the option and the entry, never a password. */
CHECKED Error *sources_set_up(const Unit *unit, const CharmConfig *config, Arena *arena, const char **ret_problem);

#endif
