#include "catalog/retention.h"

#include "support/test.h"

/* The collections below are made of names; D(n) is midnight (UTC) of January n 2026, the first being a Thursday. */
#define D(day) "202601" #day "T000000Z"
#define FULL(time)                                                                                                     \
        "duplicity-full." time ".manifest", "duplicity-full." time ".vol1.difftar.gz",                                 \
                "duplicity-full-signatures." time ".sigtar.gz"
#define INC(from, to)                                                                                                  \
        "duplicity-inc." from ".to." to ".manifest", "duplicity-inc." from ".to." to ".vol1.difftar.gz",               \
                "duplicity-new-signatures." from ".to." to ".sigtar.gz"

/* Three chains: 1-2-3, 11-12, 21-22-23. */
#define FIRST FULL(D(01)), INC(D(01), D(02)), INC(D(02), D(03))
#define SECOND FULL(D(11)), INC(D(11), D(12))
#define THIRD FULL(D(21)), INC(D(21), D(22)), INC(D(22), D(23))

static const NamePrefixes none = { .all = NULL };
static const WhenContext times = { .local_offset = 0 };

typedef struct Case {
        Arena *arena;
        const Collection *collection;
        RetentionPlan plan;
} Case;

static void case_clear(Case *c) {
        arena_free(c->arena);
}

static bool never(UNUSED const void *context, UNUSED const BackupSet *set) {
        return false;
}

static Case plan_list(const RetentionRule *rule, const char *const *names, size_t count) {
        Case c = { .arena = arena_new() };
        AUTO(collection_builder_free) CollectionBuilder *builder = collection_builder_new(c.arena, &none, &times);
        for (size_t i = 0; i < count; i++)
                collection_builder_add(builder, names[i], 100);
        c.collection = collection_builder_finish(builder);
        c.plan = retention_plan(c.collection, rule, never, NULL, c.arena);
        return c;
}
#define plan(rule, ...)                                                                                                \
        plan_list(rule, (const char *const[]){ __VA_ARGS__ }, ARRAY_LENGTH(((const char *const[]){ __VA_ARGS__ })))

static Moment moment(const char *text) {
        Moment result;
        assert_ok(when_parse(bytes_of(text), &times, &result));
        return result;
}

static RetentionRule older_than(const char *text) {
        return (RetentionRule){ .kind = RETENTION_OLDER_THAN, .before = moment(text) };
}

/* The plan in short: the day of each set's end in order of the verdicts, with '-' in front when it is removed, '!' when
 * it is needed. */
static char *short_of(const Case *c) {
        Buffer out = { .data = NULL };
        buffer_init(&out, 0);
        for (size_t i = 0; i < c->plan.verdict_count; i++) {
                const Verdict *verdict = &c->plan.verdicts[i];
                Moment end = verdict->set ? verdict->set->end : verdict->file->parsed.end;
                buffer_print(&out, "%s%s%s%d", i ? " " : "", verdict->is_removed ? "-" : verdict->is_needed ? "!" : "",
                             verdict->file ? "f" : "", when_to_civil(end).day);
        }
        return buffer_detach(&out);
}

#define assert_plan(c, text)                                \
        do {                                                \
                AUTO_TEXT char *short_ = short_of(&(c));    \
                assert_string_equal(short_, text);          \
        } while (0)

#define assert_plan_of(text, rule, ...)                                       \
        do {                                                                  \
                const RetentionRule rule_ = rule;                             \
                AUTO_VALUE(case_clear) Case case_ = plan(&rule_, __VA_ARGS__); \
                assert_plan(case_, text);                                     \
        } while (0)

static const Verdict *verdict_on(const Case *c, int day) {
        for (size_t i = 0; i < c->plan.verdict_count; i++)
                if (c->plan.verdicts[i].set && when_to_civil(c->plan.verdicts[i].set->end).day == day)
                        return &c->plan.verdicts[i];
        fail_msg("no verdict on day %d", day);
        return NULL;
}

#define assert_reason(c, day, text) assert_string_equal(verdict_on(&(c), day)->reason, text)

/* ---- by age ---- */

