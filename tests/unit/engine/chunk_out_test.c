#include "engine/chunk_out.h"

#include "engine/cache.h"
#include "engine/trial.h"

/* A set at work, plain, so that its volumes can be read as they are stored. */
typedef struct Fixture {
        Session *session;
        Ship *ship;
        VolumeOut *volumes;
        ChunkOut *chunks;
} Fixture;

static Fixture begin_with(const VolumeOutOptions *options) {
        Fixture f = { .session = NULL };
        Plan plan = { .full = true, .start = { 100 }, .time = { 100 } };
        trial_begin();
        trial_job.no_compression = true;
        f.session = trial_session(100);
        assert_ok(ship_open(f.session, &plan, NULL, NULL, &f.ship));
        f.volumes = volume_out_new(f.ship, options);
        f.chunks = chunk_out_new(f.volumes);
        return f;
}

static Fixture begin(uint64_t volume_size) {
        return begin_with(&(VolumeOutOptions){ .volume_size = volume_size });
}

static void finish(Fixture *f, uint64_t expected_volumes) {
        uint64_t count, stored;
        assert_ok(volume_out_finish(f->volumes));
        assert_ok(ship_finish(f->ship, &count, &stored));
        assert_int_equal(count, expected_volumes);
        chunk_out_free(f->chunks);
        volume_out_free(f->volumes);
        session_close(f->session);
}

static void add_file(Fixture *f, const char *path, size_t size) {
        Entry entry = { .type = ENTRY_FILE, .path = path, .modified_nanoseconds = 5 };
        AUTO_TEXT char *content = (char *)test_random_bytes(size, size);
        chunk_out_begin(f->chunks, MEMBER_SNAPSHOT, &entry);
        assert_ok(chunk_out_add(f->chunks, bytes_make(content, size / 3)));
        assert_ok(chunk_out_add(f->chunks, bytes_make(content + size / 3, size - size / 3)));
        assert_ok(chunk_out_finish(f->chunks, &(ChunkEnd){ .content_size = size }));
        assert_int_equal(chunk_out_payload_length(f->chunks), size);
}

/* "name:size:content size" of each member, '-' where there is no record. */
static char *tell_volume(unsigned number) {
        AUTO_TEXT char *part = memory_print("vol%u.difftar", number);
        TarReader *tar =
                tar_reader_open(stream_read_bytes(memory_storage_content(memory_storage_find(part))), "volume");
        Buffer text = { .data = NULL };
        const TarMember *member;
        buffer_init(&text, 0);
        for (;;) {
                assert_ok(tar_reader_next(tar, &member));
                if (!member)
                        break;
                buffer_print(&text, "%s%s:%ju:", text.length ? " " : "", member->name, (uintmax_t)member->size);
                if (member->has_record)
                        buffer_print(&text, "%ju", (uintmax_t)member->content_size);
                else
                        buffer_add_text(&text, "-");
        }
        tar_reader_close(tar);
        return buffer_detach(&text);
}

/* "first/block..last/block" of each volume. */
static char *tell_positions(void) {
        AUTO(session_close) Session *session = trial_session(200);
        Manifest manifest;
        Buffer text = { .data = NULL };
        assert_ok(cache_read_manifest(session, trial_set(session, 0), session->arena, &manifest));
        buffer_init(&text, 0);
        for (size_t i = 0; i < manifest.volume_count; i++) {
                const Volume *volume = &manifest.volumes[i];
                buffer_print(&text, "%s%s/%jd..%s/%jd", i ? " " : "", volume->first.path, (intmax_t)volume->first.block,
                             volume->last.path, (intmax_t)volume->last.block);
        }
        return buffer_detach(&text);
}

#define assert_volume(number, text)                          \
        do {                                                 \
                AUTO_TEXT char *told_ = tell_volume(number); \
                assert_string_equal(told_, text);            \
        } while (0)
#define assert_positions(text)                            \
        do {                                              \
                AUTO_TEXT char *told_ = tell_positions(); \
                assert_string_equal(told_, text);         \
        } while (0)

TEST(a_set_that_begins_small_has_an_eighth_in_its_first_volume) {
        Fixture f = begin_with(&(VolumeOutOptions){ .volume_size = 80000, .begins_small = true });
        for (unsigned i = 0; i < 5; i++) /* of about 5000 bytes each */
                add_file(&f, (const char *[]){ "a", "b", "c", "d", "e" }[i], 4000);
        finish(&f, 2);
        AUTO_TEXT char *first = tell_volume(1);
        assert_string_equal(first, "snapshot/a:4000:4000 snapshot/b:4000:4000");
}

TEST(a_set_that_goes_on_does_not_begin_small) {
        Fixture f = begin_with(&(VolumeOutOptions){ .volume_size = 80000, .begins_small = true, .has_volumes = true });
        for (unsigned i = 0; i < 5; i++)
                add_file(&f, (const char *[]){ "a", "b", "c", "d", "e" }[i], 4000);
        finish(&f, 1);
}

