#include "base/log.h"

#include "base/buffer.h"
#include "support/test.h"

static void note(void *context, LogLevel level, const char *message) {
        buffer_print(context, "%d %s;", (int)level, message);
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