TEST(older_than_takes_chains_that_ended_before) {
        assert_plan_of("1 2 3 11 12 21 22 23", older_than("2026-01-01"), FIRST, SECOND, THIRD);
        assert_plan_of("!1 !2 3 11 12 21 22 23", older_than("2026-01-03"), FIRST, SECOND, THIRD);
        assert_plan_of("-1 -2 -3 11 12 21 22 23", older_than("2026-01-03T00:00:01Z"), FIRST, SECOND, THIRD);
        assert_plan_of("-1 -2 -3 !11 12 21 22 23", older_than("2026-01-12"), FIRST, SECOND, THIRD);
        assert_plan_of("-1 -2 -3 -11 -12 !21 22 23", older_than("2026-01-22"), FIRST, SECOND, THIRD);
}

TEST(older_than_never_takes_the_newest_chain) {
        const RetentionRule rule = older_than("2026-02-01");
        AUTO_VALUE(case_clear) Case c = plan(&rule, FIRST, SECOND, THIRD);
        assert_plan(c, "-1 -2 -3 -11 -12 21 22 23");
        assert_true(c.plan.newest_is_older);
        assert_reason(c, 3, "its chain ended before 2026-02-01T00:00:00Z");
        assert_reason(c, 23, "of the newest chain");
        AUTO_VALUE(case_clear) Case alone = plan(&rule, FULL(D(01)));
        assert_plan(alone, "1");
        /* without signatures, too: stock deletes such a chain, the last there is */
        AUTO_VALUE(case_clear) Case unsigned_case =
                plan(&rule, "duplicity-full." D(01) ".manifest", "duplicity-full." D(01) ".vol1.difftar.gz");
        assert_plan(unsigned_case, "1");
}

TEST(older_than_tells_when_the_newest_chain_is_not_older) {
        const RetentionRule rule = older_than("2026-01-23");
        AUTO_VALUE(case_clear) Case c = plan(&rule, FIRST, THIRD);
        assert_false(c.plan.newest_is_older);
        assert_reason(c, 21, "of the newest chain");
        assert_plan(c, "-1 -2 -3 !21 !22 23");
        const RetentionRule earlier = older_than("2026-01-02");
        AUTO_VALUE(case_clear) Case kept = plan(&earlier, FIRST, THIRD);
        assert_reason(kept, 1, "newer sets build upon it");
        assert_reason(kept, 2, "new enough");
}

TEST(older_than_of_nothing_is_nothing) {
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO(collection_builder_free) CollectionBuilder *builder = collection_builder_new(arena, &none, &times);
        const Collection *empty = collection_builder_finish(builder);
        for (RetentionKind kind = RETENTION_OLDER_THAN; kind <= RETENTION_CLEANUP; kind++) {
                const RetentionRule rule = { .kind = kind, .before = { 1 }, .chain_count = 1, .keep = { 1 } };
                RetentionPlan nothing = retention_plan(empty, &rule, never, NULL, arena);
                assert_int_equal(nothing.verdict_count, 0);
                assert_int_equal(nothing.removal_count, 0);
                assert_false(nothing.newest_is_older);
        }
}

#define ALL_BUT(n) ((RetentionRule){ .kind = RETENTION_CHAINS, .chain_count = (n) })
#define INCREMENTALS_OF_ALL_BUT(n) ((RetentionRule){ .kind = RETENTION_INCREMENTALS, .chain_count = (n) })
#define CLEANUP ((RetentionRule){ .kind = RETENTION_CLEANUP })

TEST(all_but_n_fulls_takes_whole_chains) {
        assert_plan_of("-1 -2 -3 -11 -12 21 22 23", ALL_BUT(1), FIRST, SECOND, THIRD);
        assert_plan_of("-1 -2 -3 11 12 21 22 23", ALL_BUT(2), FIRST, SECOND, THIRD);
        assert_plan_of("1 2 3 11 12 21 22 23", ALL_BUT(3), FIRST, SECOND, THIRD);
        assert_plan_of("1 2 3 11 12 21 22 23", ALL_BUT(4), FIRST, SECOND, THIRD);
        assert_plan_of("1 2 3 11 12 21 22 23", ALL_BUT(UINT32_MAX), FIRST, SECOND, THIRD);
}

