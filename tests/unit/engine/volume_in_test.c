#include "engine/volume_in.h"

#include "engine/forge.h"
#include "engine/trial.h"

enum { CHUNK = 65536 };

/* "path:length" of each path, read to its end, with "(problem)" behind it; an error's story at the end. Caller frees.
 */
static bool may_lose;
static char *tell(const char *path, bool spool) {
        AUTO(session_close) Session *session = trial_session(1000);
        session->losses = may_lose ? &trial_summary : NULL;
        AUTO(set_reader_close) SetReader *reader = NULL;
        AUTO(error_free) Error *error = NULL;
        Buffer text = { .data = NULL };
        buffer_init(&text, 0);
        error = set_reader_open(session, trial_set(session, 0), path, spool, &reader);
        while (!error) {
                const SetMember *member;
                char piece[5000];
                size_t length, sum = 0;
                error = set_reader_next(reader, &member);
                if (error || !member)
                        break;
                buffer_print(&text, "%s%s:", text.length ? " " : "", member->path[0] ? member->path : ".");
                do {
                        error = set_reader_read(reader, piece, sizeof piece, &length);
                        sum += error ? 0 : length;
                } while (!error && length);
                buffer_print(&text, "%zu", sum);
                if (!error && set_reader_problem(reader))
                        buffer_print(&text, "(%s)", set_reader_problem(reader));
                assert_int_equal(set_reader_is_broken(reader), error != NULL);
        }
        if (error)
                buffer_print(&text, " %s", error_story(error));
        return buffer_detach(&text);
}

/* What is put behind an error that ends the reading, for a volume that holds FIRST to LAST. */
#define ADVICE(first, last) " (it holds '" first "' to '" last "'; --ignore-errors reads what does not need it)"

static void assert_told(const char *path, const char *expected) {
        for (int spool = 0; spool < 2; spool++) {
                AUTO_TEXT char *text = tell(path, spool);
                assert_string_equal(text, expected);
        }
}

static void begin(void) {
        trial_begin();
        may_lose = false;
        forge_begin(100, 100);
}

static void chunk(const char *name, size_t size) {
        AUTO_TEXT char *content = memory_zeroed(size + 1);
        forge_file(name, bytes_make(content, size));
}

TEST(volume_in_joins_chunks_over_the_ends_of_volumes) {
        begin();
        forge_file("snapshot/a", bytes_of("abc"));
        chunk("multivol_snapshot/b/1", CHUNK);
        forge_next_volume();
        chunk("multivol_snapshot/b/2", CHUNK);
        forge_next_volume();
        chunk("multivol_snapshot/b/3", 0);
        forge_file("deleted/c", bytes_of(""));
        forge_next_volume();
        forge_file("diff/d", bytes_of("0123456789"));
        forge_finish();
        assert_told("", "a:3 b:131072 c:0 d:10");
}

TEST(volume_in_passes_over_payloads_that_nobody_reads) {
        const SetMember *member;
        begin();
        chunk("multivol_snapshot/a/1", CHUNK);
        forge_next_volume();
        chunk("multivol_snapshot/a/2", 77);
        forge_file("snapshot/b", bytes_of("abc"));
        forge_finish();
        AUTO(session_close) Session *session = trial_session(1000);
        AUTO(set_reader_close) SetReader *reader = NULL;
        assert_ok(set_reader_open(session, trial_set(session, 0), "", false, &reader));
        assert_ok(set_reader_next(reader, &member));
        assert_string_equal(member->path, "a");
        assert_int_equal(member->kind, MEMBER_SNAPSHOT);
        assert_string_equal(member->header->name, "multivol_snapshot/a/1");
        assert_ok(set_reader_next(reader, &member));
        assert_string_equal(member->path, "b");
        assert_ok(set_reader_next(reader, &member));
        assert_null(member);
}

