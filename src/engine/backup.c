/* Makes one backup set. Full and incremental are one flow: a full backup is an incremental against nothing. */
#include "engine/cache.h"
#include "engine/compare.h"
#include "engine/engine.h"
#include "engine/plan.h"
#include "engine/previous.h"
#include "engine/record.h"
#include "engine/session.h"
#include "engine/statistics.h"
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

/* A full backup reads nothing of what is there. */
static Error *synchronize(Session *session) {
        const Chain *chain = session->job->kind == BACKUP_FULL ? NULL : collection_newest(session->collection);
        return cache_sync(session, chain, chain ? chain->set_count : 0, CACHE_NEEDS_MANIFESTS | CACHE_NEEDS_SIGNATURES);
}

static void take_end(Summary *summary, double begun) {
        summary->ended = summary->started + clock_monotonic() - begun;
}

/* The set is complete without it. */
static void store_statistics(Session *session, const Plan *plan, Summary *summary) {
        AUTO(error_free) Error *failure = statistics_store(session, plan, summary);
        if (failure)
                summary_problem(summary, "the backup is complete, but not its statistics (--jsonstat): %s",
                                error_story(failure));
}

static Error *back_up(const Job *job, Summary *summary) {
        const double begun = clock_monotonic();
        AUTO(selection_close) Selection *selection = NULL;
        AUTO(session_close) Session *session = NULL;
        AUTO(previous_close) Previous *previous = NULL;
        AUTO(walk_close) Walk *walk = NULL;
        AUTO(record_abandon) Record *record = NULL;
        Plan plan;

        TRY(selection_open(&job->selection, job->null_separator, job->folder, &selection));
        TRY(session_open(job, SESSION_WORKS, &session));
        TRY(synchronize(session));
        const WalkOptions options = { .selection = selection, .follows_links = job->copy_links };
        TRY(walk_open(job->folder, &options, session->scratch, &walk));
        TRY(plan_backup(session, &plan));
        TRY(previous_open(session, plan.base, plan.base ? plan.base->set_count : 0, &previous));
        TRY(record_open(session, &plan, walk, previous, summary, &record));
        TRY(record_differences(record, walk, previous));
        TRY(record_finish(TAKE(record)));
        take_end(summary, begun);
        if (job->write_statistics && !job->dry_run && !summary->skipped)
                store_statistics(session, &plan, summary);
        return NULL;
}

Error *backup_run(const Job *job, Summary *summary) {
        double begun = clock_monotonic();
        summary->started = (double)job->times.now.seconds;
        Error *error = back_up(job, summary);
        take_end(summary, begun);
        return error;
}
