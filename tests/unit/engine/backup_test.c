#include <sys/wait.h>
#include <unistd.h>

#include "engine/trial.h"

static void make_tree(void) {
        tree_folder("src/a");
        tree_file("src/a/one", "one");
        tree_random_file("src/a/two", 200000, 1);
        tree_folder("src/empty folder");
        tree_file("src/empty", "");
        tree_link("src/link", "nowhere/at all");
        tree_fifo("src/pipe");
        tree_mode("src/a/one", 0440);
        tree_mode("src/empty folder", 01777);
}

static void change_tree(void) {
        tree_file("src/a/one more", "1");
        tree_random_file("src/a/two", 300000, 1);
        tree_remove("src/empty folder");
        tree_remove("src/link");
        tree_folder("src/link");
        tree_random_file("src/link/inside", 66000, 3);
}

TEST(backup_chain_gives_back_every_moment) {
        trial_begin();
        make_tree();
        AUTO_TEXT char *first = tree_text("src");
        trial_backup(100);
        assert_true(trial_summary.full);
        change_tree();
        AUTO_TEXT char *second = tree_text("src");
        trial_backup(200);
        assert_false(trial_summary.full);
        tree_remove("src/link");
        tree_link("src/link", "again");
        AUTO_TEXT char *third = tree_text("src");
        trial_backup(300);
        trial_check(99, first); /* before all: the earliest there is */
        trial_check(100, first);
        trial_check(199, first);
        trial_check(200, second);
        trial_check(300, third);
        trial_drop_cache();
        trial_check(5000, third);
}

TEST(backup_in_many_volumes_gives_back_every_moment_and_path) {
        trial_begin();
        trial_job.volume_size = 70000;
        trial_job.concurrency = 3;
        make_tree();
        AUTO_TEXT char *first = tree_text("src");
        AUTO_TEXT char *two = tree_text("src/a/two");
        trial_backup(100);
        assert_int_equal(trial_summary.volume_count, 4);
        change_tree();
        AUTO_TEXT char *second = tree_text("src");
        trial_backup(200);
        trial_check(100, first);
        trial_check(200, second);
        trial_job.path = "a/two";
        trial_check(100, two);
}

TEST(backup_of_an_unchanged_tree_holds_nothing) {
        trial_begin();
        make_tree();
        AUTO_TEXT char *tree = tree_text("src");
        trial_backup(100);
        trial_backup(200);
        assert_int_equal(trial_summary.delta_entries, 0);
        assert_true(trial_summary.stored_bytes < 100);
        trial_check(200, tree);
}

TEST(backup_of_a_missing_source_stores_nothing) {
        trial_begin();
        tree_remove("src");
        Error *error = trial_try_backup(100);
        assert_int_equal(error_exit_code(error), EXIT_CODE_SOURCE_MISSING);
        assert_error(error, ERROR_MISSING, "cannot read 'src'");
        assert_int_equal(memory_storage_matches(""), 0);
}

typedef struct Watched {
        unsigned calls;
        uint64_t bytes, files;
        const char *doing;
} Watched;

static void watch(void *context, const Progress *progress) {
        Watched *watched = context;
        watched->calls++;
        assert_true(progress->bytes >= watched->bytes); /* it never goes back */
        assert_true(progress->files >= watched->files);
        if (progress->total_bytes)
                assert_true(progress->bytes <= progress->total_bytes);
        watched->bytes = progress->bytes;
        watched->files = progress->files;
        watched->doing = progress->doing;
}

TEST(backup_and_restore_report_their_progress) {
        Watched watched = { .calls = 0 };
        trial_begin();
        make_tree();
        for (int i = 0; i < 30; i++) {
                AUTO_TEXT char *path = memory_print("src/%d", i);
                tree_file(path, path);
        }
        trial_job.progress = watch;
        trial_job.progress_context = &watched;
        trial_backup(100);
        assert_true(watched.calls > 10);
        assert_string_equal(watched.doing, "backing up");
        assert_true(watched.bytes >= 200000);
        watched = (Watched){ .calls = 0 };
        trial_restore(100, "r");
        assert_true(watched.calls > 0);
        assert_string_equal(watched.doing, "restoring");
        watched = (Watched){ .calls = 0 };
        assert_ok(trial_try_verify(100, "src"));
        assert_true(watched.calls > 0);
        assert_string_equal(watched.doing, "verifying");
}