TEST(chunk_out_cuts_at_65536_bytes_and_ends_with_a_shorter_chunk) {
        Fixture f = begin(UINT64_C(1) << 30);
        add_file(&f, "0", 0);
        add_file(&f, "1", 1);
        add_file(&f, "65535", 65535);
        add_file(&f, "65536", 65536);
        add_file(&f, "65537", 65537);
        add_file(&f, "131072", 131072);
        finish(&f, 1);
        assert_volume(1, "snapshot/0:0:0 snapshot/1:1:1 snapshot/65535:65535:65535 "
                         "multivol_snapshot/65536/1:65536:- multivol_snapshot/65536/2:0:65536 "
                         "multivol_snapshot/65537/1:65536:- multivol_snapshot/65537/2:1:65537 "
                         "multivol_snapshot/131072/1:65536:- multivol_snapshot/131072/2:65536:- "
                         "multivol_snapshot/131072/3:0:131072");
        assert_positions("0/-1..131072/-1");
}

TEST(chunk_out_knows_what_can_be_dropped_without_a_trace) {
        Fixture f = begin(UINT64_C(1) << 30);
        Entry entry = { .type = ENTRY_FILE, .path = "a" };
        AUTO_TEXT char *content = (char *)test_random_bytes(CHUNK_OUT_SIZE, 1);
        chunk_out_begin(f.chunks, MEMBER_SNAPSHOT, &entry);
        assert_ok(chunk_out_add(f.chunks, bytes_make(content, CHUNK_OUT_SIZE - 1)));
        assert_true(chunk_out_is_unwritten(f.chunks));
        entry.path = "b"; /* "a" is dropped */
        chunk_out_begin(f.chunks, MEMBER_SNAPSHOT, &entry);
        assert_ok(chunk_out_add(f.chunks, bytes_make(content, CHUNK_OUT_SIZE)));
        assert_false(chunk_out_is_unwritten(f.chunks));
        assert_ok(chunk_out_finish(f.chunks, &(ChunkEnd){ .content_size = CHUNK_OUT_SIZE, .is_incomplete = true }));
        finish(&f, 1);
        assert_volume(1, "multivol_snapshot/b/1:65536:- multivol_snapshot/b/2:0:65536");
}

TEST(chunk_out_marks_the_last_member_only) {
        Fixture f = begin(UINT64_C(1) << 30);
        Entry entry = { .type = ENTRY_FILE, .path = "a" };
        uint8_t sha256[DIGEST_SHA256_SIZE] = { 1, 2, 3 };
        AUTO_TEXT char *content = (char *)test_random_bytes(CHUNK_OUT_SIZE, 1);
        chunk_out_begin(f.chunks, MEMBER_DIFF, &entry);
        assert_ok(writer_write(chunk_out_writer(f.chunks), bytes_make(content, CHUNK_OUT_SIZE)));
        assert_ok(
                chunk_out_finish(f.chunks, &(ChunkEnd){ .content_size = 9, .sha256 = sha256, .is_incomplete = true }));
        finish(&f, 1);
        const TarMember *member;
        AUTO(tar_reader_close)
        TarReader *tar = tar_reader_open(stream_read_bytes(memory_storage_content(memory_storage_find("vol1.difftar"))),
                                         "volume");
        assert_ok(tar_reader_next(tar, &member));
        assert_string_equal(member->name, "multivol_diff/a/1");
        assert_false(member->has_sha256 || member->is_incomplete);
        assert_ok(tar_reader_next(tar, &member));
        assert_string_equal(member->name, "multivol_diff/a/2");
        assert_true(member->has_sha256 && member->is_incomplete);
        assert_memory_equal(member->sha256, sha256, sizeof sha256);
}

TEST(volume_out_closes_a_volume_before_it_would_be_too_large) {
        enum { TWO_FILES = 2 * (TAR_BLOCK + 1024) };
        Fixture f = begin(TWO_FILES);
        add_file(&f, "a", 1000); /* with header and padding 1536 bytes */
        add_file(&f, "b", 1024); /* fills the volume to the last byte */
        add_file(&f, "c", 1025);
        add_file(&f, "d", 513);
        finish(&f, 3);
        assert_volume(1, "snapshot/a:1000:1000 snapshot/b:1024:1024");
        assert_volume(2, "snapshot/c:1025:1025");
        assert_volume(3, "snapshot/d:513:513");
        assert_positions("a/-1..b/-1 c/-1..c/-1 d/-1..d/-1");
}