TEST(all_but_n_fulls_spares_chains_that_go_on_into_those_spared) {
        assert_plan_of("11 1 12", ALL_BUT(1), FULL(D(01)), INC(D(01), D(12)), FULL(D(11)));
        assert_plan_of("!1 12 11 13", ALL_BUT(1), FULL(D(01)), INC(D(01), D(12)), FULL(D(11)), INC(D(11), D(13)));
        assert_plan_of("-1 11 12", ALL_BUT(1), FULL(D(01)), FULL(D(11)), INC(D(11), D(12)));
}

TEST(incrementals_of_all_but_n_fulls_go_and_their_fulls_stay) {
        assert_plan_of("1 -2 -3 11 -12 21 22 23", INCREMENTALS_OF_ALL_BUT(1), FIRST, SECOND, THIRD);
        assert_plan_of("1 -2 -3 11 12 21 22 23", INCREMENTALS_OF_ALL_BUT(2), FIRST, SECOND, THIRD);
        assert_plan_of("1 2 3 11 12 21 22 23", INCREMENTALS_OF_ALL_BUT(3), FIRST, SECOND, THIRD);
        const RetentionRule rule = INCREMENTALS_OF_ALL_BUT(1);
        AUTO_VALUE(case_clear) Case c = plan(&rule, FIRST, SECOND);
        assert_reason(c, 1, "full set");
        assert_reason(c, 2, "incremental, its chain is older than the newest 1");
        assert_reason(c, 12, "of the newest chain");
}

#define STRAYS                                                                                                         \
        "duplicity-full-signatures." D(05) ".sigtar.gz", "duplicity-new-signatures." D(05) ".to." D(06) ".sigtar.gz", \
                "duplicity-inc." D(15) ".to." D(16) ".jsonstat"

TEST(strays_go_with_what_is_as_old) {
        assert_plan_of("-1 -2 -3 11 12 -f5 -f6", older_than("2026-01-11"), FIRST, SECOND, STRAYS);
        assert_plan_of("-1 -2 -3 -11 -12 21 22 23 -f5 -f6 -f16", ALL_BUT(1), FIRST, SECOND, THIRD, STRAYS);
        assert_plan_of("1 -2 -3 11 12 -f6", INCREMENTALS_OF_ALL_BUT(1), FIRST, SECOND, STRAYS);
        assert_plan_of("1 2 3 11 12", ALL_BUT(2), FIRST, SECOND, STRAYS);
        assert_plan_of("11 12", older_than("2026-01-11"), SECOND, STRAYS);
}

TEST(orphans_and_unfinished_sets_are_left_to_cleanup) {
        assert_plan_of("-1 -2 -3 11", ALL_BUT(1), FIRST, FULL(D(11)), INC(D(05), D(06)),
                       "duplicity-full." D(04) ".vol1.difftar.gz");
}

/* ---- the order ---- */

static void assert_removals(const Case *c, const char *const *names, size_t count) {
        for (size_t i = 0; i < count && i < c->plan.removal_count; i++)
                assert_string_equal(c->plan.removals[i].file->name, names[i]);
        assert_int_equal(c->plan.removal_count, count);
}
#define ASSERT_REMOVALS(c, ...)                                                 \
        assert_removals(&(c), (const char *const[]){ __VA_ARGS__ },             \
                        ARRAY_LENGTH(((const char *const[]){ __VA_ARGS__ })))

TEST(removal_unmakes_sets_from_the_last_to_the_full_one) {
        const RetentionRule rule = ALL_BUT(1);
        AUTO_VALUE(case_clear) Case c = plan(&rule, FULL(D(01)), "duplicity-full." D(01) ".vol2.difftar.gz",
                                             "duplicity-full." D(01) ".vol10.difftar.gz",
                                             "duplicity-full." D(01) ".manifest.old",
                                             "duplicity-full." D(01) ".jsonstat", INC(D(01), D(02)), FULL(D(11)),
                                             FULL(D(21)));
        ASSERT_REMOVALS(c, "duplicity-inc." D(01) ".to." D(02) ".manifest",
                        "duplicity-new-signatures." D(01) ".to." D(02) ".sigtar.gz",
                        "duplicity-inc." D(01) ".to." D(02) ".vol1.difftar.gz",
                        "duplicity-full." D(01) ".manifest.old", "duplicity-full." D(01) ".manifest",
                        "duplicity-full." D(01) ".jsonstat", "duplicity-full-signatures." D(01) ".sigtar.gz",
                        "duplicity-full." D(01) ".vol10.difftar.gz", "duplicity-full." D(01) ".vol2.difftar.gz",
                        "duplicity-full." D(01) ".vol1.difftar.gz", "duplicity-full." D(11) ".manifest",
                        "duplicity-full-signatures." D(11) ".sigtar.gz", "duplicity-full." D(11) ".vol1.difftar.gz");
        assert_ptr_equal(c.plan.removals[0].verdict, &c.plan.verdicts[1]);
        assert_ptr_equal(c.plan.removals[3].verdict, &c.plan.verdicts[0]);
        assert_ptr_equal(c.plan.removals[12].verdict, &c.plan.verdicts[2]);
}

