#include "charm/schedule.h"

#include <string.h>
#include <strings.h>

#include "base/attribute.h"
#include "base/bytes.h"

enum { FIELD_COUNT = 5, MINUTE = 60, HOUR = 3600, DAY = 86400 };

static const char *const month_names[] = { "jan", "feb", "mar", "apr", "may", "jun",
                                           "jul", "aug", "sep", "oct", "nov", "dec" };
static const char *const weekday_names[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" };

typedef struct Field {
        unsigned least, most;
        const char *const *names; /* of the numbers from LEAST on; NULL: none */
        size_t name_count;
} Field;

static const Field fields[FIELD_COUNT] = {
        { .least = 0, .most = 59 },
        { .least = 0, .most = 23 },
        { .least = 1, .most = 31 },
        { .least = 1, .most = 12, .names = month_names, .name_count = ARRAY_LENGTH(month_names) },
        { .least = 0, .most = 7, .names = weekday_names, .name_count = ARRAY_LENGTH(weekday_names) },
};

/* Cron keeps numbers in an int: longer ones would mean something else to it. */
static bool read_digits(Bytes text, uint64_t *ret_number) {
        enum { MOST_DIGITS = 9 };
        return text.length <= MOST_DIGITS && bytes_to_number(text, ret_number);
}

static bool read_number(const Field *field, Bytes text, unsigned *ret_number) {
        uint64_t number;
        for (size_t i = 0; i < field->name_count; i++) {
                if (text.length != 3 || strncasecmp((const char *)text.at, field->names[i], 3) != 0)
                        continue;
                *ret_number = field->least + (unsigned)i;
                return true;
        }
        if (!read_digits(text, &number) || number < field->least || number > field->most)
                return false;
        *ret_number = (unsigned)number;
        return true;
}

/* What "*", "A" or "A-B" spans. */
typedef struct Range {
        unsigned first, last;
        bool is_single; /* "A": cron takes no step behind it */
} Range;

static bool read_range(const Field *field, Bytes text, Range *ret_range) {
        Bytes last_text, first_text = bytes_cut(text, '-', &last_text);
        unsigned first, last;
        if (bytes_equal_text(text, "*")) {
                *ret_range = (Range){ .first = field->least, .last = field->most };
                return true;
        }
        if (!read_number(field, first_text, &first))
                return false;
        last = first;
        if (last_text.at && (!read_number(field, last_text, &last) || last < first))
                return false;
        *ret_range = (Range){ .first = first, .last = last, .is_single = !last_text.at };
        return true;
}

/* A step may be longer than what it steps through: the first alone is meant then. */
static bool read_item(const Field *field, Bytes text, uint64_t *set) {
        Range range;
        uint64_t step = 1;
        Bytes step_text, range_text = bytes_cut(text, '/', &step_text);
        if (!read_range(field, range_text, &range))
                return false;
        if (step_text.at && (range.is_single || !read_digits(step_text, &step) || step == 0))
                return false;
        for (uint64_t at = range.first; at <= range.last; at += step)
                *set |= UINT64_C(1) << at;
        return true;
}

static bool read_field(const Field *field, Bytes text, uint64_t *ret_set) {
        *ret_set = 0;
        while (text.at) {
                Bytes rest, item = bytes_cut(text, ',', &rest);
                if (!read_item(field, item, ret_set))
                        return false;
                text = rest;
        }
        return *ret_set != 0;
}

static const char *macro_meaning(const char *text) {
        static const struct {
                const char *name, *meaning;
        } macros[] = {
                { "@yearly", "0 0 1 1 *" }, { "@annually", "0 0 1 1 *" }, { "@monthly", "0 0 1 * *" },
                { "@weekly", "0 0 * * 0" }, { "@daily", "0 0 * * *" },    { "@midnight", "0 0 * * *" },
                { "@hourly", "0 * * * *" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(macros); i++)
                if (strcmp(text, macros[i].name) == 0)
                        return macros[i].meaning;
        return text;
}

/* Cuts the next word off; blanks and tabs separate. */
static Bytes next_word(Bytes *rest) {
        Bytes text = bytes_trim(*rest);
        size_t length = 0;
        while (length < text.length && text.at[length] != ' ' && text.at[length] != '\t')
                length++;
        *rest = bytes_slice(text, length, SIZE_MAX);
        return bytes_slice(text, 0, length);
}

bool schedule_parse(const char *text, Schedule *ret_schedule) {
        uint64_t sets[FIELD_COUNT];
        bool stars[FIELD_COUNT];
        Bytes rest = bytes_of(macro_meaning(text));
        for (size_t i = 0; i < FIELD_COUNT; i++) {
                Bytes word = next_word(&rest);
                stars[i] = bytes_start_with(word, "*");
                if (word.length == 0 || !read_field(&fields[i], word, &sets[i]))
                        return false;
        }
        if (bytes_trim(rest).length)
                return false;
        *ret_schedule = (Schedule){ .minutes = sets[0],
                                    .hours = (uint32_t)sets[1],
                                    .days = (uint32_t)sets[2],
                                    .months = (uint16_t)sets[3],
                                    .weekdays = (uint8_t)((sets[4] | sets[4] >> 7) & 0x7F), /* 7 is 0 */
                                    .any_day = stars[2],
                                    .any_weekday = stars[4] };
        return true;
}

/* Where both kinds of days are given, either will do. */
static bool is_day(const Schedule *schedule, Moment local) {
        CivilTime civil = when_to_civil(local);
        int64_t day_number = (local.seconds - (local.seconds % DAY + DAY) % DAY) / DAY;
        int weekday = (int)(((day_number + 4) % 7 + 7) % 7); /* 1 January 1970 was a Thursday */
        bool by_day = schedule->days >> civil.day & 1;
        bool by_weekday = schedule->weekdays >> weekday & 1;
        if (!(schedule->months >> civil.month & 1))
                return false;
        return schedule->any_day || schedule->any_weekday ? by_day && by_weekday : by_day || by_weekday;
}

/* The first minute of the day at or after FROM, a number of minutes; -1 when there is none. */
static int next_minute(const Schedule *schedule, int from) {
        for (int minute = from; minute < DAY / MINUTE; minute++)
                if (schedule->hours >> (minute / 60) & 1 && schedule->minutes >> (minute % 60) & 1)
                        return minute;
        return -1;
}

bool schedule_next(const Schedule *schedule, Moment moment, int32_t local_offset, Moment *ret_next) {
        enum { DAYS_AHEAD = 366 * 8 + 2 }; /* 29 February can be eight years away */
        int64_t local = moment.seconds + local_offset;
        int64_t second = (local % DAY + DAY) % DAY;
        int64_t day = local - second;
        int from = (int)(second / MINUTE) + 1;
        for (int i = 0; i < DAYS_AHEAD; i++, day += DAY, from = 0) {
                int minute = is_day(schedule, (Moment){ day }) ? next_minute(schedule, from) : -1;
                if (minute < 0)
                        continue;
                *ret_next = (Moment){ day + (int64_t)minute * MINUTE - local_offset };
                return true;
        }
        return false;
}

int64_t schedule_longest_gap(const Schedule *schedule) {
        enum { LOOKED_THROUGH = 550 };
        const Moment start = { INT64_C(1703980800) }; /* 31 December 2023: a leap year follows */
        Moment last, next;
        int64_t longest = 0;
        if (!schedule_next(schedule, start, 0, &last))
                return 0;
        while (last.seconds < start.seconds + (int64_t)LOOKED_THROUGH * DAY) {
                if (!schedule_next(schedule, last, 0, &next))
                        return 0;
                longest = MAX(longest, next.seconds - last.seconds);
                last = next;
        }
        return longest;
}

bool schedule_never_runs(const Schedule *schedule) {
        Moment next;
        return !schedule_next(schedule, (Moment){ 0 }, 0, &next);
}
