/* Lists the tree as it was at a moment, from signature archives alone. */
#include "catalog/choose.h"
#include "engine/cache.h"
#include "engine/engine.h"
#include "engine/previous.h"
#include "engine/session.h"
#include "sys/cancel.h"

Error *listing_run(const Job *job, ListingSink *sink, void *context) {
        AUTO(session_close) Session *session = NULL;
        AUTO(previous_close) Previous *previous = NULL;
        Choice choice;

        TRY(session_open(job, SESSION_READS, &session));
        TRY(session_choose_sets(session, &choice));
        TRY(cache_sync(session, choice.chain, choice.set_count, CACHE_NEEDS_SIGNATURES));
        session_tell_last_full(session);
        TRY(previous_open(session, choice.chain, choice.set_count, &previous));
        for (;;) {
                const Recorded *recorded;
                TRY(cancel_check());
                TRY(previous_next(previous, &recorded));
                if (!recorded)
                        return NULL;
                sink(context, recorded);
        }
}
