#include "base/when.h"

#include "base/attribute.h"

#define DAY ((int64_t)24 * 60 * 60)

/* Days from 0000-03-01, where the arithmetic of the calendar begins, to 1970-01-01. */
#define DAYS_TO_EPOCH 719468

enum { DAYS_OF_YEAR = 365, DAYS_OF_4_YEARS = 1461, DAYS_OF_CENTURY = 36524, DAYS_OF_400_YEARS = 146097 };

/* Division that rounds down; DIVISOR is positive. */
static int64_t floor_divide(int64_t number, int64_t divisor) {
        return number / divisor - (number % divisor < 0);
}

/* Days from the first of March to the first of a month, counted in months from March: lengths repeat 31 30 31 30 31. */
static int64_t days_before_month(int64_t months_from_march) {
        return (153 * months_from_march + 2) / 5;
}

CivilTime when_to_civil(Moment moment) {
        int64_t days = floor_divide(moment.seconds, DAY) + DAYS_TO_EPOCH;
        int second = (int)(moment.seconds % DAY + (moment.seconds % DAY < 0 ? DAY : 0));
        /* years begin in March here, so that the leap day is the last of its year, its 4 years and its 400 years */
        int64_t eras = floor_divide(days, DAYS_OF_400_YEARS);
        days -= eras * DAYS_OF_400_YEARS;
        int64_t centuries = MIN(days / DAYS_OF_CENTURY, 3);
        days -= centuries * DAYS_OF_CENTURY;
        int64_t fours = days / DAYS_OF_4_YEARS;
        days -= fours * DAYS_OF_4_YEARS;
        int64_t years = MIN(days / DAYS_OF_YEAR, 3);
        days -= years * DAYS_OF_YEAR;
        int64_t month = (5 * days + 2) / 153;
        return (CivilTime){
                .year = eras * 400 + centuries * 100 + fours * 4 + years + (month >= 10),
                .month = (int)(month < 10 ? month + 3 : month - 9),
                .day = (int)(days - days_before_month(month) + 1),
                .hour = second / 3600,
                .minute = second / 60 % 60,
                .second = second % 60,
        };
}

Moment when_from_civil(const CivilTime *civil) {
        bool after_february = civil->month > 2;
        int64_t year = civil->year - !after_february;
        int64_t month = civil->month + (after_february ? -3 : 9);
        int64_t days = year * DAYS_OF_YEAR + floor_divide(year, 4) - floor_divide(year, 100) + floor_divide(year, 400) +
                       days_before_month(month) + civil->day - 1 - DAYS_TO_EPOCH;
        return (Moment){ days * DAY + civil->hour * 3600 + civil->minute * 60 + civil->second };
}

static bool is_leap_year(int64_t year) {
        return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int64_t year, int month) {
        static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
        return days[month - 1] + (month == 2 && is_leap_year(year));
}

static bool is_possible(const CivilTime *civil) {
        return civil->month >= 1 && civil->month <= 12 && civil->day >= 1 &&
               civil->day <= days_in_month(civil->year, civil->month) && civil->hour < 24 && civil->minute < 60 &&
               civil->second < 60;
}

/* The forms of calendar times. Y: 4 digits of the year; O and D: 2 digits of month and day; o and d: 1 or 2; H, M, S:
 * 2 digits; +, h and m: sign and 2 digits each of the zone; ':' also the caller's separator; T and Z in either case. */
typedef enum Zone { ZONE_UTC, ZONE_LOCAL, ZONE_GIVEN } Zone;
typedef struct Form {
        const char *pattern;
        Zone zone;
} Form;

