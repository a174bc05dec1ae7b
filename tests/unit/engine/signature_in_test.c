#include "engine/signature_in.h"

#include "support/test.h"

static Buffer archive;

/* A member called NAME with PAYLOAD; a folder where NAME ends in '/'. */
static void add(const char *name, Bytes payload) {
        bool is_folder = bytes_end_with(bytes_of(name), "/");
        TarMember member = {
                .type = is_folder ? TAR_FOLDER : TAR_FILE, .name = name, .size = payload.length, .modified = 1000
        };
        AUTO(writer_abandon) Writer *out = stream_write_buffer(&archive);
        assert_ok(tar_write_member(out, &member, payload));
}

static SignatureIn *begin(size_t skipped) {
        buffer_add_zeros(&archive, 2 * TAR_BLOCK);
        return signature_in_open(stream_read_bytes(buffer_bytes(&archive)), "the archive", skipped);
}

static const char empty_signature[] = "\x72\x73\x01\x36\x00\x00\x02\x00\x00\x00\x00\x08";

/* A signature of COUNT blocks of 512 bytes. */
static void add_signature(const char *name, size_t count) {
        AUTO_VALUE(buffer_clear) Buffer signature = { .data = NULL };
        buffer_add(&signature, bytes_make(empty_signature, 12));
        for (size_t i = 0; i < count * 12; i++)
                buffer_add_byte(&signature, (uint8_t)i);
        add(name, buffer_bytes(&signature));
}

TEST(signature_in_tells_each_path_and_what_is_known_of_it) {
        const SignatureMember *member;
        Recorded recorded;
        buffer_clear(&archive);
        add("snapshot/", bytes_of(""));
        add_signature("signature/a", 0);
        add_signature("signature/b", 3);
        add("deleted/c", bytes_of(""));
        add("signature/d", bytes_of("nonsense"));
        add("snapshot/e", bytes_of(""));
        AUTO(signature_in_close) SignatureIn *in = begin(0);
        static const struct {
                const char *path;
                MemberKind kind;
                bool has_signature;
                SizeRange size;
        } expected[] = {
                { "", MEMBER_SNAPSHOT, false, { 0, 0 } },
                { "a", MEMBER_SIGNATURE, true, { 0, 0 } },
                { "b", MEMBER_SIGNATURE, true, { 1025, 1536 } },
                { "c", MEMBER_DELETED, false, { 0, 0 } },
                { "d", MEMBER_SIGNATURE, false, { 0, ENTRY_SIZE_UNKNOWN } },
                { "e", MEMBER_SNAPSHOT, false, { 0, ENTRY_SIZE_UNKNOWN } },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(expected); i++) {
                assert_ok(signature_in_next(in, &member));
                assert_string_equal(member->path, expected[i].path);
                assert_int_equal(member->kind, expected[i].kind);
                if (member->kind == MEMBER_DELETED)
                        continue;
                assert_ok(signature_in_describe(in, &recorded));
                assert_string_equal(recorded.entry.path, expected[i].path);
                assert_int_equal(recorded.has_signature, expected[i].has_signature);
                assert_int_equal(recorded.size.least, expected[i].size.least);
                assert_true(recorded.size.most == expected[i].size.most);
        }
        assert_ok(signature_in_next(in, &member));
        assert_null(member);
}

TEST(signature_in_prefers_a_recorded_size) {
        const SignatureMember *member;
        Recorded recorded;
        buffer_clear(&archive);
        TarMember header = { .type = TAR_FILE, .name = "signature/a", .size = 12, .has_record = true, .content_size = 7 };
        AUTO(writer_abandon) Writer *out = stream_write_buffer(&archive);
        assert_ok(tar_write_member(out, &header, bytes_make(empty_signature, 12)));
        AUTO(signature_in_close) SignatureIn *in = begin(0);
        assert_ok(signature_in_next(in, &member));
        assert_ok(signature_in_describe(in, &recorded));
        assert_int_equal(recorded.size.least, 7);
        assert_int_equal(recorded.size.most, 7);
}

TEST(signature_in_digests_the_whole_payload_described_or_not) {
        uint8_t first[DIGEST_SHA256_SIZE], second[DIGEST_SHA256_SIZE], expected[DIGEST_SHA256_SIZE];
        const SignatureMember *member;
        Recorded recorded;
        buffer_clear(&archive);
        add_signature("signature/a", 2);
        add_signature("signature/b", 2);
        digest_once(DIGEST_SHA256, bytes_make(archive.data + TAR_BLOCK, 36), expected);
        AUTO(signature_in_close) SignatureIn *in = begin(0);
        assert_ok(signature_in_next(in, &member));
        assert_ok(signature_in_describe(in, &recorded));
        assert_ok(signature_in_digest(in, first));
        assert_ok(signature_in_next(in, &member));
        assert_ok(signature_in_digest(in, second));
        assert_memory_equal(first, expected, sizeof expected);
        assert_memory_equal(second, expected, sizeof expected);
}

TEST(signature_in_passes_over_what_stands_before_the_names) {
        const SignatureMember *member;
        buffer_clear(&archive);
        add("0042 snapshot/b", bytes_of(""));
        AUTO(signature_in_close) SignatureIn *in = begin(5);
        assert_ok(signature_in_next(in, &member));
        assert_string_equal(member->path, "b");
        assert_string_equal(member->header->name, "0042 snapshot/b");
}

TEST(signature_in_refuses_disorder_and_nonsense) {
        static const struct {
                const char *first, *second, *text;
        } cases[] = {
                { "snapshot/b", "snapshot/a", "'the archive' is out of order at 'a'" },
                { "snapshot/a", "deleted/a", "out of order at 'a'" },
                { "snapshot/a!", "snapshot/a/x", "out of order" },
                { "snapshot/a", "elsewhere/b", "the archive" },
                { "snapshot/a", "snapshot/../b", "the archive" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                const SignatureMember *member;
                buffer_clear(&archive);
                add(cases[i].first, bytes_of(""));
                add(cases[i].second, bytes_of(""));
                AUTO(signature_in_close) SignatureIn *in = begin(0);
                assert_ok(signature_in_next(in, &member));
                assert_error(signature_in_next(in, &member), ERROR_CORRUPT, cases[i].text);
        }
}

TEST(signature_in_notices_an_early_end) {
        const SignatureMember *member;
        Recorded recorded;
        buffer_clear(&archive);
        add_signature("signature/a", 0);
        buffer_truncate(&archive, TAR_BLOCK + 5);
        AUTO(signature_in_close) SignatureIn *in =
                signature_in_open(stream_read_bytes(buffer_bytes(&archive)), "the archive", 0);
        assert_ok(signature_in_next(in, &member));
        assert_error(signature_in_describe(in, &recorded), ERROR_CORRUPT, "the archive");
        buffer_clear(&archive);
}
