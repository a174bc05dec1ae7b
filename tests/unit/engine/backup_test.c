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

TEST(backup_and_restore_give_the_tree_back) {
        trial_begin();
        make_tree();
        AUTO_TEXT char *first = tree_text("src");
        trial_backup(100);
        trial_check(100, first);
}

TEST(backup_chain_gives_back_every_moment) {
        trial_begin();
        make_tree();
        AUTO_TEXT char *first = tree_text("src");
        trial_backup(100);
        assert_true(trial_summary.full);
        tree_file("src/a/one more", "1");
        tree_random_file("src/a/two", 300000, 2);
        tree_remove("src/empty folder");
        AUTO_TEXT char *second = tree_text("src");
        trial_backup(200);
        assert_false(trial_summary.full);
        trial_check(100, first);
        trial_check(200, second);
        trial_check(150, first);
}
