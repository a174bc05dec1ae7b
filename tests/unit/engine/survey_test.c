#include "engine/survey.h"

#include <time.h>

#include "engine/tree.h"
#include "support/test.h"

/* Waits for the count, which must come to TOTAL. */
static void expect_total(const char *root, const WalkOptions *options, uint64_t total) {
        AUTO(survey_close) Survey *survey = NULL;
        assert_ok(survey_open(root, options, &survey));
        for (int i = 0; i < 10000 && survey_total(survey) == 0; i++)
                nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
        assert_int_equal(survey_total(survey), total);
}

static void make_source(void) {
        tree_folder("src");
        tree_folder("src/a");
        tree_folder("src/a/b");
        tree_random_file("src/one", 1, 1);
        tree_random_file("src/a/ten", 10, 2);
        tree_random_file("src/a/b/hundred", 100, 3);
        tree_link("src/a/b/up", "..");
        tree_link("src/link", "a/b");
        tree_link("src/gone", "nowhere");
}

TEST(survey_counts_everything) {
        make_source();
        expect_total("src", &(WalkOptions){ .selection = NULL }, 111);
}

TEST(survey_counts_what_is_selected) {
        const SelectionOption options[] = { { .kind = SELECTION_INCLUDE, .value = "src/a/b/hundred" },
                                            { .kind = SELECTION_EXCLUDE, .value = "src/a" } };
        SelectionOptionList list = { .items = NULL };
        AUTO(selection_close) Selection *selection = NULL;
        make_source();
        for (size_t i = 0; i < ARRAY_LENGTH(options); i++)
                selection_option_list_add(&list, options[i]);
        assert_ok(selection_open(&list, false, "src", &selection));
        selection_option_list_clear(&list);
        expect_total("src", &(WalkOptions){ .selection = selection }, 101);
}

/* 'link' is a second 'a/b'; in it, 'up' is a second 'a', which has no further 'b', since we came from that. */
TEST(survey_follows_links_to_their_end) {
        make_source();
        expect_total("src", &(WalkOptions){ .follows_links = true }, 111 + 100 + 10);
}

TEST(survey_may_be_closed_at_once) {
        AUTO(survey_close) Survey *survey = NULL;
        assert_ok(survey_open("missing", &(WalkOptions){ .selection = NULL }, &survey));
        survey_close(NULL);
}
