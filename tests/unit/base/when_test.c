#include "base/when.h"

#include "base/memory.h"
#include "support/test.h"

enum { NOW = 1795409026 }; /* 2026-11-23T04:43:46Z */

static const WhenContext in_utc = { { NOW }, 0, 0 };
static const WhenContext in_new_york = { { NOW }, -5 * 3600, 0 };
static const WhenContext with_underscores = { { NOW }, 0, '_' };

static int64_t parse(const char *text, const WhenContext *context) {
        Moment moment = { -1 };
        assert_ok(when_parse(bytes_of(text), context, &moment));
        return moment.seconds;
}

TEST(times_in_every_form_are_read) {
        static const struct {
                const char *text;
                int64_t seconds;
        } times[] = {
                { "now", NOW },
                { "0", 0 },
                { "1795409026", NOW },
                { "20020726", 20020726 }, /* all digits are seconds, not a date */
                { "2026-11-23T04:43:46Z", NOW },
                { "20261123T044346Z", NOW },
                { "2026-11-23T05:43:46+01:00", NOW },
                { "2026-11-22T23:43:46-05:00", NOW },
                { "2026-11-23T10:13:46+05:30", NOW },
                { "2026-11-23T04:43:46", NOW },
                { "3D", NOW - 3 * 86400 },
                { "1h78m", NOW - 3600 - 78 * 60 },
                { "2026-11-23", 1795392000 },
                { "2026/11/23", 1795392000 },
                { "11-23-2026", 1795392000 },
                { "11/23/2026", 1795392000 },
                { "2026-2-3", 1770076800 },
                { "2/3/2026", 1770076800 },
                { "20261123Z", 1795392000 },
                { "1969-12-31T23:59:59Z", -1 },
                { "2024-02-29", 1709164800 },
                { "2000-02-29", 951782400 },
                { "9999-12-31T23:59:59Z", 253402300799 },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(times); i++)
                assert_int_equal(parse(times[i].text, &in_utc), times[i].seconds);
}

TEST(bare_times_are_local_and_zoned_times_are_not) {
        assert_int_equal(parse("2026-11-22T23:43:46", &in_new_york), NOW);
        assert_int_equal(parse("2026-11-23T04:43:46Z", &in_new_york), NOW);
        assert_int_equal(parse("20261123T044346Z", &in_new_york), NOW);
        assert_int_equal(parse("2026-11-23", &in_new_york), 1795392000 + 5 * 3600);
        assert_int_equal(parse("20261123Z", &in_new_york), 1795392000 + 5 * 3600);
}

TEST(another_separator_stands_for_colons) {
        assert_int_equal(parse("2026-11-22T23_43_46-05_00", &with_underscores), NOW);
        assert_int_equal(parse("2026-11-23T04:43:46Z", &with_underscores), NOW);
        Moment moment;
        assert_error(when_parse(bytes_of("2026-11-23T04_43_46Z"), &in_utc, &moment), ERROR_USER, "04_43_46");
        assert_error(when_parse(bytes_of("2026-11-23T04.43.46Z"), &with_underscores, &moment), ERROR_USER, "bad time");
}

TEST(texts_that_are_no_times_are_refused_with_examples) {
        static const char *const wrong[] = {
                "",
                " ",
                "now ",
                "Now",
                "1d",
                "-1D",
                "D",
                "3 D",
                "3D4",
                "3D-4h",
                "2026-13-01",
                "2026-00-10",
                "2026-11-00",
                "2026-02-30",
                "2025-02-29",
                "1900-02-29",
                "2026-11-31",
                "2026-11-23T04:43",
                "2026-11-23T04:43:46X",
                "2026-11-23T24:00:00Z",
                "2026-11-23T04:60:00Z",
                "2026-11-23T04:43:60Z",
                "2026-11-23T4:43:46Z",
                "2026-11-23 04:43:46",
                "2026-11-23T04:43:46+24:00",
                "2026-11-23T04:43:46+01:60",
                "2026-11-23T04:43:46+0100",
                "2026-11-23T04:43:46Z ",
                "26-11-23",
                "2026-11/23",
                "11-2026",
                "2026-111-1",
                "20261123T044346",
                "20261323Z",
                "99999999999999999999",
                "2026-11-23T04:43:46.5Z",
                "300000000000Y",
                "yesterday",
        };
        for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
                Moment moment = { 42 };
                AUTO(error_free) Error *error = when_parse(bytes_of(wrong[i]), &in_utc, &moment);
                if (!error)
                        print_error("'%s' was taken as a time\n", wrong[i]);
                assert_int_equal(error_kind(error), ERROR_USER);
                assert_int_equal(error_exit_code(error), EXIT_CODE_COMMAND_LINE);
                assert_non_null(strstr(error_story(error), wrong[i]));
                assert_non_null(strstr(error_story(error), "2026-11-23T04:43:46Z"));
                assert_int_equal(moment.seconds, 42);
        }
}

