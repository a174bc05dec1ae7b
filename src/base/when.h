/* When: moments and intervals as duplicity writes and reads them (FORMAT.md, "Times").
 *
 * Pure: the current time and the local offset are arguments, never asked for here. */
#ifndef BASE_WHEN_H
#define BASE_WHEN_H

#include "base/buffer.h"
#include "base/error.h"

/* A point in time: seconds since 1970-01-01T00:00:00Z, leap seconds not counted; may be negative. */
typedef struct Moment {
        int64_t seconds;
} Moment;

static inline int moment_compare(Moment a, Moment b) {
        return a.seconds < b.seconds ? -1 : a.seconds > b.seconds;
}

/* What a time text is read against. */
typedef struct WhenContext {
        Moment now;
        int32_t local_offset; /* seconds east of UTC of local standard time, which bare local times are in */
        char separator;       /* --time-separator: may stand for any ':'; 0: none */
} WhenContext;

/* Reads any form: now; all digits (epoch seconds); YYYY-MM-DDTHH:MM:SS with Z, +HH:MM, -HH:MM or nothing (local
 * standard time); YYYYMMDDTHHMMSSZ; an interval (that long ago); YYYY-MM-DD, YYYY/MM/DD, MM-DD-YYYY, MM/DD/YYYY
 * (one-digit month and day allowed); YYYYMMDDZ (local midnight). Otherwise ERROR_USER with exit code 2: names the
 * text and shows right examples. */
CHECKED Error *when_parse(Bytes text, const WhenContext *context, Moment *ret_moment);

/* Reads an interval: one or more of <digits><unit>, unit s m h D W M(30 D) Y(365 D), case-sensitive. ERROR_USER (exit
 * code 2) otherwise. */
CHECKED Error *when_parse_interval(Bytes text, int64_t *ret_seconds);

/* Reads exactly YYYYMMDDTHHMMSSZ (in either case of T and Z). False for anything else, or impossible dates. */
bool when_parse_compact(Bytes text, Moment *ret_moment);

/* YYYYMMDDTHHMMSSZ, 16 characters and NUL. Years are clipped to 0..9999. */
void when_print_compact(Moment moment, char text[17]);

/* YYYY-MM-DDTHH:MM:SSZ into TEXT. */
void when_print_w3(Moment moment, char text[24]);

/* YYYY-MM-DD of UTC into TEXT. */
void when_print_date(Moment moment, char text[16]);

/* "Mon Nov 23 04:43:46 2026" in the process's local time zone (daylight saving included), as C's asctime without its
 * newline. */
void when_print_local(Moment moment, char text[40]);

/* Offset of local standard time from UTC in seconds, by the process's time zone. */
int32_t when_local_offset(void);

/* Proleptic Gregorian calendar in UTC. */
typedef struct CivilTime {
        int64_t year;
        int month, day, hour, minute, second;
} CivilTime;
CivilTime when_to_civil(Moment moment);
Moment when_from_civil(const CivilTime *civil);

/* The same in the process's local time zone, daylight saving included. Years are clipped to 0..9999. */
CivilTime when_to_local(Moment moment);

/* Appends a human duration as duplicity's statistics have it: "1 minute 2.50 seconds", "0.03 seconds", "2 hours 1.00
 * seconds". */
void when_print_duration(double seconds, Buffer *out);

#endif
