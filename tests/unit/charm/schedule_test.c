#include "charm/schedule.h"

#include "support/test.h"

TEST(what_cron_takes_is_taken) {
        static const char *const good[] = {
                "* * * * *",
                "0 23 * * *",
                "40 * * * *",
                "*/5 * * * *",
                "0-30/10 1,2 1-7 jan-MAR Mon-fri",
                "@daily",
                "@hourly",
                "@WEEKLY",
                "@monthly",
                "0 0 * * 7",
                "1\t2  3 4 5",
                " 1 2 3 4 5 ",
                "0 0 1 1 sun",
                "0 0 1 1 0-7",
                "59 23 31 12 6",
                "1,2,3,10-20/3 * * * *",
        };
        Schedule schedule;
        for (size_t i = 0; i < ARRAY_LENGTH(good); i++)
                if (!schedule_parse(good[i], &schedule))
                        fail_msg("'%s' was refused", good[i]);
}

TEST(what_cron_refuses_is_refused) {
        static const char *const bad[] = {
                "",
                "* * * *",
                "* * * * * *",
                "60 * * * *",
                "* 24 * * *",
                "* * 0 * *",
                "* * 32 * *",
                "* * * 0 *",
                "* * * 13 *",
                "* * * * 8",
                "5-1 * * * *",
                "*/0 * * * *",
                "5/2 * * * *",
                "a * * * *",
                "1, * * * *",
                ",1 * * * *",
                "1--2 * * * *",
                "-1 * * * *",
                "1.5 * * * *",
                "* * * foo *",
                "* * * * mond",
                "@reboot",
                "@",
                "@fortnightly",
                "daily",
                "*/ * * * *",
                "/5 * * * *",
                "1-2-3 * * * *",
                "** * * * *",
                "jan * * * *",
                "0 0 * * *; rm",
                "001 * * * *",
                "*/61 * * * *",
        };
        Schedule schedule;
        for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
                if (schedule_parse(bad[i], &schedule))
                        fail_msg("'%s' was taken", bad[i]);
}

static Moment at(int64_t year, int month, int day, int hour, int minute) {
        const CivilTime civil = { .year = year, .month = month, .day = day, .hour = hour, .minute = minute };
        return when_from_civil(&civil);
}

TEST(the_next_run_is_found) {
        static const struct {
                const char *text;
                int year, month, day, hour, minute;
        } cases[] = { /* from Monday 23 November 2026, 10:15 */
                      { "* * * * *", 2026, 11, 23, 10, 16 },       { "15 10 * * *", 2026, 11, 24, 10, 15 },
                      { "0 23 * * *", 2026, 11, 23, 23, 0 },       { "@hourly", 2026, 11, 23, 11, 0 },
                      { "0 0 * * sun", 2026, 11, 29, 0, 0 },       { "0 0 * * 7", 2026, 11, 29, 0, 0 },
                      { "0 0 1 * *", 2026, 12, 1, 0, 0 },          { "0 0 29 2 *", 2028, 2, 29, 0, 0 },
                      { "0 0 1 * mon", 2026, 11, 30, 0, 0 },       { "0 0 */2 * mon", 2026, 12, 7, 0, 0 },
                      { "*/20 10 23 11 *", 2026, 11, 23, 10, 20 }, { "30 6 1 jan *", 2027, 1, 1, 6, 30 }
        };
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                Schedule schedule;
                Moment next;
                Moment wanted = at(cases[i].year, cases[i].month, cases[i].day, cases[i].hour, cases[i].minute);
                assert_true(schedule_parse(cases[i].text, &schedule));
                assert_true(schedule_next(&schedule, at(2026, 11, 23, 10, 15), 0, &next));
                if (next.seconds != wanted.seconds)
                        fail_msg("'%s' is due at %jd, not %jd", cases[i].text, (intmax_t)wanted.seconds,
                                 (intmax_t)next.seconds);
        }
}

TEST(the_next_run_is_one_of_local_time) {
        Schedule schedule;
        Moment next;
        assert_true(schedule_parse("0 1 * * *", &schedule));
        assert_true(schedule_next(&schedule, at(2026, 11, 23, 22, 30), 7200, &next)); /* 00:30 there */
        assert_int_equal(next.seconds, at(2026, 11, 23, 23, 0).seconds);
}

TEST(a_day_that_never_comes_has_no_next_run) {
        Schedule schedule;
        Moment next;
        assert_true(schedule_parse("0 0 30 2 *", &schedule));
        assert_false(schedule_next(&schedule, at(2026, 1, 1, 0, 0), 0, &next));
        assert_int_equal(schedule_longest_gap(&schedule), 0);
}

TEST(the_longest_gap_is_that_of_the_whole_year) {
        static const struct {
                const char *text;
                int64_t hours;
        } cases[] = { { "@hourly", 1 },          { "@daily", 24 },           { "@weekly", 168 },
                      { "@monthly", 31 * 24 },   { "0 8,18 * * *", 14 },     { "0 0 * * 1-5", 72 },
                      { "0 0 1 1 *", 366 * 24 }, { "0 3 1,15 * *", 17 * 24 } };
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                Schedule schedule;
                assert_true(schedule_parse(cases[i].text, &schedule));
                if (schedule_longest_gap(&schedule) != cases[i].hours * 3600)
                        fail_msg("'%s': %jd hours", cases[i].text, (intmax_t)(schedule_longest_gap(&schedule) / 3600));
        }
}
