#include "report/report.h"

#include "support/test.h"

/* The reports show local times: those of UTC are known everywhere. */
__attribute__((constructor)) static void stand_in_greenwich(void) {
        setenv("TZ", "UTC0", 1);
}

static Buffer text;

/* The content of TEXT once, for comparing. */
static const char *taken(void) {
        static char copy[8192];
        assert_true(text.length < sizeof copy);
        memcpy(copy, buffer_text(&text), text.length + 1);
        buffer_clear(&text);
        return copy;
}

TEST(report_shows_sizes_with_three_digits) {
        static const struct {
                uint64_t bytes;
                const char *text;
        } sizes[] = {
                { 0, "0 bytes" },
                { 1, "1 byte" },
                { 2, "2 bytes" },
                { 1023, "1023 bytes" },
                { 1024, "1.00 KB" },
                { 1536, "1.50 KB" },
                { 10240, "10.0 KB" },
                { 102400, "100 KB" },
                { 1048576, "1.00 MB" },
                { (uint64_t)5 << 30, "5.00 GB" },
                { (uint64_t)123 << 40, "123 TB" },
                { UINT64_MAX, "16777216 TB" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
                report_print_size(sizes[i].bytes, &text);
                assert_string_equal(taken(), sizes[i].text);
        }
}

TEST(report_shows_the_statistics_as_duplicity_does) {
        const Summary summary = {
                .started = 1700000000.25,
                .ended = 1700000062.75,
                .source_files = 12,
                .source_bytes = 2048,
                .new_files = 3,
                .new_bytes = 1,
                .deleted_files = 4,
                .changed_files = 5,
                .changed_bytes = 6,
                .delta_entries = 7,
                .delta_bytes = 8,
                .stored_bytes = 9,
                .problem_count = 2,
        };
        report_print_statistics(&summary, &text);
        assert_string_equal(taken(), "--------------[ Backup Statistics ]--------------\n"
                                     "StartTime 1700000000.25 (Tue Nov 14 22:13:20 2023)\n"
                                     "EndTime 1700000062.75 (Tue Nov 14 22:14:22 2023)\n"
                                     "ElapsedTime 62.50 (1 minute 2.50 seconds)\n"
                                     "SourceFiles 12\n"
                                     "SourceFileSize 2048 (2.00 KB)\n"
                                     "NewFiles 3\n"
                                     "NewFileSize 1 (1 byte)\n"
                                     "DeletedFiles 4\n"
                                     "ChangedFiles 5\n"
                                     "ChangedFileSize 6 (6 bytes)\n"
                                     "ChangedDeltaSize 0 (0 bytes)\n"
                                     "DeltaEntries 7\n"
                                     "RawDeltaSize 8 (8 bytes)\n"
                                     "TotalDestinationSizeChange 9 (9 bytes)\n"
                                     "Errors 2\n"
                                     "-------------------------------------------------\n"
                                     "\n");
}

TEST(report_lists_the_problems_there_were) {
        const char *problems[] = { "cannot open 'a': permission denied", "cannot read 'b': input/output error" };
        Summary summary = { .problem_count = 0 };
        report_print_problems(&summary, "backed up", &text);
        assert_string_equal(taken(), "");
        summary = (Summary){ .problem_count = 1, .problems = { .items = problems, .count = 1 } };
        report_print_problems(&summary, "backed up", &text);
        assert_string_equal(taken(),
                            "1 file could not be backed up completely:\n  cannot open 'a': permission denied\n");
        summary = (Summary){ .problem_count = 5, .problems = { .items = problems, .count = 2 } };
        report_print_problems(&summary, "restored", &text);
        assert_string_equal(taken(), "5 files could not be restored completely:\n  cannot open 'a': permission denied\n"
                                     "  cannot read 'b': input/output error\n  and 3 more\n");
}

TEST(report_says_what_was_restored_and_verified) {
        report_print_restore(&(Summary){ .restored_files = 1, .restored_bytes = 2048 }, false, &text);
        assert_string_equal(taken(), "Restored 1 file, 2.00 KB");
        report_print_restore(&(Summary){ .restored_files = 2 }, true, &text);
        assert_string_equal(taken(), "Would restore 2 files");
        report_print_verify(&(Summary){ .compared_files = 7 }, &text);
        assert_string_equal(taken(), "Verify complete: 7 files compared, 0 differences found.");
        report_print_verify(&(Summary){ .compared_files = 1, .differences = 1 }, &text);
        assert_string_equal(taken(), "Verify complete: 1 file compared, 1 difference found.");
}

TEST(report_lists_paths_as_they_are_or_for_people) {
        report_print_path((Moment){ 1700000000 }, ".", false, &text);
        assert_string_equal(taken(), "Tue Nov 14 22:13:20 2023 .");
        report_print_path((Moment){ 1700000000 }, "a\nb\\", false, &text);
        assert_string_equal(taken(), "Tue Nov 14 22:13:20 2023 a\nb\\");
        report_print_path((Moment){ 1700000000 }, "a\nb\x1b[2J", true, &text);
        assert_string_equal(taken(), "Tue Nov 14 22:13:20 2023 a\\x0ab\\x1b[2J");
}

static const BackupSet full = { .full = true, .start = { 1700000000 }, .end = { 1700000000 }, .volume_count = 3 };
static const BackupSet incremental = { .start = { 1700000000 }, .end = { 1700086400 }, .volume_count = 1 };
static const BackupSet later = { .full = true, .start = { 1700172800 }, .end = { 1700172800 }, .volume_count = 10 };
static const BackupSet *first_sets[] = { &full, &incremental };
static const BackupSet *later_sets[] = { &later };
static const Chain chains[] = { { .set_count = 2, .sets = first_sets }, { .set_count = 1, .sets = later_sets } };

#define HEAD "Collection Status\n-----------------\nConnecting with backend: BackendWrapper\nArchive dir: /cache/x\n\n"
#define ROW_TITLES " Type of backup set:                            Time:      Num volumes:\n"
#define FIRST_CHAIN                                                                                                    \
        "-------------------------\nChain start time: Tue Nov 14 22:13:20 2023\nChain end time: Wed Nov 15 22:13:20 "  \
        "2023\n"                                                                                                       \
        "Number of contained backup sets: 2\nTotal number of contained volumes: 4\n" ROW_TITLES                        \
        "                Full         Tue Nov 14 22:13:20 2023                 3\n"                                    \
        "         Incremental         Wed Nov 15 22:13:20 2023                 1\n-------------------------\n"
#define LATER_CHAIN                                                                                                    \
        "-------------------------\nChain start time: Thu Nov 16 22:13:20 2023\nChain end time: Thu Nov 16 22:13:20 "  \
        "2023\n"                                                                                                       \
        "Number of contained backup sets: 1\nTotal number of contained volumes: 10\n" ROW_TITLES                       \
        "                Full         Thu Nov 16 22:13:20 2023                10\n-------------------------\n"

static void print_status(size_t chain_count, bool is_continuable, size_t orphans, size_t incompletes) {
        const Collection collection = {
                .chain_count = chain_count, .chains = chains, .orphan_count = orphans, .incomplete_count = incompletes,
        };
        report_print_status(
                &(Status){ .archive_folder = "/cache/x", .collection = &collection, .is_continuable = is_continuable },
                &text);
}

TEST(report_of_an_empty_collection) {
        print_status(0, false, 0, 0);
        assert_string_equal(taken(), HEAD "Found 0 secondary backup chains.\n\n"
                                          "No backup chains with active signatures found\n"
                                          "No orphaned or incomplete backup sets found.\n");
}

TEST(report_of_one_chain) {
        print_status(1, true, 0, 0);
        assert_string_equal(taken(), HEAD "Found 0 secondary backup chains.\n\n"
                                          "Found primary backup chain with matching signature chain:\n" FIRST_CHAIN
                                          "No orphaned or incomplete backup sets found.\n");
}

TEST(report_of_two_chains) {
        print_status(2, true, 0, 0);
        assert_string_equal(taken(), HEAD "Found 1 secondary backup chain.\n"
                                          "Secondary chain 1 of 1:\n" FIRST_CHAIN "\n\n"
                                          "Found primary backup chain with matching signature chain:\n" LATER_CHAIN
                                          "No orphaned or incomplete backup sets found.\n");
}

TEST(report_of_chains_without_signatures_and_of_leftovers) {
        print_status(2, false, 1, 2);
        assert_string_equal(taken(), HEAD
                            "Found 2 secondary backup chains.\n"
                            "Secondary chain 1 of 2:\n" FIRST_CHAIN "\nSecondary chain 2 of 2:\n" LATER_CHAIN "\n\n"
                            "No backup chains with active signatures found\n"
                            "Also found 1 backup set(s) not part of any chain,\nand 2 incomplete backup set(s).\n"
                            "These may be deleted by running duplicity with the \"cleanup\" command.\n");
}

TEST(report_of_flaws_stands_below_the_rest) {
        Flaw found[] = {
                { FLAW_MISSING_SIGNATURE, &full, NULL, "its signature archive is missing", "begin a new chain" },
                { FLAW_STRAY, NULL, &(SetFile){ .name = "duplicity-x" }, "its set is gone", "remove it" },
        };
        const Collection collection = { .chain_count = 0 };
        report_print_status(&(Status){ .archive_folder = "/cache/x", .collection = &collection,
                                       .flaws = { .items = found, .count = 2 } },
                            &text);
        assert_non_null(strstr(taken(), "No orphaned or incomplete backup sets found.\n\n"
                                        "What is wrong, and what mends it:\n"
                                        "  full set of 2023-11-14T22:13:20Z: its signature archive is missing (begin a "
                                        "new chain)\n"
                                        "  'duplicity-x': its set is gone (remove it)\n"));
}

TEST(report_of_chains_for_programs) {
        const Collection collection = { .chain_count = 2, .chains = chains, .orphan_count = 3, .incomplete_count = 4 };
        Status status = { .archive_folder = "/cache/x", .collection = &collection, .is_continuable = true };
        report_print_status_lines(&status, &text);
        assert_string_equal(taken(), "\nbackend BackendWrapper\narchive-dir /cache/x\n"
                                     "chain-no-sig 0\n full 20231114T221320Z 3 noenc\n inc 20231115T221320Z 1 noenc\n"
                                     "chain-complete\n full 20231116T221320Z 10 noenc\n"
                                     "orphaned-sets-num 3\nincomplete-sets-num 4");
        status.is_continuable = false;
        report_print_status_lines(&status, &text);
        assert_non_null(strstr(buffer_text(&text), "\nchain-no-sig 1\n full 20231116T221320Z"));
        buffer_clear(&text);
}
