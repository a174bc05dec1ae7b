#include "charm/ending.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/test.h"
#include "sys/lock.h"

/* Another process with the lock, or a share of it, in a group of its own, and one that it has started; the read end of
 * a pipe is at its end when both are gone. */
typedef struct Holder {
        pid_t pid;
        int pipe;
} Holder;

static void hold(Error *take(const char *folder, Lock **ret_lock), bool is_deaf, int ready) {
        Lock *lock = NULL;
        (void)setpgid(0, 0);
        (void)signal(SIGTERM, is_deaf ? SIG_IGN : SIG_DFL);
        error_free(take(".", &lock));
        if (lock && (!is_deaf || fork() >= 0))
                (void)!write(ready, "r", 1);
        pause();
        _exit(0);
}

static Holder start_holder(Error *take(const char *folder, Lock **ret_lock), bool is_deaf) {
        int ends[2];
        char byte = 0;
        assert_int_equal(pipe(ends), 0);
        pid_t pid = fork();
        if (pid == 0)
                hold(take, is_deaf, ends[1]);
        (void)close(ends[1]);
        assert_int_equal(read(ends[0], &byte, 1), 1);
        return (Holder){ .pid = pid, .pipe = ends[0] };
}

static int end_of(const Holder *holder) {
        int status = -1;
        assert_int_equal(waitpid(holder->pid, &status, 0), holder->pid);
        assert_true(WIFSIGNALED(status));
        return WTERMSIG(status);
}

TEST(whoever_has_the_lock_or_a_share_is_asked_to_stop) {
        Holder one = start_holder(lock_share, false), other = start_holder(lock_share, false);
        assert_ok(ending_wait(".", 20));
        assert_int_equal(end_of(&one), SIGTERM);
        assert_int_equal(end_of(&other), SIGTERM);
        assert_ok(ending_wait(".", 20)); /* nobody there */
}

TEST(whoever_does_not_stop_is_killed_with_all_that_it_has_started) {
        Holder deaf = start_holder(lock_take, true);
        char bytes[4];
        assert_ok(ending_wait(".", 0.2));
        assert_int_equal(end_of(&deaf), SIGKILL);
        while (read(deaf.pipe, bytes, sizeof bytes) > 0) /* the second process has told that it is there, too */
                continue;
}
