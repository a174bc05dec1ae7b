#include "report/removal.h"

#include "support/test.h"

/* The reports show local times: those of UTC are known everywhere. */
__attribute__((constructor)) static void stand_in_greenwich(void) {
        setenv("TZ", "UTC0", 1);
}

#define T1 "20260101T000000Z"
#define T2 "20260102T000000Z"
#define T3 "20260103T000000Z"
#define T4 "20260104T000000Z"
#define FULL(time) "duplicity-full." time ".manifest", "duplicity-full." time ".vol1.difftar"
#define INC(from, to) "duplicity-inc." from ".to." to ".manifest", "duplicity-inc." from ".to." to ".vol1.difftar"
#define RERUN "Rerun command with --force option to actually delete.\n"

static const NamePrefixes none = { .all = NULL };
static const WhenContext times = { .local_offset = 0 };
static Buffer text;

static void print(const bool *as_json, const PruneReport *report) {
        Json json = json_begin(&text);
        if (!*as_json) {
                removal_print(report, &text);
                return;
        }
        json_object(&json, NULL);
        removal_print_json(report, &json);
        json_end(&json);
}

/* Prints the report on what RULE does to NAMES. */
static void report_list(RetentionRule rule, bool will_delete, bool as_json, const char *const *names, size_t count) {
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO(collection_builder_free) CollectionBuilder *builder = collection_builder_new(arena, &none, &times);
        AUTO_VALUE(text_list_clear) TextList local = { .items = NULL };
        for (size_t i = 0; i < count; i++)
                collection_builder_add(builder, names[i], 100);
        if (rule.kind == RETENTION_CLEANUP && count)
                text_list_add(&local, "/cache/x/duplicity-full." T1 ".manifest.part");
        const Collection *collection = collection_builder_finish(builder);
        RetentionPlan plan = retention_plan(collection, &rule, NULL, NULL, arena);
        print(&as_json, &(PruneReport){ .rule = &rule,
                                        .plan = &plan,
                                        .local_files = &local,
                                        .will_delete = will_delete,
                                        .removed_files = 2,
                                        .removed_bytes = 200 });
}

/* And compares it. */
#define ASSERT_REPORT(wanted, rule, will_delete, as_json, ...)                                       \
        do {                                                                                         \
                const char *const names_[] = { __VA_ARGS__ };                                        \
                const RetentionRule rule_ = rule;                                                    \
                buffer_clear(&text);                                                                 \
                report_list(rule_, will_delete, as_json, names_, ARRAY_LENGTH(names_));              \
                assert_string_equal(buffer_text(&text), wanted);                                     \
                buffer_clear(&text);                                                                 \
        } while (0)

#define OLDER_THAN(text_)                                                                                              \
        ((RetentionRule){ .kind = RETENTION_OLDER_THAN, .before = { text_ } })
enum { MIDNIGHT_1 = 1767225600, DAY = 86400 }; /* of the first of January 2026 */

TEST(removal_of_one_chain_is_told_as_stock_tells_it) {
        ASSERT_REPORT("Found old backup chain at the following time:\nFri Jan  2 00:00:00 2026\n" RERUN,
                      OLDER_THAN(MIDNIGHT_1 + DAY + 1), false, false, FULL(T1), INC(T1, T2), FULL(T3));
        ASSERT_REPORT("Deleting backup chain at time:\nFri Jan  2 00:00:00 2026\n", OLDER_THAN(MIDNIGHT_1 + DAY + 1),
                      true, false, FULL(T1), INC(T1, T2), FULL(T3));
}

TEST(removal_of_several_chains_is_told_as_stock_tells_it) {
        ASSERT_REPORT("Found old backup chains at the following times:\n"
                      "Thu Jan  1 00:00:00 2026\nFri Jan  2 00:00:00 2026\n" RERUN,
                      ((RetentionRule){ .kind = RETENTION_CHAINS, .chain_count = 1 }), false, false, FULL(T1), FULL(T2),
                      FULL(T3));
        ASSERT_REPORT("Deleting backup chains at times:\n"
                      "Thu Jan  1 00:00:00 2026\nFri Jan  2 00:00:00 2026\n",
                      ((RetentionRule){ .kind = RETENTION_CHAINS, .chain_count = 1 }), true, false, FULL(T1), FULL(T2),
                      FULL(T3));
}

TEST(removal_of_nothing_is_told_as_stock_tells_it) {
        ASSERT_REPORT("There are backup set(s) at time(s):\nSat Jan  3 00:00:00 2026\n"
                      "Which can't be deleted because newer sets depend on them.\n"
                      "No old backup sets found, nothing deleted.\n",
                      OLDER_THAN(MIDNIGHT_1 + 2 * DAY + 1), false, false, FULL(T3), INC(T3, T4));
        ASSERT_REPORT("Current active backup chain is older than specified time.  However, it will not be "
                      "deleted.  To remove all your backups, manually purge the repository.\n"
                      "No old backup sets found, nothing deleted.\n",
                      OLDER_THAN(MIDNIGHT_1 + 9 * DAY), true, false, FULL(T3), INC(T3, T4));
        ASSERT_REPORT("No old backup sets found, nothing deleted.\n", OLDER_THAN(MIDNIGHT_1), true, false, "README");
}