static const Form compact_form = { "YODTHMSZ", ZONE_UTC };
static const Form forms[] = {
        { "YODTHMSZ", ZONE_UTC },
        { "Y-O-DTH:M:SZ", ZONE_UTC },
        { "Y-O-DTH:M:S+h:m", ZONE_GIVEN },
        { "Y-O-DTH:M:S", ZONE_LOCAL },
        { "Y-o-d", ZONE_LOCAL },
        { "Y/o/d", ZONE_LOCAL },
        { "o-d-Y", ZONE_LOCAL },
        { "o/d/Y", ZONE_LOCAL },
        { "YODZ", ZONE_LOCAL },
};

typedef enum Field {
        FIELD_YEAR,
        FIELD_MONTH,
        FIELD_DAY,
        FIELD_HOUR,
        FIELD_MINUTE,
        FIELD_SECOND,
        FIELD_ZONE_HOUR,
        FIELD_ZONE_MINUTE,
        FIELD_COUNT,
} Field;

typedef struct Fields {
        int value[FIELD_COUNT];
        bool west; /* the zone's sign */
} Fields;

static const struct {
        char letter;
        uint8_t least, most; /* digits */
        Field field;
} numbers[] = {
        { 'Y', 4, 4, FIELD_YEAR },   { 'O', 2, 2, FIELD_MONTH },  { 'o', 1, 2, FIELD_MONTH },
        { 'D', 2, 2, FIELD_DAY },    { 'd', 1, 2, FIELD_DAY },    { 'H', 2, 2, FIELD_HOUR },
        { 'M', 2, 2, FIELD_MINUTE }, { 'S', 2, 2, FIELD_SECOND }, { 'h', 2, 2, FIELD_ZONE_HOUR },
        { 'm', 2, 2, FIELD_ZONE_MINUTE },
};

/* Reads between LEAST and MOST digits; gives how many, 0 when there are too few. */
static size_t scan_digits(Bytes text, size_t least, size_t most, int *ret_value) {
        size_t count = 0;
        int value = 0;
        while (count < most && count < text.length && text.at[count] >= '0' && text.at[count] <= '9')
                value = value * 10 + (text.at[count++] - '0');
        *ret_value = value;
        return count >= least ? count : 0;
}

static bool matches_literal(char wanted, uint8_t byte, char separator) {
        switch (wanted) {
        case ':':
                return byte == ':' || (separator && byte == (uint8_t)separator);
        case '+':
                return byte == '+' || byte == '-';
        case 'T':
        case 'Z':
                return (byte & ~0x20) == wanted;
        default:
                return byte == (uint8_t)wanted;
        }
}

/* Matches one character of a pattern at the front of TEXT; gives the number of bytes it took, 0 for no match. */
static size_t scan_one(char wanted, Bytes text, char separator, Fields *fields) {
        for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++)
                if (numbers[i].letter == wanted)
                        return scan_digits(text, numbers[i].least, numbers[i].most, &fields->value[numbers[i].field]);
        if (text.length == 0 || !matches_literal(wanted, text.at[0], separator))
                return 0;
        if (wanted == '+')
                fields->west = text.at[0] == '-';
        return 1;
}

static bool scan_form(const Form *form, Bytes text, char separator, Fields *fields) {
        *fields = (Fields){ .west = false };
        for (const char *wanted = form->pattern; *wanted; wanted++) {
                size_t taken = scan_one(*wanted, text, separator, fields);
                if (taken == 0)
                        return false;
                text = bytes_slice(text, taken, SIZE_MAX);
        }
        return text.length == 0;
}

static bool read_form(const Form *form, Bytes text, const WhenContext *context, Moment *ret_moment) {
        Fields fields;
        if (!scan_form(form, text, context->separator, &fields))
                return false;
        const int *value = fields.value;
        CivilTime civil = {
                value[FIELD_YEAR], value[FIELD_MONTH],  value[FIELD_DAY],
                value[FIELD_HOUR], value[FIELD_MINUTE], value[FIELD_SECOND],
        };
        if (!is_possible(&civil) || value[FIELD_ZONE_HOUR] > 23 || value[FIELD_ZONE_MINUTE] > 59)
                return false;
        int64_t given = value[FIELD_ZONE_HOUR] * 3600 + value[FIELD_ZONE_MINUTE] * 60;
        int64_t offset = form->zone == ZONE_LOCAL ? context->local_offset : fields.west ? -given : given;
        ret_moment->seconds = when_from_civil(&civil).seconds - offset;
        return true;
}

