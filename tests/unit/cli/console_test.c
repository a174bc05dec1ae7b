#include "cli/console.h"

#include "base/log.h"
#include "base/memory.h"
#include "support/test.h"
#include "sys/clock.h"

/* What went where. */
static char *out_text, *err_text;
static size_t out_length, err_length;
static ConsoleOptions options;

static Console *open_captured(bool err_is_terminal, unsigned verbosity) {
        options = (ConsoleOptions){
                .out = open_memstream(&out_text, &out_length),
                .err = open_memstream(&err_text, &err_length),
                .err_is_terminal = err_is_terminal,
                .verbosity = verbosity,
        };
        return console_open(&options);
}

static void assert_written(const char *out, const char *err) {
        assert_int_equal(fflush(options.out), 0);
        assert_int_equal(fflush(options.err), 0);
        assert_string_equal(out_text, out);
        assert_string_equal(err_text, err);
        assert_int_equal(fclose(options.out), 0);
        assert_int_equal(fclose(options.err), 0);
        free(out_text);
        free(err_text);
}

TEST(console_sends_errors_to_one_stream_and_the_rest_to_the_other) {
        AUTO(console_close) Console *console = open_captured(false, LOG_NOTICE);
        log_error("an error");
        log_warning("a warning");
        log_notice("100%% noticed");
        log_info("too much");
        console_line(console, "a 100% result");
        console_text(console, "two\nlines\n");
        assert_ok(console_finish(console));
        assert_written("a warning\n100% noticed\na 100% result\ntwo\nlines\n", "an error\n");
}

TEST(console_shows_progress_to_people_or_when_asked) {
        AUTO(console_close) Console *pipe = open_captured(false, LOG_NOTICE);
        assert_false(console_shows_progress(pipe));
        console_close(TAKE(pipe));
        assert_written("", "");
        AUTO(console_close) Console *terminal = open_captured(true, LOG_NOTICE);
        assert_true(console_shows_progress(terminal));
        console_close(TAKE(terminal));
        assert_written("", "");
        AUTO(console_close) Console *quiet = open_captured(true, LOG_WARNING);
        assert_false(console_shows_progress(quiet));
        console_close(TAKE(quiet));
        assert_written("", "");
}

TEST(console_adds_plain_progress_lines_at_their_rate) {
        const Progress progress = { .doing = "restoring", .files = 3 };
        AUTO(console_close) Console *often = open_captured(false, LOG_NOTICE);
        console_progress(often, &progress);
        console_progress(often, &progress);
        assert_ok(console_finish(often));
        console_close(TAKE(often));
        assert_written("", "restoring: 0 bytes, 3 files\nrestoring: 0 bytes, 3 files\n");
        AUTO(console_close) Console *seldom = open_captured(false, LOG_NOTICE);
        console_close(TAKE(seldom));
        options.progress_rate = 3600;
        seldom = console_open(&options);
        console_progress(seldom, &progress);
        console_progress(seldom, &progress);
        assert_ok(console_finish(seldom));
        assert_written("", "");
}

TEST(console_takes_the_progress_line_out_of_the_way) {
        const Progress progress = { .doing = "restoring", .files = 3 };
        AUTO(console_close) Console *console = open_captured(true, LOG_NOTICE);
        console_progress(console, &progress);
        clock_sleep(0.25);
        console_progress(console, &progress);
        console_progress(console, &progress); /* too soon after the one before */
        log_error("an error");
        clock_sleep(0.25);
        console_progress(console, &progress);
        assert_ok(console_finish(console));
        assert_written(
                "", "\r\033[Krestoring: 0 bytes, 3 files\r\033[Kan error\n\r\033[Krestoring: 0 bytes, 3 files\r\033[K");
}

TEST(console_says_when_output_was_lost) {
        FILE *full = fopen("/dev/full", "w");
        if (!full)
                skip();
        options = (ConsoleOptions){ .out = full, .err = stderr };
        AUTO(console_close) Console *console = console_open(&options);
        console_line(console, "lost");
        console_line(console, "lost too");
        Error *error = console_finish(console);
        assert_int_equal(error_exit_code(error), EXIT_CODE_GENERIC);
        assert_error(error, ERROR_SYSTEM, "cannot write the output: no space left on device");
        assert_ok(console_finish(console));
        (void)fclose(full); /* cannot write what is left either */
}