/* ---- policies ---- */

#define POLICY(...) ((RetentionRule){ .kind = RETENTION_POLICY, .keep = { __VA_ARGS__ } })

/* A full set for each day: months and years are seen best so. */
#define FULLS_OF_YEARS                                                                                                 \
        FULL("20231230T120000Z"), FULL("20231231T120000Z"), FULL("20240101T120000Z"), FULL("20240229T120000Z"),        \
                FULL("20240331T120000Z"), FULL("20240401T120000Z"), FULL("20240401T180000Z")

static void assert_kept(const Case *c, const char *text) {
        Buffer out = { .data = NULL };
        buffer_init(&out, 0);
        for (size_t i = 0; i < c->plan.verdict_count; i++) {
                const Verdict *verdict = &c->plan.verdicts[i];
                char time[24];
                when_print_w3(verdict->set->end, time);
                time[13] = '\0';
                if (!verdict->is_removed)
                        buffer_print(&out, "%s: %s\n", time, verdict->reason);
        }
        AUTO_TEXT char *kept = buffer_detach(&out);
        assert_string_equal(kept, text);
}

#define assert_policy_keeps(text, rule, ...)                                  \
        do {                                                                  \
                const RetentionRule rule_ = rule;                             \
                AUTO_VALUE(case_clear) Case case_ = plan(&rule_, __VA_ARGS__); \
                assert_kept(&case_, text);                                    \
        } while (0)

TEST(policies_keep_the_last_sets) {
        assert_policy_keeps("2024-04-01T18: last\n", POLICY([RETENTION_LAST] = 1), FULLS_OF_YEARS);
        assert_policy_keeps("2024-03-31T12: last\n2024-04-01T12: last\n2024-04-01T18: last\n",
                            POLICY([RETENTION_LAST] = 3), FULLS_OF_YEARS);
}

TEST(policies_keep_the_last_set_of_a_day) {
        assert_policy_keeps("2024-04-01T18: day 2024-04-01\n", POLICY([RETENTION_DAY] = 1), FULLS_OF_YEARS);
        assert_policy_keeps("2024-02-29T12: day 2024-02-29\n2024-03-31T12: day 2024-03-31\n"
                            "2024-04-01T18: day 2024-04-01\n",
                            POLICY([RETENTION_DAY] = 3), FULLS_OF_YEARS);
}

TEST(policies_keep_the_last_set_of_a_week_from_monday) {
        /* 2023-12-31 and 2024-03-31 are Sundays, 2024-01-01 and 2024-04-01 Mondays */
        assert_policy_keeps("2023-12-31T12: week of 2023-12-25\n2024-01-01T12: week of 2024-01-01\n"
                            "2024-02-29T12: week of 2024-02-26\n2024-03-31T12: week of 2024-03-25\n"
                            "2024-04-01T18: week of 2024-04-01\n",
                            POLICY([RETENTION_WEEK] = 5), FULLS_OF_YEARS);
}

TEST(policies_keep_the_last_set_of_a_month_and_of_a_year) {
        assert_policy_keeps("2024-02-29T12: month 2024-02\n2024-03-31T12: month 2024-03\n"
                            "2024-04-01T18: month 2024-04\n",
                            POLICY([RETENTION_MONTH] = 3), FULLS_OF_YEARS);
        assert_policy_keeps("2023-12-31T12: year 2023\n2024-04-01T18: year 2024\n", POLICY([RETENTION_YEAR] = 9),
                            FULLS_OF_YEARS);
}

