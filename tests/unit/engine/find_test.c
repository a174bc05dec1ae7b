#include "engine/find.h"

#include "engine/forge.h"
#include "engine/trial.h"

static Buffer told; /* "a+100 a*200 a-300": added, changed, deleted */

static void note(UNUSED void *context, const FoundVersion *version) {
        static const char signs[] = { '+', '*', '-' };
        buffer_print(&told, "%s%s%c%jd", told.length ? " " : "", version->path[0] ? version->path : ".",
                     signs[version->kind], (intmax_t)version->when.seconds);
}

static Error *try_find(const char *glob) {
        Job job = trial_job;
        job.times.now.seconds = 10000;
        job.glob = glob;
        summary_clear(&trial_summary);
        trial_summary = (Summary){ .started = 0 };
        buffer_clear(&told);
        return find_run(&job, &trial_summary, note, NULL);
}

static const char *find(const char *glob) {
        assert_ok(try_find(glob));
        return buffer_text(&told);
}

static void remember(const char *name, int64_t modified) {
        forge_signature_file(name, modified);
}

static void begin_full(int64_t at) {
        forge_begin(at, at);
        forge_signature(&(TarMember){ .type = TAR_FOLDER, .name = "snapshot/", .mode = 0755 }, bytes_of(""));
}

TEST(find_tells_when_paths_came_changed_and_went) {
        trial_begin();
        begin_full(100);
        remember("snapshot/a", 1);
        remember("snapshot/b", 1);
        forge_finish();
        forge_begin(100, 200);
        remember("snapshot/a", 2);
        remember("deleted/b", 0);
        remember("snapshot/c", 2);
        forge_finish();
        forge_begin(200, 300);
        remember("deleted/a", 0);
        remember("snapshot/b", 3);
        forge_finish();
        assert_string_equal(find("**"), ".+100 a+100 a*200 a-300 b+100 b-200 b+300 c+200");
        assert_string_equal(find("b"), "b+100 b-200 b+300");
        assert_string_equal(find("[!ab]"), ".+100 c+200");
}

TEST(find_sees_chains_as_one_history) {
        trial_begin();
        begin_full(100);
        remember("snapshot/changes", 1);
        remember("snapshot/goes", 1);
        remember("snapshot/same", 1);
        forge_finish();
        forge_begin(100, 200);
        remember("snapshot/same", 2);
        forge_finish();
        begin_full(300);
        remember("snapshot/changes", 3);
        remember("snapshot/comes", 3);
        remember("snapshot/same", 2);
        forge_finish();
        begin_full(400);
        remember("snapshot/comes", 3);
        forge_finish();
        forge_begin(400, 500);
        remember("snapshot/goes", 5);
        forge_finish();
        assert_string_equal(find("*"), ".+100 changes+100 changes*300 changes-400 comes+300 "
                                       "goes+100 goes-300 goes+500 same+100 same*200 same-400");
}

TEST(find_goes_in_archive_order) {
        trial_begin();
        begin_full(100);
        remember("snapshot/a", 1);
        remember("snapshot/a/x", 1);
        remember("snapshot/a!", 1);
        remember("snapshot/a\xff", 1);
        forge_finish();
        assert_string_equal(find("a*"), "a+100 a/x+100 a!+100 a\xff+100");
}

