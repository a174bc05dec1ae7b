#include "engine/replay.h"

#include <fcntl.h>
#include <unistd.h>

#include "codec/delta.h"
#include "engine/forge.h"
#include "engine/trial.h"
#include "sys/file.h"

static const uint8_t *content_of(unsigned version, size_t *ret_length) {
        static uint8_t *kept[16];
        *ret_length = 3000 + version * 100;
        if (!kept[version])
                kept[version] = test_random_bytes(*ret_length, version + 1);
        return kept[version];
}

/* The delta from one version to another; FROM's first bytes are kept in TO, so that it says something of both. */
static void make_delta(unsigned from, unsigned to, Buffer *out) {
        size_t from_length, to_length;
        const uint8_t *before = content_of(from, &from_length), *after = content_of(to, &to_length);
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        AUTO(signature_maker_close) SignatureMaker *maker = NULL;
        AUTO(delta_maker_close) DeltaMaker *delta = NULL;
        AUTO(signature_free) Signature *signature = NULL;
        assert_ok(signature_maker_open(512, &maker));
        assert_ok(signature_maker_add(maker, bytes_make(before, from_length), &text));
        assert_ok(signature_maker_finish(maker, &text));
        AUTO(reader_close) Reader *reader = stream_read_bytes(buffer_bytes(&text));
        AUTO(writer_abandon) Writer *writer = stream_write_buffer(out);
        assert_ok(signature_load(reader, &signature));
        assert_ok(delta_maker_open(signature, &delta));
        assert_ok(delta_maker_add(delta, bytes_make(after, to_length), writer));
        assert_ok(delta_maker_finish(delta, writer));
}

static void forge_whole(const char *name, unsigned version, bool incomplete) {
        size_t length;
        const uint8_t *content = content_of(version, &length);
        TarMember header = { .type = TAR_FILE,
                             .name = name,
                             .modified = version,
                             .has_record = true,
                             .content_size = length,
                             .is_incomplete = incomplete };
        forge_member(&header, bytes_make(content, incomplete ? length / 2 : length));
}

/* HEADER gives name and marks. */
static void forge_delta_as(const TarMember *header, unsigned from, unsigned to) {
        AUTO_VALUE(buffer_clear) Buffer delta = { .data = NULL };
        TarMember member = *header;
        make_delta(from, to, &delta);
        member.type = TAR_FILE;
        member.modified = to;
        forge_member(&member, buffer_bytes(&delta));
}

static void forge_delta(const char *name, unsigned from, unsigned to) {
        size_t length;
        const uint8_t *content = content_of(to, &length);
        TarMember header = { .name = name, .has_record = true, .content_size = length, .has_sha256 = true };
        digest_once(DIGEST_SHA256, bytes_make(content, length), header.sha256);
        forge_delta_as(&header, from, to);
}

/* What is asked for as a small content, and as any other when it is none. */
static Error *read_content(Replay *replay, bool small, int fd, const Entry **ret_entry) {
        AUTO_VALUE(buffer_clear) Buffer content = { .data = NULL };
        bool done = false;
        if (small)
                TRY(replay_small_content(replay, &content, ret_entry, &done));
        if (!done)
                return replay_content(replay, fd, ret_entry);
        assert_ok(file_truncate(fd, "result"));
        return file_write(fd, "result", buffer_bytes(&content));
}

/* What is found of the file "f" in the first COUNT sets: "version N", or an error's story. */
static char *find(size_t count, bool small) {
        AUTO(session_close) Session *session = trial_session(100000);
        AUTO(replay_close) Replay *replay = NULL;
        AUTO_FD int fd = -1;
        const Entry *entry;
        Choice choice = { .chain = collection_newest(session->collection), .set_count = count };
        assert_ok(file_open("result", O_RDWR | O_CREAT, 0600, &fd));
        assert_ok(file_write(fd, "result", bytes_of("something that must not stay")));
        assert_ok(replay_open(session, &choice, "", "restoring", &replay));
        assert_ok(replay_next(replay, &entry));
        if (!entry)
                return memory_text("nothing");
        assert_string_equal(entry->path, "f");
        AUTO(error_free) Error *error = read_content(replay, small, fd, &entry);
        assert_false(replay_is_broken(replay));
        if (error) {
                assert_int_equal(error_kind(error), ERROR_CORRUPT);
                return memory_text(error_story(error));
        }
        size_t length, expected_length;
        const uint8_t *expected = content_of((unsigned)entry->modified, &expected_length);
        AUTO_TEXT char *content = test_read_file("result", &length);
        assert_bytes_equal(bytes_make(content, length), bytes_make(expected, expected_length));
        if (entry->size != ENTRY_SIZE_UNKNOWN)
                assert_int_equal(entry->size, length);
        assert_string_equal(entry->path, "f");
        int64_t version = entry->modified;
        assert_ok(replay_next(replay, &entry)); /* and the reading goes on */
        assert_null(entry);
        return memory_print("version %jd", (intmax_t)version);
}

