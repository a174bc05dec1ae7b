#include "report/inspect_text.h"

#include "support/test.h"

/* The texts show local times: those of UTC are known everywhere. */
__attribute__((constructor)) static void stand_in_greenwich(void) {
        setenv("TZ", "UTC0", 1);
}

static Buffer text;

/* The content of TEXT once, for comparing. */
static const char *taken(void) {
        static char copy[4096];
        assert_true(text.length < sizeof copy);
        memcpy(copy, buffer_text(&text), text.length + 1);
        buffer_clear(&text);
        return copy;
}

TEST(inspect_text_of_a_finding_says_how_bad_it_is_and_what_to_do) {
        Finding finding = finding_make(FINDING_COPY_DIFFERS, "the copy is odd");
        inspect_text_finding(&finding, &text);
        assert_string_equal(taken(), "warning: the copy is odd: delete the copy: it is fetched again when it is needed");
        finding = finding_make(FINDING_VOLUME_DAMAGED, "volume 'x' is damaged");
        inspect_text_finding(&finding, &text);
        assert_true(bytes_start_with(bytes_of(taken()), "error: volume 'x' is damaged: what it held cannot be restored"));
}

TEST(inspect_text_of_every_finding_is_complete) {
        for (int kind = 0; kind <= FINDING_COPY_ALONE; kind++) {
                Finding finding = finding_make((FindingKind)kind, "x");
                assert_int_equal(finding.kind, kind);
                assert_non_null(finding.name);
                bool is_flaw = kind == FINDING_SIGNATURES_MISSING ||
                               (kind >= FINDING_DUPLICATE && kind <= FINDING_STRAY); /* of the catalogue */
                assert_int_equal(finding.remedy == NULL, is_flaw);
                assert_true(is_flaw || strlen(finding.remedy) > 20);
                for (int other = 0; other < kind; other++)
                        assert_string_not_equal(finding.name, finding_make((FindingKind)other, "x").name);
        }
}

TEST(inspect_text_of_a_check_is_one_line) {
        CheckTotals totals = { .chains = 1, .sets = 2, .volumes = 3, .proven_volumes = 3, .proven_bytes = 2048 };
        inspect_text_check(&totals, &text);
        assert_string_equal(taken(), "Sound: 1 chain, 2 backups, 3 volumes (3 checked, 2.00 KB)");
        totals.replayed_files = 1;
        inspect_text_check(&totals, &text);
        assert_string_equal(taken(), "Sound: 1 chain, 2 backups, 3 volumes (3 checked, 2.00 KB), 1 path replayed");
        totals.replayed_files = 0;
        totals.errors = 1;
        totals.warnings = 2;
        inspect_text_check(&totals, &text);
        assert_string_equal(taken(), "1 error and 2 warnings in 1 chain, 2 backups, 3 volumes (3 checked, 2.00 KB)");
}

/* A file called "a\nb". */
static Recorded file_of(uint64_t least, uint64_t most) {
        return (Recorded){ .entry = { .type = ENTRY_FILE, .path = "a\nb", .mode = 0644, .modified = 1700000000 },
                           .size = { least, most } };
}

TEST(inspect_text_of_a_difference_shows_sizes_as_far_as_they_are_known) {
        Recorded exact = file_of(7, 7), bound = file_of(513, 1024), unknown = file_of(0, ENTRY_SIZE_UNKNOWN);
        Recorded folder = { .entry = { .type = ENTRY_FOLDER, .path = "" } };
        Difference difference = { DIFFERENCE_CHANGED, "a\nb", &exact, &bound };
        inspect_text_difference(&difference, true, &text);
        assert_string_equal(taken(), "changed              7       <=1024  a\\x0ab");
        difference = (Difference){ DIFFERENCE_REMOVED, "a\nb", &unknown, NULL };
        inspect_text_difference(&difference, false, &text);
        assert_string_equal(taken(), "removed              ?            -  a\nb");
        difference = (Difference){ DIFFERENCE_ATTRIBUTES, "", &folder, &folder };
        inspect_text_difference(&difference, false, &text);
        assert_string_equal(taken(), "attributes           -            -  .");
}

TEST(inspect_text_of_a_diff_adds_up) {
        DiffTotals totals = { .from = { 0 }, .to = { 1700000000 } };
        totals.of[DIFFERENCE_ADDED].count = 2;
        totals.of[DIFFERENCE_ADDED].now = (SizeRange){ 2048, 2048 };
        totals.of[DIFFERENCE_REMOVED].count = 1;
        totals.of[DIFFERENCE_REMOVED].before = (SizeRange){ 1, 512 };
        totals.of[DIFFERENCE_CHANGED].count = 3;
        totals.of[DIFFERENCE_CHANGED].before = (SizeRange){ 0, ENTRY_SIZE_UNKNOWN };
        totals.of[DIFFERENCE_ATTRIBUTES].count = 4;
        inspect_text_diff(&totals, &text);
        assert_string_equal(taken(), "From Thu Jan  1 00:00:00 1970 to Tue Nov 14 22:13:20 2023: 2 added (2.00 KB), 1 "
                                     "removed (at most 512 bytes), 3 changed (size unknown, now 0 bytes), 4 with other "
                                     "attributes");
}

