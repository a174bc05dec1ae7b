#include "charm/schedule.h"

#include "base/arena.h"
#include "support/test.h"
#include "sys/process.h"

TEST(what_cron_takes_is_taken) {
        static const char *const good[] = {
                "* * * * *",
                "0 23 * * *",
                "40 * * * *",
                "*/5 * * * *",
                "0-30/10 1,2 1-7 jan-MAR Mon-fri",
                "@daily",
                "@hourly",
                "@monthly",
                "@yearly",
                "@midnight",
                "0 0 * * 7",
                "1\t2  3 4 5",
                " 1 2 3 4 5 ",
                "0 0 1 1 sun",
                "0 0 1 1 0-7",
                "59 23 31 12 6",
                "1,2,3,10-20/3 * * * *",
                "0 */24 * * *", /* a step past the end */
                "*/60 * * * *",
                "*/999 * * * *",
                "5-5/2 * * * *",
                "001 * * * *",
                "0 0 * * sun-mon",
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
                "@Daily", /* cron refuses the whole file */
                "@WEEKLY",
                "@daily x",
                "daily",
                "*/ * * * *",
                "/5 * * * *",
                "1-2-3 * * * *",
                "** * * * *",
                "jan * * * *",
                "0 0 * * *; rm",
                "*/4294967297 * * * *",
                "4294967297 * * * *",
                "0 0 * * fri-sun",
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

TEST(a_date_that_never_comes_is_told) {
        static const struct {
                const char *text;
                bool never;
        } cases[] = { { "0 0 31 2 *", true },       { "0 0 30 feb */2", true }, { "0 0 31 4,6,9,11 *", true },
                      { "0 0 29 2 *", false },      { "0 0 31 2 mon", false }, /* either day will do */
                      { "0 0 30,31 2,3 *", false }, { "@yearly", false } };
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                Schedule schedule;
                assert_true(schedule_parse(cases[i].text, &schedule));
                if (schedule_never_runs(&schedule) != cases[i].never)
                        fail_msg("'%s' %s", cases[i].text, cases[i].never ? "runs" : "never runs");
        }
}

TEST(a_step_past_the_end_means_the_first_alone) {
        Schedule schedule;
        assert_true(schedule_parse("5-9/100 */24 * * *", &schedule));
        assert_int_equal(schedule.minutes, 1 << 5);
        assert_int_equal(schedule.hours, 1);
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

/* ---- beside Debian's cron, where it is installed ---- */

/* What `crontab -n`, which only checks, says of a file with this schedule; -1 when there is no such program. */
static int status_of_crontab(const char *schedule, Arena *arena) {
        static const char *const words[] = { "crontab", "-n", "table", NULL };
        const ProcessSpec spec = { .arguments = words, .most = 4096, .timeout = 20 };
        AUTO_VALUE(process_result_clear) ProcessResult result = { .status = 0 };
        test_write_file("table", bytes_of(arena_print(arena, "%s root true\n", schedule)));
        AUTO(error_free) Error *error = process_run(&spec, &result);
        return error ? -1 : result.status;
}

static bool has_crontab(Arena *arena) {
        return status_of_crontab("@daily", arena) == 0 && status_of_crontab("60 * * * *", arena) > 0;
}

/* The next of the numbers below MOST, the same in each run. */
static size_t draw(size_t most) {
        static uint64_t state = 4711;
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (size_t)(state >> 33) % most;
}

/* Something that could be a field: of what cron reads, with values at and past their edges. */
static const char *draw_field(Arena *arena) {
        static const char *const values[] = { "0",       "1",       "5",    "7",   "8",    "12",     "13",
                                              "23",      "24",      "31",   "32",  "59",   "60",     "007",
                                              "jan",     "DEC",     "sun",  "Sat", "*",    "x",      "mond",
                                              "",        "0-5",     "1-31", "5-5", "0-7",  "2-12",   "1-60",
                                              "mon-FRI", "jan-mar", "5-",   "-5",  "1--2", "sun-sun" };
        static const char *const steps[] = { "0", "00", "1", "2", "7", "24", "60", "999", "", "x", "-1" };
        if (draw(2))
                return "*";
        const char *field = draw(3) ? values[draw(ARRAY_LENGTH(values))] : "*";
        if (draw(3) == 0)
                field = arena_print(arena, "%s/%s", field, steps[draw(ARRAY_LENGTH(steps))]);
        return draw(5) ? field : arena_print(arena, "%s,%s", field, values[draw(ARRAY_LENGTH(values))]);
}

static const char *draw_fields(Arena *arena) {
        const char *fields = draw_field(arena);
        for (size_t count = draw(16) ? 4 : 3; count; count--)
                fields = arena_print(arena, "%s%s%s", fields, draw(8) ? " " : "\t", draw_field(arena));
        return fields;
}

TEST(cron_takes_and_refuses_the_same) {
        AUTO(arena_free) Arena *arena = arena_new();
        enum { TRIALS = 400 };
        if (!has_crontab(arena))
                skip();
        size_t good = 0;
        for (size_t i = 0; i < TRIALS; i++) {
                const char *text = draw_fields(arena);
                Schedule schedule;
                bool is_ours = schedule_parse(text, &schedule);
                bool is_crons = status_of_crontab(text, arena) == 0;
                good += is_crons;
                if (is_ours != is_crons)
                        fail_msg("cron %s '%s'", is_crons ? "takes" : "refuses", text);
        }
        assert_in_range(good, TRIALS / 20, TRIALS - TRIALS / 20); /* else little was compared */
}

TEST(junk_that_is_taken_is_taken_by_cron_too) {
        static const char letters[] = "0123456789**//--,,  @%;.jansuMON\t";
        AUTO(arena_free) Arena *arena = arena_new();
        enum { TRIALS = 300, LONGEST = 14 };
        if (!has_crontab(arena))
                skip();
        for (size_t i = 0; i < TRIALS; i++) {
                char junk[LONGEST + 1] = "";
                Schedule schedule;
                for (size_t k = 0; k < 1 + draw(LONGEST - 1); k++)
                        junk[k] = letters[draw(sizeof letters - 1)];
                const char *text = arena_print(arena, "%s * * *%s", junk, draw(2) ? " *" : "");
                if (schedule_parse(text, &schedule) && status_of_crontab(text, arena) != 0)
                        fail_msg("cron refuses '%s'", text);
        }
}