TEST(volume_in_gives_the_last_chunk_s_header_at_the_end) {
        const SetMember *member;
        size_t length;
        begin();
        chunk("multivol_snapshot/a/1", CHUNK);
        AUTO_TEXT char *content = memory_zeroed(10);
        forge_member(&(TarMember){ .type = TAR_FILE,
                                   .name = "multivol_snapshot/a/2",
                                   .has_record = true,
                                   .content_size = CHUNK + 10,
                                   .is_incomplete = true },
                     bytes_make(content, 10));
        forge_finish();
        AUTO(session_close) Session *session = trial_session(1000);
        AUTO(set_reader_close) SetReader *reader = NULL;
        AUTO_TEXT char *piece = memory_zeroed(2 * CHUNK);
        assert_ok(set_reader_open(session, trial_set(session, 0), "", false, &reader));
        assert_ok(set_reader_next(reader, &member));
        assert_false(member->header->has_record);
        do
                assert_ok(set_reader_read(reader, piece, 2 * CHUNK, &length));
        while (length);
        assert_true(set_reader_last_header(reader)->has_record);
        assert_true(set_reader_last_header(reader)->is_incomplete);
        assert_int_equal(set_reader_last_header(reader)->content_size, CHUNK + 10);
}

TEST(volume_in_tells_a_missing_chunk_of_its_path_alone) {
        begin();
        forge_file("snapshot/a", bytes_of("abc"));
        chunk("multivol_snapshot/b/1", CHUNK);
        chunk("multivol_snapshot/b/3", 10);
        chunk("multivol_snapshot/c/2", 10);
        chunk("multivol_snapshot/d/1", CHUNK);
        chunk("multivol_snapshot/d/2", CHUNK);
        forge_file("snapshot/e", bytes_of("e"));
        forge_finish();
        assert_told("", "a:3 b:65536(chunk 2 is missing) c:0(chunk 1 is missing) d:131072(chunk 3 is missing) e:1");
}

TEST(volume_in_tells_the_end_of_a_set_after_a_full_chunk) {
        begin();
        chunk("multivol_snapshot/a/1", CHUNK);
        forge_finish();
        assert_told("", "a:65536(chunk 2 is missing)");
}

TEST(volume_in_takes_chunks_of_other_kinds_or_paths_for_other_files) {
        begin();
        chunk("multivol_snapshot/a/1", 10);
        chunk("multivol_diff/a/2", 10);
        forge_finish();
        assert_told("", "a:10 volume 'duplicity-full.19700101T000140Z.vol1.difftar' is out of order at 'a'" ADVICE("a", "a"));
}

TEST(volume_in_refuses_paths_out_of_order) {
        begin();
        forge_file("snapshot/b", bytes_of("abc"));
        forge_file("snapshot/a", bytes_of("abc"));
        forge_finish();
        assert_told("", "b:3 volume 'duplicity-full.19700101T000140Z.vol1.difftar' is out of order at 'a'" ADVICE("b", "a"));
}

TEST(volume_in_refuses_paths_that_lead_out) {
        static const char *const names[] = { "snapshot/../x", "snapshot//etc/x", "snapshot/a/../../x", "other/x",
                                             "multivol_snapshot/a" };
        for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
                begin();
                forge_file("snapshot/a", bytes_of("abc"));
                forge_file(names[i], bytes_of("abc"));
                forge_finish();
                AUTO_TEXT char *text = tell("", false);
                assert_non_null(strstr(text, "a:3 volume 'duplicity-full.19700101T000140Z.vol1.difftar': "));
                assert_non_null(strstr(text, names[i]));
                tree_remove("src");
                trial_drop_cache();
        }
}

static void forge_three_volumes(void) {
        begin();
        forge_file("snapshot/a", bytes_of("a"));
        forge_file("snapshot/b", bytes_of("b"));
        forge_next_volume();
        forge_file("snapshot/b/c", bytes_of("bc"));
        forge_next_volume();
        forge_file("snapshot/b-d", bytes_of("b-d"));
        forge_file("snapshot/e", bytes_of("e"));
        forge_finish();
}

TEST(volume_in_fetches_only_volumes_that_may_hold_the_path) {
        static const struct {
                const char *path, *told, *volumes;
        } cases[] = {
                { "a", "a:1 b:1", "1" },     { "b", "a:1 b:1 b/c:2", "12" }, { "b/c", "b/c:2", "2" },
                { "b-d", "b-d:3 e:1", "3" }, { "e", "b-d:3 e:1", "3" },      { "zz", "", "" },
                { "b/c/d", "", "" },
        };
        forge_three_volumes();
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                memory_storage_fail(MEMORY_CALLS, 0, ERROR_NONE);
                AUTO_TEXT char *text = tell(cases[i].path, false);
                assert_string_equal(text, cases[i].told);
                for (char number = '1'; number <= '3'; number++) {
                        char part[] = "vol0.";
                        part[3] = number;
                        assert_int_equal(strstr(memory_storage_gets(), part) != NULL,
                                         strchr(cases[i].volumes, number) != NULL);
                }
        }
}