static void assert_found(size_t count, const char *expected) {
        AUTO_TEXT char *found = find(count, false);
        AUTO_TEXT char *found_as_small = find(count, true);
        assert_string_equal(found, expected);
        assert_string_equal(found_as_small, expected);
}

/* Several times in one test. */
static void begin(void) {
        if (access("src", F_OK) == 0)
                tree_remove("src");
        trial_begin();
        trial_drop_cache();
}

/* Each set: one letter. w: whole, d: delta on the last version that was whole or delta, x: deleted, -: nothing, W and
 * D: the same, but marked as incomplete. */
static void forge_sets(const char *sets) {
        unsigned before = 0;
        begin();
        for (unsigned i = 0; sets[i]; i++) {
                forge_begin(i == 0 ? 100 : i * 100, (i + 1) * 100);
                switch (sets[i]) {
                case 'w':
                case 'W':
                        forge_whole("snapshot/f", i, sets[i] == 'W');
                        break;
                case 'd':
                        forge_delta("diff/f", before, i);
                        break;
                case 'D':
                        forge_delta_as(&(TarMember){ .name = "diff/f", .is_incomplete = true }, before, i);
                        break;
                case 'x':
                        forge_file("deleted/f", bytes_of(""));
                        break;
                case 'F':
                        forge_folder("snapshot/f/");
                        break;
                }
                if (sets[i] == 'w' || sets[i] == 'd')
                        before = i;
                forge_finish();
        }
}

TEST(replay_builds_deltas_on_deltas_however_many) {
        forge_sets("wddddd");
        for (size_t count = 1; count <= 6; count++) {
                AUTO_TEXT char *expected = memory_print("version %zu", count - 1);
                assert_found(count, expected);
        }
}

TEST(replay_passes_over_sets_that_say_nothing) {
        forge_sets("w-d--d-");
        assert_found(2, "version 0");
        assert_found(4, "version 2");
        assert_found(7, "version 5");
}

TEST(replay_begins_at_the_last_whole_version) {
        forge_sets("wdwddxwd");
        assert_found(3, "version 2");
        assert_found(5, "version 4");
        assert_found(6, "nothing");
        assert_found(7, "version 6");
        assert_found(8, "version 7");
}

TEST(replay_gives_small_contents_of_one_version_at_once) {
        static const struct {
                const char *name;
                size_t size, claimed;
                bool has_record, is_small;
        } cases[] = {
                { "snapshot/f", 5, 5, true, true },
                { "snapshot/f", 0, 0, false, true },
                { "snapshot/f", REPLAY_SMALL, 0, false, true },
                { "snapshot/f", REPLAY_SMALL + 1, 0, false, false },
                { "multivol_snapshot/f/1", 100, 100, true, true },
                { "multivol_snapshot/f/1", 100, 0, false, false }, /* there might be more chunks */
                { "multivol_snapshot/f/1", 100, REPLAY_SMALL + 1, true, false },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                AUTO_VALUE(buffer_clear) Buffer content = { .data = NULL };
                AUTO(replay_close) Replay *replay = NULL;
                AUTO_TEXT char *zeros = memory_zeroed(REPLAY_SMALL + 1);
                const Entry *entry;
                bool done = !cases[i].is_small;
                begin();
                forge_begin(100, 100);
                forge_member(&(TarMember){ .type = TAR_FILE, .name = cases[i].name, .has_record = cases[i].has_record,
                                           .content_size = cases[i].claimed }, bytes_make(zeros, cases[i].size));
                forge_finish();
                AUTO(session_close) Session *session = trial_session(100000);
                Choice choice = { .chain = collection_newest(session->collection), .set_count = 1 };
                assert_ok(replay_open(session, &choice, "", "restoring", &replay));
                assert_ok(replay_next(replay, &entry));
                assert_ok(replay_small_content(replay, &content, &entry, &done));
                assert_int_equal(done, cases[i].is_small);
                assert_int_equal(content.length, done ? cases[i].size : 0);
        }
}

