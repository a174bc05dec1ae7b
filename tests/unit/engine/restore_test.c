#include <unistd.h>

#include "engine/forge.h"
#include "engine/trial.h"

static void expect_code(Error *error, ExitCode code, const char *text) {
        assert_int_equal(error_exit_code(error), code);
        if (!strstr(error_story(error), text))
                fail_msg("no '%s' in '%s'", text, error_story(error));
        error_free(error);
}

static void begin(void) {
        trial_begin();
        tree_folder("src/d");
        tree_random_file("src/d/large", 200000, 1);
        tree_file("src/d/small", "small");
        tree_link("src/d/link", "large");
        tree_file("src/f", "f");
        trial_backup(100);
}

TEST(restore_gives_back_one_path) {
        begin();
        AUTO_TEXT char *folder = tree_text("src/d");
        AUTO_TEXT char *large = tree_text("src/d/large");
        AUTO_TEXT char *link = tree_text("src/d/link");
        trial_job.path = "d";
        trial_check(100, folder);
        assert_int_equal(trial_summary.restored_files, 4);
        assert_int_equal(trial_summary.restored_bytes, 200005);
        trial_job.path = "./d//large/";
        trial_check(100, large);
        trial_job.path = "d/link";
        trial_check(100, link);
}

TEST(restore_says_that_a_path_is_not_there) {
        begin();
        tree_remove("src/f");
        trial_backup(200);
        trial_job.path = "f";
        expect_code(trial_try_restore(200, "r"), EXIT_CODE_RESTORE_PATH_NOT_FOUND, "'f' is not in the backup");
        trial_restore(100, "r");
        trial_job.path = "d/smal";
        expect_code(trial_try_restore(200, "s"), EXIT_CODE_RESTORE_PATH_NOT_FOUND, "'d/smal' is not in the backup");
        assert_int_equal(access("s", F_OK), -1);
}

TEST(restore_takes_the_time_it_was_given) {
        begin();
        AUTO_TEXT char *first = tree_text("src");
        tree_file("src/f", "changed");
        trial_backup(200);
        trial_job.has_time = true;
        trial_job.time.seconds = 199;
        trial_check(1000, first);
}

TEST(restore_leaves_a_full_folder_alone_unless_forced) {
        begin();
        AUTO_TEXT char *tree = tree_text("src");
        tree_folder("r");
        tree_file("r/f", "old");
        memory_storage_fail(MEMORY_CALLS, 0, ERROR_NONE);
        expect_code(trial_try_restore(100, "r"), EXIT_CODE_RESTORE_TARGET_EXISTS, "--force");
        assert_int_equal(memory_storage_count(MEMORY_CALLS), 0); /* nothing was even asked */
        trial_job.force = true;
        trial_restore(100, "r");
        assert_tree("r", tree);
        trial_restore(100, "r"); /* over itself */
        assert_tree("r", tree);
}

TEST(restore_by_force_keeps_what_is_not_in_the_backup) {
        begin();
        tree_folder("r");
        tree_folder("r/d");
        tree_file("r/d/own", "own");
        trial_job.force = true;
        trial_restore(100, "r");
        assert_int_equal(access("r/d/own", F_OK), 0);
        assert_int_equal(access("r/d/large", F_OK), 0);
}

TEST(restore_of_nothing_says_so) {
        trial_begin();
        expect_code(trial_try_restore(100, "r"), EXIT_CODE_NOTHING_RESTORED, "no backup chain found");
        forge_begin(100, 100);
        forge_finish();
        expect_code(trial_try_restore(100, "r"), EXIT_CODE_NOTHING_RESTORED, "there is nothing in the backup");
}

TEST(restore_in_a_dry_run_writes_nothing) {
        begin();
        trial_job.dry_run = true;
        trial_restore(100, "r");
        assert_int_equal(trial_summary.restored_files, 6);
        assert_int_equal(access("r", F_OK), -1);
}

