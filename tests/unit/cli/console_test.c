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
        console_text(console, LOG_EVENT_RESULT, NULL, "two\nlines\n");
        assert_ok(console_finish(console));
        assert_written("a warning\n100% noticed\na 100% result\ntwo\nlines\n", "an error\n");
}

/* What the file has, of what was given to its stream. */
static void assert_in_file(const char *path, const char *wanted) {
        AUTO_TEXT char *text = test_read_file(path, NULL);
        assert_string_equal(text, wanted);
}

TEST(console_hands_results_on_before_a_message_and_at_the_end) {
        ConsoleOptions both = { .verbosity = LOG_NOTICE, .out = fopen("out", "w"), .err = fopen("err", "w") };
        AUTO(console_close) Console *console = console_open(&both);
        console_line(console, "one");
        console_line(console, "two");
        log_error("an error"); /* out and err may be the same file */
        assert_in_file("out", "one\ntwo\n");
        assert_in_file("err", "an error\n");
        console_line(console, "three");
        assert_ok(console_finish(console));
        assert_in_file("out", "one\ntwo\nthree\n");
        (void)fclose(both.out);
        (void)fclose(both.err);
}

TEST(console_shows_results_on_a_terminal_at_once) {
        ConsoleOptions terminal = { .out_is_terminal = true, .out = fopen("out", "w"), .err = fopen("err", "w") };
        AUTO(console_close) Console *console = console_open(&terminal);
        console_line(console, "one");
        console_line(console, "two");
        assert_in_file("out", "one\ntwo\n");
        (void)fclose(terminal.out);
        (void)fclose(terminal.err);
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

/* What a machine log has got; to be freed. */
static char *text_of_records(void) {
        (void)fflush(options.records[0]);
        return test_read_file("records", NULL);
}

static Console *open_recorded(bool wants_json) {
        options = (ConsoleOptions){
                .out = open_memstream(&out_text, &out_length),
                .err = open_memstream(&err_text, &err_length),
                .verbosity = LOG_NOTICE,
                .records = { fopen("records", "w+") },
                .wants_json = wants_json,
        };
        return console_open(&options);
}

TEST(console_records_messages_and_results) {
        AUTO(console_close) Console *console = open_recorded(false);
        log_warning("beware");
        log_path_event(LOG_EVENT_FILE_UNREADABLE, "a b", "cannot read");
        log_info("too much");
        console_event_line(console, LOG_EVENT_FILE_LISTED, "T 'x' reg", "x");
        console_text(console, LOG_EVENT_STATISTICS, NULL, "two\nlines\n\n");
        log_failure(31, "the end\nof it");
        assert_ok(console_finish(console));
        AUTO_TEXT char *records = text_of_records();
        assert_string_equal(records,
                            "WARNING 1\n. beware\n\nWARNING 10 'a b'\n. cannot read\n\nINFO 10 T 'x' reg\n. x\n\n"
                            "NOTICE 1\n. two\n. lines\n. \n\nERROR 31\n. the end\n. of it\n\n");
        assert_written("beware\nx\ntwo\nlines\n\n", "cannot read\nthe end\nof it\n");
        (void)fclose(options.records[0]);
}

TEST(console_keeps_standard_output_for_the_document) {
        AUTO(console_close) Console *console = open_recorded(true);
        json_object(console_json(console), NULL);
        log_notice("noticed");
        console_line(console, "a result");
        json_text(console_json(console), "a", "b");
        json_end(console_json(console));
        assert_ok(console_finish(console));
        AUTO_TEXT char *records = text_of_records();
        assert_string_equal(records, "NOTICE 1\n. noticed\n\nNOTICE 1\n. a result\n\n");
        assert_written("{\n  \"a\": \"b\"\n}\n", "noticed\n");
        (void)fclose(options.records[0]);
}

TEST(console_spills_a_long_document) {
        AUTO(console_close) Console *console = open_recorded(true);
        Json *json = console_json(console);
        json_list(json, NULL);
        console_spill_json(console);
        assert_int_equal(fflush(options.out), 0);
        assert_int_equal(out_length, 0);
        for (int i = 0; i < 20000; i++) {
                json_number(json, NULL, 7);
                console_spill_json(console);
        }
        assert_int_equal(fflush(options.out), 0);
        assert_true(out_length > 32000);
        json_end(json);
        assert_ok(console_finish(console));
        assert_int_equal(out_length, 20000 * 5 + 3); /* ",\n  7" each, "[" before, "\n]\n" behind, one comma less */
        console_close(TAKE(console));
        assert_int_equal(fclose(options.out), 0);
        assert_int_equal(fclose(options.err), 0);
        free(out_text);
        free(err_text);
        (void)fclose(options.records[0]);
}

TEST(console_without_json_has_no_document) {
        AUTO(console_close) Console *console = open_captured(false, LOG_NOTICE);
        assert_null(console_json(console));
        console_close(TAKE(console));
        assert_written("", "");
}

TEST(console_stamps_messages_when_asked) {
        AUTO(console_close) Console *console = open_captured(false, LOG_NOTICE);
        console_close(TAKE(console));
        options.wants_timestamps = true;
        console = console_open(&options);
        log_warning("beware");
        console_event_line(console, LOG_EVENT_FILE_LISTED, NULL, "x");
        assert_ok(console_finish(console));
        assert_int_equal(fflush(options.out), 0);
        int year, end = 0;
        assert_int_equal(sscanf(out_text, "%4d-%*2d-%*2d %*2d:%*2d:%*2d,%*3d WARNING beware\n%n", &year, &end), 1);
        assert_int_equal(end, strlen("2026-11-23 21:12:32,382 WARNING beware\n"));
        assert_string_equal(out_text + end + strlen("2026-11-23 21:12:32,382 "), "INFO x\n");
        console_close(TAKE(console));
        assert_int_equal(fclose(options.out), 0);
        assert_int_equal(fclose(options.err), 0);
        free(out_text);
        free(err_text);
}

TEST(console_says_when_records_were_lost) {
        FILE *full = fopen("/dev/full", "w");
        if (!full)
                skip();
        options = (ConsoleOptions){ .out = stdout, .err = stderr, .records = { NULL, full } };
        AUTO(console_close) Console *console = console_open(&options);
        log_event(LOG_EVENT_PROBLEM, NULL, "%s", "");
        assert_error(console_finish(console), ERROR_SYSTEM, "cannot write the machine log: no space left on device");
        (void)fclose(full);
}
