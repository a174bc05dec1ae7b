/* Schedule: when cron runs something, as Debian's cron reads it (crontab(5)). Pure. */
#ifndef CHARM_SCHEDULE_H
#define CHARM_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/when.h"

typedef struct Schedule {
        uint64_t minutes; /* bit n: at minute n */
        uint32_t hours;   /* 0 to 23 */
        uint32_t days;    /* of the month, 1 to 31 */
        uint16_t months;  /* 1 to 12 */
        uint8_t weekdays; /* 0 (Sunday) to 6 */
        bool any_day;     /* the field of the days begins with '*': only the weekday counts, and the other way round */
        bool any_weekday;
} Schedule;

/* Reads five fields, or one of @yearly @annually @monthly @weekly @daily @midnight @hourly, in lower case: lists,
 * ranges, steps, and names of months and weekdays in any case; 7 is Sunday too. False for anything else: what cron
 * refuses; @reboot; what it reads the beginning of and passes over the rest ("1.5", "**"); and ranges that go down
 * ("fri-sun", "22-2"), which not every release of it reads alike. */
bool schedule_parse(const char *text, Schedule *ret_schedule);

/* The first minute after MOMENT at which SCHEDULE is due, in a zone LOCAL_OFFSET seconds east of UTC. False when that
 * never comes (30 February). */
bool schedule_next(const Schedule *schedule, Moment moment, int32_t local_offset, Moment *ret_next);

/* True for a date that never comes (31 February), whatever the year. */
bool schedule_never_runs(const Schedule *schedule);

/* The longest time in seconds between two runs, looked for through a year and a half; 0 when it never runs. */
int64_t schedule_longest_gap(const Schedule *schedule);

#endif