TEST(restore_goes_on_after_a_file_that_cannot_be_had) {
        trial_begin();
        forge_begin(100, 100);
        forge_folder("snapshot/./");
        forge_file("snapshot/a", bytes_of("a"));
        forge_file("diff/b", bytes_of("a delta on nothing"));
        forge_file("multivol_snapshot/c/2", bytes_of("no first chunk"));
        forge_file("snapshot/d", bytes_of("d"));
        forge_finish();
        assert_ok(trial_try_restore(100, "r"));
        assert_int_equal(trial_summary.problem_count, 2);
        assert_non_null(
                strstr(trial_summary.problems.items[0], "cannot restore 'b': there is a delta in the full set of"));
        assert_non_null(
                strstr(trial_summary.problems.items[1], "cannot restore 'c': its content in the full set of 1970-01-01T00:01:40Z: chunk 1 is missing"));
        AUTO_TEXT char *text = tree_text_without_times("r");
        assert_string_equal(text, ". 40755\n/a 100644 1 86f7e437faa5a7fce15d1ddcb9eaeaea377667b8\n"
                                  "/d 100644 1 3c363836cf4e16666669a25da280a1865c2d2874\n");
}

TEST(restore_keeps_the_former_file_when_the_new_one_cannot_be_had) {
        trial_begin();
        forge_begin(100, 100);
        forge_folder("snapshot/./");
        forge_file("diff/b", bytes_of("a delta on nothing"));
        forge_finish();
        tree_folder("r");
        tree_file("r/b", "precious");
        trial_job.force = true;
        assert_ok(trial_try_restore(100, "r"));
        assert_int_equal(trial_summary.problem_count, 1);
        AUTO_TEXT char *content = test_read_file("r/b", NULL);
        assert_string_equal(content, "precious");
        AUTO_TEXT char *text = tree_text_without_times("r");
        assert_null(strstr(text, "restored-"));
}

TEST(restore_of_a_hostile_archive_writes_nothing_outside) {
        trial_begin();
        tree_folder("victim");
        forge_begin(100, 100);
        forge_folder("snapshot/./");
        forge_member(&(TarMember){ .type = TAR_LINK, .name = "snapshot/l", .target = "../victim" },
                     (Bytes){ .length = 0 });
        forge_file("snapshot/l/f", bytes_of("x"));
        forge_folder("snapshot/l/g/");
        forge_file("snapshot/m", bytes_of("m"));
        forge_finish();
        assert_ok(trial_try_restore(100, "r"));
        assert_int_equal(trial_summary.problem_count, 2);
        AUTO_TEXT char *outside = tree_text_without_times("victim");
        assert_string_equal(outside, ". 40755\n");
        assert_int_equal(access("r/m", F_OK), 0);
}

TEST(restore_of_a_hostile_root_writes_nothing_beside_it) {
        trial_begin();
        forge_begin(100, 100);
        forge_member(&(TarMember){ .type = TAR_LINK, .name = "snapshot/", .target = "src" }, (Bytes){ .length = 0 });
        forge_file("snapshot/f", bytes_of("x"));
        forge_finish();
        assert_ok(trial_try_restore(100, "r"));
        assert_int_equal(trial_summary.problem_count, 1);
        assert_int_equal(access("f", F_OK), -1);
        assert_int_equal(access("src/f", F_OK), -1);
}

TEST(restore_stops_at_a_damaged_volume) {
        begin();
        const char *name = memory_storage_find("vol1");
        memory_storage_alter(name, 50);
        expect_code(trial_try_restore(100, "r"), EXIT_CODE_HASH_MISMATCH, name);
}

TEST(restore_reads_a_backup_of_a_single_file) {
        trial_begin();
        tree_remove("src");
        tree_random_file("src", 100000, 1);
        AUTO_TEXT char *first = tree_text("src");
        trial_backup(100);
        tree_random_file("src", 100001, 1);
        AUTO_TEXT char *second = tree_text("src");
        trial_backup(200);
        assert_true(trial_summary.delta_bytes < 2000);
        trial_restore(100, "r");
        assert_tree("r", first);
        trial_restore(200, "s");
        assert_tree("s", second);
}

TEST(restore_goes_through_both_parities_of_deltas) {
        char *texts[6];
        trial_begin();
        for (int i = 0; i < 6; i++) {
                tree_random_file("src/f", 50000 + (size_t)i, 7);
                texts[i] = tree_text("src");
                trial_backup(100 * (i + 1));
        }
        for (int i = 0; i < 6; i++) {
                trial_check(100 * (i + 1), texts[i]);
                memory_free(texts[i]);
        }
}

