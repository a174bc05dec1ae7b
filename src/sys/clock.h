/* Clock: now and sleep, replaceable (--current-time, tests). */
#ifndef SYS_CLOCK_H
#define SYS_CLOCK_H

#include <stdint.h>

#include "base/when.h"

/* Whole seconds of real time, or the fixed time that was set. */
Moment clock_now(void);

/* Whole seconds of real time, whatever was set: what far sides compare with their own clocks. */
Moment clock_real(void);

/* Fixes what clock_now says; used by --current-time. */
void clock_fix(Moment now);

/* Seconds since an arbitrary start that never go backwards; for durations. */
double clock_monotonic(void);

/* Real time for messages: "2026-11-23 21:12:32,382" of the local zone. */
enum { CLOCK_STAMP_SIZE = 40 };
void clock_print_stamp(char text[CLOCK_STAMP_SIZE]);

/* Sleeps; returns early when cancel_requested. */
void clock_sleep(double seconds);

#endif
