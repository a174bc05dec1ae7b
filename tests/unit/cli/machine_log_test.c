#include "cli/machine_log.h"

#include <fcntl.h>
#include <unistd.h>

#include "support/test.h"

static void assert_record(LogRecord record, const char *wanted) {
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        machine_log_print(&record, &text);
        assert_string_equal(buffer_text(&text), wanted);
}

TEST(machine_log_prints_records_as_stock_does) {
        assert_record(log_record(LOG_EVENT_RESULT, NULL, "text"), "NOTICE 1\n. text\n\n");
        assert_record(log_record(LOG_EVENT_PROGRESS, "5", ""), "INFO 2 5\n\n");
        assert_record(log_record(LOG_EVENT_STATUS, "\nbackend x\nlast", "a\n\nb\n"),
                      "INFO 3 \nbackend x\nlast\n. a\n. \n. b\n\n");
        assert_record((LogRecord){ .told_as = LOG_ERROR, .code = 23, .extra = "", .text = "a\nb" },
                      "ERROR 23\n. a\n. b\n\n");
}

TEST(machine_log_adds_to_its_file) {
        test_write_file("log", bytes_of("before\n"));
        FILE *files[CONSOLE_MOST_RECORDS] = { NULL };
        assert_ok(machine_log_open(&(CommandLine){ .log_file = "log" }, files));
        assert_null(files[1]);
        assert_true(fputs("after\n", files[0]) > 0);
        machine_log_close(files);
        AUTO_TEXT char *text = test_read_file("log", NULL);
        assert_string_equal(text, "before\nafter\n");
}

TEST(machine_log_takes_an_open_descriptor_and_keeps_it_from_children) {
        FILE *files[CONSOLE_MOST_RECORDS] = { NULL };
        int fd = open("log", O_WRONLY | O_CREAT, 0600);
        assert_true(fd > 2);
        assert_ok(machine_log_open(&(CommandLine){ .has_log_fd = true, .log_fd = (unsigned)fd }, files));
        assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
        assert_int_equal(fcntl(fileno(files[1]), F_GETFD), FD_CLOEXEC);
        assert_true(fputs("record\n", files[1]) > 0);
        machine_log_close(files);
        assert_int_equal(close(fd), 0); /* it stayed ours */
        AUTO_TEXT char *text = test_read_file("log", NULL);
        assert_string_equal(text, "record\n");
}

TEST(machine_log_refuses_what_it_cannot_write_to) {
        FILE *files[CONSOLE_MOST_RECORDS] = { NULL };
        test_write_file("log", bytes_of(""));
        int fd = open("log", O_RDONLY);
        const CommandLine readable = { .has_log_fd = true, .log_fd = (unsigned)fd };
        const CommandLine closed = { .has_log_fd = true, .log_fd = 990 },
                          huge = { .has_log_fd = true, .log_fd = UINT32_MAX };
        assert_error(machine_log_open(&readable, files), ERROR_USER, "(option '--log-fd') is not open for writing");
        assert_error(machine_log_open(&closed, files), ERROR_USER, "990");
        assert_error(machine_log_open(&huge, files), ERROR_USER, "--log-fd");
        Error *error = machine_log_open(&(CommandLine){ .log_file = "no/such/folder" }, files);
        assert_int_equal(error_exit_code(error), EXIT_CODE_COMMAND_LINE);
        assert_error(error, ERROR_MISSING, "'no/such/folder' (option '--log-file')");
        assert_null(files[0]);
        assert_null(files[1]);
        assert_int_equal(close(fd), 0);
}
