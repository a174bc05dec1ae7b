#include "engine/trial.h"

TEST(listing_shows_the_tree_of_each_moment) {
        trial_begin();
        tree_folder("src/d");
        tree_file("src/d/x", "x");
        tree_file("src/d-", "d-");
        trial_backup(100);
        tree_remove("src/d");
        tree_file("src/n", "n");
        trial_backup(200);
        AUTO_TEXT char *first = trial_listing(100);
        AUTO_TEXT char *second = trial_listing(200);
        assert_string_equal(first, ". d d/x d-");
        assert_string_equal(second, ". d- n");
        trial_job.has_time = true;
        trial_job.time.seconds = 150;
        AUTO_TEXT char *asked = trial_listing(1000);
        assert_string_equal(asked, ". d d/x d-");
}

TEST(listing_needs_no_volumes) {
        trial_begin();
        tree_file("src/a", "a");
        trial_backup(100);
        memory_storage_lose(memory_storage_find("vol1"));
        trial_drop_cache();
        AUTO_TEXT char *listing = trial_listing(100);
        assert_string_equal(listing, ". a");
}

TEST(listing_of_nothing_is_an_error) {
        trial_begin();
        Error *error = listing_run(&trial_job, NULL, NULL);
        assert_int_equal(error_exit_code(error), EXIT_CODE_NOTHING_RESTORED);
        error_free(error);
}
