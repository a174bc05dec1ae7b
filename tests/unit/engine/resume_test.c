#include "engine/resume.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "engine/trial.h"
#include "sys/file.h"

static const char log_path[] = "archive/trial/.resume.log";

/* Volumes of about one chunk; "b" and "c" are cut by the ends of several. */
static void make_tree(void) {
        tree_folder("src/a");
        tree_file("src/a/one", "one");
        tree_random_file("src/b", 300000, 1);
        tree_random_file("src/c", 200000, 2);
        tree_file("src/d", "d");
        tree_random_file("src/e", 150000, 3);
}

static void begin(void) {
        trial_begin();
        trial_job.volume_size = 70000;
        trial_job.name = "trial";
        make_tree();
}

/* A backup at AT of which the put number N fails. */
static void fail_at(int64_t at, unsigned n) {
        memory_storage_fail(MEMORY_PUT, n, ERROR_DENIED);
        assert_error(trial_try_backup(at), ERROR_DENIED, "the memory fails");
        memory_storage_fail(MEMORY_PUT, 0, ERROR_NONE);
}

static void assert_told(const char *part) {
        if (!strstr(trial_log(), part))
                fail_msg("'%s' is not told in:\n%s", part, trial_log());
}

static void assert_not_told(const char *part) {
        if (strstr(trial_log(), part))
                fail_msg("'%s' is told in:\n%s", part, trial_log());
}

static void assert_no_state(void) {
        AUTO_TEXT char *archive = tree_text("archive");
        if (strstr(archive, ".resume"))
                fail_msg("state is left:\n%s", archive);
}

/* Everything as it is now comes back, and is known to be there. */
static void check_now(int64_t at) {
        AUTO_TEXT char *tree = tree_text("src");
        trial_check(at, tree);
        trial_backup(at + 1);
        assert_int_equal(trial_summary.delta_entries, 0);
}

/* ---- going on ---- */

TEST(resume_goes_on_behind_the_last_volume_that_is_stored) {
        begin();
        fail_at(100, 4);
        AUTO_TEXT char *puts_before = memory_text(memory_storage_puts());
        trial_backup(200);
        assert_told("Continuing the full set of 1970-01-01T00:01:40Z after volume 3.");
        const char *puts = memory_storage_puts() + strlen(puts_before);
        assert_null(strstr(puts, "vol3."));
        assert_non_null(strstr(puts, "000140Z.vol4."));
        assert_null(strstr(puts, "000320Z"));
        assert_no_state();
        check_now(200);
}

TEST(resume_counts_what_was_done_before) {
        begin();
        trial_backup(100);
        Summary whole = trial_summary;
        whole.problems = (TextList){ .count = 0 };
        for (unsigned n = 2; n <= 10; n++) {
                memory_storage_begin();
                trial_drop_cache();
                fail_at(100, n);
                trial_backup(200);
                assert_int_equal(trial_summary.source_files, whole.source_files);
                assert_int_equal(trial_summary.source_bytes, whole.source_bytes);
                assert_int_equal(trial_summary.new_files, whole.new_files);
                assert_int_equal(trial_summary.new_bytes, whole.new_bytes);
                assert_int_equal(trial_summary.delta_entries, whole.delta_entries);
                assert_int_equal(trial_summary.delta_bytes, whole.delta_bytes);
                assert_int_equal(trial_summary.volume_count, whole.volume_count);
                assert_int_equal(trial_summary.set_time.seconds, 100);
        }
}

static char *uninterrupted; /* what a set's manifest says when nothing went wrong */

static char *read_manifest(const char *part) {
        Bytes manifest = memory_storage_content(memory_storage_find(part));
        return memory_copy(manifest.at, manifest.length);
}

/* Fails at each put in turn; the set that is continued says of its volumes what an uninterrupted one says. */
static void fail_at_each_put(int64_t time, const char *manifest_name) {
        AUTO_TEXT char *tree = tree_text("src");
        memory_storage_fail(MEMORY_CALLS, 0, ERROR_NONE);
        memory_storage_keep();
        trial_backup(time);
        unsigned puts = memory_storage_count(MEMORY_PUT);
        uninterrupted = read_manifest(manifest_name);
        for (unsigned n = 1; n <= puts; n++) {
                memory_storage_go_back();
                trial_drop_cache();
                fail_at(time, n);
                assert_ok(trial_try_backup(time));
                AUTO_TEXT char *manifest = read_manifest(manifest_name);
                assert_string_equal(manifest, uninterrupted);
                trial_check(time, tree);
                trial_backup(time + 1);
                assert_int_equal(trial_summary.delta_entries, 0);
        }
        assert_in_range(puts, 8, 40);
        memory_free(TAKE(uninterrupted));
}

