/* Hooks: the one table of them. */
#ifndef CHARM_HOOKS_H
#define CHARM_HOOKS_H

#include <stddef.h>

#include "base/error.h"

/* The name of hook number INDEX, in the order of a unit's life; NULL behind the last. hooks/ has a link for each. */
const char *hook_name(size_t index);

/* Does what the hook NAME is for, in the environment that Juju gives it (JUJU_UNIT_NAME, CHARM_DIR). Names that are not
 * in the table do nothing. A wrong config is no error: the unit's status tells it. */
CHECKED Error *hook_run(const char *name);

#endif