/* ---- every call fails in turn ---- */

typedef Error *Run(void);

/* Runs RUN with its first call of the storage failing, then its second, and so on, until it succeeds; BETWEEN brings
 * everything back to where it was, and CHECK looks at what a failure has left. */
static void fail_each_call(Run *run, void (*between)(void), void (*check)(void)) {
        for (unsigned n = 1;; n++) {
                between();
                memory_storage_fail(MEMORY_CALLS, n, ERROR_DENIED);
                Error *error = run();
                memory_storage_fail(MEMORY_CALLS, 0, ERROR_NONE);
                if (!error) {
                        assert_in_range(n, 4, 100); /* it has been worth it */
                        return;
                }
                assert_int_equal(error_kind(error), ERROR_DENIED);
                assert_non_null(strstr(error_story(error), "the memory fails"));
                error_free(error);
                check();
        }
}

static char *earlier; /* the tree at 100 */

static void go_back(void) {
        memory_storage_go_back();
        trial_drop_cache();
}

static Error *run_backup(void) {
        return trial_try_backup(200);
}

static void check_nothing_there(void) {
        assert_error(trial_try_restore(1000, "r"), ERROR_MISSING, "no backup chain found");
}

static void check_earlier(void) {
        trial_check(100, earlier);
        trial_check(1000, earlier);
}

TEST(backup_in_full_fails_cleanly_at_every_call) {
        trial_begin();
        trial_job.volume_size = 70000;
        make_tree();
        AUTO_TEXT char *tree = tree_text("src");
        memory_storage_keep();
        fail_each_call(run_backup, go_back, check_nothing_there);
        trial_check(200, tree);
}

TEST(backup_in_increments_fails_cleanly_at_every_call) {
        trial_begin();
        trial_job.volume_size = 70000;
        trial_job.concurrency = 2;
        make_tree();
        earlier = tree_text("src");
        trial_backup(100);
        memory_storage_keep();
        change_tree();
        AUTO_TEXT char *later = tree_text("src");
        fail_each_call(run_backup, go_back, check_earlier);
        trial_check(100, earlier);
        trial_check(200, later);
        memory_free(TAKE(earlier));
}

static Error *run_restore(void) {
        return trial_try_restore(200, "r");
}

static void remove_restored(void) {
        if (access("r", F_OK) == 0)
                tree_remove("r");
        trial_drop_cache();
}

static void check_nothing(void) {
}

TEST(backup_can_be_restored_after_every_failed_call) {
        trial_begin();
        trial_job.volume_size = 70000;
        make_tree();
        trial_backup(100);
        change_tree();
        AUTO_TEXT char *tree = tree_text("src");
        trial_backup(200);
        fail_each_call(run_restore, remove_restored, check_nothing);
        assert_tree("r", tree);
}

static Error *run_verify(void) {
        return trial_try_verify(200, "src");
}

TEST(backup_can_be_verified_after_every_failed_call) {
        trial_begin();
        trial_job.volume_size = 70000;
        make_tree();
        trial_backup(200);
        fail_each_call(run_verify, trial_drop_cache, check_nothing);
        assert_string_equal(trial_lines(), "");
}

/* ---- with gpg: seconds each, so there are few ---- */

static char home[64];

static void remove_home(void) {
        AUTO_TEXT char *command = memory_print("gpgconf --homedir %s --kill all; rm -rf %s", home, home);
        pid_t pid = fork();
        if (pid == 0) {
                execl("/bin/sh", "sh", "-c", command, (char *)NULL);
                _exit(127);
        }
        (void)waitpid(pid, NULL, 0); /* a leftover folder is all that can come of it */
}

