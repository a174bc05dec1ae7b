#include "charm/deeds.h"

#include <inttypes.h>
#include <unistd.h>

#include "base/attribute.h"
#include "base/memory.h"
#include "base/path.h"
#include "charm/assignment.h"
#include "charm/juju.h"
#include "charm/run.h"
#include "charm/wording.h"
#include "engine/check.h"
#include "engine/engine.h"
#include "engine/prune.h"
#include "report/inspect_text.h"
#include "report/removal.h"
#include "report/report.h"
#include "storage/registry.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/scratch.h"

/* ---- parameters ---- */

static Error *read_time(const Deed *deed, Moment *ret_moment) {
        return error_context(when_parse(bytes_of(deed->parameters->time), &deed->job->times, ret_moment),
                             "the parameter 'time'");
}

/* What is looked at: a moment and a path, where they are given. */
static Error *choose_view(Deed *deed) {
        Job *job = deed->job;
        if (deed->parameters->time)
                TRY(read_time(deed, &job->time));
        job->has_time = deed->parameters->time;
        if (!deed->parameters->path)
                return NULL;
        const char *path = assignment_inner_path(job, deed->parameters->path, deed->arena);
        if (!path_is_safe(path))
                return error_new(ERROR_USER, "the parameter 'path' must be a path without '..', not '%s'",
                                 deed->parameters->path);
        job->path = path[0] ? path : NULL;
        return NULL;
}

/* ---- results ---- */

static Error *set_number(const char *key, uint64_t number) {
        char text[24];
        snprintf(text, sizeof text, "%" PRIu64, number);
        return juju_action_set(key, text);
}

static void add_buffer(Deed *deed, Buffer *text) {
        output_add(&deed->output, buffer_text(text));
        buffer_truncate(text, 0);
}

/* What names remedies: they are actions here. */
static void add_remedies(Deed *deed, const Buffer *text) {
        AUTO(arena_free) Arena *arena = arena_new();
        output_add(&deed->output, wording_of_charm(buffer_text(text), arena));
}

/* Files that could not be dealt with make an action fail, when all else is done. */
static Error *judge_problems(Deed *deed, const Summary *summary, const char *done) {
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        if (!summary->problem_count)
                return NULL;
        report_print_problems(summary, done, &text);
        add_buffer(deed, &text);
        return error_new(ERROR_SYSTEM, "%" PRIu64 " files could not be %s completely: see the output",
                         summary->problem_count, done);
}

/* ---- backups ---- */

/* At the beginning, and now and then, a line for who waits. */
static void tell_progress(UNUSED void *context, const Progress *progress) {
        enum { PAUSE = 30 };
        static double last; /* an action is a process; 0: nothing was told yet */
        double now = clock_monotonic();
        AUTO_VALUE(buffer_clear) Buffer line = { .data = NULL };
        if (last > 0 && now - last < PAUSE)
                return;
        last = now;
        (void)buffer_print(&line, "%s: %" PRIu64 " files, ", progress->doing, progress->files);
        report_print_size(progress->bytes, &line);
        (void)buffer_add_text(&line, " read, ");
        report_print_size(progress->stored_bytes, &line);
        (void)buffer_add_text(&line, " moved");
        juju_action_log(buffer_text(&line));
}

Error *deed_backup(Deed *deed) {
        AUTO_VALUE(run_unlock) RunLock lock = { .changes = NULL };
        AUTO_VALUE(summary_clear) Summary summary = { .full = false };
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        const char *type = deed->parameters->type ? deed->parameters->type : deed->snapshot->config.backup_type;
        TRY(run_lock(deed->unit, RUN_BACKUP, &lock, NULL));
        TRY(run_backup(deed->unit, deed->snapshot, type, tell_progress, &summary));
        report_print_statistics(&summary, &text);
        add_buffer(deed, &text);
        TRY(juju_action_set("type", summary.full ? "full" : "incremental"));
        TRY(set_number("files", summary.source_files));
        TRY(set_number("stored-bytes", summary.stored_bytes));
        TRY(set_number("problems", summary.problem_count));
        return judge_problems(deed, &summary, "backed up");
}

/* ---- looking ---- */

static void tell_status(void *context, const Status *status) {
        Deed *deed = context;
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        report_print_status(status, &text);
        add_buffer(deed, &text);
}

Error *deed_status(Deed *deed) {
        return status_run(deed->job, tell_status, deed);
}

typedef struct Listing {
        Deed *deed;
        const char *within; /* "" is everything */
        uint64_t count;
} Listing;

static void tell_path(void *context, const Recorded *recorded) {
        Listing *listing = context;
        const Entry *entry = &recorded->entry;
        AUTO_VALUE(buffer_clear) Buffer line = { .data = NULL };
        if (!path_is_within(entry->path, listing->within))
                return;
        listing->count++;
        report_print_path((Moment){ entry->modified }, entry->path[0] ? entry->path : ".", true, &line);
        output_line(&listing->deed->output, buffer_text(&line));
}