TEST(volume_in_needs_no_volume_that_cannot_hold_the_path) {
        forge_three_volumes();
        memory_storage_lose(memory_storage_find("vol1"));
        assert_told("e", "b-d:3 e:1");
}

TEST(volume_in_names_a_missing_volume_before_it_reads_anything) {
        forge_three_volumes();
        memory_storage_lose(memory_storage_find("vol2"));
        assert_told("", " volume 2 of the full set of 1970-01-01T00:01:40Z is missing at 'memory://trial/folder'"
                        ADVICE("b/c", "b/c"));
        AUTO(session_close) Session *session = trial_session(1000);
        AUTO(set_reader_close) SetReader *reader = NULL;
        Error *error = set_reader_open(session, trial_set(session, 0), "", false, &reader);
        assert_int_equal(error_exit_code(error), EXIT_CODE_BACKEND_MISSING);
        error_free(error);
}

TEST(volume_in_stops_at_a_damaged_volume) {
        forge_three_volumes();
        memory_storage_alter(memory_storage_find("vol2"), 5);
        AUTO_TEXT char *text = tell("", false);
        assert_true(strncmp(text, "a:1 b:1", 7) == 0);
        assert_non_null(strstr(text, "volume 'duplicity-full.19700101T000140Z.vol2.difftar' is damaged: its hash is "));
}

TEST(volume_in_stops_when_a_volume_cannot_be_fetched) {
        forge_three_volumes();
        memory_free(tell("", false)); /* the manifest is here now */
        memory_storage_fail(MEMORY_GET, 3, ERROR_DENIED);
        AUTO_TEXT char *text = tell("", false);
        assert_string_equal(
                text, "a:1 b:1 b/c:2 cannot fetch 'duplicity-full.19700101T000140Z.vol3.difftar': the memory fails" ADVICE("b-d", "e"));
}

TEST(volume_in_can_be_left_in_the_middle) {
        const SetMember *member;
        forge_three_volumes();
        AUTO(session_close) Session *session = trial_session(1000);
        SetReader *reader = NULL;
        assert_ok(set_reader_open(session, trial_set(session, 0), "", false, &reader));
        assert_ok(set_reader_next(reader, &member));
        set_reader_close(reader); /* the next volume is on its way */
}

/* ---- --ignore-errors ---- */

/* Three volumes, of which the second holds b/c and most of f's chunks, and what signatures say of them. */
static void forge_signed_volumes(void) {
        begin();
        forge_file("snapshot/a", bytes_of("a"));
        forge_signature_file("signature/a", 1000);
        forge_next_volume();
        forge_file("snapshot/b", bytes_of("b"));
        forge_folder("snapshot/c/");
        forge_file("deleted/d", bytes_of(""));
        chunk("multivol_snapshot/f/1", CHUNK);
        forge_signature_file("signature/b", 1000);
        forge_signature(&(TarMember){ .type = TAR_FOLDER, .name = "snapshot/c/", .mode = 0755 }, bytes_of(""));
        forge_signature_file("deleted/d", 0);
        forge_signature_file("signature/f", 1000);
        forge_next_volume();
        chunk("multivol_snapshot/f/2", 10);
        forge_file("snapshot/g", bytes_of("gg"));
        forge_signature_file("signature/g", 1000);
        forge_finish();
        may_lose = true;
}

static void forget_all(void) {
        tree_remove("src");
        trial_drop_cache();
}

static void forget_hashes(void) {
        const char *name = memory_storage_find("manifest");
        AUTO_TEXT char *text = memory_copy(memory_storage_content(name).at, memory_storage_content(name).length);
        for (char *hash; (hash = strstr(text, "SHA1"));)
                memcpy(hash, "NONE", 4);
        memory_storage_write(name, bytes_of(text));
}

#define LOST_2 "volume 2 of the full set of 1970-01-01T00:01:40Z is lost"

