/* Hooks: the one table of them. */
#ifndef CHARM_HOOKS_H
#define CHARM_HOOKS_H

#include <stddef.h>

#include "base/error.h"

typedef struct Hook Hook;

/* All hooks, in the order of a unit's life: hooks/ has a link for each. */
const Hook *hook_table(size_t *ret_count);
const char *hook_name(const Hook *table, size_t index);

/* Does what the hook NAME is for; names that are not in the table do nothing. */
CHECKED Error *hook_run(const char *name);

#endif
