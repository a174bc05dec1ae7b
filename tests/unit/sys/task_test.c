#include "sys/task.h"

#include <pthread.h>
#include <signal.h>

#include "support/test.h"

static Error *count_up(void *context) {
        ++*(int *)context;
        return NULL;
}

static Error *have_no_luck(void *context) {
        return error_new(ERROR_TRANSIENT, "no luck with '%s'", (const char *)context);
}

static Error *ask_mask(void *context) {
        pthread_sigmask(SIG_BLOCK, NULL, context);
        return NULL;
}

TEST(task_runs_and_is_joined) {
        Task *task = NULL;
        int count = 41;
        assert_ok(task_start(count_up, &count, &task));
        assert_non_null(task);
        assert_ok(task_join(task));
        assert_int_equal(count, 42);
        assert_ok(task_join(NULL));
}

TEST(task_join_gives_the_functions_error) {
        Task *task = NULL;
        char name[] = "x";
        assert_ok(task_start(have_no_luck, name, &task));
        assert_error(task_join(task), ERROR_TRANSIENT, "no luck with 'x'");
}

TEST(task_blocks_signals_in_its_thread_only) {
        Task *task = NULL;
        sigset_t within, before, after;
        pthread_sigmask(SIG_BLOCK, NULL, &before);
        assert_ok(task_start(ask_mask, &within, &task));
        pthread_sigmask(SIG_BLOCK, NULL, &after);
        assert_ok(task_join(task));
        const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGCHLD };
        for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++) {
                assert_int_equal(sigismember(&within, numbers[i]), 1);
                assert_int_equal(sigismember(&after, numbers[i]), sigismember(&before, numbers[i]));
        }
}
