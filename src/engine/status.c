/* Shows which sets there are, from the far side's listing alone. */
#include "engine/engine.h"
#include "engine/session.h"

static bool is_continuable(const Collection *collection) {
        const Chain *newest = collection_newest(collection);
        for (size_t i = 0; newest && i < newest->set_count; i++)
                if (!newest->sets[i]->signature)
                        return false;
        return newest;
}

Error *status_run(const Job *job, StatusSink *sink, void *context) {
        AUTO(session_close) Session *session = NULL;
        TRY(session_open(job, SESSION_LOOKS, &session));
        Status status = {
                .archive_folder = session->archive_folder,
                .collection = session->collection,
                .is_continuable = is_continuable(session->collection),
        };
        sink(context, &status);
        return NULL;
}
