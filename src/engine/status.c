/* Shows which sets there are, from the far side's listing alone. */
#include "engine/engine.h"
#include "engine/resume.h"

static bool is_continuable(const Collection *collection) {
        const Chain *newest = collection_newest(collection);
        for (size_t i = 0; newest && i < newest->set_count; i++)
                if (!newest->sets[i]->signature)
                        return false;
        return newest;
}

static bool can_continue(const void *session, const BackupSet *set) {
        return resume_is_possible(session, set);
}

/* What another run is writing now must not be taken for a leftover. */
static void excuse_unfinished(FlawList *flaws) {
        for (size_t i = 0; i < flaws->count; i++) {
                if (flaws->items[i].kind != FLAW_UNFINISHED)
                        continue;
                flaws->items[i].text = "not finished yet";
                flaws->items[i].remedy = "another run is at work, wait for its end";
        }
}

Error *status_run(const Job *job, StatusSink *sink, void *context) {
        AUTO(session_close) Session *session = NULL;
        TRY(session_open(job, SESSION_LOOKS, &session));
        session_tell_last_full(session);
        AUTO_VALUE(flaw_list_clear) FlawList flaws = { .items = NULL };
        flaws_collect(session->collection, can_continue, session, session->arena, &flaws);
        if (lock_is_held(session->archive_folder))
                excuse_unfinished(&flaws);
        Status status = {
                .archive_folder = session->archive_folder,
                .collection = session->collection,
                .is_continuable = is_continuable(session->collection),
                .flaws = flaws,
        };
        sink(context, &status);
        return NULL;
}
