#include "engine/diff.h"

#include "engine/forge.h"
#include "engine/trial.h"

static DiffTotals totals;
static Buffer told; /* "+a -b *c @d": added, removed, changed, attributes */

static void note(UNUSED void *context, const Difference *difference) {
        static const char signs[] = { '+', '-', '*', '@' };
        assert_int_equal(difference->before == NULL, difference->kind == DIFFERENCE_ADDED);
        assert_int_equal(difference->now == NULL, difference->kind == DIFFERENCE_REMOVED);
        buffer_print(&told, "%s%c%s", told.length ? " " : "", signs[difference->kind],
                     difference->path[0] ? difference->path : ".");
}

static Error *try_diff(int64_t from, int64_t to) {
        Job job = trial_job;
        job.times.now.seconds = 10000;
        job.has_from = from > 0;
        job.from.seconds = from;
        job.has_time = to > 0;
        job.time.seconds = to;
        totals = (DiffTotals){ .from = { 0 } };
        buffer_clear(&told);
        return diff_run(&job, &totals, note, NULL);
}

/* FROM 0: the set before; TO 0: now. */
static const char *diff(int64_t from, int64_t to) {
        assert_ok(try_diff(from, to));
        return buffer_text(&told);
}

TEST(diff_tells_what_was_added_removed_and_changed) {
        trial_begin();
        tree_folder("src/d");
        tree_file("src/d/goes", "12345");
        tree_file("src/d!", "stays");
        tree_file("src/edited", "12");
        tree_file("src/mode", "mode");
        tree_link("src/link", "one");
        tree_file("src/type", "type");
        trial_backup(100);
        tree_remove("src/d/goes");
        tree_file("src/edited", "1234567");
        tree_mode("src/mode", 0600);
        tree_remove("src/link");
        tree_link("src/link", "other");
        tree_remove("src/type");
        tree_folder("src/type");
        tree_file("src/type/in", "in");
        trial_backup(200);
        assert_string_equal(diff(100, 200), "@. @d -d/goes *edited *link @mode *type +type/in");
        assert_int_equal(totals.from.seconds, 100);
        assert_int_equal(totals.to.seconds, 200);
        assert_int_equal(totals.of[DIFFERENCE_ADDED].count, 1);
        assert_int_equal(totals.of[DIFFERENCE_ADDED].now.most, 2);
        assert_int_equal(totals.of[DIFFERENCE_REMOVED].before.least, 5);
        assert_int_equal(totals.of[DIFFERENCE_CHANGED].count, 3);
        assert_int_equal(totals.of[DIFFERENCE_CHANGED].before.most, 2 + 4);
        assert_int_equal(totals.of[DIFFERENCE_CHANGED].now.most, 7);
        assert_int_equal(totals.of[DIFFERENCE_ATTRIBUTES].count, 3);
        assert_string_equal(diff(0, 0), "@. @d -d/goes *edited *link @mode *type +type/in");
        assert_string_equal(diff(200, 100), "@. @d +d/goes *edited *link @mode *type -type/in");
        assert_string_equal(diff(200, 200), "");
        trial_job.path = "type";
        assert_string_equal(diff(0, 0), "*type +type/in");
        assert_int_equal(totals.of[DIFFERENCE_CHANGED].count, 1);
}

TEST(diff_compares_chains_by_content) {
        trial_begin();
        tree_random_file("src/a", 5000, 1);
        tree_random_file("src/b", 5000, 2);
        trial_backup(100);
        trial_job.kind = BACKUP_FULL;
        tree_random_file("src/b", 5000, 3); /* the same size */
        trial_backup(200);
        assert_string_equal(diff(100, 200), "@. *b");
        assert_string_equal(diff(0, 200), "@. *b"); /* the set before is of the other chain */
        tree_time("src/a", 4321, 0);
        trial_backup(300);
        assert_string_equal(diff(0, 0), "@a");
}

/* A full set at AT of the file "a" as HEADER has it, with the signature PAYLOAD. */
static void forge_one(int64_t at, TarMember header, Bytes payload) {
        header.type = TAR_FILE;
        header.name = "signature/a";
        header.modified = 5;
        forge_begin(at, at);
        forge_signature(&(TarMember){ .type = TAR_FOLDER, .name = "snapshot/" }, bytes_of(""));
        forge_signature(&header, payload);
        forge_finish();
}

TEST(diff_believes_signatures_where_they_can_be_compared) {
        static const char first[] = "\x72\x73\x01\x36\0\0\2\0\0\0\0\x08" "aaaabbbbbbbb";
        static const char other[] = "\x72\x73\x01\x36\0\0\2\0\0\0\0\x08" "aaaacccccccc";
        static const char coarse[] = "\x72\x73\x01\x36\0\0\4\0\0\0\0\x08" "aaaadddddddd";
        static const char longer[] = "\x72\x73\x01\x36\0\0\2\0\0\0\0\x08" "aaaabbbbbbbb" "aaaabbbbbbbb";
        trial_begin();
        forge_one(100, (TarMember){ .mode = 0644 }, bytes_make(first, 24));
        forge_one(200, (TarMember){ .mode = 0600 }, bytes_make(first, 24));
        forge_one(300, (TarMember){ .mode = 0600 }, bytes_make(other, 24));
        forge_one(400, (TarMember){ .mode = 0600 }, bytes_make(coarse, 24));
        forge_one(500, (TarMember){ .mode = 0600 }, bytes_make(longer, 36));
        forge_one(600, (TarMember){ .mode = 0600, .has_record = true, .content_size = 600 }, bytes_make(longer, 36));
        assert_string_equal(diff(100, 200), "@a");
        assert_string_equal(diff(200, 300), "*a"); /* metadata is equal, content is not */
        assert_string_equal(diff(300, 400), "");   /* no telling, so the metadata counts */
        assert_string_equal(diff(300, 500), "*a"); /* at most 512 bytes, at least 513 */
        assert_int_equal(totals.of[DIFFERENCE_CHANGED].before.least, 1);
        assert_int_equal(totals.of[DIFFERENCE_CHANGED].before.most, 512);
        assert_int_equal(totals.of[DIFFERENCE_CHANGED].now.least, 513);
        assert_string_equal(diff(500, 600), ""); /* only one of them knows the size */
}

TEST(diff_needs_no_volumes) {
        trial_begin();
        tree_file("src/a", "a");
        trial_backup(100);
        tree_file("src/b", "b");
        trial_backup(200);
        memory_storage_lose(memory_storage_find("full.19700101T000140Z.vol1"));
        memory_storage_lose(memory_storage_find("inc.19700101T000140Z.to.19700101T000320Z.vol1"));
        trial_drop_cache();
        assert_string_equal(diff(100, 200), "@. +b");
}

TEST(diff_of_what_is_not_there_is_an_error) {
        trial_begin();
        Error *error = try_diff(0, 0);
        assert_int_equal(error_exit_code(error), EXIT_CODE_NOTHING_RESTORED);
        error_free(error);
        trial_backup(100);
        error = try_diff(0, 0);
        assert_int_equal(error_exit_code(error), EXIT_CODE_NOTHING_RESTORED);
        assert_error(error, ERROR_MISSING, "before the full set of 1970-01-01T00:01:40Z");
        trial_backup(200);
        memory_storage_lose(memory_storage_find("new-signatures"));
        error = try_diff(0, 0);
        assert_int_equal(error_exit_code(error), EXIT_CODE_NO_SIGNATURES);
        error_free(error);
        buffer_clear(&told);
}