Error *deed_list(Deed *deed) {
        TRY(choose_view(deed));
        Listing listing = { .deed = deed, .within = deed->job->path ? deed->job->path : "" };
        deed->job->path = NULL;
        TRY(listing_run(deed->job, tell_path, &listing));
        return set_number("files", listing.count);
}

static void tell_difference(void *context, UNUSED const char *path, const char *what) {
        Deed *deed = context;
        AUTO_VALUE(buffer_clear) Buffer line = { .data = NULL };
        report_print_difference(what, &line);
        output_line(&deed->output, buffer_text(&line));
}

/* The rules that can match something below FOLDER: the others would be refused. */
static void keep_rules_of(Job *job, const char *folder) {
        SelectionOptionList kept = { .items = NULL };
        for (size_t i = 0; i < job->selection.count; i++) {
                const SelectionOptionList one = { .items = &job->selection.items[i], .count = 1 };
                AUTO(selection_close) Selection *selection = NULL;
                AUTO(error_free) Error *error = selection_open(&one, false, folder, &selection);
                if (error_exit_code(error) != EXIT_CODE_GLOB_PREFIX)
                        selection_option_list_add(&kept, one.items[0]);
        }
        selection_option_list_clear(&job->selection);
        job->selection = kept;
}

/* A part of the backup is compared with that part of what is backed up. */
static void choose_folder_to_compare(Deed *deed) {
        Job *job = deed->job;
        if (!job->path)
                return;
        job->folder = arena_print(deed->arena, "%s/%s", strcmp(job->folder, "/") == 0 ? "" : job->folder, job->path);
        keep_rules_of(job, job->folder);
}

Error *deed_verify(Deed *deed) {
        AUTO_VALUE(run_unlock) RunLock lock = { .changes = NULL };
        AUTO_VALUE(summary_clear) Summary summary = { .full = false };
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        TRY(choose_view(deed));
        choose_folder_to_compare(deed);
        deed->job->compare_data = deed->parameters->compare;
        deed->job->progress = tell_progress;
        TRY(run_lock(deed->unit, RUN_READING, &lock, NULL));
        TRY(verify_run(deed->job, &summary, tell_difference, deed));
        report_print_verify(&summary, &text);
        output_line(&deed->output, buffer_text(&text));
        TRY(set_number("files", summary.compared_files));
        TRY(set_number("differences", summary.differences));
        TRY(judge_problems(deed, &summary, "verified"));
        return summary.differences
                       ? error_new(ERROR_CORRUPT, "%" PRIu64 " differences: see the output", summary.differences)
                       : NULL;
}

static void tell_finding(void *context, const Finding *finding) {
        Deed *deed = context;
        AUTO_VALUE(buffer_clear) Buffer line = { .data = NULL };
        inspect_text_finding(finding, &line);
        (void)buffer_add_text(&line, "\n");
        add_remedies(deed, &line);
}

Error *deed_check(Deed *deed) {
        AUTO_VALUE(run_unlock) RunLock lock = { .changes = NULL };
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        CheckTotals totals = { .chains = 0 };
        if (deed->parameters->full && deed->parameters->sample)
                return error_new(ERROR_USER,
                                 "the parameters 'full' and 'sample' contradict each other: give one of them");
        deed->job->replay = deed->parameters->full;
        deed->job->sample_percent = (unsigned)deed->parameters->sample;
        deed->job->progress = tell_progress;
        TRY(run_lock(deed->unit, RUN_READING, &lock, NULL));
        TRY(check_run(deed->job, &totals, tell_finding, deed));
        inspect_text_check(&totals, &text);
        output_line(&deed->output, buffer_text(&text));
        TRY(set_number("errors", totals.errors));
        TRY(set_number("warnings", totals.warnings));
        return totals.errors ? error_new(ERROR_CORRUPT, "%" PRIu64 " errors: see the output", totals.errors) : NULL;
}

/* ---- restoring ---- */

Error *deed_restore(Deed *deed) {
        AUTO_VALUE(run_unlock) RunLock lock = { .changes = NULL };
        AUTO_VALUE(summary_clear) Summary summary = { .full = false };
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        AUTO_TEXT char *target = path_clean(deed->parameters->target);
        if (target[0] != '/' || !path_is_safe(target + 1))
                return error_new(ERROR_USER,
                                 "the parameter 'target' must be a folder's full path without '..', not '%s'",
                                 deed->parameters->target);
        TRY(choose_view(deed));
        deed->job->folder = deed->parameters->target;
        deed->job->force = deed->parameters->force;
        deed->job->progress = tell_progress;
        selection_option_list_clear(&deed->job->selection); /* everything that is in the backup */
        TRY(run_lock(deed->unit, RUN_READING, &lock, NULL));
        Error *error = restore_run(deed->job, &summary);
        if (error_exit_code(error) == EXIT_CODE_RESTORE_TARGET_EXISTS) {
                error_free(error);
                return error_new(ERROR_USER,
                                 "'%s' is there already and not an empty folder: give another 'target', or "
                                 "force=true to restore over it",
                                 deed->parameters->target);
        }
        TRY(error);
        report_print_restore(&summary, false, &text);
        output_line(&deed->output, buffer_text(&text));
        TRY(set_number("files", summary.restored_files));
        TRY(set_number("bytes", summary.restored_bytes));
        return judge_problems(deed, &summary, "restored");
}