TEST(replay_proves_the_length_of_small_contents) {
        static const uint64_t claimed[] = { 2, 4 };
        for (size_t i = 0; i < ARRAY_LENGTH(claimed); i++) {
                begin();
                forge_begin(100, 100);
                forge_member(&(TarMember){ .type = TAR_FILE, .name = "multivol_snapshot/f/1", .has_record = true,
                                           .content_size = claimed[i] }, bytes_of("abc"));
                forge_finish();
                AUTO_TEXT char *story = find(1, true);
                assert_non_null(strstr(story, "it has 3 bytes in the full set"));
        }
}

TEST(replay_falls_back_from_an_incomplete_version) {
        forge_sets("wddDW");
        assert_found(3, "version 2");
        assert_found(4, "version 2"); /* two deltas, then the incomplete one */
        assert_found(5, "version 2");
        forge_sets("wDWW");
        assert_found(2, "version 0");
        assert_found(4, "version 0");
        forge_sets("wdDD");
        assert_found(3, "version 1");
}

#define INCOMPLETE(where) "its only version, " where ", is incomplete: the backup could not read it to its end"

TEST(replay_says_when_there_is_no_complete_version) {
        forge_sets("W");
        assert_found(1, INCOMPLETE("in the full set of 1970-01-01T00:01:40Z"));
        forge_sets("WW");
        assert_found(2, INCOMPLETE("in the full set of 1970-01-01T00:01:40Z"));
        forge_sets("wxW");
        assert_found(3, INCOMPLETE("in the incremental set of 1970-01-01T00:05:00Z"));
}

TEST(replay_refuses_a_delta_on_nothing) {
        forge_sets("d");
        assert_found(1, "there is a delta in the full set of 1970-01-01T00:01:40Z, but nothing it could be applied to");
        forge_sets("wxd");
        assert_found(3, "there is a delta in the incremental set of 1970-01-01T00:05:00Z, but before it was no file");
        forge_sets("Fd");
        assert_found(2, "there is a delta in the incremental set of 1970-01-01T00:03:20Z, but before it was no file");
}

static void forge_two(const TarMember *header, unsigned to) {
        begin();
        forge_begin(100, 100);
        forge_whole("snapshot/f", 0, false);
        forge_finish();
        forge_begin(100, 200);
        forge_delta_as(header, 0, to);
        forge_finish();
}

TEST(replay_proves_the_result_of_a_delta) {
        TarMember header = { .name = "diff/f", .has_sha256 = true, .sha256 = { 1 } };
        forge_two(&header, 1);
        assert_found(2, "its content in the incremental set of 1970-01-01T00:03:20Z has the wrong hash");
        assert_found(1, "version 0");
        header = (TarMember){ .name = "diff/f", .has_record = true, .content_size = 3099 };
        forge_two(&header, 1);
        assert_found(2, "it has 3100 bytes in the incremental set of 1970-01-01T00:03:20Z, but must have 3099");
}

TEST(replay_proves_the_length_of_a_whole_file) {
        trial_begin();
        forge_begin(100, 100);
        forge_member(&(TarMember){ .type = TAR_FILE, .name = "snapshot/f", .has_record = true, .content_size = 4 },
                     bytes_of("abc"));
        forge_finish();
        assert_found(1, "it has 3 bytes in the full set of 1970-01-01T00:01:40Z, but must have 4");
}

TEST(replay_tells_a_damaged_delta) {
        AUTO_VALUE(buffer_clear) Buffer delta = { .data = NULL };
        make_delta(0, 1, &delta);
        for (size_t length = 0; length < delta.length; length += 500) {
                begin();
                forge_begin(100, 100);
                forge_whole("snapshot/f", 0, false);
                forge_finish();
                forge_begin(100, 200);
                forge_file("diff/f", bytes_make(delta.data, length));
                forge_finish();
                AUTO_TEXT char *found = find(2, false);
                assert_true(strncmp(found, "its delta in the incremental set of 1970-01-01T00:03:20Z: ", 58) == 0);
                assert_found(1, "version 0");
        }
}

