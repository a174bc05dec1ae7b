#include "charm/ending.h"

#include <signal.h>
#include <unistd.h>

#include "sys/cancel.h"
#include "sys/clock.h"
#include "sys/lock.h"

/* What it has started goes with it, unless it is in the group of somebody else. */
static void kill_group(pid_t pid) {
        (void)kill(getpgid(pid) == pid ? -pid : pid, SIGKILL); /* gone meanwhile: all the better */
}

Error *ending_wait(const char *folder, double patience) {
        const double pause = 0.05, grace = 5;
        double begun = clock_monotonic();
        pid_t holder, asked = 0;
        while (lock_find_holder(folder, &holder)) {
                double waited = clock_monotonic() - begun;
                TRY(cancel_check());
                if (waited > patience + grace)
                        return error_new(ERROR_SYSTEM, "process %d, which has locked '%s', cannot be ended",
                                         (int)holder, folder);
                if (holder > 1 && waited > patience)
                        kill_group(holder);
                else if (holder > 1 && holder != asked)
                        (void)kill(holder, SIGTERM);
                asked = holder;
                clock_sleep(pause);
        }
        return NULL;
}
