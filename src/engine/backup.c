/* Makes one backup set. Full and incremental are one flow: a full backup is an incremental against nothing. */
#include "engine/cache.h"
#include "engine/compare.h"
#include "engine/engine.h"
#include "engine/plan.h"
#include "engine/previous.h"
#include "engine/record.h"
#include "engine/resume.h"
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
                        return record_end_changes(record);
                TRY(record_change(record, change));
        }
}

/* A full backup reads nothing of what is there. */
static Error *synchronize(Session *session) {
        const Chain *chain = session->job->kind == BACKUP_FULL ? NULL : collection_newest(session->collection);
        if (!session->job->dry_run)
                resume_settle(session);
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

static Error *open_walk(const Session *session, Walk **ret_walk) {
        const Job *job = session->job;
        const WalkOptions options = { .selection = session->selection, .follows_links = job->copy_links };
        return walk_open(job->folder, &options, session->scratch, ret_walk);
}

/* Nothing but publishing is left to be done. */
static bool is_recorded(const Plan *plan) {
        const Checkpoint *point = plan->resume ? resume_point(plan->resume) : NULL;
        return point && !point->next;
}

/* With *ret_must_go_back, an error says nothing else. */
static Error *try_to_make_set(Session *session, const Plan *plan, Summary *summary, bool *ret_must_go_back) {
        AUTO(previous_close) Previous *previous = NULL;
        AUTO(walk_close) Walk *walk = NULL;
        AUTO(record_abandon) Record *record = NULL;

        TRY(open_walk(session, &walk));
        TRY(previous_open(session, plan->base, plan->base ? plan->base->set_count : 0, &previous));
        TRY(record_open(session, plan, walk, previous, summary, &record));
        Error *error = is_recorded(plan) ? NULL : record_differences(record, walk, previous);
        *ret_must_go_back = record_must_go_back(record);
        return error ? error : record_finish(TAKE(record));
}

static Error *make_set(Session *session, const Plan *plan, Summary *summary) {
        for (;;) {
                bool must_go_back = false;
                Error *error = try_to_make_set(session, plan, summary, &must_go_back);
                if (!must_go_back)
                        return error;
                error_free(error);
                summary_clear(summary); /* problems will be told again */
                TRY(resume_go_back(plan->resume));
        }
}

static Error *check_source_is_there(const Session *session) {
        AUTO(walk_close) Walk *walk = NULL;
        return open_walk(session, &walk);
}

static Error *back_up(const Job *job, Summary *summary) {
        const double begun = clock_monotonic();
        AUTO(selection_close) Selection *selection = NULL;
        AUTO(session_close) Session *session = NULL;
        AUTO_VALUE(plan_clear) Plan plan = { .resume = NULL };

        TRY(selection_open(&job->selection, job->null_separator, job->folder, &selection));
        TRY(session_open(job, SESSION_WORKS, &session));
        session->selection = selection;
        TRY(synchronize(session));
        TRY(check_source_is_there(session));
        TRY(plan_backup(session, &plan));
        TRY(make_set(session, &plan, summary));
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
