#include "engine/forge.h"
#include "engine/trial.h"

static void begin(void) {
        trial_begin();
        tree_folder("src/d");
        tree_file("src/d/x", "x");
        tree_random_file("src/f", 100000, 1);
        tree_link("src/l", "target");
        tree_fifo("src/p");
        tree_socket("src/socket");
        trial_backup(100);
}

static void assert_verified(const char *folder, const char *expected) {
        assert_ok(trial_try_verify(1000, folder));
        assert_string_equal(trial_lines(), expected);
}

TEST(verify_finds_nothing_wrong_with_a_sound_backup) {
        begin();
        assert_verified(NULL, "");
        assert_int_equal(trial_summary.compared_files, 6);
        assert_verified("src", "");
        assert_int_equal(trial_summary.differences, 0);
        assert_int_equal(trial_summary.problem_count, 0);
}

TEST(verify_tells_every_kind_of_difference) {
        begin();
        tree_random_file("src/f", 100000, 2);
        tree_time("src/f", 1000, 0);
        tree_time("src/d", 1000, 0);
        tree_remove("src/l");
        tree_link("src/l", "another");
        tree_mode("src/p", 0600);
        tree_remove("src/d/x");
        tree_folder("src/d/y");
        tree_file("src/z", "z");
        tree_time("src", 2000, 0);
        tree_time("src/d", 1000, 0);
        assert_ok(trial_try_verify(1000, "src"));
        assert_int_equal(trial_summary.differences, 8);
        assert_non_null(strstr(trial_lines(), "Difference found: File . has mtime Thu Jan  1 "));
        assert_non_null(strstr(trial_lines(), "Difference found: File d has mtime Thu Jan  1 "));
        assert_non_null(strstr(trial_lines(), "Difference found: File d/x is missing\n"));
        assert_non_null(strstr(trial_lines(), "Difference found: New file d/y\n"));
        assert_non_null(strstr(trial_lines(), "Difference found: File f has mtime Thu Jan  1 "));
        assert_non_null(strstr(trial_lines(), "Difference found: Symlink l points to another, expected target\n"));
        assert_non_null(strstr(trial_lines(), "Difference found: File p has permissions "));
        assert_non_null(strstr(trial_lines(), "Difference found: New file z\n"));
}

TEST(verify_compares_content_even_where_times_agree) {
        begin();
        tree_random_file("src/f", 100000, 2);
        tree_time("src/f", 5000, 0);
        tree_time("src", 5000, 0);
        trial_backup(200);
        tree_random_file("src/f", 100000, 3);
        tree_time("src/f", 5000, 0);
        tree_time("src", 5000, 0);
        assert_verified("src", "Difference found: Data for file f is different\n");
        tree_random_file("src/f", 100001, 2);
        tree_time("src/f", 5000, 0);
        tree_time("src", 5000, 0);
        assert_verified("src", "Difference found: Data for file f is different\n");
}

TEST(verify_tells_a_change_of_type) {
        begin();
        tree_remove("src/f");
        tree_folder("src/f");
        tree_file("src/f/inside", "");
        tree_remove("src/d");
        tree_file("src/d", "");
        assert_ok(trial_try_verify(1000, "src"));
        assert_non_null(strstr(trial_lines(), "Difference found: File d has type file, expected folder\n"));
        assert_non_null(strstr(trial_lines(), "Difference found: File d/x is missing\n"));
        assert_non_null(strstr(trial_lines(), "Difference found: File f has type folder, expected file\n"));
        assert_non_null(strstr(trial_lines(), "Difference found: New file f/inside\n"));
}

TEST(verify_looks_at_the_asked_path_only) {
        begin();
        tree_file("src/z", "z");
        trial_job.path = "d";
        assert_verified("src/d", "");
        assert_int_equal(trial_summary.compared_files, 2);
        trial_job.path = "f";
        assert_verified("src/f", "");
        assert_int_equal(trial_summary.compared_files, 1);
}

TEST(verify_needs_the_folder_to_compare_with) {
        begin();
        Error *error = trial_try_verify(1000, "nowhere");
        assert_int_equal(error_exit_code(error), EXIT_CODE_VERIFY_DIR_MISSING);
        assert_error(error, ERROR_MISSING, "cannot read 'nowhere'");
}

TEST(verify_goes_on_after_a_damaged_file) {
        trial_begin();
        forge_begin(100, 100);
        forge_folder("snapshot/./");
        forge_file("diff/b", bytes_of("a delta on nothing"));
        forge_file("snapshot/d", bytes_of("d"));
        forge_finish();
        assert_verified(NULL, "");
        assert_int_equal(trial_summary.compared_files, 3);
        assert_int_equal(trial_summary.problem_count, 1);
        assert_non_null(strstr(trial_summary.problems.items[0], "cannot verify 'b': there is a delta"));
}

TEST(verify_stops_at_a_damaged_volume) {
        begin();
        memory_storage_alter(memory_storage_find("vol1"), 50);
        Error *error = trial_try_verify(1000, NULL);
        assert_int_equal(error_exit_code(error), EXIT_CODE_HASH_MISMATCH);
        error_free(error);
}

TEST(verify_goes_on_past_losses_and_counts_them) {
        trial_begin();
        tree_file("src/a", "a");
        tree_file("src/b", "b");
        trial_backup(100);
        tree_file("src/a", "changed");
        trial_backup(200);
        memory_storage_lose(memory_storage_find("inc.19700101T000140Z.to.19700101T000320Z.vol1"));
        assert_error(trial_try_verify(200, "src"), ERROR_MISSING, "--ignore-errors");
        trial_job.ignore_errors = true;
        assert_ok(trial_try_verify(200, "src"));
        assert_int_equal(trial_summary.differences, 0);
        assert_int_equal(trial_summary.compared_files, 3);
        assert_int_equal(trial_summary.problem_count, 2);
        assert_non_null(strstr(trial_summary.problems.items[1], "cannot verify 'a': "));
}
