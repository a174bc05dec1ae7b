/* Makes one backup set. Full and incremental are one flow: a full backup is an incremental against nothing. */
#include "engine/ahead.h"
#include "engine/cache.h"
#include "engine/engine.h"
#include "engine/plan.h"
#include "engine/previous.h"
#include "engine/record.h"
#include "engine/resume.h"
#include "engine/session.h"
#include "engine/statistics.h"
#include "source/walk.h"
#include "sys/clock.h"

static Error *record_differences(Record *record, Ahead *ahead) {
        for (;;) {
                const Change *change;
                TRY(ahead_next(ahead, &change));
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

/* Where a set that is continued goes on; NULL: at the beginning. */
static const Checkpoint *point_of(const Plan *plan) {
        return plan->resume ? resume_point(plan->resume) : NULL;
}

/* Nothing but publishing is left to be done. */
static bool is_recorded(const Plan *plan) {
        const Checkpoint *point = point_of(plan);
        return point && !point->next;
}

static Error *open_ahead(const Session *session, const Plan *plan, Walk *walk, Previous *previous, Ahead **ret_ahead) {
        const Checkpoint *point = point_of(plan);
        const AheadOptions options = {
                .walk = walk,
                .previous = previous,
                .opens_files = !session->job->dry_run && !is_recorded(plan),
                .first = point ? point->next : NULL,
        };
        return ahead_open(&options, ret_ahead);
}

/* With *ret_must_go_back, an error says nothing else. */
static Error *try_to_make_set(Session *session, const Plan *plan, Summary *summary, bool *ret_must_go_back) {
        AUTO(previous_close) Previous *previous = NULL;
        AUTO(walk_close) Walk *walk = NULL;
        AUTO(ahead_close) Ahead *ahead = NULL;
        AUTO(record_abandon) Record *record = NULL;

        TRY(open_walk(session, &walk));
        TRY(previous_open(session, plan->base, plan->base ? plan->base->set_count : 0, &previous));
        TRY(open_ahead(session, plan, walk, previous, &ahead));
        TRY(record_open(session, plan, walk, ahead, summary, &record));
        Error *error = is_recorded(plan) ? NULL : record_differences(record, ahead);
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
