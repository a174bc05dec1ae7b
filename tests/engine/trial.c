#include "engine/trial.h"

#include <unistd.h>

#include "base/log.h"

Job trial_job;
Summary trial_summary;
static Buffer lines, logged;

/* gpgme forks without exec at first; in such a child, other threads have not been lost but never been. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void) {
        return "report_thread_leaks=0";
}

static void keep_message(UNUSED void *context, const LogRecord *record) {
        buffer_print(&logged, "%s\n", record->text);
}

static void release(void) {
        job_clear(&trial_job);
        summary_clear(&trial_summary);
        buffer_clear(&lines);
        buffer_clear(&logged);
}

void trial_begin(void) {
        static bool registered;
        if (!registered)
                atexit(release);
        registered = true;
        tree_as_before();
        log_open(keep_message, NULL, LOG_INFO);
        release();
        memory_storage_begin();
        trial_job = job_defaults();
        trial_job.concurrency = 1; /* which call is the fourth, say, is no matter of luck then */
        assert_ok(url_parse("memory://trial/folder", &trial_job.url));
        trial_job.no_encryption = true;
        trial_job.archive_dir = "archive";
        trial_job.temp_folder = ".";
        trial_job.storage = (StorageOptions){ .retries = 0 };
        trial_job.threads = 2;
        tree_folder("src");
}

static const Job *prepare(int64_t at, const char *folder) {
        static Job job;
        job = trial_job;
        job.times.now.seconds = at;
        if (folder)
                job.folder = folder;
        summary_clear(&trial_summary);
        trial_summary = (Summary){ .started = 0 };
        buffer_truncate(&lines, 0);
        return &job;
}

Error *trial_try_backup(int64_t at) {
        return backup_run(prepare(at, "src"), &trial_summary);
}

Error *trial_try_restore(int64_t at, const char *folder) {
        return restore_run(prepare(at, folder), &trial_summary);
}

static void keep_line(UNUSED void *context, UNUSED const char *path, const char *text) {
        buffer_print(&lines, "Difference found: %s\n", text);
}

Error *trial_try_verify(int64_t at, const char *folder) {
        Job job = *prepare(at, folder);
        job.compare_data = folder;
        return verify_run(&job, &trial_summary, keep_line, NULL);
}

static void check_problems(void) {
        if (trial_summary.problem_count)
                fail_msg("%s", trial_summary.problems.items[0]);
}

void trial_backup(int64_t at) {
        assert_ok(trial_try_backup(at));
        check_problems();
}

void trial_restore(int64_t at, const char *folder) {
        assert_ok(trial_try_restore(at, folder));
        check_problems();
}

void trial_check(int64_t at, const char *text) {
        trial_restore(at, "checked");
        assert_tree("checked", text);
        tree_remove("checked");
}

static void keep_path(void *context, const Recorded *recorded) {
        Buffer *paths = context;
        const char *path = recorded->entry.path[0] ? recorded->entry.path : ".";
        buffer_print(paths, "%s%s", paths->length ? " " : "", path);
}

char *trial_listing(int64_t at) {
        Buffer paths = { .data = NULL };
        buffer_init(&paths, 0);
        assert_ok(listing_run(prepare(at, NULL), keep_path, &paths));
        return buffer_detach(&paths);
}

const char *trial_lines(void) {
        return buffer_text(&lines);
}

const char *trial_log(void) {
        return buffer_text(&logged);
}

Session *trial_session(int64_t at) {
        Session *session = NULL;
        assert_ok(session_open(prepare(at, "src"), SESSION_WORKS, &session));
        return session;
}

const BackupSet *trial_set(const Session *session, size_t number) {
        const Chain *chain = collection_newest(session->collection);
        assert_non_null(chain);
        assert_true(number < chain->set_count);
        return chain->sets[number];
}

void trial_drop_cache(void) {
        if (access(trial_job.archive_dir, F_OK) == 0)
                tree_remove(trial_job.archive_dir);
}
