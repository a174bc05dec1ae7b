/* Choose: which chain, and which sets of it, show the tree as it was at a moment. */
#ifndef CATALOG_CHOOSE_H
#define CATALOG_CHOOSE_H

#include "catalog/collection.h"

/* Sets to be read, oldest first: sets[0] is full. */
typedef struct Choice {
        const Chain *chain;
        size_t set_count; /* of chain->sets, from the first */
} Choice;

/* The chain with start <= MOMENT <= end; several: the one with the latest start. None: the newest one that ended
 * before; else the earliest. Then its full set and every incremental that ends by MOMENT. ERROR_MISSING with exit code
 * 20 when the collection has no chain. */
CHECKED Error *choose_sets(const Collection *collection, Moment moment, Choice *ret_choice);

#endif
