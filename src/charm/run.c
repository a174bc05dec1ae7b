#include "charm/run.h"

#include <string.h>

#include "base/log.h"
#include "charm/assignment.h"
#include "charm/document.h"
#include "charm/outcome.h"
#include "charm/wording.h"
#include "sys/clock.h"

static Error *take_locks(const Unit *unit, RunKind kind, RunLock *lock) {
        if (kind != RUN_READING)
                TRY(lock_take(unit->run_lock, &lock->changes));
        if (kind == RUN_DELETION)
                TRY(lock_take(unit->read_lock, &lock->reads));
        return kind == RUN_READING ? lock_share(unit->read_lock, &lock->reads) : NULL;
}

Error *run_lock(const Unit *unit, RunKind kind, RunLock *ret_lock, bool *ret_held) {
        AUTO_VALUE(run_unlock) RunLock lock = { .changes = NULL };
        Error *error = take_locks(unit, kind, &lock);
        bool is_held = error_kind(error) == ERROR_USER; /* of the lock's errors, only this one */
        if (ret_held)
                *ret_held = is_held;
        if (is_held)
                return error_context(error, "another run is at work on the backups of %s: wait for its end",
                                     unit->name);
        TRY(error);
        *ret_lock = lock;
        lock = (RunLock){ .changes = NULL };
        return NULL;
}

void run_unlock(RunLock *lock) {
        lock_release(lock->reads);
        lock_release(lock->changes);
        *lock = (RunLock){ .changes = NULL };
}

/* That it cannot be written down must not hide how the run went. */
static void only_tell(Error *error) {
        log_and_go_on(error, "the check and juju status do not know of this run");
}

static void note_end(const char *path, RunRecord run, const Error *error) {
        AUTO(arena_free) Arena *arena = arena_new();
        run.ended = clock_now();
        run.is_good = !error;
        run.message = wording_of_charm(error_story(error), arena);
        only_tell(outcome_end(path, &run));
}

void run_note_failure(const char *path, const Error *error) {
        note_end(path, (RunRecord){ .kind = "", .started = clock_now() }, error);
}

/* ---- backups ---- */

/* What a chain of backups is encrypted with, without the secret itself: the engine notices another passphrase. */
static const char *protection_of(const Job *job, Arena *arena) {
        if (job->no_encryption)
                return "none";
        return job->encrypt_keys.count ? arena_print(arena, "key %s", job->encrypt_keys.items[0]) : "passphrase";
}

/* True when the last backup is protected by something else: with both in one chain, two secrets would be needed to
 * restore it. */
static bool has_new_protection(const Unit *unit, const char *protection) {
        AUTO_VALUE(buffer_clear) Buffer last = { .data = NULL };
        AUTO(error_free) Error *error = document_text(unit->protection, &last);
        return !error && last.length && strcmp(buffer_text(&last), protection) != 0;
}

/* True for an incremental that cannot be made since the last set is of another source or host, or needs what we do not
 * have to be read: the config was changed. A full one can. */
static bool needs_new_chain(const Error *error) {
        ExitCode code = error_exit_code(error);
        return code == EXIT_CODE_HOST_MISMATCH || code == EXIT_CODE_SOURCE_MISMATCH || code == EXIT_CODE_GPG;
}

static Error *continue_or_begin(Job *job, Summary *summary) {
        Error *error = backup_run(job, summary);
        if (!error || job->kind == BACKUP_FULL || !needs_new_chain(error))
                return error;
        log_notice("%s: making a full backup", error_story(error));
        error_free(error);
        summary_clear(summary);
        *summary = (Summary){ .full = false };
        job->kind = BACKUP_FULL;
        return backup_run(job, summary);
}

static Error *back_up(const Unit *unit, const Snapshot *snapshot, const char *type, ProgressListener *progress,
                      Summary *summary) {
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO_VALUE(assignment_clear) Job job = { .folder = NULL };
        TRY(assignment_make(unit, snapshot, arena, &job));
        const char *protection = protection_of(&job, arena);
        job.kind = has_new_protection(unit, protection) ? BACKUP_FULL : assignment_kind(type);
        job.progress = progress;
        if (job.kind == BACKUP_INCREMENTAL) { /* the first one has nothing to build upon */
                job.kind = BACKUP_AUTO;
                job.has_full_before = false;
        }
        TRY(continue_or_begin(&job, summary));
        only_tell(document_update(unit->protection, 0600, bytes_of(protection), NULL));
        return NULL;
}

Error *run_backup(const Unit *unit, const Snapshot *snapshot, const char *type, ProgressListener *progress,
                  Summary *summary) {
        RunRecord run = { .started = clock_now() };
        only_tell(outcome_begin(unit->backup_outcome, run.started));
        Error *error = back_up(unit, snapshot, type, progress, summary);
        run.kind = summary->full ? "full" : "incremental";
        run.problems = summary->problem_count;
        run.stored = summary->stored_bytes;
        note_end(unit->backup_outcome, run, error);
        if (!error)
                log_notice("%s backup complete: %llu files, %llu bytes stored, %llu files left out", run.kind,
                           (unsigned long long)summary->source_files, (unsigned long long)summary->stored_bytes,
                           (unsigned long long)summary->problem_count);
        return error;
}

/* ---- deletions ---- */

static RetentionRule rule_of(const CharmConfig *config, Moment now) {
        int64_t age = 0;
        if (config_keeps_by_calendar(config))
                return (RetentionRule){ .kind = RETENTION_POLICY,
                                        .keep = { [RETENTION_DAY] = (unsigned)config->keep_daily,
                                                  [RETENTION_WEEK] = (unsigned)config->keep_weekly,
                                                  [RETENTION_MONTH] = (unsigned)config->keep_monthly,
                                                  [RETENTION_YEAR] = (unsigned)config->keep_yearly } };
        (void)config_retention(config->retention_period, &age); /* the config is a good one */
        return (RetentionRule){ .kind = RETENTION_OLDER_THAN, .before = { now.seconds - age } };
}

void run_log_removal(const PruneReport *report) {
        if (report->is_done)
                log_notice("%llu files of old backups removed", (unsigned long long)report->removed_files);
}

static void tell_removal(void *context, const PruneReport *report) {
        uint64_t *bytes = context;
        run_log_removal(report);
        *bytes = report->removed_bytes;
}

static Error *delete (const Unit *unit, const Snapshot *snapshot, uint64_t *bytes) {
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO_VALUE(assignment_clear) Job job = { .folder = NULL };
        if (!config_deletes(&snapshot->config))
                return NULL;
        TRY(assignment_make(unit, snapshot, arena, &job));
        job.retention = rule_of(&snapshot->config, job.times.now);
        job.force = true;
        return prune_run(&job, tell_removal, bytes);
}

Error *run_deletion(const Unit *unit, const Snapshot *snapshot) {
        RunRecord run = { .kind = "deletion", .started = clock_now() };
        only_tell(outcome_begin(unit->deletion_outcome, run.started));
        Error *error = delete (unit, snapshot, &run.stored);
        note_end(unit->deletion_outcome, run, error);
        return error;
}
