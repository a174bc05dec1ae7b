#include "report/report_json.h"

#include "support/test.h"

static Buffer text;

static Json begin(void) {
        buffer_clear(&text);
        return json_begin(&text);
}

static void assert_text(const char *wanted) {
        assert_string_equal(buffer_text(&text), wanted);
        buffer_clear(&text);
}

TEST(report_json_frames_a_document) {
        const Summary summary = { .problem_count = 0 };
        Json json = begin();
        report_json_begin(&json, "full");
        report_json_end(&json, &summary, NULL, 0);
        assert_text("{\n  \"program\": \"charm-duplicity\",\n  \"version\": \"" VERSION
                    "\",\n  \"command\": \"full\",\n"
                    "  \"problem_count\": 0,\n  \"problems\": [],\n  \"error\": null,\n  \"exit_code\": 0\n}\n");
}

TEST(report_json_tells_errors_and_problems) {
        static const struct {
                ErrorKind kind;
                const char *name;
        } kinds[] = { { ERROR_USER, "user" },           { ERROR_MISSING, "missing" }, { ERROR_DENIED, "denied" },
                      { ERROR_TRANSIENT, "transient" }, { ERROR_CORRUPT, "corrupt" }, { ERROR_SYSTEM, "system" },
                      { ERROR_CANCELLED, "cancelled" } };
        for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
                AUTO(error_free) Error *error = error_with_code(error_new(kinds[i].kind, "no \"x\""), EXIT_CODE_GPG);
                AUTO_VALUE(buffer_clear) Buffer wanted = { .data = NULL };
                const char *problems[] = { "one", "two" };
                const Summary summary = { .problem_count = 3, .problems = { .items = problems, .count = 2 } };
                buffer_print(&wanted,
                             "  \"problem_count\": 3,\n  \"problems\": [\n    \"one\",\n    \"two\"\n  ],\n"
                             "  \"error\": {\n    \"code\": 31,\n    \"kind\": \"%s\",\n"
                             "    \"message\": \"no \\\"x\\\"\"\n  },\n  \"exit_code\": 31\n}\n",
                             kinds[i].name);
                Json json = begin();
                report_json_begin(&json, NULL);
                report_json_end(&json, &summary, error, 31);
                assert_non_null(strstr(buffer_text(&text), "\"command\": null"));
                assert_non_null(strstr(buffer_text(&text), buffer_text(&wanted)));
                buffer_clear(&text);
        }
}

TEST(report_json_tells_the_numbers_of_a_backup) {
        const Summary summary = { .full = true,
                                  .set_time = { 1700000000 },
                                  .volume_count = 2,
                                  .started = 1.5,
                                  .ended = 2,
                                  .source_files = 1,
                                  .source_bytes = 2,
                                  .new_files = 3,
                                  .new_bytes = 4,
                                  .deleted_files = 5,
                                  .changed_files = 6,
                                  .changed_bytes = 7,
                                  .delta_entries = 8,
                                  .delta_bytes = 9,
                                  .stored_bytes = 10 };
        Json json = begin();
        json_object(&json, NULL);
        report_json_backup(&json, &summary, false);
        json_end(&json);
        assert_text("{\n  \"dry_run\": false,\n  \"skipped\": false,\n  \"type\": \"full\",\n  \"time\": \"2023-11-14T22:13:20Z\",\n"
                    "  \"volumes\": 2,\n  \"statistics\": {\n    \"start\": 1.500000,\n    \"end\": 2.000000,\n"
                    "    \"source_files\": 1,\n    \"source_bytes\": 2,\n    \"new_files\": 3,\n"
                    "    \"new_bytes\": 4,\n    \"deleted_files\": 5,\n    \"changed_files\": 6,\n"
                    "    \"changed_bytes\": 7,\n    \"delta_entries\": 8,\n    \"delta_bytes\": 9,\n"
                    "    \"stored_bytes\": 10\n  }\n}\n");
}

TEST(report_json_tells_files_and_differences) {
        Json json = begin();
        json_list(&json, NULL);
        report_json_file(&json, &(Entry){ .type = ENTRY_FOLDER, .path = "", .modified = -1 });
        report_json_file(&json, &(Entry){ .type = ENTRY_LINK, .path = "a\xff" });
        report_json_difference(&json, "", "has changed");
        json_end(&json);
        assert_text(
                "[\n  {\n    \"path\": \".\",\n    \"type\": \"dir\",\n    \"modified\": \"1969-12-31T23:59:59Z\"\n  "
                "},\n"
                "  {\n    \"path\": \"a\\udcff\",\n    \"type\": \"sym\",\n    \"modified\": \"1970-01-01T00:00:00Z\"\n"
                "  },\n  {\n    \"path\": \".\",\n    \"difference\": \"has changed\"\n  }\n]\n");
}

TEST(report_json_tells_chains_and_leftovers) {
        const SetFile signature = { .name = "s" };
        const BackupSet full = {
                .full = true, .start = { 0 }, .end = { 0 }, .signature = &signature, .volume_count = 3
        };
        const BackupSet lost = { .start = { 0 }, .end = { 60 }, .encrypted = true };
        const BackupSet *sets[] = { &full }, *orphans[] = { &lost };
        const Chain chains[] = { { .set_count = 1, .sets = sets } };
        const Collection collection = { .chain_count = 1, .chains = chains, .orphan_count = 1, .orphans = orphans };
        Json json = begin();
        json_object(&json, NULL);
        Flaw flaws[] = { { FLAW_ORPHAN, &lost, NULL, "it is lost", "find it" },
                         { FLAW_STRAY, NULL, &signature, "stray", "remove it" } };
        report_json_status(&json, &(Status){ .archive_folder = "/a",
                                             .collection = &collection,
                                             .is_continuable = true,
                                             .flaws = { .items = flaws, .count = 2 } });
        json_end(&json);
        assert_text("{\n  \"archive_folder\": \"/a\",\n  \"chains\": [\n    {\n      \"primary\": true,\n"
                    "      \"start\": \"1970-01-01T00:00:00Z\",\n      \"end\": \"1970-01-01T00:00:00Z\",\n"
                    "      \"sets\": [\n        {\n          \"type\": \"full\",\n"
                    "          \"start\": \"1970-01-01T00:00:00Z\",\n          \"time\": \"1970-01-01T00:00:00Z\",\n"
                    "          \"volumes\": 3,\n          \"encrypted\": false,\n          \"has_signatures\": true\n"
                    "        }\n      ]\n    }\n  ],\n  \"orphaned_sets\": [\n    {\n      \"type\": \"incremental\",\n"
                    "      \"start\": \"1970-01-01T00:00:00Z\",\n      \"time\": \"1970-01-01T00:01:00Z\",\n"
                    "      \"volumes\": 0,\n      \"encrypted\": true,\n      \"has_signatures\": false\n    }\n  ],\n"
                    "  \"incomplete_sets\": [],\n  \"flaws\": [\n    {\n      \"time\": \"1970-01-01T00:01:00Z\",\n"
                    "      \"file\": null,\n      \"problem\": \"it is lost\",\n      \"remedy\": \"find it\"\n    },\n"
                    "    {\n      \"time\": null,\n      \"file\": \"s\",\n      \"problem\": \"stray\",\n"
                    "      \"remedy\": \"remove it\"\n    }\n  ]\n}\n");
}