bool when_parse_compact(Bytes text, Moment *ret_moment) {
        static const WhenContext any = { .separator = 0 }; /* the form has neither separators nor local time */
        return read_form(&compact_form, text, &any, ret_moment);
}

static int64_t seconds_of_unit(uint8_t unit) {
        static const struct {
                uint8_t unit;
                int64_t seconds;
        } units[] = {
                { 's', 1 },       { 'm', 60 },       { 'h', 3600 },      { 'D', DAY },
                { 'W', 7 * DAY }, { 'M', 30 * DAY }, { 'Y', 365 * DAY },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(units); i++)
                if (units[i].unit == unit)
                        return units[i].seconds;
        return 0;
}

/* False for anything that is no interval, and for one that does not fit. */
static bool read_interval(Bytes text, int64_t *ret_seconds) {
        int64_t total = 0;
        if (text.length == 0)
                return false;
        while (text.length) {
                size_t digits = 0;
                while (digits < text.length && text.at[digits] >= '0' && text.at[digits] <= '9')
                        digits++;
                uint64_t count;
                if (digits == text.length || !bytes_to_number(bytes_slice(text, 0, digits), &count))
                        return false;
                int64_t unit = seconds_of_unit(text.at[digits]), seconds;
                if (unit == 0 || __builtin_mul_overflow(count, unit, &seconds) ||
                    __builtin_add_overflow(total, seconds, &total))
                        return false;
                text = bytes_slice(text, digits + 1, SIZE_MAX);
        }
        *ret_seconds = total;
        return true;
}

Error *when_parse_interval(Bytes text, int64_t *ret_seconds) {
        if (read_interval(text, ret_seconds))
                return NULL;
        Error *error = error_new(ERROR_USER,
                                 "bad interval '%.*s': write numbers with units s, m (minute), h, D, W, M (30 days) "
                                 "or Y (365 days), such as '3D', '1h30m' or '1M2W'",
                                 (int)MIN(text.length, (size_t)100), text.length ? (const char *)text.at : "");
        return error_with_code(error, EXIT_CODE_COMMAND_LINE);
}

/* Numbers and intervals: the forms that are no calendar time. */
static bool read_plain(Bytes text, Moment now, Moment *ret_moment) {
        uint64_t number;
        int64_t interval;
        if (bytes_equal_text(text, "now")) {
                *ret_moment = now;
                return true;
        }
        if (bytes_to_number(text, &number) && number <= INT64_MAX) {
                ret_moment->seconds = (int64_t)number;
                return true;
        }
        return read_interval(text, &interval) && !__builtin_sub_overflow(now.seconds, interval, &ret_moment->seconds);
}

Error *when_parse(Bytes text, const WhenContext *context, Moment *ret_moment) {
        Moment moment;
        bool found = read_plain(text, context->now, &moment);
        for (size_t i = 0; !found && i < ARRAY_LENGTH(forms); i++)
                found = read_form(&forms[i], text, context, &moment);
        if (!found) {
                Error *error = error_new(ERROR_USER,
                                         "bad time '%.*s': write a date like '2026-11-23', a time like "
                                         "'2026-11-23T04:43:46Z' or '2026-11-23T04:43:46+01:00', an interval like "
                                         "'3D' for three days ago, seconds since 1970, or 'now'",
                                         (int)MIN(text.length, (size_t)100), text.length ? (const char *)text.at : "");
                return error_with_code(error, EXIT_CODE_COMMAND_LINE);
        }
        *ret_moment = moment;
        return NULL;
}