TEST(resume_makes_of_a_full_set_what_it_would_have_been) {
        begin();
        fail_at_each_put(100, "full.19700101T000140Z.manifest");
}

TEST(resume_makes_of_an_incremental_set_what_it_would_have_been) {
        begin();
        trial_job.concurrency = 3;
        trial_backup(50);
        for (unsigned seed = 1; seed < 4; seed++) {
                AUTO_TEXT char *path = memory_print("src/%c", "bce"[seed - 1]);
                tree_random_file(path, 250000, seed + 10);
        }
        tree_remove("src/a");
        tree_random_file("src/a", 90000, 20);
        fail_at_each_put(100, "000140Z.manifest");
}

TEST(resume_survives_failing_again_and_again) {
        begin();
        AUTO_TEXT char *tree = tree_text("src");
        for (int64_t at = 100; at < 110; at++) {
                memory_storage_fail(MEMORY_PUT, 2, ERROR_DENIED);
                error_free(trial_try_backup(at));
                memory_storage_fail(MEMORY_PUT, 0, ERROR_NONE);
        }
        trial_backup(200);
        assert_told("after volume 1.");
        assert_told("after volume 9.");
        trial_check(200, tree);
        trial_check(100, tree); /* all of it is one set, of the first run's time */
}

/* ---- files that change meanwhile ---- */

/* What is before the point stays as it was recorded, what is behind it is as it is now. */
TEST(resume_takes_what_is_behind_the_point_as_it_is_now) {
        begin();
        fail_at(100, 6); /* within "c" */
        AUTO_TEXT char *old_one = tree_text("src/a/one");
        tree_file("src/a/one", "changed");
        tree_file("src/e", "changed, too");
        tree_file("src/f", "new");
        tree_remove("src/d");
        trial_backup(200);
        assert_told("after volume 5.");
        trial_restore(200, "r");
        assert_tree("r/a/one", old_one);
        AUTO_TEXT char *e = tree_text("src/e");
        AUTO_TEXT char *c = tree_text("src/c");
        assert_tree("r/e", e);
        assert_tree("r/c", c);
        assert_int_equal(access("r/f", F_OK), 0);
        assert_int_equal(access("r/d", F_OK), -1);
        trial_backup(300); /* what changed before the point is found now */
        assert_int_equal(trial_summary.changed_files, 1);
        check_now(301);
}

