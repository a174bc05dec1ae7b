#include "catalog/choose.h"

static bool covers(const Chain *chain, Moment moment) {
        return moment_compare(chain_start(chain), moment) <= 0 && moment_compare(moment, chain_end(chain)) <= 0;
}

/* The covering chain with the latest start, NULL when none covers MOMENT. */
static const Chain *covering_chain(const Collection *collection, Moment moment) {
        const Chain *best = NULL;
        for (size_t i = 0; i < collection->chain_count; i++) {
                const Chain *chain = &collection->chains[i];
                if (covers(chain, moment) && (!best || moment_compare(chain_start(chain), chain_start(best)) > 0))
                        best = chain;
        }
        return best;
}

/* The newest chain that ended before MOMENT, else the earliest there is. */
static const Chain *nearest_chain(const Collection *collection, Moment moment) {
        for (size_t i = collection->chain_count; i-- > 0;)
                if (moment_compare(chain_end(&collection->chains[i]), moment) < 0)
                        return &collection->chains[i];
        return &collection->chains[0];
}

Error *choose_sets(const Collection *collection, Moment moment, Choice *ret_choice) {
        if (collection->chain_count == 0)
                return error_with_code(error_new(ERROR_MISSING, "no backup chain found: nothing was backed up here, or "
                                                                "under other file prefixes"),
                                       EXIT_CODE_NOTHING_RESTORED);
        const Chain *chain = covering_chain(collection, moment);
        if (!chain)
                chain = nearest_chain(collection, moment);
        size_t count = 1;
        while (count < chain->set_count && moment_compare(chain->sets[count]->end, moment) <= 0)
                count++;
        *ret_choice = (Choice){ .chain = chain, .set_count = count };
        return NULL;
}