/* The calendar time of MOMENT, moved into the years that four digits can tell. */
static CivilTime printable(Moment moment) {
        static const CivilTime first = { 0, 1, 1, 0, 0, 0 }, last = { 9999, 12, 31, 23, 59, 59 };
        int64_t least = when_from_civil(&first).seconds, most = when_from_civil(&last).seconds;
        return when_to_civil((Moment){ MAX(least, MIN(moment.seconds, most)) });
}

/* Prints a calendar time by a pattern of the letters above, without the zone's; TEXT has room for it. */
static void print_form(Moment moment, const char *pattern, char *text) {
        CivilTime civil = printable(moment);
        const int value[FIELD_COUNT] = {
                (int)civil.year, civil.month, civil.day, civil.hour, civil.minute, civil.second,
        };
        for (; *pattern; pattern++) {
                size_t i = 0;
                while (i < ARRAY_LENGTH(numbers) && numbers[i].letter != *pattern)
                        i++;
                if (i == ARRAY_LENGTH(numbers)) {
                        *text++ = *pattern;
                        continue;
                }
                int rest = value[numbers[i].field];
                for (size_t digit = numbers[i].most; digit-- > 0; rest /= 10)
                        text[digit] = (char)('0' + rest % 10);
                text += numbers[i].most;
        }
        *text = '\0';
}

void when_print_compact(Moment moment, char text[17]) {
        print_form(moment, "YODTHMSZ", text);
}

void when_print_w3(Moment moment, char text[24]) {
        print_form(moment, "Y-O-DTH:M:SZ", text);
}

void when_print_date(Moment moment, char text[16]) {
        print_form(moment, "Y-O-D", text);
}

/* tzset looks at the system's file each time; it is called once for each value of TZ. */
static void know_zone(void) {
        static _Thread_local char known[64] = "?";
        const char *zone = getenv("TZ");
        if (zone && strcmp(zone, known) == 0)
                return;
        if (!zone && !known[0])
                return;
        tzset();
        snprintf(known, sizeof known, "%s", zone ? zone : ""); /* of a longer one a part, which is not equal */
}

static struct tm local_time(Moment moment) {
        CivilTime civil = printable(moment);
        time_t seconds = (time_t)when_from_civil(&civil).seconds;
        struct tm local;
        know_zone();
        (void)localtime_r(&seconds, &local); /* fails only for years that do not fit an int */
        return local;
}

CivilTime when_to_local(Moment moment) {
        struct tm local = local_time(moment);
        return (CivilTime){
                .year = local.tm_year + 1900,
                .month = local.tm_mon + 1,
                .day = local.tm_mday,
                .hour = local.tm_hour,
                .minute = local.tm_min,
                .second = local.tm_sec,
        };
}

void when_print_local(Moment moment, char text[40]) {
        static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
        static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
        struct tm local = local_time(moment);
        snprintf(text, 40, "%s %s %2d %02d:%02d:%02d %d", days[local.tm_wday], months[local.tm_mon], local.tm_mday,
                 local.tm_hour, local.tm_min, local.tm_sec, local.tm_year + 1900);
}

int32_t when_local_offset(void) {
        tzset();
        return (int32_t)-timezone;
}

static void print_count(int64_t count, const char *unit, Buffer *out) {
        if (count)
                buffer_print(out, "%lld %s%s ", (long long)count, unit, count == 1 ? "" : "s");
}

void when_print_duration(double seconds, Buffer *out) {
        const double longest = 1e12;                              /* keeps the arithmetic in range */
        double clipped = seconds > 0 ? MIN(seconds, longest) : 0; /* a clock may have been set back */
        int64_t hundredths = (int64_t)(clipped * 100 + 0.5);
        int64_t whole = hundredths / 100;
        print_count(whole / 3600, "hour", out);
        print_count(whole / 60 % 60, "minute", out);
        buffer_print(out, "%lld.%02lld seconds", (long long)(whole % 60), (long long)(hundredths % 100));
}
