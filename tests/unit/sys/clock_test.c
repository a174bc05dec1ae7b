#include "sys/clock.h"

#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/test.h"
#include "sys/cancel.h"

TEST(clock_tells_real_time) {
        int64_t before = time(NULL);
        int64_t told = clock_now().seconds;
        assert_true(before <= told && told <= time(NULL));
}

/* In a process of its own: other tests need the real time. */
TEST(clock_stays_where_it_was_fixed) {
        pid_t pid = fork();
        if (pid == 0) {
                clock_fix((Moment){ .seconds = -5 });
                _exit(clock_now().seconds == -5 ? 0 : 1);
        }
        int status = -1;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
}

TEST(clock_sleeps_as_long_as_told) {
        cancel_clear();
        double start = clock_monotonic();
        clock_sleep(0.25);
        assert_true(clock_monotonic() - start >= 0.25);
        clock_sleep(0);
        clock_sleep(-3);
}

TEST(clock_does_not_sleep_when_cancelled) {
        cancel_request();
        clock_sleep(1e9); /* would not end */
        cancel_clear();
}