/* The path of gpg's sockets must be short. */
static void make_home(void) {
        if (home[0])
                return;
        (void)snprintf(home, sizeof home, "/tmp/ceXXXXXX");
        assert_non_null(mkdtemp(home));
        atexit(remove_home);
}

TEST(backup_encrypted_with_a_passphrase_gives_back_every_moment) {
        AUTO(secret_free) Secret *passphrase = secret_new(bytes_of("a passphrase"));
        AUTO(secret_free) Secret *wrong = secret_new(bytes_of("another"));
        trial_begin();
        make_home();
        trial_job.no_encryption = false;
        trial_job.gpg_home = home;
        trial_job.passphrase = passphrase;
        trial_job.volume_size = 150000;
        make_tree();
        AUTO_TEXT char *first = tree_text("src");
        trial_backup(100);
        change_tree();
        AUTO_TEXT char *second = tree_text("src");
        trial_backup(200);
        assert_int_equal(memory_storage_matches(".gpg"), memory_storage_matches(""));
        trial_check(100, first);
        trial_drop_cache();
        trial_check(200, second);
        trial_drop_cache();
        trial_job.passphrase = wrong;
        AUTO(error_free) Error *error = trial_try_restore(200, "r");
        assert_int_equal(error_exit_code(error), EXIT_CODE_GPG);
}

/* ---- --skip-if-no-change and --jsonstat ---- */

TEST(backup_without_changes_can_be_skipped) {
        trial_begin();
        make_tree();
        trial_job.skip_if_no_change = true;
        trial_backup(100); /* a full one never is */
        memory_storage_fail(MEMORY_CALLS, 0, ERROR_NONE);
        trial_backup(200);
        assert_true(trial_summary.skipped);
        assert_int_equal(memory_storage_count(MEMORY_PUT), 0);
        assert_int_equal(memory_storage_matches("duplicity-inc"), 0);
        AUTO_TEXT char *left = tree_text("archive");
        assert_non_null(strstr(left, "duplicity-full-signatures"));
        assert_null(strstr(left, ".part"));
        assert_null(strstr(left, "duplicity-new"));
        assert_non_null(strstr(trial_log(), "No changes: no backup was made"));
        tree_file("src/fresh", "fresh");
        trial_backup(300);
        assert_false(trial_summary.skipped);
        assert_int_equal(memory_storage_matches("duplicity-inc"), 2);
}

TEST(backup_leaves_its_numbers_when_asked) {
        trial_begin();
        tree_file("src/a", "four");
        trial_job.write_statistics = true;
        trial_backup(100);
        Bytes content = memory_storage_content(memory_storage_find("jsonstat"));
        AUTO_TEXT char *text = memory_copy(content.at, content.length);
        assert_non_null(strstr(text, "\"SourceFiles\": 2"));
        assert_non_null(strstr(text, "\"NewFileSize\": 4"));
        assert_non_null(strstr(text, "\"StartTime\": 100.000000"));
        assert_non_null(strstr(text, "\"Errors\": 0"));
        const char *puts = memory_storage_puts(); /* the set is complete before */
        assert_true(strstr(puts, ".manifest") < strstr(puts, ".jsonstat"));
        trial_job.dry_run = true;
        trial_backup(200);
        assert_int_equal(memory_storage_matches("jsonstat"), 1);
}

TEST(backup_is_complete_without_its_numbers) {
        trial_begin();
        tree_file("src/a", "a");
        AUTO_TEXT char *tree = tree_text("src");
        trial_job.write_statistics = true;
        memory_storage_fail(MEMORY_PUT, 4, ERROR_DENIED); /* volume, signatures, manifest, statistics */
        assert_ok(trial_try_backup(200));
        assert_int_equal(trial_summary.problem_count, 1);
        assert_non_null(strstr(trial_summary.problems.items[0], "the backup is complete, but not its statistics"));
        memory_storage_fail(MEMORY_CALLS, 0, ERROR_NONE);
        trial_check(200, tree);
}
