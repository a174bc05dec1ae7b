#include "base/log.h"

#include "base/buffer.h"
#include "support/test.h"

static void note(void *context, const LogRecord *record) {
        buffer_print(context, "%d %s;", (int)record->level, record->text);
}

TEST(messages_up_to_the_level_reach_the_sink) {
        AUTO_VALUE(buffer_clear) Buffer seen = { 0 };
        log_open(note, &seen, 4);
        log_error("e%d", 1);
        log_warning("w");
        log_notice("n");
        log_info("i");
        log_debug("d");
        assert_true(log_shows(LOG_NOTICE));
        assert_false(log_shows(LOG_INFO));
        log_open(NULL, NULL, 9);
        assert_string_equal(buffer_text(&seen), "0 e1;2 w;3 n;");
}

TEST(level_zero_shows_errors_only) {
        AUTO_VALUE(buffer_clear) Buffer seen = { 0 };
        log_open(note, &seen, 0);
        log_warning("w");
        log_error("e");
        log_open(NULL, NULL, 9);
        assert_string_equal(buffer_text(&seen), "0 e;");
}

TEST(without_a_sink_nothing_is_shown) {
        log_open(NULL, NULL, 9);
        assert_false(log_shows(LOG_ERROR));
        log_error("nobody hears this");
}

TEST(a_failure_that_must_not_stop_anything_is_a_warning) {
        AUTO_VALUE(buffer_clear) Buffer seen = { 0 };
        log_open(note, &seen, LOG_WARNING);
        log_and_go_on(NULL, "nothing");
        log_and_go_on(error_new(ERROR_SYSTEM, "cannot write '%s'", "f"), "remove it by hand");
        log_open(NULL, NULL, 9);
        assert_string_equal(buffer_text(&seen), "2 cannot write 'f' (remove it by hand);");
}

static void note_all(void *context, const LogRecord *record) {
        buffer_print(context, "%d %s: %s %u %s;", (int)record->level, record->text, log_level_name(record->told_as),
                     record->code, record->extra);
}

TEST(events_carry_what_programs_are_told) {
        AUTO_VALUE(buffer_clear) Buffer seen = { 0 };
        log_open(note_all, &seen, LOG_INFO);
        log_warning("w");
        log_event(LOG_EVENT_PROGRESS, "3 4", "volume %d", 3);
        log_event(LOG_EVENT_UPLOAD_BEGUN, NULL, "%s", "");
        log_path_event(LOG_EVENT_FILE_UNREADABLE, "a\nb", "cannot read");
        log_failure(23, "the end");
        log_open(NULL, NULL, 0);
        assert_string_equal(buffer_text(&seen), "2 w: WARNING 1 ;5 volume 3: INFO 2 3 4;5 : INFO 11 ;"
                                                "0 cannot read: WARNING 10 'a\\nb';0 the end: ERROR 23 ;");
}

TEST(events_obey_the_level) {
        AUTO_VALUE(buffer_clear) Buffer seen = { 0 };
        log_open(note_all, &seen, LOG_NOTICE);
        log_event(LOG_EVENT_PROGRESS, "3 4", "p");
        log_path_event(LOG_EVENT_FILE_NEW, "x", "A x");
        log_path_event(LOG_EVENT_SOCKET_SKIPPED, "x", "s");
        log_open(NULL, NULL, 0);
        assert_string_equal(buffer_text(&seen), "3 s: INFO 15 'x';");
}

/* The numbers are duplicity's: front ends rely on them. */
TEST(records_of_events_have_duplicitys_numbers) {
        static const struct {
                LogEvent event;
                const char *level;
                unsigned code;
        } wanted[] = {
                { LOG_EVENT_PROBLEM, "WARNING", 1 },
                { LOG_EVENT_RESULT, "NOTICE", 1 },
                { LOG_EVENT_STATISTICS, "NOTICE", 1 },
                { LOG_EVENT_PROGRESS, "INFO", 2 },
                { LOG_EVENT_STATUS, "INFO", 3 },
                { LOG_EVENT_FILE_NEW, "INFO", 4 },
                { LOG_EVENT_FILE_CHANGED, "INFO", 5 },
                { LOG_EVENT_FILE_GONE, "INFO", 6 },
                { LOG_EVENT_FILE_WRITTEN, "INFO", 7 },
                { LOG_EVENT_FILE_LISTED, "INFO", 10 },
                { LOG_EVENT_UPLOAD_BEGUN, "INFO", 11 },
                { LOG_EVENT_PARALLEL_UPLOAD_BEGUN, "INFO", 12 },
                { LOG_EVENT_UPLOAD_DONE, "INFO", 13 },
                { LOG_EVENT_PARALLEL_UPLOAD_DONE, "INFO", 14 },
                { LOG_EVENT_SOCKET_SKIPPED, "INFO", 15 },
                { LOG_EVENT_UPLOAD_PROGRESS, "NOTICE", 16 },
                { LOG_EVENT_FILE_UNREADABLE, "WARNING", 10 },
                { LOG_EVENT_FILE_FAILED, "WARNING", 12 },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(wanted); i++) {
                LogRecord record = log_record(wanted[i].event, NULL, "text");
                assert_string_equal(log_level_name(record.told_as), wanted[i].level);
                assert_int_equal(record.code, wanted[i].code);
                assert_string_equal(record.extra, "");
        }
}
