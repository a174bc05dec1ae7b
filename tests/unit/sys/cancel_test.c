#include "sys/cancel.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/test.h"

TEST(cancel_request_is_seen_until_cleared) {
        cancel_clear();
        assert_false(cancel_requested());
        assert_ok(cancel_check());
        cancel_request();
        assert_true(cancel_requested());
        Error *error = cancel_check();
        assert_int_equal(error_exit_code(error), EXIT_CODE_NO_MANIFESTS);
        error_free(error);
        assert_error(cancel_check(), ERROR_CANCELLED, "interrupted by signal SIGTERM");
        cancel_clear();
        assert_ok(cancel_check());
}

static int receive(int number, const char *story) {
        cancel_install();
        raise(number);
        AUTO(error_free) Error *error = cancel_check();
        return error && strcmp(error_story(error), story) == 0 ? 0 : 1;
}

static int status_of(pid_t pid) {
        int status = -1;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        return status;
}

TEST(cancel_turns_signals_into_the_flag) {
        static const struct {
                int number;
                const char *story;
        } rows[] = {
                { SIGINT, "interrupted by signal SIGINT" },
                { SIGTERM, "interrupted by signal SIGTERM" },
                { SIGHUP, "interrupted by signal SIGHUP" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                pid_t pid = fork();
                if (pid == 0) {
                        signal(rows[i].number, SIG_DFL);
                        _exit(receive(rows[i].number, rows[i].story));
                }
                assert_int_equal(status_of(pid), 0);
        }
}

TEST(cancel_second_signal_of_a_kind_ends_the_process) {
        pid_t pid = fork();
        if (pid == 0) {
                signal(SIGINT, SIG_DFL);
                signal(SIGTERM, SIG_DFL);
                cancel_install();
                raise(SIGINT);
                raise(SIGTERM);
                raise(SIGINT);
                _exit(0);
        }
        int status = status_of(pid);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGINT);
}

TEST(cancel_ignores_broken_pipes_and_what_was_ignored_before) {
        pid_t pid = fork();
        if (pid == 0) {
                signal(SIGHUP, SIG_IGN); /* as nohup does */
                cancel_install();
                raise(SIGHUP);
                raise(SIGPIPE);
                _exit(cancel_requested());
        }
        assert_int_equal(status_of(pid), 0);
}