TEST(removal_names_strays_that_go_along) {
        ASSERT_REPORT("Found old backup chain at the following time:\nFri Jan  2 00:00:00 2026\n"
                      "Remains of an old set: duplicity-full-signatures." T1 ".sigtar\n" RERUN,
                      OLDER_THAN(MIDNIGHT_1 + DAY + 1), false, false, "duplicity-full-signatures." T1 ".sigtar",
                      FULL(T2), FULL(T3));
}

TEST(removal_by_policy_shows_each_set_and_why) {
        ASSERT_REPORT(
                "removed  Full         Thu Jan  1 00:00:00 2026  no set of its chain is to be kept\n"
                "removed  Incremental  Fri Jan  2 00:00:00 2026  no set of its chain is to be kept\n"
                "kept     Full         Sat Jan  3 00:00:00 2026  of the newest complete chain\n"
                "kept     Incremental  Sun Jan  4 00:00:00 2026  last, year 2026\n"
                "Found old backup chain at the following time:\nFri Jan  2 00:00:00 2026\n" RERUN,
                ((RetentionRule){ .kind = RETENTION_POLICY, .keep = { [RETENTION_LAST] = 1, [RETENTION_YEAR] = 1 } }),
                false, false, FULL(T1), INC(T1, T2), FULL(T3), INC(T3, T4));
}

#define CLEANUP ((RetentionRule){ .kind = RETENTION_CLEANUP })

TEST(removal_by_cleanup_lists_files_and_reasons) {
        ASSERT_REPORT("Found the following files to delete:\nduplicity-full." T4 ".vol1.difftar\n"
                      "duplicity-full." T3 ".vol1.difftar.bak\n/cache/x/duplicity-full." T1 ".manifest.part\n"
                      "full set of 2026-01-04T00:00:00Z: never finished\n"
                      "duplicity-full." T3 ".vol1.difftar.bak: a copy of 'duplicity-full." T3 ".vol1.difftar'\n"
                      "Not deleted: duplicity-full." T3 ".vol2.difftar.gz: it or 'duplicity-full." T3
                      ".vol2.difftar.gpg' is wrong: compare both, and remove the wrong one by hand\n"
                      "Run duplicity again with the --force option to actually delete.\n",
                      CLEANUP, false, false, FULL(T3), "duplicity-full." T4 ".vol1.difftar",
                      "duplicity-full." T3 ".vol1.difftar.bak", "duplicity-full." T3 ".vol2.difftar.gpg",
                      "duplicity-full." T3 ".vol2.difftar.gz");
        ASSERT_REPORT("Deleting this file from backend:\n/cache/x/duplicity-full." T1 ".manifest.part\n", CLEANUP, true,
                      false, FULL(T3));
        buffer_clear(&text);
        report_list(CLEANUP, true, false, false, 0);
        assert_string_equal(buffer_text(&text), "No extraneous files found, nothing deleted in cleanup.\n");
        buffer_clear(&text);
}

TEST(removal_is_told_to_programs) {
        ASSERT_REPORT("{\n"
                      "  \"deleted\": true,\n"
                      "  \"sets\": [\n"
                      "    {\n"
                      "      \"type\": \"incremental\",\n"
                      "      \"start\": \"2026-01-01T00:00:00Z\",\n"
                      "      \"time\": \"2026-01-02T00:00:00Z\",\n"
                      "      \"file\": null,\n"
                      "      \"removed\": true,\n"
                      "      \"reason\": \"never finished\"\n"
                      "    },\n"
                      "    {\n"
                      "      \"type\": \"full\",\n"
                      "      \"start\": \"2026-01-04T00:00:00Z\",\n"
                      "      \"time\": \"2026-01-04T00:00:00Z\",\n"
                      "      \"file\": \"duplicity-full." T4 ".jsonstat\",\n"
                      "      \"removed\": true,\n"
                      "      \"reason\": \"its set is gone\"\n"
                      "    }\n"
                      "  ],\n"
                      "  \"files\": [\n"
                      "    {\n"
                      "      \"name\": \"duplicity-inc." T1 ".to." T2 ".vol1.difftar\",\n"
                      "      \"bytes\": 100\n"
                      "    },\n"
                      "    {\n"
                      "      \"name\": \"duplicity-full." T4 ".jsonstat\",\n"
                      "      \"bytes\": 100\n"
                      "    }\n"
                      "  ],\n"
                      "  \"local_files\": [\n"
                      "    \"/cache/x/duplicity-full." T1 ".manifest.part\"\n"
                      "  ],\n"
                      "  \"removed_files\": 2,\n"
                      "  \"removed_bytes\": 200\n"
                      "}\n",
                      CLEANUP, true, true, "duplicity-inc." T1 ".to." T2 ".vol1.difftar",
                      "duplicity-full." T4 ".jsonstat");
}