static void keep_times(const char *path, void (*change)(const char *path)) {
        struct stat status;
        assert_int_equal(stat(path, &status), 0);
        change(path);
        tree_time(path, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

static void write_inside(const char *path) {
        AUTO_FD int fd = -1;
        assert_ok(file_open(path, O_WRONLY, 0, &fd));
        assert_ok(file_write(fd, path, bytes_of("another beginning")));
}

static void rewrite(const char *path) {
        tree_random_file(path, 310000, 9);
}
static void rewrite_unseen(const char *path) {
        keep_times(path, write_inside);
}
static void shrink(const char *path) {
        tree_random_file(path, 100, 9);
}
static void change_mode(const char *path) {
        tree_mode(path, 0600);
}
static void replace_by_folder(const char *path) {
        tree_remove(path);
        tree_folder(path);
        tree_file("src/b/inside", "b");
}
static void replace_by_link(const char *path) {
        tree_remove(path);
        tree_link(path, "elsewhere");
}

TEST(resume_never_mixes_two_contents_of_a_file) {
        void (*const changes[])(const char *path) = { rewrite,           rewrite_unseen,  shrink,     change_mode,
                                                      replace_by_folder, replace_by_link, tree_remove };
        for (size_t i = 0; i < ARRAY_LENGTH(changes); i++) {
                begin();
                fail_at(100, 4);
                changes[i]("src/b");
                trial_backup(200);
                assert_told("after volume 3.");
                assert_told("'b' is not what it was when its first part was stored: it is stored again.");
                AUTO_TEXT char *expected = tree_text("src");
                trial_restore(200, "r");
                AUTO_TEXT char *found = tree_text("r");
                /* the root was recorded before */
                assert_string_equal(strchr(found, '\n'), strchr(expected, '\n'));
                tree_remove("r");
                trial_backup(300);
                check_now(300);
                tree_remove("src");
                trial_drop_cache();
        }
}

/* The file that was cut is the last one, and nothing comes where it was. */
TEST(resume_notices_that_the_last_file_of_all_is_gone) {
        trial_begin();
        trial_job.volume_size = 70000;
        tree_random_file("src/b", 300000, 1);
        fail_at(100, 4);
        tree_remove("src/b");
        trial_backup(200);
        assert_told("'b' is not what it was");
        assert_told("Beginning the full set of 1970-01-01T00:01:40Z again");
        AUTO_TEXT char *tree = tree_text("src");
        trial_check(200, tree);
        assert_int_equal(memory_storage_matches("vol"), 1); /* leftovers are gone */
}

TEST(resume_goes_back_over_several_files_that_have_changed) {
        begin();
        trial_job.volume_size = 135000; /* two chunks and a little */
        tree_random_file("src/b", 5 * 65536 + 1000, 1);
        fail_at(100, 5); /* within "c", which begins in the volume in which "b" ends */
        tree_random_file("src/b", 290000, 7);
        tree_random_file("src/c", 190000, 8);
        trial_backup(200);
        assert_told("'c' is not what it was");
        assert_told("'b' is not what it was");
        AUTO_TEXT char *b = tree_text("src/b");
        AUTO_TEXT char *c = tree_text("src/c");
        trial_restore(200, "r");
        assert_tree("r/b", b);
        assert_tree("r/c", c);
        trial_backup(300);
        check_now(300);
}

TEST(resume_goes_on_in_a_delta_that_was_cut) {
        begin();
        trial_backup(50);
        tree_random_file("src/b", 400000, 30);
        fail_at(100, 4);
        AUTO_TEXT char *tree = tree_text("src");
        trial_backup(200);
        assert_told("Continuing the incremental set of 1970-01-01T00:01:40Z after volume 3.");
        assert_not_told("not what it was");
        trial_check(100, tree);
        fail_at(300, 1); /* nothing of it */
        tree_random_file("src/b", 410000, 31);
        fail_at(400, 4);
        tree_file("src/b", "short"); /* the delta becomes another one */
        trial_backup(500);
        assert_told("'b' is not what it was");
        trial_backup(600);
        check_now(600);
}

/* Beneath what was a file in the first run nothing can be stored, even if it is a folder again. */
TEST(resume_does_not_begin_beneath_what_was_no_folder) {
        trial_begin();
        trial_job.volume_size = 10000;
        tree_folder("src/f");
        for (int i = 0; i < 60; i++) {
                AUTO_TEXT char *path = memory_print("src/f/%02d", i);
                tree_file(path, "x");
        }
        tree_file("src/g", "g");
        trial_backup(100);
        tree_remove("src/f");
        tree_file("src/f", "a file");
        fail_at(200, 3); /* amid what is gone beneath "f" */
        tree_remove("src/f");
        tree_folder("src/f");
        tree_file("src/f/05", "again");
        tree_file("src/f/50", "again");
        tree_file("src/f/99", "new");
        trial_backup(300);
        assert_told("Beginning the incremental set of 1970-01-01T00:03:20Z again");
        AUTO_TEXT char *tree = tree_text("src");
        trial_check(300, tree);
}

TEST(resume_tells_what_cannot_be_read_around_the_point) {
        if (geteuid() != 0)
                return;
        begin();
        tree_folder("src/c1");
        tree_random_file("src/c1/x", 150000, 4);
        tree_file("src/c1/y", "y");
        tree_file("src/a/secret", "s");
        tree_mode("src/a/secret", 0);
        tree_as_nobody();
        memory_storage_fail(MEMORY_PUT, 11, ERROR_DENIED); /* within "c1/x" */
        error_free(trial_try_backup(100));
        memory_storage_fail(MEMORY_PUT, 0, ERROR_NONE);
        assert_int_equal(trial_summary.problem_count, 1);
        assert_ok(trial_try_backup(200));
        assert_told("after volume 10.");
        assert_int_equal(trial_summary.problem_count, 1); /* of the first run */
        trial_job.kind = BACKUP_FULL;
        memory_storage_fail(MEMORY_PUT, 11, ERROR_DENIED);
        error_free(trial_try_backup(300));
        memory_storage_fail(MEMORY_PUT, 0, ERROR_NONE);
        tree_as_before();
        tree_mode("src/c1", 0);
        tree_as_nobody();
        assert_ok(trial_try_backup(400));
        assert_told("'c1/x' is not what it was");
        assert_int_equal(trial_summary.problem_count, 2);
        tree_as_before();
}

/* ---- when it is not continued ---- */

TEST(resume_respects_what_kind_was_asked_for) {
        static const struct {
                bool had_full;
                BackupKind first, second;
                const char *told;
                bool is_full;
        } cases[] = {
                { false, BACKUP_FULL, BACKUP_AUTO, "Continuing the full set", true },
                { false, BACKUP_AUTO, BACKUP_FULL, "Continuing the full set", true },
                { true, BACKUP_FULL, BACKUP_AUTO, "Continuing the full set", true },
                { true, BACKUP_INCREMENTAL, BACKUP_AUTO, "Continuing the incremental set", false },
                { true, BACKUP_AUTO, BACKUP_INCREMENTAL, "Continuing the incremental set", false },
                { true, BACKUP_AUTO, BACKUP_FULL,
                  "The unfinished incremental set of 1970-01-01T00:01:40Z is not continued: a full backup was asked for.",
                  true },
                { true, BACKUP_FULL, BACKUP_INCREMENTAL, "is not continued: an incremental backup was asked for.",
                  false },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                begin();
                if (cases[i].had_full)
                        trial_backup(50);
                tree_random_file("src/b", 320000, 5);
                tree_random_file("src/c", 120000, 6);
                trial_job.kind = cases[i].first;
                fail_at(100, 4);
                trial_job.kind = cases[i].second;
                trial_backup(200);
                assert_told(cases[i].told);
                assert_int_equal(trial_summary.full, cases[i].is_full);
                trial_job.kind = BACKUP_AUTO;
                check_now(200);
                tree_remove("src");
                trial_drop_cache();
        }
}

TEST(resume_respects_full_if_older_than) {
        begin();
        trial_backup(50);
        tree_random_file("src/b", 320000, 5);
        fail_at(100, 3);
        trial_job.has_full_before = true;
        trial_job.full_before.seconds = 60;
        fail_at(200, 3);
        assert_told("is not continued: a full backup is due.");
        trial_job.full_before.seconds = 250;
        trial_backup(300);
        assert_told("is not continued: it is older than --full-if-older-than allows.");
        assert_true(trial_summary.full);
        assert_int_equal(trial_summary.set_time.seconds, 300);
}

static void change_compression(void) {
        trial_job.no_compression = true;
}
static void change_prefix(void) {
        trial_job.prefixes.all = "p";
}
static void copy_links(void) {
        trial_job.copy_links = true;
}
static void exclude_something(void) {
        static const SelectionOption option = { .kind = SELECTION_EXCLUDE, .spelled = "--exclude", .value = "**nothing" };
        selection_option_list_add(&trial_job.selection, option);
}
static void change_list(void) {
        trial_job.no_files_changed = true;
}
static void lose_volumes(void) {
        while (memory_storage_matches("vol"))
                for (unsigned number = 1; number < 10; number++) {
                        AUTO_TEXT char *part = memory_print("vol%u.", number);
                        if (memory_storage_matches(part))
                                memory_storage_lose(memory_storage_find(part));
                }
}
static void write_file(const char *path, const char *text) {
        AUTO_FD int fd = -1;
        assert_ok(file_open(path, O_WRONLY | O_TRUNC, 0, &fd));
        assert_ok(file_write(fd, path, bytes_of(text)));
}
static void write_newer_log(void) {
        write_file(log_path, "charm-duplicity unfinished backup 2\nanything\n");
}
static void empty_log(void) {
        write_file(log_path, "");
}
static void cut_head(void) {
        assert_int_equal(truncate(log_path, 60), 0);
}
static void alter_signatures(void) {
        write_inside("archive/trial/.resume.sigtar.gz");
}
static void cut_signatures(void) {
        assert_int_equal(truncate("archive/trial/.resume.sigtar.gz", 20), 0);
}
static void remove_list(void) {
        assert_int_equal(unlink("archive/trial/.resume.files"), 0);
}

TEST(resume_begins_anew_when_something_does_not_fit) {
        static const struct {
                void (*change)(void);
                const char *told;
        } cases[] = {
                { change_compression, "it is encrypted or compressed in another way" },
                { change_prefix, "it was made with another --file-prefix." },
                { change_list, "one of the two has --no-files-changed" },
                { copy_links, "other files were selected for it" },
                { exclude_something, "other files were selected for it" },
                { lose_volumes, "nothing of it is at 'memory://trial/folder'" },
                { write_newer_log, "is damaged, or was written by another version" },
                { empty_log, "is damaged, or was written by another version" },
                { cut_head, ".resume.log' is damaged" },
                { alter_signatures, "its state in 'archive/trial' is damaged" },
                { cut_signatures, "its state in 'archive/trial' is damaged" },
                { remove_list, "its state in 'archive/trial' is damaged" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                begin();
                fail_at(100, 4);
                cases[i].change();
                trial_backup(200);
                assert_told(cases[i].told);
                assert_not_told("Continuing");
                assert_int_equal(trial_summary.set_time.seconds, 200);
                assert_no_state();
                check_now(200);
                tree_remove("src");
                trial_drop_cache();
        }
}

TEST(resume_goes_on_with_the_same_selection) {
        begin();
        exclude_something();
        fail_at(100, 4);
        trial_backup(200);
        assert_told("after volume 3.");
}

TEST(resume_begins_anew_for_another_source) {
        begin();
        fail_at(100, 4);
        assert_int_equal(rename("src", "kept"), 0);
        assert_int_equal(symlink("kept", "other"), 0);
        Job job = trial_job;
        job.folder = "other/";
        job.times.now.seconds = 200;
        assert_ok(backup_run(&job, &trial_summary));
        assert_told("is not continued: it is of another folder.");
        assert_int_equal(unlink("other"), 0);
}

TEST(resume_begins_anew_when_another_backup_was_made_since) {
        begin();
        fail_at(100, 4);
        trial_job.name = "elsewhere";
        trial_backup(150);
        trial_job.name = "trial";
        trial_backup(200);
        assert_told("is not continued: there is a later one.");
        assert_false(trial_summary.full);
        check_now(200);
}

TEST(resume_keeps_the_volumes_before_one_that_is_missing_or_cut) {
        for (int cut = 0; cut < 2; cut++) {
                begin();
                fail_at(100, 6);
                if (cut)
                        memory_storage_truncate(memory_storage_find("vol4."), 100);
                else
                        memory_storage_lose(memory_storage_find("vol4."));
                trial_backup(200);
                assert_told("after volume 3.");
                check_now(200);
                tree_remove("src");
                trial_drop_cache();
        }
}

TEST(resume_ignores_the_end_of_a_torn_log) {
        struct stat status;
        begin();
        fail_at(100, 6);
        assert_int_equal(stat(log_path, &status), 0);
        assert_int_equal(status.st_mode & 0777, 0600);
        assert_int_equal(truncate(log_path, status.st_size - 1), 0);
        fail_at(150, 2);
        assert_told("after volume 4.");
        assert_int_equal(truncate(log_path, status.st_size - 30), 0);
        trial_backup(200);
        check_now(200);
}

TEST(resume_removes_volumes_that_the_set_does_not_name) {
        begin();
        fail_at(100, 7);
        memory_storage_write("duplicity-full.19700101T000140Z.vol99.difftar.gz", bytes_of("left"));
        memory_storage_write("duplicity-full.19700101T000141Z.vol99.difftar.gz", bytes_of("another set's"));
        tree_remove("src/c");
        tree_remove("src/e");
        trial_backup(200);
        assert_int_equal(memory_storage_matches("000140Z.vol"), trial_summary.volume_count);
        assert_int_equal(memory_storage_matches("000141Z.vol"), 1);
        trial_backup(300); /* the root has changed, too */
        check_now(300);
}

TEST(resume_is_not_for_dry_runs) {
        begin();
        fail_at(100, 4);
        AUTO_TEXT char *archive = tree_text("archive");
        trial_job.dry_run = true;
        trial_backup(150);
        assert_not_told("Continuing");
        assert_tree("archive", archive);
        trial_job.dry_run = false;
        trial_backup(200);
        assert_told("after volume 3.");
}

/* ---- cut short while it was published ---- */

TEST(resume_makes_local_copies_of_a_set_that_is_complete) {
        begin();
        trial_backup(50);
        tree_random_file("src/b", 320000, 5);
        memory_storage_fail(MEMORY_CALLS, 0, ERROR_NONE);
        memory_storage_keep();
        trial_backup(100);
        unsigned puts = memory_storage_count(MEMORY_PUT);
        memory_storage_go_back();
        fail_at(100, puts);
        AUTO_FD int fd = -1; /* the manifest has come, but nobody was there to see it */
        AUTO_VALUE(buffer_clear) Buffer manifest = { .data = NULL };
        assert_ok(file_open("archive/trial/.resume.manifest", O_RDONLY, 0, &fd));
        assert_ok(file_read_all(fd, "manifest", &manifest));
        memory_storage_write("duplicity-inc.19700101T000050Z.to.19700101T000140Z.manifest", buffer_bytes(&manifest));
        memory_storage_fail(MEMORY_CALLS, 0, ERROR_NONE);
        trial_backup(200);
        assert_string_equal(memory_storage_gets(), "");
        assert_int_equal(trial_summary.delta_entries, 0);
        assert_no_state();
        check_now(200);
}

/* ---- stock's unfinished sets ---- */

TEST(resume_removes_what_stock_left_half_done) {
        begin();
        trial_backup(50);
        tree_file("archive/trial/duplicity-full.19700101T000055Z.manifest.part", "");
        tree_file("archive/trial/duplicity-full-signatures.19700101T000055Z.sigtar.part", "");
        fail_at(100, 1);
        assert_not_told("Deleting local");
        tree_file("src/new", "new");
        trial_backup(200);
        assert_told("Deleting local duplicity-full.19700101T000055Z.manifest.part (of an unfinished backup, which this "
                    "one replaces).");
        AUTO_TEXT char *archive = tree_text("archive");
        assert_null(strstr(archive, ".part"));
        assert_non_null(strstr(archive, "000320Z.manifest"));
}

/* ---- for those who clean up ---- */

static bool is_possible(int64_t at) {
        AUTO(session_close) Session *session = trial_session(at);
        assert_int_equal(session->collection->incomplete_count, 1);
        return resume_is_possible(session, session->collection->incompletes[0]);
}

TEST(resume_tells_whether_it_is_possible) {
        begin();
        fail_at(100, 4);
        assert_true(is_possible(200));
        {
                AUTO(session_close) Session *session = trial_session(200);
                BackupSet other = *session->collection->incompletes[0];
                other.start.seconds = other.end.seconds = 101;
                assert_false(resume_is_possible(session, &other));
        }
        memory_storage_truncate(memory_storage_find("vol2."), 100);
        assert_true(is_possible(200));
        memory_storage_truncate(memory_storage_find("vol1."), 100);
        assert_false(is_possible(200));
        trial_drop_cache();
        assert_false(is_possible(200));
}

TEST(resume_has_nothing_to_do_with_a_set_that_was_skipped) {
        begin();
        trial_backup(50);
        trial_job.skip_if_no_change = true;
        trial_backup(100);
        assert_true(trial_summary.skipped);
        assert_no_state();
        tree_random_file("src/b", 320000, 5);
        fail_at(200, 3);
        trial_backup(300);
        assert_false(trial_summary.skipped);
        assert_told("after volume 2.");
        check_now(300);
}

TEST(resume_drops_what_it_is_told_to_drop) {
        begin();
        fail_at(100, 4);
        {
                AUTO(session_close) Session *session = trial_session(200);
                resume_drop(session);
        }
        assert_no_state();
        trial_backup(200);
        assert_not_told("Continuing");
        assert_int_equal(trial_summary.set_time.seconds, 200);
}
