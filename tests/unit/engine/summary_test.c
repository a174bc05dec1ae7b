#include "engine/summary.h"

#include "support/test.h"

TEST(summary_counts_all_problems_and_keeps_the_first) {
        AUTO_VALUE(summary_clear) Summary summary = { .problem_count = 0 };
        for (int i = 0; i < SUMMARY_KEPT_PROBLEMS + 5; i++)
                summary_problem(&summary, "cannot read '%d'", i);
        assert_int_equal(summary.problem_count, SUMMARY_KEPT_PROBLEMS + 5);
        assert_int_equal(summary.problems.count, SUMMARY_KEPT_PROBLEMS);
        assert_string_equal(summary.problems.items[0], "cannot read '0'");
        assert_string_equal(summary.problems.items[SUMMARY_KEPT_PROBLEMS - 1], "cannot read '99'");
}