TEST(replay_tells_a_missing_chunk_rather_than_the_delta_it_damages) {
        AUTO_VALUE(buffer_clear) Buffer delta = { .data = NULL };
        make_delta(0, 1, &delta);
        begin();
        forge_begin(100, 100);
        forge_whole("snapshot/f", 0, false);
        forge_finish();
        forge_begin(100, 200);
        forge_file("multivol_diff/f/1", bytes_make(delta.data, 1000));
        forge_file("multivol_diff/f/3", bytes_make(delta.data + 1000, delta.length - 1000));
        forge_finish();
        assert_found(2, "its content in the incremental set of 1970-01-01T00:03:20Z: chunk 2 is missing");
}

TEST(replay_gives_only_what_lies_within_the_path) {
        static const struct {
                const char *path, *expected;
        } cases[] = {
                { "", ". a a/b a/b/c a-b d" }, { "a", "a a/b a/b/c" }, { "a/b", "a/b a/b/c" }, { "d", "d" }, { "x", "" }
        };
        trial_begin();
        forge_begin(100, 100);
        forge_folder("snapshot/./");
        forge_folder("snapshot/a/");
        forge_folder("snapshot/a/b/");
        forge_file("snapshot/a/b/c", bytes_of("c"));
        forge_file("snapshot/a-b", bytes_of(""));
        forge_file("snapshot/d", bytes_of(""));
        forge_finish();
        AUTO(session_close) Session *session = trial_session(1000);
        Choice choice = { .chain = collection_newest(session->collection), .set_count = 1 };
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                AUTO(replay_close) Replay *replay = NULL;
                AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
                const Entry *entry;
                assert_ok(replay_open(session, &choice, cases[i].path, "restoring", &replay));
                for (;;) {
                        assert_ok(replay_next(replay, &entry));
                        if (!entry)
                                break;
                        buffer_print(&text, "%s%s", text.length ? " " : "", entry->path[0] ? entry->path : ".");
                }
                assert_string_equal(buffer_text(&text), cases[i].expected);
        }
}

/* What lies behind it in the volume is not looked at: that would be an error. */
TEST(replay_stops_behind_what_is_asked_for) {
        static const struct {
                const char *path;
                int found; /* before the end; -1: the whole volume is read */
        } cases[] = { { "a", 2 }, { "a/b", 1 }, { "a/a", 0 }, { "", -1 } };
        trial_begin();
        forge_begin(100, 100);
        forge_folder("snapshot/a/");
        forge_file("snapshot/a/b", bytes_of("b"));
        forge_file("snapshot/d", bytes_of("d"));
        forge_file("snapshot/c", bytes_of("c")); /* out of order */
        forge_finish();
        AUTO(session_close) Session *session = trial_session(1000);
        Choice choice = { .chain = collection_newest(session->collection), .set_count = 1 };
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                AUTO(replay_close) Replay *replay = NULL;
                const Entry *entry;
                Error *error;
                int found = -1;
                assert_ok(replay_open(session, &choice, cases[i].path, "restoring", &replay));
                do
                        found++;
                while (!(error = replay_next(replay, &entry)) && entry);
                if (cases[i].found < 0)
                        assert_error(error, ERROR_CORRUPT, "out of order");
                else
                        assert_ok(error);
                if (cases[i].found >= 0)
                        assert_int_equal(found, cases[i].found);
        }
}

TEST(replay_is_broken_by_a_damaged_volume) {
        forge_sets("wd");
        memory_storage_alter(memory_storage_find("inc.19700101T000140Z.to.19700101T000320Z.vol1"), 100);
        AUTO(session_close) Session *session = trial_session(1000);
        AUTO(replay_close) Replay *replay = NULL;
        Choice choice = { .chain = collection_newest(session->collection), .set_count = 2 };
        Error *error = replay_open(session, &choice, "", "restoring", &replay);
        assert_int_equal(error_exit_code(error), EXIT_CODE_HASH_MISMATCH);
        error_free(error);
        assert_null(replay);
}
