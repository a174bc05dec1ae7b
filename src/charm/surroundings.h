/* Surroundings: who and where we are, by the environment that Juju gives to hooks and actions. */
#ifndef CHARM_SURROUNDINGS_H
#define CHARM_SURROUNDINGS_H

#include "base/when.h"
#include "charm/unit.h"

/* The unit of JUJU_UNIT_NAME, in the charm's folder (JUJU_CHARM_DIR), as JUJU_VERSION has its commands; everything is
 * made in ARENA. ERROR_USER when Juju did not call us. */
CHECKED Error *surroundings_unit(Arena *arena, Unit *ret_unit);

/* Where the output of the action that we are goes when it is long: a name that no other action has, and that sorts by
 * time. Made in ARENA. */
const char *surroundings_output_path(const Unit *unit, const char *action, Moment now, Arena *arena);

/* Stands in front of all paths outside of the charm: "" but in trials, which set CHARM_DUPLICITY_ROOT. */
const char *surroundings_root(void);

/* Juju gives no HOME, which gpg and ssh want: the account's is set, behind the root. */
void surroundings_set_home(void);

#endif