TEST(policies_add_up) {
        assert_policy_keeps("2023-12-31T12: year 2023\n2024-03-31T12: month 2024-03\n2024-04-01T12: last\n"
                            "2024-04-01T18: last, day 2024-04-01, month 2024-04, year 2024\n",
                            POLICY([RETENTION_LAST] = 2, [RETENTION_DAY] = 1, [RETENTION_MONTH] = 2,
                                   [RETENTION_YEAR] = 2),
                            FULLS_OF_YEARS);
}

TEST(policies_count_days_with_backups_only) {
        assert_policy_keeps("1970-01-01T00: week of 1969-12-29\n1999-06-15T00: week of 1999-06-14\n",
                            POLICY([RETENTION_WEEK] = 2), FULL("19700101T000000Z"), FULL("19990615T000000Z"));
}

TEST(policies_take_local_days) {
        assert_int_equal(setenv("TZ", "America/New_York", 1), 0); /* 5 hours behind, 4 in summer */
        assert_policy_keeps("2024-01-02T04: day 2024-01-01\n2024-01-02T05: day 2024-01-02\n",
                            POLICY([RETENTION_DAY] = 5), FULL("20240102T045959Z"), FULL("20240102T050000Z"));
        assert_policy_keeps("2024-07-02T04: day 2024-07-02\n", POLICY([RETENTION_DAY] = 5), FULL("20240702T040000Z"),
                            FULL("20240702T045959Z"));
        assert_int_equal(unsetenv("TZ"), 0);
}

TEST(policies_keep_whole_chains) {
        const RetentionRule rule = POLICY([RETENTION_WEEK] = 2);
        /* the twelfth is a Monday */
        AUTO_VALUE(case_clear) Case c = plan(&rule, FIRST, SECOND, THIRD);
        assert_plan(c, "-1 -2 -3 11 12 21 22 23");
        assert_reason(c, 2, "no set of its chain is to be kept");
        assert_reason(c, 11, "its chain is kept");
        assert_reason(c, 12, "week of 2026-01-12");
        assert_reason(c, 21, "of the newest complete chain");
}

TEST(policies_keep_a_chain_for_one_set_in_its_middle) {
        const RetentionRule rule = POLICY([RETENTION_DAY] = 3), narrow = POLICY([RETENTION_DAY] = 1);
        AUTO_VALUE(case_clear) Case c = plan(&rule, FIRST, FULL("20260102T120000Z"));
        assert_plan(c, "2 1 2 3"); /* days 3, 2 (the lone full), 1 */
        AUTO_VALUE(case_clear) Case two = plan(&narrow, FIRST, SECOND, THIRD);
        assert_plan(two, "-1 -2 -3 -11 -12 21 22 23");
}

TEST(policies_never_take_the_newest_chain_nor_the_newest_without_a_gap) {
        /* the third chain lacks a volume; the second lacks all of one set; the first is whole */
        const RetentionRule rule = POLICY([RETENTION_YEAR] = 1);
        AUTO_VALUE(case_clear) Case c =
                plan(&rule, FULL(D(01)), FULL(D(11)), "duplicity-inc." D(11) ".to." D(12) ".manifest", FULL(D(21)),
                     "duplicity-full." D(21) ".vol3.difftar.gz");
        assert_plan(c, "1 -11 -12 21");
        assert_reason(c, 1, "of the newest complete chain");
        assert_reason(c, 21, "year 2026");
}

TEST(policies_do_the_same_when_broken_off_and_begun_again) {
        const RetentionRule rule = POLICY([RETENTION_LAST] = 1, [RETENTION_MONTH] = 2);
        const char *const names[] = { FULLS_OF_YEARS, FIRST, SECOND, THIRD };
        AUTO_VALUE(case_clear) Case c = plan_list(&rule, names, ARRAY_LENGTH(names));
        for (size_t done = 0; done <= c.plan.removal_count; done++) {
                const char *left[ARRAY_LENGTH(names)];
                size_t count = 0, still = 0;
                for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
                        bool is_gone = false;
                        for (size_t k = 0; k < done; k++)
                                is_gone = is_gone || strcmp(c.plan.removals[k].file->name, names[i]) == 0;
                        if (!is_gone)
                                left[count++] = names[i];
                }
                AUTO_VALUE(case_clear) Case again = plan_list(&rule, left, count);
                for (size_t i = 0; i < again.plan.verdict_count; i++)
                        still += !again.plan.verdicts[i].is_removed;
                size_t kept = 0;
                for (size_t i = 0; i < c.plan.verdict_count; i++)
                        kept += !c.plan.verdicts[i].is_removed;
                assert_int_equal(still, kept);
        }
}

