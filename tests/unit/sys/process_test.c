#include "sys/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "support/test.h"
#include "sys/cancel.h"
#include "sys/file.h"

static Error *run(ProcessSpec spec, ProcessResult *result, const char *script) {
        const char *const arguments[] = { "sh", "-c", script, NULL };
        spec.arguments = arguments;
        if (!spec.most)
                spec.most = 1 << 20;
        return process_run(&spec, result);
}

TEST(a_program_gets_its_input_and_gives_its_outputs_and_status) {
        AUTO_VALUE(process_result_clear) ProcessResult result;
        assert_ok(run((ProcessSpec){ .input = bytes_of("hello") }, &result, "cat; echo no >&2; exit 3"));
        assert_int_equal(result.status, 3);
        assert_string_equal(buffer_text(&result.out), "hello");
        assert_string_equal(buffer_text(&result.err), "no\n");
}

TEST(much_goes_both_ways_at_once) {
        enum { SIZE = 3000000 };
        AUTO_VALUE(process_result_clear) ProcessResult result;
        uint8_t *bytes = test_random_bytes(SIZE, 1);
        assert_ok(run((ProcessSpec){ .input = bytes_make(bytes, SIZE), .most = SIZE }, &result, "cat"));
        assert_bytes_equal(buffer_bytes(&result.out), bytes_make(bytes, SIZE));
        memory_free(bytes);
}

TEST(what_is_too_much_is_read_and_dropped) {
        AUTO_VALUE(process_result_clear) ProcessResult result;
        assert_ok(run((ProcessSpec){ .most = 10 }, &result, "head -c 1000000 /dev/zero; echo fine >&2"));
        assert_int_equal(result.status, 0);
        assert_int_equal(result.out.length, 10);
        assert_string_equal(buffer_text(&result.err), "fine\n");
}

TEST(a_program_need_not_read_its_input) {
        enum { SIZE = 1000000 };
        AUTO_VALUE(process_result_clear) ProcessResult result;
        uint8_t *bytes = test_random_bytes(SIZE, 1);
        (void)signal(SIGPIPE, SIG_IGN); /* as in the program */
        assert_ok(run((ProcessSpec){ .input = bytes_make(bytes, SIZE) }, &result, "exec <&-; echo done"));
        (void)signal(SIGPIPE, SIG_DFL);
        assert_string_equal(buffer_text(&result.out), "done\n");
        memory_free(bytes);
}

TEST(a_missing_program_or_folder_is_told) {
        AUTO_VALUE(process_result_clear) ProcessResult result;
        const char *const arguments[] = { "no-such-program", NULL };
        Error *error = process_run(&(ProcessSpec){ .arguments = arguments }, &result);
        assert_int_equal(error_errno(error), ENOENT);
        assert_error(error, ERROR_MISSING, "cannot run 'no-such-program'");
        assert_error(run((ProcessSpec){ .folder = "no-such-folder" }, &result, "true"), ERROR_MISSING, "cannot run 'sh'");
}

TEST(a_slow_program_is_ended) {
        AUTO_VALUE(process_result_clear) ProcessResult result;
        assert_error(run((ProcessSpec){ .timeout = 0.3 }, &result, "sleep 100"), ERROR_TRANSIENT, "did not end within");
        assert_error(run((ProcessSpec){ .timeout = 0.3 }, &result, "exec >&- 2>&-; sleep 100"), ERROR_TRANSIENT, "");
}

TEST(a_program_ends_when_we_are_asked_to_stop) {
        AUTO_VALUE(process_result_clear) ProcessResult result, other;
        cancel_request();
        Error *error = run((ProcessSpec){ .timeout = 0 }, &result, "sleep 100");
        Error *waited = run((ProcessSpec){ .waits_for_cancel = true }, &other, "echo done");
        cancel_clear();
        assert_error(error, ERROR_CANCELLED, "");
        assert_ok(waited);
        assert_string_equal(buffer_text(&other.out), "done\n");
}

TEST(the_environment_is_ours_but_for_what_is_wanted) {
        AUTO_VALUE(process_result_clear) ProcessResult result;
        const char *const wanted[] = { "PROCESS_TEST_A=new", "PROCESS_TEST_C=x", NULL };
        setenv("PROCESS_TEST_A", "old", 1);
        setenv("PROCESS_TEST_AB", "kept", 1);
        assert_ok(run((ProcessSpec){ .environment = wanted, .folder = "/" }, &result,
                      "echo $PROCESS_TEST_A $PROCESS_TEST_AB $PROCESS_TEST_C $PWD; env | grep -c PROCESS_TEST_A="));
        assert_string_equal(buffer_text(&result.out), "new kept x /\n1\n");
}