TEST(the_examples_of_the_messages_are_right) {
        assert_int_equal(parse("2026-11-23T04:43:46+01:00", &in_utc), NOW - 3600);
        int64_t seconds;
        assert_ok(when_parse_interval(bytes_of("1h30m"), &seconds));
        assert_int_equal(seconds, 5400);
        assert_ok(when_parse_interval(bytes_of("1M2W"), &seconds));
        assert_int_equal(seconds, 44 * 86400);
}

TEST(interval_units_are_case_sensitive) {
        static const struct {
                const char *text;
                int64_t seconds;
        } intervals[] = {
                { "7s", 7 },
                { "7m", 420 },
                { "7h", 25200 },
                { "7D", 604800 },
                { "7W", 4233600 },
                { "7M", 210 * 86400 },
                { "7Y", 7LL * 365 * 86400 },
                { "1Y1M1W1D1h1m1s", 403 * 86400 + 3661 },
                { "0s", 0 },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(intervals); i++) {
                int64_t seconds = -1;
                assert_ok(when_parse_interval(bytes_of(intervals[i].text), &seconds));
                assert_int_equal(seconds, intervals[i].seconds);
        }
        static const char *const wrong[] = { "",
                                             "7",
                                             "7S",
                                             "7H",
                                             "7d",
                                             "7w",
                                             "7y",
                                             "D",
                                             "7D ",
                                             "-7D",
                                             "7DD",
                                             "now",
                                             "18446744073709551615s",
                                             "99999999999999999999s",
                                             "292471208678Y" };
        for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
                int64_t seconds = -1;
                AUTO(error_free) Error *error = when_parse_interval(bytes_of(wrong[i]), &seconds);
                assert_int_equal(error_kind(error), ERROR_USER);
                assert_int_equal(error_exit_code(error), EXIT_CODE_COMMAND_LINE);
                assert_int_equal(seconds, -1);
        }
}

TEST(an_interval_that_reaches_before_time_is_refused) {
        Moment moment;
        WhenContext early = { { INT64_MIN + 5 }, 0, 0 };
        assert_error(when_parse(bytes_of("6s"), &early, &moment), ERROR_USER, "bad time");
}

TEST(compact_times_are_read_exactly) {
        Moment moment = { 42 };
        assert_true(when_parse_compact(bytes_of("20261123T044346Z"), &moment));
        assert_int_equal(moment.seconds, NOW);
        assert_true(when_parse_compact(bytes_of("20261123t044347z"), &moment));
        assert_int_equal(moment.seconds, NOW + 1);
        static const char *const wrong[] = { "",
                                             "20261123T044346",
                                             "20261123T044346Z ",
                                             "20261123T0443460Z",
                                             "20261323T044346Z",
                                             "20260230T044346Z",
                                             "2026-11-23T04:43:46Z",
                                             "20261123 044346Z",
                                             "20261123T244346Z",
                                             "20261123T04434\xfaZ",
                                             "now" };
        for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++)
                assert_false(when_parse_compact(bytes_of(wrong[i]), &moment));
        assert_int_equal(moment.seconds, NOW + 1);
}

TEST(moments_are_printed) {
        char compact[17], w3[24], date[16];
        when_print_compact((Moment){ NOW }, compact);
        when_print_w3((Moment){ NOW }, w3);
        when_print_date((Moment){ NOW }, date);
        assert_string_equal(compact, "20261123T044346Z");
        assert_string_equal(w3, "2026-11-23T04:43:46Z");
        assert_string_equal(date, "2026-11-23");
        when_print_compact((Moment){ -1 }, compact);
        assert_string_equal(compact, "19691231T235959Z");
}

TEST(years_are_clipped_to_four_digits) {
        char text[17];
        when_print_compact((Moment){ INT64_MAX }, text);
        assert_string_equal(text, "99991231T235959Z");
        when_print_compact((Moment){ INT64_MIN }, text);
        assert_string_equal(text, "00000101T000000Z");
}

static void set_zone(const char *zone) {
        assert_int_equal(setenv("TZ", zone, 1), 0);
}