TEST(rules_that_spare_nothing_are_refused) {
        for (size_t i = 0; i < RETENTION_PERIODS; i++) {
                RetentionRule rule = { .kind = RETENTION_POLICY };
                assert_error(retention_rule_check(&rule), ERROR_USER, "nothing says what to keep");
                rule.keep[i] = 1;
                assert_ok(retention_rule_check(&rule));
        }
        Error *error = retention_rule_check(&ALL_BUT(0));
        assert_int_equal(error_exit_code(error), EXIT_CODE_COMMAND_LINE);
        assert_error(error, ERROR_USER, "must be greater than 0");
        assert_error(retention_rule_check(&INCREMENTALS_OF_ALL_BUT(0)), ERROR_USER, "must be greater than 0");
        assert_ok(retention_rule_check(&ALL_BUT(1)));
        assert_ok(retention_rule_check(&CLEANUP));
}

/* ---- cleanup ---- */

TEST(cleanup_takes_what_is_of_no_chain) {
        const RetentionRule rule = CLEANUP;
        AUTO_VALUE(case_clear) Case c =
                plan(&rule, FIRST, INC(D(05), D(06)), "duplicity-full." D(21) ".vol1.difftar.gz",
                     "duplicity-full." D(21) ".vol2.difftar.gz", "duplicity-full-signatures." D(21) ".sigtar.gz",
                     STRAYS);
        assert_plan(c, "-6 -21 -f5 -f16");
        assert_string_equal(c.plan.verdicts[0].reason, "no chain leads to it");
        assert_string_equal(c.plan.verdicts[1].reason, "never finished");
        assert_string_equal(c.plan.verdicts[2].reason, "its set is gone");
        ASSERT_REMOVALS(c, "duplicity-inc." D(05) ".to." D(06) ".manifest",
                        "duplicity-new-signatures." D(05) ".to." D(06) ".sigtar.gz",
                        "duplicity-inc." D(05) ".to." D(06) ".vol1.difftar.gz",
                        "duplicity-full-signatures." D(21) ".sigtar.gz", "duplicity-full." D(21) ".vol2.difftar.gz",
                        "duplicity-full." D(21) ".vol1.difftar.gz", "duplicity-full-signatures." D(05) ".sigtar.gz",
                        "duplicity-inc." D(15) ".to." D(16) ".jsonstat");
}

static bool is_of_day(const void *context, const BackupSet *set) {
        return when_to_civil(set->end).day == *(const int *)context;
}

TEST(cleanup_names_sets_that_can_be_continued) {
        const RetentionRule rule = CLEANUP;
        const int day = 12;
        AUTO_VALUE(case_clear) Case c = plan(&rule, "duplicity-full." D(11) ".vol1.difftar.gz",
                                             "duplicity-full." D(12) ".vol1.difftar.gz");
        c.plan = retention_plan(c.collection, &rule, is_of_day, &day, c.arena);
        assert_reason(c, 11, "never finished");
        assert_reason(c, 12, "can still be continued: run the backup again");
}

TEST(cleanup_takes_duplicates_only_when_they_are_copies_for_sure) {
        const RetentionRule rule = CLEANUP;
        AUTO_VALUE(case_clear) Case c =
                plan(&rule, FULL(D(01)), "duplicity-full." D(01) ".vol1.difftar.gz.bak",
                     "duplicity-full." D(01) ".vol2.difftar.gpg", "duplicity-full." D(01) ".vol2.difftar.gz");
        assert_plan(c, "-f1 f1");
        assert_string_equal(c.plan.verdicts[0].reason, "a copy of 'duplicity-full." D(01) ".vol1.difftar.gz'");
        assert_string_equal(c.plan.verdicts[1].reason,
                            "it or 'duplicity-full." D(01) ".vol2.difftar.gz' is wrong: compare both, and remove the "
                            "wrong one by hand");
        ASSERT_REMOVALS(c, "duplicity-full." D(01) ".vol1.difftar.gz.bak");
}