TEST(nothing_is_inherited) {
        AUTO_VALUE(process_result_clear) ProcessResult result;
        (void)signal(SIGUSR1, SIG_IGN);
        AUTO_FD int fd = dup(2);
        assert_int_equal(fcntl(fd, F_SETFD, FD_CLOEXEC), 0);
        char script[80];
        snprintf(script, sizeof script, "[ -e /proc/$$/fd/%d ] && echo open; kill -USR1 $$; echo ignored", fd);
        assert_ok(run((ProcessSpec){ .timeout = 0 }, &result, script));
        (void)signal(SIGUSR1, SIG_DFL);
        assert_string_equal(buffer_text(&result.out), "");
        assert_int_equal(result.status, 128 + SIGUSR1);
}

TEST(last_words_are_a_line_or_the_end) {
        AUTO_VALUE(process_result_clear) ProcessResult result = { .status = 0 };
        AUTO_TEXT char *text = NULL;
        assert_ok(run((ProcessSpec){ .timeout = 0 }, &result, "echo one >&2; echo 'ERROR two' >&2; exit 1"));
        text = process_last_words(&result);
        assert_string_equal(text, "ERROR two");
        buffer_truncate(&result.err, 0);
        AUTO_TEXT char *status = process_last_words(&result);
        assert_string_equal(status, "it ended with status 1");
        result.status = 137;
        AUTO_TEXT char *signal_text = process_last_words(&result);
        assert_string_equal(signal_text, "it was ended by signal 9");
}

static Error *count_bytes(void *context, Bytes piece) {
        *(size_t *)context += piece.length;
        return NULL;
}

TEST(a_sink_gets_all_of_the_output) {
        AUTO_VALUE(process_result_clear) ProcessResult result;
        size_t count = 0;
        assert_ok(run((ProcessSpec){ .sink = count_bytes, .context = &count, .most = 10 }, &result,
                      "head -c 1000000 /dev/zero; echo fine >&2"));
        assert_int_equal(count, 1000000);
        assert_int_equal(result.out.length, 0);
        assert_string_equal(buffer_text(&result.err), "fine\n");
}

static Error *refuse_bytes(UNUSED void *context, UNUSED Bytes piece) {
        return error_new(ERROR_CORRUPT, "not this");
}

TEST(a_sink_that_fails_ends_the_program) {
        AUTO_VALUE(process_result_clear) ProcessResult result;
        assert_error(run((ProcessSpec){ .sink = refuse_bytes }, &result, "echo x; exec sleep 100"), ERROR_CORRUPT,
                     "not this");
}

TEST(a_given_descriptor_is_the_fourth) {
        AUTO_VALUE(process_result_clear) ProcessResult result;
        AUTO_FD int fd = -1;
        test_write_file("given", bytes_of("content"));
        assert_ok(file_open("given", O_RDONLY, 0, &fd));
        assert_ok(run((ProcessSpec){ .given_fd = fd }, &result,
                      "cat <&3; cat /proc/self/fd/3; ls /proc/self/fd | wc -l"));
        assert_string_equal(buffer_text(&result.out), "contentcontent5\n"); /* and that of ls itself */
}

TEST(a_silent_program_is_ended_and_one_that_talks_is_not) {
        AUTO_VALUE(process_result_clear) ProcessResult result;
        assert_ok(run((ProcessSpec){ .patience = 2 }, &result, "for i in 1 2 3; do sleep 1; echo $i; done"));
        assert_string_equal(buffer_text(&result.out), "1\n2\n3\n");
        process_result_clear(&result);
        assert_error(run((ProcessSpec){ .patience = 0.2 }, &result, "sleep 100"), ERROR_TRANSIENT,
                     "said nothing for 0.2 seconds");
}

TEST(what_a_program_leaves_behind_is_not_waited_for) {
        AUTO_VALUE(process_result_clear) ProcessResult result;
        (void)alarm(60); /* ends the test program instead */
        assert_ok(run((ProcessSpec){ .timeout = 0 }, &result, "sleep 100 & echo $!; exit 3"));
        (void)alarm(0);
        assert_int_equal(result.status, 3);
        assert_int_equal(kill((pid_t)strtol(buffer_text(&result.out), NULL, 10), SIGKILL), 0);
}
