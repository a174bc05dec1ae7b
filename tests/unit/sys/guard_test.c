#include "sys/guard.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/test.h"

/* What the guard makes of a process, in one of its own: there is no way back. */
static int guarded(void) {
        struct rlimit limit = { 1, 1 };
        guard_memory();
        bool is_limited = getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 0 && limit.rlim_max == 0;
        return is_limited && prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : 1;
}

TEST(a_guarded_process_leaves_no_core) {
        int status = 1;
        pid_t pid = fork();
        if (pid == 0)
                _exit(guarded());
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
}
