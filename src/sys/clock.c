#include "sys/clock.h"

#include <stdbool.h>

#include "base/attribute.h"
#include "sys/cancel.h"

#define NAP 0.1 /* seconds: how soon a cancelled sleeper wakes, whichever thread the signal went to */

static bool is_fixed;
static Moment fixed;

Moment clock_real(void) {
        return (Moment){ .seconds = time(NULL) };
}

Moment clock_now(void) {
        return is_fixed ? fixed : clock_real();
}

void clock_fix(Moment now) {
        fixed = now;
        is_fixed = true;
}

double clock_monotonic(void) {
        struct timespec now;
        (void)clock_gettime(CLOCK_MONOTONIC, &now); /* Linux always has this clock */
        return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void clock_print_stamp(char text[CLOCK_STAMP_SIZE]) {
        struct timespec now;
        struct tm local;
        (void)clock_gettime(CLOCK_REALTIME, &now); /* this one, too */
        (void)localtime_r(&now.tv_sec, &local);    /* fails for years beyond int only */
        size_t length = strftime(text, CLOCK_STAMP_SIZE, "%Y-%m-%d %H:%M:%S", &local);
        snprintf(text + length, CLOCK_STAMP_SIZE - length, ",%03ld", now.tv_nsec / 1000000);
}

static void nap(double seconds) {
        struct timespec length = { .tv_nsec = (long)(seconds * 1e9) };
        (void)nanosleep(&length, NULL); /* woken early: the caller looks at the clock */
}

void clock_sleep(double seconds) {
        double end = clock_monotonic() + seconds;
        for (double left = seconds; left > 0 && !cancel_requested(); left = end - clock_monotonic())
                nap(MIN(left, NAP));
}