TEST(local_times_look_like_asctime) {
        char text[40];
        set_zone("UTC0");
        when_print_local((Moment){ NOW }, text);
        assert_string_equal(text, "Mon Nov 23 04:43:46 2026");
        when_print_local((Moment){ 0 }, text);
        assert_string_equal(text, "Thu Jan  1 00:00:00 1970");
        set_zone("EST5EDT,M3.2.0,M11.1.0");
        when_print_local((Moment){ NOW }, text);
        assert_string_equal(text, "Sun Nov 22 23:43:46 2026");
        when_print_local((Moment){ 1782864000 }, text); /* daylight saving */
        assert_string_equal(text, "Tue Jun 30 20:00:00 2026");
        set_zone("UTC0");
}

TEST(local_civil_times_know_daylight_saving) {
        set_zone("EST5EDT,M3.2.0,M11.1.0");
        CivilTime winter = when_to_local((Moment){ NOW }), summer = when_to_local((Moment){ 1782864001 });
        assert_int_equal(winter.year, 2026);
        assert_int_equal(winter.month, 11);
        assert_int_equal(winter.day, 22);
        assert_int_equal(winter.hour, 23);
        assert_int_equal(winter.minute, 43);
        assert_int_equal(winter.second, 46);
        assert_int_equal(summer.month, 6);
        assert_int_equal(summer.day, 30);
        assert_int_equal(summer.hour, 20);
        assert_int_equal(summer.second, 1);
        set_zone("UTC0");
}

TEST(local_offset_is_that_of_standard_time) {
        set_zone("EST5EDT,M3.2.0,M11.1.0");
        assert_int_equal(when_local_offset(), -18000);
        set_zone("IST-5:30");
        assert_int_equal(when_local_offset(), 19800);
        set_zone("UTC0");
        assert_int_equal(when_local_offset(), 0);
}

TEST(civil_times_agree_with_the_c_library) {
        for (int64_t seconds = -70000000000; seconds < 300000000000; seconds += 37 * 86400 + 12345) {
                time_t time_value = (time_t)seconds;
                struct tm wanted;
                assert_non_null(gmtime_r(&time_value, &wanted));
                CivilTime civil = when_to_civil((Moment){ seconds });
                assert_int_equal(civil.year, wanted.tm_year + 1900);
                assert_int_equal(civil.month, wanted.tm_mon + 1);
                assert_int_equal(civil.day, wanted.tm_mday);
                assert_int_equal(civil.hour, wanted.tm_hour);
                assert_int_equal(civil.minute, wanted.tm_min);
                assert_int_equal(civil.second, wanted.tm_sec);
                assert_int_equal(when_from_civil(&civil).seconds, seconds);
        }
}

TEST(every_day_of_four_centuries_follows_the_one_before) {
        CivilTime before = when_to_civil((Moment){ -1 });
        for (int64_t day = 0; day < 146097; day++) {
                CivilTime civil = when_to_civil((Moment){ day * 86400 });
                bool next_day = civil.day == before.day + 1 && civil.month == before.month && civil.year == before.year;
                bool next_month = civil.day == 1 && civil.month == before.month + 1 && before.day >= 28;
                bool next_year =
                        civil.day == 1 && civil.month == 1 && before.month == 12 && civil.year == before.year + 1;
                assert_true(next_day || next_month || next_year);
                before = civil;
        }
        assert_int_equal(before.year, 2369);
}

TEST(extreme_moments_have_a_civil_time) {
        CivilTime civil = when_to_civil((Moment){ INT64_MIN });
        assert_int_equal(civil.year, -292277022657);
        civil = when_to_civil((Moment){ INT64_MAX });
        assert_int_equal(civil.year, 292277026596);
        assert_int_equal(civil.second, 7);
}

TEST(moments_compare) {
        assert_int_equal(moment_compare((Moment){ -5 }, (Moment){ 5 }), -1);
        assert_int_equal(moment_compare((Moment){ 5 }, (Moment){ 5 }), 0);
        assert_int_equal(moment_compare((Moment){ INT64_MAX }, (Moment){ INT64_MIN }), 1);
}

TEST(durations_are_for_people) {
        static const struct {
                double seconds;
                const char *text;
        } durations[] = {
                { 0.03, "0.03 seconds" },
                { 0, "0.00 seconds" },
                { 62.5, "1 minute 2.50 seconds" },
                { 7201, "2 hours 1.00 seconds" },
                { 3660, "1 hour 1 minute 0.00 seconds" },
                { 59.996, "1 minute 0.00 seconds" },
                { 360000.25, "100 hours 0.25 seconds" },
                { -3, "0.00 seconds" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(durations); i++) {
                AUTO_VALUE(buffer_clear) Buffer out = { 0 };
                when_print_duration(durations[i].seconds, &out);
                assert_string_equal(buffer_text(&out), durations[i].text);
        }
}
