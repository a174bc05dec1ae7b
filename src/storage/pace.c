#include "storage/pace.h"

#include "base/attribute.h"
#include "sys/clock.h"

#define SHORTEST_SLEEP 0.02 /* seconds: less is saved up */

void pace_note(Pace *pace, size_t count) {
        if (!pace->rate)
                return;
        double now = clock_monotonic();
        pace->due = MAX(pace->due, now) + (double)count / (double)pace->rate;
        if (pace->due - now >= SHORTEST_SLEEP)
                clock_sleep(pace->due - now);
}