TEST(find_reads_patterns_of_whole_paths) {
        static const struct {
                const char *glob, *paths;
        } cases[] = {
                { "d", "d/x.txt+1 d/y/z.txt+1" },
                { "d/*", "d/x.txt+1 d/y/z.txt+1" },
                { "*.txt", "" },
                { "**.txt", "d/x.txt+1 d/y/z.txt+1" },
                { "*/?.txt", "d/x.txt+1" },
                { "d/**/z.txt", "d/y/z.txt+1" },
                { "d/[x-z].txt", "d/x.txt+1" },
                { "d/[!x]*", "d/y/z.txt+1" },
                { "x.txt", "" },
                { "[ab", "[ab+1" },
                { "a.c", "a.c+1" },
                { "{+}(^$)|\\", "{+}(^$)|\\+1" },
                { "f[]]", "f]+1" },
                { ".", ".+1" },
        };
        trial_begin();
        begin_full(1);
        remember("snapshot/[ab", 1);
        remember("snapshot/a.c", 1);
        remember("snapshot/abc", 1);
        remember("snapshot/d/x.txt", 1);
        remember("snapshot/d/y/z.txt", 1);
        remember("snapshot/f]", 1);
        remember("snapshot/{+}(^$)|\\", 1);
        forge_finish();
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                AUTO(error_free) Error *error = try_find(cases[i].glob);
                assert_int_equal(error_exit_code(error), cases[i].paths[0] ? 0 : EXIT_CODE_RESTORE_PATH_NOT_FOUND);
                assert_string_equal(buffer_text(&told), cases[i].paths);
        }
        Error *error = try_find("[z-a]");
        assert_int_equal(error_exit_code(error), EXIT_CODE_GLOB_SYNTAX);
        assert_error(error, ERROR_USER, "bad pattern '[z-a]'");
}

static SizeRange size;
static int64_t modified;

static void keep(UNUSED void *context, const FoundVersion *version) {
        size = version->size;
        modified = version->modified;
        assert_int_equal(version->type, ENTRY_FILE);
}

TEST(find_knows_sizes_and_times) {
        trial_begin();
        tree_random_file("src/a", 123456, 1);
        tree_time("src/a", -5, 0);
        trial_backup(100);
        trial_job.glob = "a";
        assert_ok(find_run(&trial_job, &trial_summary, keep, NULL));
        assert_int_equal(size.least, 123456);
        assert_int_equal(size.most, 123456);
        assert_int_equal(modified, -5);
}

TEST(find_needs_no_volumes_and_little_memory) {
        trial_begin();
        begin_full(100);
        for (unsigned i = 0; i < 60000; i++) { /* more than the sorter keeps in memory */
                AUTO_TEXT char *name = memory_print("snapshot/a rather long name that fills the memory %06u", i);
                remember(name, 1);
        }
        forge_finish();
        memory_storage_lose(memory_storage_find("vol1"));
        const char *text = find("a*");
        size_t count = 1;
        for (const char *at = text; (at = strstr(at, "+100 a")); at++)
                count++;
        assert_int_equal(count, 60000);
}

TEST(find_tells_what_it_could_not_read) {
        trial_begin();
        begin_full(100);
        remember("snapshot/a", 1);
        forge_finish();
        forge_begin(100, 200);
        remember("snapshot/a", 2);
        forge_finish();
        begin_full(300);
        forge_finish();
        forge_begin(300, 400);
        remember("snapshot/a", 3);
        forge_finish();
        memory_storage_lose(memory_storage_find("new-signatures.19700101T000140Z"));
        memory_storage_truncate(memory_storage_find("full-signatures.19700101T000500Z"), 700);
        assert_string_equal(find("a"), "a+100 a*400"); /* nobody knows whether it went in between */
        assert_int_equal(trial_summary.problem_count, 2);
        assert_non_null(strstr(trial_summary.problems.items[0], "the incremental set of 1970-01-01T00:03:20Z is not known"));
        assert_string_equal(find("nothing"), ""); /* no error: it may be in there */
}

TEST(find_of_nothing_is_an_error) {
        trial_begin();
        Error *error = try_find("a");
        assert_int_equal(error_exit_code(error), EXIT_CODE_NOTHING_RESTORED);
        error_free(error);
        trial_backup(100);
        error = try_find("a");
        assert_int_equal(error_exit_code(error), EXIT_CODE_RESTORE_PATH_NOT_FOUND);
        assert_error(error, ERROR_MISSING, "no path matches 'a'");
        buffer_clear(&told);
}
