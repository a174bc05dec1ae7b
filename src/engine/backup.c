/* Makes one backup set. Full and incremental are one flow: a full backup is an incremental against nothing. */
#include "engine/cache.h"
#include "engine/compare.h"
#include "engine/engine.h"
#include "engine/plan.h"
#include "engine/previous.h"
#include "engine/record.h"
#include "engine/session.h"
#include "source/walk.h"
#include "sys/clock.h"

static Error *record_differences(Record *record, Walk *walk, Previous *previous) {
        AUTO(compare_free) Compare *compare = compare_new(walk, previous);
        for (;;) {
                const Change *change;
                TRY(compare_next(compare, &change));
                if (!change)
                        return NULL;
                TRY(record_change(record, change));
        }
}

static Error *back_up(const Job *job, Summary *summary) {
        AUTO(selection_close) Selection *selection = NULL;
        AUTO(session_close) Session *session = NULL;
        AUTO(previous_close) Previous *previous = NULL;
        AUTO(walk_close) Walk *walk = NULL;
        AUTO(record_abandon) Record *record = NULL;
        Plan plan;

        TRY(selection_open(&job->selection, job->null_separator, job->folder, &selection));
        TRY(session_open(job, SESSION_WORKS, &session));
        TRY(cache_drop_strangers(session));
        const WalkOptions options = { .selection = selection, .follows_links = job->copy_links };
        TRY(walk_open(job->folder, &options, session->scratch, &walk));
        TRY(plan_backup(session, &plan));
        TRY(previous_open(session, plan.base, plan.base ? plan.base->set_count : 0, &previous));
        TRY(record_open(session, &plan, walk, previous, summary, &record));
        TRY(record_differences(record, walk, previous));
        return record_finish(TAKE(record));
}

Error *backup_run(const Job *job, Summary *summary) {
        double begun = clock_monotonic();
        summary->started = (double)job->times.now.seconds;
        Error *error = back_up(job, summary);
        summary->ended = summary->started + clock_monotonic() - begun;
        return error;
}