TEST(inspect_text_of_a_version_shows_the_time_of_its_set) {
        FoundVersion version = { "a", VERSION_CHANGED, { 1700000000 }, ENTRY_FILE, { 7, 7 }, 5 };
        inspect_text_version(&version, false, &text);
        assert_string_equal(taken(), "Tue Nov 14 22:13:20 2023 changed            7 a");
        version.kind = VERSION_DELETED;
        version.path = "";
        inspect_text_version(&version, false, &text);
        assert_string_equal(taken(), "Tue Nov 14 22:13:20 2023 deleted            - .");
}

TEST(inspect_text_of_an_entry_is_that_of_ls) {
        Recorded recorded = file_of(5, 5);
        recorded.entry.user = "me";
        recorded.entry.group = "us";
        recorded.entry.uid = 12;
        recorded.entry.gid = 34;
        inspect_text_long(&recorded, false, true, &text);
        assert_string_equal(taken(), "-rw-r--r-- me       us                  5 Tue Nov 14 22:13:20 2023 a\\x0ab");
        inspect_text_long(&recorded, true, false, &text);
        assert_string_equal(taken(), "-rw-r--r-- 12       34                  5 Tue Nov 14 22:13:20 2023 a\nb");
        recorded.entry = (Entry){ .type = ENTRY_LINK, .path = "l", .target = "to", .mode = 0777 };
        inspect_text_long(&recorded, false, true, &text);
        assert_string_equal(taken(), "lrwxrwxrwx 0        0                   - Thu Jan  1 00:00:00 1970 l -> to");
        recorded.entry = (Entry){ .type = ENTRY_BLOCK_DEVICE, .path = "d", .mode = 07640, .major = 7, .minor = 200 };
        inspect_text_long(&recorded, false, true, &text);
        assert_string_equal(taken(), "brwSr-S--T 0        0              7, 200 Thu Jan  1 00:00:00 1970 d");
        recorded.entry = (Entry){ .type = ENTRY_FOLDER, .path = "", .mode = 07777 };
        inspect_text_long(&recorded, false, true, &text);
        assert_string_equal(taken(), "drwsrwsrwt 0        0                   - Thu Jan  1 00:00:00 1970 .");
}

static const BackupSet full = { .full = true, .start = { 1700000000 }, .end = { 1700000000 } };
static const BackupSet incremental = { .start = { 1700000000 }, .end = { 1700001000 } };
static const BackupSet *const sets[] = { &full, &incremental };
static const Chain chain = { .set_count = 2, .sets = (const BackupSet **)(uintptr_t)sets };
static const Collection collection = { .chain_count = 1, .chains = &chain };
static const Collection nothing = { .chain_count = 0 };

TEST(inspect_text_of_a_history_is_that_of_duplicity) {
        const FileChangeRow rows[] = { { &full, FILE_CHANGE_NEW }, { &incremental, FILE_CHANGE_DELETED } };
        FileHistory history = { &collection, "a b", 2, rows };
        inspect_text_history(&history, false, &text);
        assert_string_equal(taken(), "-------------------------\n"
                                     "File: a b\n"
                                     "Total number of backup: 2\n"
                                     " Type of backup set:                            Time:  Type of file change:\n"
                                     "                Full         Tue Nov 14 22:13:20 2023                   New\n"
                                     "         Incremental         Tue Nov 14 22:30:00 2023               Deleted\n"
                                     "-------------------------\n");
        history = (FileHistory){ &nothing, "a b", 0, NULL };
        inspect_text_history(&history, false, &text);
        assert_string_equal(taken(), "");
}

TEST(inspect_text_of_the_changes_in_a_set_is_that_of_duplicity) {
        SetChanges changes = { .set = &incremental, .count = 2, .widest = 8 };
        inspect_text_changes(&changes, &text);
        inspect_text_change(&changes, FILE_CHANGE_NEW, "b c", false, &text);
        inspect_text_change(&changes, FILE_CHANGE_CHANGED, "\xc3\xa9", false, &text);
        inspect_text_changes_end(&changes, &text);
        assert_string_equal(taken(), "-------------------------\n"
                                     " Backup set time: Tue Nov 14 22:30:00 2023\n"
                                     "Total number of changes: 2\n"
                                     "File:     Type of file change:\n"
                                     "\"b\\x20c\"                   new\n"
                                     "\xc3\xa9                      changed\n"
                                     "-------------------------\n");
        changes = (SetChanges){ .set = NULL };
        inspect_text_changes(&changes, &text);
        inspect_text_changes_end(&changes, &text);
        assert_string_equal(taken(), "");
}