TEST(volume_in_passes_over_a_lost_volume_and_tells_what_was_in_it) {
        forge_signed_volumes();
        memory_storage_lose(memory_storage_find("vol2"));
        assert_told("", "a:1 b:0(" LOST_2 ") c:0(" LOST_2 ") d:0(" LOST_2 ") f:0(chunk 1 is missing: " LOST_2 ") g:2");
        assert_int_equal(trial_summary.problem_count, 1);
        assert_non_null(strstr(trial_summary.problems.items[0], LOST_2 ": volume 2 of the full set of"));
        forget_all();
        forge_signed_volumes();
        memory_storage_alter(memory_storage_find("vol2"), 5);
        assert_told("", "a:1 b:0(" LOST_2 ") c:0(" LOST_2 ") d:0(" LOST_2 ") f:0(chunk 1 is missing: " LOST_2 ") g:2");
        assert_non_null(strstr(trial_summary.problems.items[0], LOST_2 ": volume 'duplicity-full"));
}

TEST(volume_in_passes_over_lost_ends) {
        forge_signed_volumes();
        memory_storage_lose(memory_storage_find("vol1"));
        memory_storage_lose(memory_storage_find("vol3"));
        assert_told("", "a:0(volume 1 of the full set of 1970-01-01T00:01:40Z is lost) b:1 c:0 d:0 "
                        "f:65536(chunk 2 is missing: volume 3 of the full set of 1970-01-01T00:01:40Z is lost) "
                        "g:0(volume 3 of the full set of 1970-01-01T00:01:40Z is lost)");
        assert_told("b", "b:1 c:0 d:0 "
                         "f:65536(chunk 2 is missing)"); /* nothing is missing of what was asked for */
}

TEST(volume_in_goes_on_where_a_volume_breaks_off) {
        forge_signed_volumes();
        forget_hashes();
        const char *name = memory_storage_find("vol2");
        memory_storage_truncate(name, memory_storage_content(name).length - 30000); /* within the chunk of f */
        AUTO_TEXT char *text = tell("", false);
        assert_non_null(strstr(text, "a:1 b:1 c:0 d:0 f:"));
        assert_non_null(strstr(text, "(" LOST_2 ") g:2")); /* f's second chunk must not be joined to the broken one */
        assert_int_equal(trial_summary.problem_count, 1);
        forget_all();
        forge_signed_volumes();
        forget_hashes();
        memory_storage_alter(memory_storage_find("vol2"), 1024 + 5); /* the header of c */
        assert_told("", "a:1 b:1 c:0(" LOST_2 ") d:0(" LOST_2 ") f:0(chunk 1 is missing: " LOST_2 ") g:2");
}

TEST(volume_in_loses_what_is_out_of_order) {
        begin();
        forge_file("snapshot/b", bytes_of("b"));
        forge_file("snapshot/a", bytes_of("a"));
        forge_next_volume();
        forge_file("snapshot/c", bytes_of("c"));
        forge_finish();
        may_lose = true;
        assert_told("", "b:1 c:1");
        assert_non_null(strstr(trial_summary.problems.items[0], "is out of order at 'a'"));
}

TEST(volume_in_reads_all_volumes_without_a_manifest) {
        forge_signed_volumes();
        memory_storage_write(memory_storage_find("manifest"), bytes_of("Volume one:\n"));
        assert_told("", "a:1 b:1 c:0 d:0 f:65546 g:2");
        memory_storage_lose(memory_storage_find("vol3"));
        assert_told("", "a:1 b:1 c:0 d:0 f:65536(chunk 2 is missing: the manifest of the full set of "
                        "1970-01-01T00:01:40Z is lost) g:0(the manifest of the full set of 1970-01-01T00:01:40Z is lost)");
}

TEST(volume_in_does_not_take_a_machine_in_trouble_for_losses) {
        forge_signed_volumes();
        memory_free(tell("", false)); /* the manifest is here now */
        memory_storage_fail(MEMORY_GET, 2, ERROR_SYSTEM);
        AUTO_TEXT char *text = tell("", false);
        assert_string_equal(text, "a:1 cannot fetch 'duplicity-full.19700101T000140Z.vol2.difftar': the memory fails");
}