TEST(volume_out_spreads_a_file_over_volumes_and_says_which_chunks_they_hold) {
        Fixture f = begin(2 * (CHUNK_OUT_SIZE + TAR_BLOCK));
        add_file(&f, "a", 10);
        add_file(&f, "b", 3 * CHUNK_OUT_SIZE);
        add_file(&f, "c", 10);
        finish(&f, 3);
        assert_positions("a/-1..b/1 b/2..b/3 b/-1..c/-1");
        assert_volume(1, "snapshot/a:10:10 multivol_snapshot/b/1:65536:-");
        assert_volume(2, "multivol_snapshot/b/2:65536:- multivol_snapshot/b/3:65536:-");
        assert_volume(3, "multivol_snapshot/b/4:0:196608 snapshot/c:10:10");
}

TEST(volume_out_takes_a_member_that_is_larger_than_a_volume) {
        Fixture f = begin(1);
        add_file(&f, "a", 5000);
        add_file(&f, "b", CHUNK_OUT_SIZE);
        finish(&f, 3);
        assert_positions("a/-1..a/-1 b/1..b/1 b/-1..b/-1");
}

TEST(volume_out_gives_a_set_without_changes_one_empty_volume) {
        Fixture f = begin(1000);
        finish(&f, 1);
        assert_volume(1, "");
        assert_positions("/-1../-1");
}

/* ---- chunks that are stored already ---- */

static char large[3 * CHUNK_OUT_SIZE + 1000];
static const Entry large_entry = { .type = ENTRY_FILE, .path = "large" };

/* What is known once the first two chunks of the file have been written, its payload beginning with FIRST. */
static CheckpointCut cut_after_two_chunks(Fixture *f, char first) {
        CheckpointCut cut;
        large[0] = first;
        chunk_out_begin(f->chunks, MEMBER_SNAPSHOT, &large_entry);
        assert_ok(chunk_out_add(f->chunks, bytes_make(large, 2 * CHUNK_OUT_SIZE)));
        chunk_out_describe(f->chunks, &cut);
        return cut;
}

static Error *write_expecting(Fixture *f, MemberKind kind, size_t length, const CheckpointCut *cut) {
        chunk_out_expect(f->chunks, cut);
        assert_true(chunk_out_is_expecting(f->chunks));
        chunk_out_begin(f->chunks, kind, &large_entry);
        TRY(chunk_out_add(f->chunks, bytes_make(large, length)));
        return chunk_out_finish(f->chunks, &(ChunkEnd){ .content_size = length });
}

static void expect_mismatch(Fixture *f, MemberKind kind, size_t length, const CheckpointCut *cut) {
        Error *error = write_expecting(f, kind, length, cut);
        assert_error(error, ERROR_CORRUPT, "the first chunks of 'large' are not those that are stored");
        assert_true(chunk_out_is_expecting(f->chunks));
}

TEST(chunk_out_drops_the_chunks_that_are_stored_already) {
        Fixture f = begin(1 << 30);
        CheckpointCut cut = cut_after_two_chunks(&f, 'a'), all;
        assert_int_equal(cut.chunks, 2);
        assert_int_equal(cut.kind, MEMBER_SNAPSHOT);
        assert_ok(write_expecting(&f, MEMBER_SNAPSHOT, sizeof large, &cut));
        assert_false(chunk_out_is_expecting(f.chunks));
        assert_int_equal(chunk_out_payload_length(f.chunks), sizeof large);
        chunk_out_describe(f.chunks, &all);
        assert_int_equal(all.chunks, 4);
        finish(&f, 1);
        AUTO_TEXT char *text = tell_volume(1);
        assert_string_equal(text, "multivol_snapshot/large/1:65536:- multivol_snapshot/large/2:65536:- "
                                  "multivol_snapshot/large/3:65536:- multivol_snapshot/large/4:1000:197608");
}

TEST(chunk_out_refuses_chunks_that_are_not_those_expected) {
        Fixture f = begin(1 << 30);
        CheckpointCut cut = cut_after_two_chunks(&f, 'a'), same = cut_after_two_chunks(&f, 'a');
        assert_int_equal(same.payload_crc, cut.payload_crc);
        CheckpointCut other = cut_after_two_chunks(&f, 'b');
        assert_true(other.payload_crc != cut.payload_crc);
        expect_mismatch(&f, MEMBER_SNAPSHOT, sizeof large, &cut); /* another content */
        large[0] = 'a';
        expect_mismatch(&f, MEMBER_DIFF, sizeof large, &cut);
        expect_mismatch(&f, MEMBER_SNAPSHOT, 2 * CHUNK_OUT_SIZE - 1, &cut); /* too short */
        expect_mismatch(&f, MEMBER_SNAPSHOT, 10, &cut);
        assert_ok(write_expecting(&f, MEMBER_SNAPSHOT, 2 * CHUNK_OUT_SIZE, &cut)); /* an empty chunk follows */
        finish(&f, 1);
}
