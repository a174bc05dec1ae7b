#include "engine/summary.h"

#include "base/buffer.h"
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

static void note(void *context, const LogRecord *record) {
        buffer_print(context, "%s %u %s: %s;", log_level_name(record->told_as), record->code, record->extra,
                     record->text);
}

TEST(summary_tells_programs_which_file_it_was) {
        AUTO_VALUE(summary_clear) Summary summary = { .problem_count = 0 };
        AUTO_VALUE(buffer_clear) Buffer seen = { .data = NULL };
        log_open(note, &seen, 0);
        summary_file_problem(&summary, LOG_EVENT_FILE_UNREADABLE, "a\nb", "cannot read '%s'", "a");
        summary_problem(&summary, "cannot");
        log_open(NULL, NULL, 0);
        assert_string_equal(buffer_text(&seen), "WARNING 10 'a\\nb': cannot read 'a';WARNING 1 : cannot;");
        assert_int_equal(summary.problem_count, 2);
        assert_string_equal(summary.problems.items[0], "cannot read 'a'");
}
