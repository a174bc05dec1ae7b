/* Clock: now and sleep, replaceable (--current-time, tests). */
#ifndef SYS_CLOCK_H
#define SYS_CLOCK_H

#include <stdint.h>

#include "base/when.h"

/* Whole seconds of real time, or the fixed time that was set. */
Moment clock_now(void);

/* Fixes what clock_now says; used by --current-time. */
void clock_fix(Moment now);

/* Seconds since an arbitrary start that never go backwards; for durations. */
double clock_monotonic(void);

/* Sleeps; returns early when cancel_requested. */
void clock_sleep(double seconds);

#endif