/* ---- removing ---- */

static void tell_removal(void *context, const PruneReport *report) {
        Deed *deed = context;
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        run_log_removal(report);
        if (report->is_done) {
                error_free(set_number("removed-files", report->removed_files)); /* the output tells it too */
                return;
        }
        removal_print(report, &text);
        add_remedies(deed, &text);
}

static Error *prune(Deed *deed, bool force) {
        AUTO_VALUE(run_unlock) RunLock lock = { .changes = NULL };
        TRY(run_lock(deed->unit, RUN_DELETION, &lock, NULL));
        deed->job->force = force;
        return prune_run(deed->job, tell_removal, deed);
}

Error *deed_remove_older(Deed *deed) {
        deed->job->retention.kind = RETENTION_OLDER_THAN;
        TRY(read_time(deed, &deed->job->retention.before));
        return prune(deed, true);
}

static Error *remove_by_count(Deed *deed, RetentionKind kind) {
        enum { MOST = 1000000 };
        deed->job->retention.kind = kind;
        deed->job->retention.chain_count = (unsigned)MIN(deed->parameters->count, (uint64_t)MOST);
        return prune(deed, true);
}

Error *deed_remove_chains(Deed *deed) {
        return remove_by_count(deed, RETENTION_CHAINS);
}

Error *deed_remove_incrementals(Deed *deed) {
        return remove_by_count(deed, RETENTION_INCREMENTALS);
}

Error *deed_cleanup(Deed *deed) {
        deed->job->retention.kind = RETENTION_CLEANUP;
        return prune(deed, deed->parameters->force);
}

/* ---- the connection ---- */

typedef struct Probe {
        const char *name; /* no backup's, and no other process's */
        int out, back;    /* scratch files: what is written, and read back */
        bool is_listed;
        uint64_t files; /* others in the folder */
} Probe;

static Error *seek_probe(void *context, const RemoteFile *file) {
        Probe *probe = context;
        bool is_it = strcmp(file->name, probe->name) == 0;
        probe->is_listed |= is_it;
        probe->files += !is_it;
        return NULL;
}

static Error *look_for(Storage *storage, Probe *probe, const char *text) {
        AUTO_VALUE(buffer_clear) Buffer read = { .data = NULL };
        TRY_AS(storage_list(storage, seek_probe, probe), "cannot list");
        TRY_AS(storage_get(storage, probe->name, probe->back), "cannot read back");
        TRY(file_seek(probe->back, probe->name, 0));
        TRY(file_read_all(probe->back, probe->name, &read));
        return probe->is_listed && strcmp(buffer_text(&read), text) == 0
                       ? NULL
                       : error_new(ERROR_CORRUPT, "what was written is not what is listed and read back");
}

/* Writes, lists, reads back, and deletes in any case: what was written half may be there. */
static Error *try_storage(Storage *storage, Probe *probe) {
        static const char text[] = "This file may be deleted.\n";
        TRY(file_write(probe->out, probe->name, bytes_of(text)));
        Error *error = error_context(storage_put(storage, probe->name, probe->out), "cannot write");
        if (!error)
                error = look_for(storage, probe, text);
        return error_first(error, error_context(storage_remove(storage, probe->name), "cannot delete"));
}

Error *deed_connection(Deed *deed) {
        AUTO(scratch_close) Scratch *scratch = NULL;
        AUTO(storage_close) Storage *storage = NULL;
        AUTO_FD int out = -1;
        AUTO_FD int back = -1;
        AUTO_TEXT char *name = memory_print("charm-duplicity-probe-%d.txt", (int)getpid());
        AUTO_TEXT char *url = url_printable(deed->job->url);
        TRY(scratch_open(deed->job->temp_folder, &scratch));
        TRY(scratch_file(scratch, &out));
        TRY(scratch_file(scratch, &back));
        deed->job->storage.retries = 0; /* whoever asks wants to know what is wrong now */
        TRY(registry_open(deed->job->url, &deed->job->storage, &storage));
        Probe probe = { .name = name, .out = out, .back = back };
        TRY_AS(try_storage(storage, &probe), "the storage '%s'", url);
        AUTO_TEXT char *line = memory_print("The storage %s can be written, listed, read and deleted from.", url);
        output_line(&deed->output, line);
        return set_number("files", probe.files);
}