/* ---- --rename ---- */

static void set_renames(Rename *renames, size_t count) {
        trial_job.renames = (RenameList){ 0 };
        for (size_t i = 0; i < count; i++)
                rename_list_add(&trial_job.renames, renames[i]);
}

TEST(restore_renames_and_keeps_the_rest_as_it_was) {
        trial_begin();
        tree_folder("src/d");
        tree_file("src/d/f", "f");
        tree_folder("src/z");
        tree_file("src/z/g", "g");
        tree_mode("src/d", 0555);
        AUTO_TEXT char *z = tree_text("src/z");
        trial_backup(100);
        tree_mode("src/d", 0755);
        set_renames((Rename[]){ { "z", "d/new" } }, 1);
        trial_restore(100, "r");
        assert_tree("r/d/new", z);
        tree_mode("r/d", 0755);
        tree_remove("r/d/new");
        AUTO_TEXT char *found = tree_text_without_times("r/d");
        AUTO_TEXT char *wanted = tree_text_without_times("src/d");
        assert_string_equal(found, wanted);
        assert_int_equal(access("r/z", F_OK), -1);
}

TEST(restore_says_which_rename_was_of_no_use) {
        begin();
        set_renames((Rename[]){ { "f", "g" }, { "nothing", "h" } }, 2);
        trial_restore(100, "r");
        assert_non_null(strstr(trial_log(), "'--rename nothing h' has changed nothing"));
        assert_null(strstr(trial_log(), "'--rename f g'"));
}

TEST(restore_names_what_has_no_place_besides_a_rename) {
        begin();
        set_renames((Rename[]){ { "f", "d/small" } }, 1);
        for (int force = 0; force < 2; force++) {
                trial_job.force = force;
                assert_ok(trial_try_restore(100, "r"));
                assert_int_equal(trial_summary.problem_count, 1);
                tree_remove("r");
        }
        assert_non_null(strstr(trial_summary.problems.items[0], "cannot restore 'd/small': its place is taken"));
}

/* ---- --ignore-errors ---- */

TEST(restore_takes_the_version_before_for_a_lost_one_and_says_so) {
        begin();
        AUTO_TEXT char *former = tree_text("src/f");
        tree_file("src/f", "changed");
        tree_file("src/new", "new");
        tree_remove("src/d/small");
        trial_backup(200);
        memory_storage_lose(memory_storage_find("inc.19700101T000140Z.to.19700101T000320Z.vol1"));
        assert_error(trial_try_restore(200, "r"), ERROR_MISSING, "'--time 1970-01-01T00:01:40Z' the backup before");
        trial_job.ignore_errors = true;
        assert_ok(trial_try_restore(200, "r"));
        assert_tree("r/f", former);
        assert_int_equal(access("r/new", F_OK), -1);
        assert_int_equal(access("r/d/small", F_OK), -1); /* that it is gone is still known */
        assert_int_equal(access("r/d/large", F_OK), 0);
        assert_int_equal(trial_summary.problem_count, 3);
        assert_non_null(strstr(trial_summary.problems.items[1], "'f' is not as it was: "));
        assert_non_null(strstr(trial_summary.problems.items[1], "an older version, of "));
        assert_non_null(strstr(trial_summary.problems.items[2], "cannot restore 'new': "));
}

TEST(restore_takes_the_version_before_for_a_bad_delta) {
        trial_begin();
        forge_begin(100, 100);
        forge_folder("snapshot/./");
        forge_file("snapshot/a", bytes_of("first"));
        forge_finish();
        forge_begin(100, 200);
        forge_file("diff/a", bytes_of("no delta"));
        forge_finish();
        forge_begin(200, 300);
        forge_file("diff/a", bytes_of("no delta either"));
        forge_finish();
        trial_job.ignore_errors = true;
        assert_ok(trial_try_restore(300, "r"));
        AUTO_TEXT char *content = test_read_file("r/a", NULL);
        assert_string_equal(content, "first");
        assert_int_equal(trial_summary.problem_count, 1);
}
