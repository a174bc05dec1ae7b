#include "codec/tar.h"

#include "base/memory.h"
#include "support/test.h"

/* --- writing --- */

/* What most members of tests/data/tar/make.py have. */
#define PLAIN                                                                                                          \
        .type = TAR_FILE, .mode = 0644, .uid = 1000, .gid = 100, .modified = 1700000000, .user = "alice",              \
        .group = "users"

#define N10 "nnnnnnnnnn"
#define N100 N10 N10 N10 N10 N10 N10 N10 N10 N10 N10
#define L10 "llllllllll"
#define L100 L10 L10 L10 L10 L10 L10 L10 L10 L10 L10
#define G33 "ggggggggggggggggggggggggggggggggg"

static char *deep_folder(int depth) {
        Buffer name = { .data = NULL };
        buffer_add_text(&name, "snapshot/");
        for (int i = 0; i < depth; i++)
                buffer_add_text(&name, "d/");
        return buffer_detach(&name);
}

/* The members of pax.tar, in its order. */
static size_t pax_members(TarMember members[32], char *deep[2]) {
        size_t n = 0;
        deep[0] = deep_folder(496);
        deep[1] = deep_folder(497);
#define ADD(...) members[n++] = (TarMember){ PLAIN, __VA_ARGS__ }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
        ADD(.name = "snapshot/a");
        ADD(.name = "snapshot/folder/", .type = TAR_FOLDER, .mode = 041755);
        ADD(.name = "snapshot/link", .type = TAR_LINK, .mode = 0777, .target = "to/where");
        ADD(.name = "snapshot/fifo", .type = TAR_FIFO, .user = NULL, .group = NULL);
        ADD(.name = "snapshot/null", .type = TAR_CHAR_DEVICE, .major = 1, .minor = 3);
        ADD(.name = "snapshot/disk", .type = TAR_BLOCK_DEVICE, .major = 259, .minor = 1048575);
        members[n++] = (TarMember){ .type = TAR_FILE, .name = "deleted/gone" };
        ADD(.name = N100);
        ADD(.name = N100 "n");
        ADD(.name = "snapshot/h\xc3\xa9llo-\xc3\xbcn\xc3\xaf");
        ADD(.name = N10 N10 N10 N10 N10 N10 N10 N10 N10 "nnnnnnnnn\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
        ADD(.name = "snapshot/\xff\xe2\x82x\xed\xa0\x80", .type = TAR_LINK, .target = L100 "l",
            .user = "j\xc3\xbcrgen");
        ADD(.name = "snapshot/latin", .type = TAR_LINK, .target = "caf\xe9", .group = G33);
        ADD(.name = "snapshot/owner", .user = "uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu",
            .group = "gggggggggggggggggggggggggggggggg", .uid = 07777777, .gid = 010000000);
        ADD(.name = "snapshot/ids", .uid = 4294967295, .gid = 2500000);
        ADD(.name = "snapshot/late", .modified = 077777777777);
        ADD(.name = "snapshot/later", .modified = 0100000000000);
        ADD(.name = "snapshot/early", .modified = -1);
        ADD(.name = deep[0], .type = TAR_FOLDER);
        ADD(.name = deep[1], .type = TAR_FOLDER);
        ADD(.name = "snapshot/large", .size = 077777777777 + UINT64_C(1));
#pragma GCC diagnostic pop
#undef ADD
        return n;
}

TEST(headers_are_pythons_byte_for_byte) {
        TarMember members[32];
        char *deep[2];
        size_t count = pax_members(members, deep), length, done = 0;
        char *expected = test_read_file(test_data("tar/pax.tar"), &length);
        for (size_t i = 0; i < count; i++) {
                Buffer out = { .data = NULL };
                tar_print_header(&members[i], &out);
                assert_bytes_equal(buffer_bytes(&out), bytes_slice(bytes_make(expected, length), done, out.length));
                done += out.length;
                buffer_clear(&out);
        }
        assert_int_equal(done, length);
        free(expected);
        memory_free(deep[0]);
        memory_free(deep[1]);
}

TEST(our_record_lies_in_the_last_twelve_bytes_and_the_checksum_knows) {
        Buffer plain = { .data = NULL }, ours = { .data = NULL };
        TarMember member = { PLAIN, .name = "snapshot/a" };
        tar_print_header(&member, &plain);
        member.has_record = true;
        member.content_size = 0x01020304050607;
        member.nanoseconds = 0x11223344;
        tar_print_header(&member, &ours);
        assert_int_equal(ours.length, TAR_BLOCK);
        assert_memory_equal(plain.data, ours.data, 148);
        assert_memory_equal(plain.data + 156, ours.data + 156, 500 - 156);
        assert_memory_equal(ours.data + 500, "\xC1\x01\x02\x03\x04\x05\x06\x07\x11\x22\x33\x44", 12);
        unsigned long before = strtoul(plain.data + 148, NULL, 8), after = strtoul(ours.data + 148, NULL, 8);
        assert_int_equal(after - before, 0xC1 + 1 + 2 + 3 + 4 + 5 + 6 + 7 + 0x11 + 0x22 + 0x33 + 0x44);
        buffer_truncate(&ours, 0);
        member.type = TAR_FOLDER;
        tar_print_header(&member, &ours);
        assert_true(bytes_are_zero(bytes_make(ours.data + 500, 12)));
        buffer_clear(&plain);
        buffer_clear(&ours);
}

TEST(our_pax_records_have_the_documented_form) {
        static const char expected[] =
                "90 CHARMDUPLICITY.sha256=abababababababababababababababababababababababababababababababab\n"
                "31 CHARMDUPLICITY.incomplete=1\n";
        Buffer out = { .data = NULL };
        TarMember member = { PLAIN, .name = "diff/a", .has_sha256 = true, .is_incomplete = true };
        memset(member.sha256, 0xAB, sizeof member.sha256);
        tar_print_header(&member, &out);
        assert_int_equal(out.length, 3 * TAR_BLOCK);
        assert_memory_equal(out.data, "././@PaxHeader", 15);
        assert_int_equal(out.data[156], 'x');
        assert_memory_equal(out.data + TAR_BLOCK, expected, sizeof expected);
        buffer_clear(&out);
}

TEST(a_buffer_with_a_ceiling_overflows_without_harm) {
        TarMember member = { PLAIN, .name = N100 "n", .is_incomplete = true };
        for (size_t ceiling = 1; ceiling < 3 * TAR_BLOCK; ceiling += 7) {
                Buffer out;
                buffer_init(&out, ceiling);
                tar_print_header(&member, &out);
                assert_true(out.overflowed);
                buffer_clear(&out);
        }
}

TEST(a_written_member_is_padded_to_whole_blocks) {
        static const size_t sizes[] = { 0, 1, 511, 512, 513, 65536 };
        uint8_t *content = test_random_bytes(65536, 2);
        for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
                Buffer out = { .data = NULL };
                Writer *writer = stream_write_buffer(&out);
                TarMember member = { PLAIN, .name = "snapshot/a", .size = sizes[i] };
                assert_ok(tar_write_member(writer, &member, bytes_make(content, sizes[i])));
                assert_int_equal(out.length, TAR_BLOCK + (sizes[i] + 511) / 512 * 512);
                assert_bytes_equal(bytes_make(out.data + TAR_BLOCK, sizes[i]), bytes_make(content, sizes[i]));
                assert_true(bytes_are_zero(bytes_slice(buffer_bytes(&out), TAR_BLOCK + sizes[i], SIZE_MAX)));
                writer_abandon(writer);
                buffer_clear(&out);
        }
        memory_free(content);
}

TEST(the_end_fills_up_to_a_multiple_of_10240) {
        static const uint64_t sizes[] = { 0, 512, 9216, 9728, 10240, 20480, UINT64_C(5368709120000) };
        for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
                Buffer out = { .data = NULL };
                Writer *writer = stream_write_buffer(&out);
                assert_ok(tar_write_end(writer, sizes[i]));
                assert_true(out.length >= 1024 && out.length < 1024 + 10240);
                assert_int_equal((sizes[i] + out.length) % 10240, 0);
                assert_true(bytes_are_zero(buffer_bytes(&out)));
                writer_abandon(writer);
                buffer_clear(&out);
        }
}

/* --- reading --- */

static void assert_text_equal(const char *a, const char *b) {
        assert_int_equal(a == NULL, b == NULL);
        if (a)
                assert_string_equal(a, b);
}

static void assert_same_member(const TarMember *got, const TarMember *wanted) {
        assert_int_equal(got->type, wanted->type);
        assert_text_equal(got->name, wanted->name);
        assert_text_equal(got->target, wanted->target);
        assert_int_equal(got->size, wanted->size);
        assert_true(got->modified == wanted->modified);
        assert_int_equal(got->mode, wanted->mode & 07777);
        assert_int_equal(got->uid, wanted->uid);
        assert_int_equal(got->gid, wanted->gid);
        assert_text_equal(got->user, wanted->user);
        assert_text_equal(got->group, wanted->group);
        assert_int_equal(got->major, wanted->major);
        assert_int_equal(got->minor, wanted->minor);
        assert_int_equal(got->has_record, wanted->has_record);
        assert_int_equal(got->content_size, wanted->content_size);
        assert_int_equal(got->nanoseconds, wanted->nanoseconds);
        assert_int_equal(got->has_sha256, wanted->has_sha256);
        assert_memory_equal(got->sha256, wanted->sha256, sizeof got->sha256);
        assert_int_equal(got->is_incomplete, wanted->is_incomplete);
}

static TarReader *open_bytes(Bytes bytes) {
        return tar_reader_open(stream_read_bytes(bytes), "v");
}

static const TarMember *next_member(TarReader *reader) {
        const TarMember *member = NULL;
        assert_ok(tar_reader_next(reader, &member));
        return member;
}

/* Everything we understand, in one go. ERROR_NONE when BYTES are a sound archive. */
static Error *read_archive(Bytes bytes, size_t *ret_count) {
        AUTO(tar_reader_close) TarReader *reader = open_bytes(bytes);
        const TarMember *member = NULL;
        *ret_count = 0;
        TRY(tar_reader_next(reader, &member));
        while (member) {
                ++*ret_count;
                TRY(tar_reader_next(reader, &member));
        }
        return NULL;
}

/* Makes the checksum of the block at AT right again. */
static void seal(uint8_t *at) {
        unsigned sum = 0;
        memset(at + 148, ' ', 8);
        for (size_t i = 0; i < TAR_BLOCK; i++)
                sum += at[i];
        snprintf((char *)at + 148, 8, "%06o", sum);
}

TEST(what_python_wrote_is_read_back_as_it_was) {
        TarMember members[32];
        char *deep[2];
        size_t count = pax_members(members, deep), length;
        char *archive = test_read_file(test_data("tar/pax.tar"), &length);
        TarReader *reader = open_bytes(bytes_make(archive, length));
        for (size_t i = 0; i < count; i++)
                assert_same_member(next_member(reader), &members[i]);
        const TarMember *member;
        assert_error(tar_reader_next(reader, &member), ERROR_CORRUPT, "'v' is damaged at byte");
        tar_reader_close(reader);
        free(archive);
        memory_free(deep[0]);
        memory_free(deep[1]);
}

TEST(gnu_long_names_and_base_256_numbers_are_understood) {
        size_t length;
        char *archive = test_read_file(test_data("tar/gnu.tar"), &length), target[601];
        memset(target, 't', 600);
        target[600] = '\0';
        TarReader *reader = open_bytes(bytes_make(archive, length));
        TarMember plain = { PLAIN, .name = N100 };
        assert_same_member(next_member(reader), &plain);
        plain.name = N100 "n";
        assert_same_member(next_member(reader), &plain);
        TarMember link = plain;
        link.type = TAR_LINK;
        link.name = L100 L100 L100;
        link.target = target;
        assert_same_member(next_member(reader), &link);
        TarMember ids = plain;
        ids.name = "snapshot/ids";
        ids.uid = 4294967295;
        ids.gid = 2097152;
        assert_same_member(next_member(reader), &ids);
        TarMember early = plain;
        early.name = "snapshot/early";
        early.modified = -86401;
        assert_same_member(next_member(reader), &early);
        TarMember latin = plain;
        latin.name = "snapshot/caf\xe9";
        latin.modified = 0100000000000;
        assert_same_member(next_member(reader), &latin);
        TarMember large = plain;
        large.name = "snapshot/large";
        large.size = 077777777777 + UINT64_C(1);
        assert_same_member(next_member(reader), &large);
        tar_reader_close(reader);
        free(archive);
}

TEST(the_prefix_belongs_to_the_name_in_posix_headers_only) {
        size_t length;
        char *archive = test_read_file(test_data("tar/ustar.tar"), &length);
        TarReader *reader = open_bytes(bytes_make(archive, length));
        const TarMember *member = next_member(reader);
        assert_int_equal(strlen(member->name), 155 + 1 + 100);
        assert_int_equal(member->name[154], 'p');
        assert_string_equal(member->name + 155, "/" N100);
        assert_string_equal(next_member(reader)->name, "short");
        assert_null(next_member(reader));
        tar_reader_close(reader);
        memcpy(archive + 257, "ustar  ", 8);
        seal((uint8_t *)archive);
        reader = open_bytes(bytes_make(archive, length));
        assert_string_equal(next_member(reader)->name, N100);
        tar_reader_close(reader);
        free(archive);
}

/* A sound plain header to be changed by tests. */
static void make_block(uint8_t block[TAR_BLOCK], const TarMember *member) {
        Buffer out = { .data = NULL };
        tar_print_header(member, &out);
        assert_int_equal(out.length, TAR_BLOCK);
        memcpy(block, out.data, TAR_BLOCK);
        buffer_clear(&out);
}

/* Reads the only member of the archive BLOCK. */
static Error *read_block(uint8_t block[TAR_BLOCK], void (*check)(const TarMember *member)) {
        AUTO(tar_reader_close) TarReader *reader = open_bytes(bytes_make(block, TAR_BLOCK));
        const TarMember *member;
        TRY(tar_reader_next(reader, &member));
        if (check)
                check(member);
        return NULL;
}

static void is_file(const TarMember *member) {
        assert_int_equal(member->type, TAR_FILE);
}

static void is_folder(const TarMember *member) {
        assert_int_equal(member->type, TAR_FOLDER);
        assert_string_equal(member->name, "snapshot/a/");
}

TEST(headers_from_before_posix_are_read) {
        uint8_t block[TAR_BLOCK];
        make_block(block, &(TarMember){ PLAIN, .name = "snapshot/a" });
        block[156] = '\0';
        memset(block + 257, 0, TAR_BLOCK - 257);
        seal(block);
        assert_ok(read_block(block, is_file));
        block[10] = '/';
        seal(block);
        assert_ok(read_block(block, is_folder));
}

static void has_negative_sum(const TarMember *member) {
        assert_string_equal(member->name, "snapshot/\xe9");
}

TEST(a_checksum_of_signed_bytes_is_accepted) {
        uint8_t block[TAR_BLOCK];
        int sum = 0;
        make_block(block, &(TarMember){ PLAIN, .name = "snapshot/a" });
        block[9] = 0xE9;
        memset(block + 148, ' ', 8);
        for (size_t i = 0; i < TAR_BLOCK; i++)
                sum += (int8_t)block[i];
        snprintf((char *)block + 148, 8, "%06o", (unsigned)sum);
        assert_ok(read_block(block, has_negative_sum));
}

TEST(a_wrong_checksum_is_damage) {
        uint8_t block[TAR_BLOCK];
        make_block(block, &(TarMember){ PLAIN, .name = "snapshot/a" });
        for (size_t i = 0; i < TAR_BLOCK; i += 5) {
                if (i >= 148 && i < 156)
                        continue;
                block[i] ^= 1;
                assert_error(read_block(block, NULL), ERROR_CORRUPT,
                             "'v' is damaged at byte 0: not a tar header");
                block[i] ^= 1;
        }
        assert_ok(read_block(block, is_file));
}

TEST(foreign_types_are_refused) {
        static const char types[] = { '1', '7', 'S', 'D', 'V', 'M', 'X', '8', (char)0xFF };
        uint8_t block[TAR_BLOCK];
        make_block(block, &(TarMember){ PLAIN, .name = "snapshot/a" });
        for (size_t i = 0; i < sizeof types; i++) {
                block[156] = (uint8_t)types[i];
                seal(block);
                assert_error(read_block(block, NULL), ERROR_CORRUPT, "entries of type 0x");
        }
}

static void has_odd_numbers(const TarMember *member) {
        assert_int_equal(member->mode, 0755);
        assert_int_equal(member->uid, 0);
        assert_int_equal(member->gid, 7);
        assert_true(member->modified == INT64_C(0777777777777));
}

TEST(number_fields_may_have_blanks_and_fill_the_whole_field) {
        uint8_t block[TAR_BLOCK];
        make_block(block, &(TarMember){ PLAIN, .name = "snapshot/a" });
        memcpy(block + 100, "100755 ", 8);
        memset(block + 108, 0, 8);
        memcpy(block + 116, "     7 \0", 8);
        memset(block + 136, '7', 12);
        seal(block);
        assert_ok(read_block(block, has_odd_numbers));
}

TEST(bad_numbers_are_damage) {
        static const struct {
                size_t at;
                char value[12 + 1];
                const char *complaint;
        } cases[] = {
                { 100, "0000648", "'mode'" },
                { 108, "12x4567", "'uid'" },
                { 116, "-000001", "'gid'" },
                { 124, "0x0000000", "'size'" },
                { 136, "+0000000", "'modified'" },
                { 108, "\x80\x00\x00\x01\x00\x00\x00\x00", "the number in the field 'uid' is out of range" },
                { 108, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", "the number in the field 'uid' is out of range" },
                { 124, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", "the field 'size' is out of range" },
                { 124, "\x80\x01\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00", "bad number in the field 'size'" },
                { 136, "\x80\x01\x01\x01\x80\x00\x00\x00\x00\x00\x00\x00", "bad number in the field 'modified'" },
                { 136, "\xFF\xFF\xFF\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", "bad number in the field 'modified'" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                uint8_t block[TAR_BLOCK];
                make_block(block, &(TarMember){ PLAIN, .name = "snapshot/a" });
                memcpy(block + cases[i].at, cases[i].value, cases[i].at < 124 ? 8 : 12);
                seal(block);
                assert_error(read_block(block, NULL), ERROR_CORRUPT, cases[i].complaint);
        }
}

static void has_no_record(const TarMember *member) {
        assert_false(member->has_record);
        assert_int_equal(member->content_size, 0);
        assert_int_equal(member->nanoseconds, 0);
}

static void has_record(const TarMember *member) {
        assert_true(member->has_record);
        assert_int_equal(member->content_size, UINT64_C(0xFFFFFFFFFFFFFF));
        assert_int_equal(member->nanoseconds, 999999999);
}

TEST(our_record_is_recognised_only_when_all_of_it_is_right) {
        uint8_t block[TAR_BLOCK], changed[TAR_BLOCK];
        make_block(block, &(TarMember){ PLAIN, .name = "a", .has_record = true, .content_size = 0xFFFFFFFFFFFFFF,
                                        .nanoseconds = 999999999 });
        assert_ok(read_block(block, has_record));
        static const struct {
                size_t at;
                uint8_t value;
        } cases[] = {
                { 500, 0xC2 }, { 500, 0 }, { 508, 0x7B }, { 511, 0 /* of 3B9AC9FF */ }, { 262, ' ' }, { 156, '5' },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                memcpy(changed, block, TAR_BLOCK);
                changed[cases[i].at] = cases[i].value;
                if (cases[i].at == 511)
                        changed[510] = 0xCA; /* 1,000,000,000 */
                seal(changed);
                assert_ok(read_block(changed, has_no_record));
        }
}

TEST(members_with_everything_of_ours_survive) {
        AUTO_VALUE(buffer_clear) Buffer out = { .data = NULL };
        Writer *writer = stream_write_buffer(&out);
        TarMember members[] = {
                { PLAIN, .name = "diff/\xff", .size = 3, .has_record = true, .content_size = 5, .nanoseconds = 7,
                  .has_sha256 = true, .sha256 = { 1, 2, 3, [31] = 255 }, .is_incomplete = true },
                { PLAIN, .name = "snapshot/b" },
                { PLAIN, .name = "snapshot/c" },
                { PLAIN, .name = "snapshot/d", .is_incomplete = true },
                { PLAIN, .name = "" },
        };
        members[1].modified = INT64_MIN;
        members[2].modified = INT64_MAX;
        for (size_t i = 0; i < ARRAY_LENGTH(members); i++)
                assert_ok(tar_write_member(writer, &members[i], bytes_make("abc", members[i].size)));
        assert_ok(tar_write_end(writer, out.length));
        writer_abandon(writer);
        TarReader *reader = open_bytes(buffer_bytes(&out));
        for (size_t i = 0; i < ARRAY_LENGTH(members); i++)
                assert_same_member(next_member(reader), &members[i]);
        assert_null(next_member(reader));
        assert_null(next_member(reader));
        tar_reader_close(reader);
}

/* --- extended headers --- */

static void print_extension(Buffer *out, char type, Bytes content) {
        TarMember header = { .type = (TarType)type, .name = "././@PaxHeader", .size = content.length };
        tar_print_header(&header, out);
        buffer_add(out, content);
        buffer_add_zeros(out, tar_padding(content.length));
}

static void print_file(Buffer *out) {
        tar_print_header(&(TarMember){ PLAIN, .name = "snapshot/a" }, out);
}

/* Adds a record whose length is right (the caller keeps it below 100 bytes). */
static void add_record(Buffer *out, const char *text) {
        size_t length = strlen(text) + 3;
        buffer_print(out, "%zu %s\n", length + (length > 9), text);
}

/* Reads the file that follows an extended header of TYPE. */
static Error *read_extended(Buffer *archive, char type, Bytes content, TarReader **ret_reader,
                            const TarMember **ret_member) {
        print_extension(archive, type, content);
        print_file(archive);
        *ret_reader = open_bytes(buffer_bytes(archive));
        return tar_reader_next(*ret_reader, ret_member);
}

TEST(pax_times_are_rounded_down_to_seconds) {
        static const struct {
                const char *record;
                int64_t seconds;
        } cases[] = {
                { "mtime=5", 5 },
                { "mtime=5.9", 5 },
                { "mtime=5.", 5 },
                { "mtime=-5.0", -5 },
                { "mtime=-5.1", -6 },
                { "mtime=-0.5", -1 },
                { "mtime=-0", 0 },
                { "mtime=-9223372036854775808", INT64_MIN },
                { "mtime=-9223372036854775807.5", INT64_MIN },
                { "mtime=9223372036854775807", INT64_MAX },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                AUTO_VALUE(buffer_clear) Buffer records = { .data = NULL };
                AUTO_VALUE(buffer_clear) Buffer archive = { .data = NULL };
                AUTO(tar_reader_close) TarReader *reader = NULL;
                const TarMember *member;
                add_record(&records, cases[i].record);
                assert_ok(read_extended(&archive, 'x', buffer_bytes(&records), &reader, &member));
                assert_true(member->modified == cases[i].seconds);
        }
}

TEST(unknown_pax_keys_are_ignored_and_the_last_of_two_wins) {
        static const char *const texts[] = {
                "path=first", "LIBARCHIVE.x=a=b", "path=later=x", "uname=u", "gname=", "hdrcharset=BINARY",
                "comment=\n",
                "CHARMDUPLICITY.incomplete=0", "uid=77", "gid=88", "size=0",
        };
        AUTO_VALUE(buffer_clear) Buffer records = { .data = NULL };
        AUTO_VALUE(buffer_clear) Buffer archive = { .data = NULL };
        AUTO(tar_reader_close) TarReader *reader = NULL;
        const TarMember *member;
        for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
                add_record(&records, texts[i]);
        assert_ok(read_extended(&archive, 'x', buffer_bytes(&records), &reader, &member));
        TarMember wanted = { PLAIN, .name = "later=x" };
        wanted.user = "u";
        wanted.group = NULL;
        wanted.uid = 77;
        wanted.gid = 88;
        assert_same_member(member, &wanted);
}

TEST(bad_pax_values_are_damage) {
        static const char *const cases[] = {
                "uid=-33", "uid=", "uid=5 ", "uid=x", "gid=1.5", "size=9223372036854775808", "size=-1",
                "mtime=-9223372036854775809", "mtime=-9223372036854775808.5", "mtime=9223372036854775808", "mtime=1x",
                "mtime=1.2.3", "mtime=-", "mtime=", "mtime=.5", "mtime=1e5", "CHARMDUPLICITY.sha256=ab",
        };
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                AUTO_VALUE(buffer_clear) Buffer records = { .data = NULL };
                AUTO_VALUE(buffer_clear) Buffer archive = { .data = NULL };
                AUTO(tar_reader_close) TarReader *reader = NULL;
                const TarMember *member;
                add_record(&records, cases[i]);
                assert_error(read_extended(&archive, 'x', buffer_bytes(&records), &reader, &member), ERROR_CORRUPT,
                             "'v' is damaged at byte 0: bad value of the pax record '");
        }
}

TEST(pax_numbers_beyond_what_a_member_holds_are_damage) {
        AUTO_VALUE(buffer_clear) Buffer archive = { .data = NULL };
        AUTO(tar_reader_close) TarReader *reader = NULL;
        const TarMember *member;
        assert_error(read_extended(&archive, 'x', bytes_of("18 uid=4294967296\n"), &reader, &member), ERROR_CORRUPT,
                     "'v' is damaged at byte 1024: the number in the field 'uid' is out of range");
}

TEST(records_that_are_none_are_damage) {
        static const char *const cases[] = {
                "x", "5", "5 ", "99 path=a\n", "9 path=ab\n", "10 path=a\n9", "9 path=ab", "0 path=a\n", "2 \n",
                "3 \n", "5 =a\n", "-10 path=a\n", "8 path\n", " 10 path=a\n", "99999999999999999999999999 path=a\n",
                "18446744073709551616 a=b\n",
        };
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                AUTO_VALUE(buffer_clear) Buffer archive = { .data = NULL };
                AUTO(tar_reader_close) TarReader *reader = NULL;
                const TarMember *member;
                assert_error(read_extended(&archive, 'x', bytes_of(cases[i]), &reader, &member), ERROR_CORRUPT,
                             "'v' is damaged at byte 0: bad pax record");
        }
}

TEST(a_name_with_a_nul_inside_is_damage) {
        AUTO_VALUE(buffer_clear) Buffer archive = { .data = NULL };
        AUTO(tar_reader_close) TarReader *reader = NULL;
        const TarMember *member;
        assert_error(read_extended(&archive, 'x', bytes_make("12 path=a\0b\n", 12), &reader, &member), ERROR_CORRUPT,
                     "bad value of the pax record 'path'");
}

TEST(global_headers_are_skipped) {
        AUTO_VALUE(buffer_clear) Buffer archive = { .data = NULL };
        AUTO(tar_reader_close) TarReader *reader = NULL;
        const TarMember *member;
        assert_ok(read_extended(&archive, 'g', bytes_of("10 path=b\n not a record at all"), &reader, &member));
        assert_string_equal(member->name, "snapshot/a");
        assert_null(next_member(reader));
}

/* A name of LENGTH times 'n' as GNU's or as pax's extended header. */
static Error *read_long_name(char type, size_t length) {
        AUTO_VALUE(buffer_clear) Buffer content = { .data = NULL };
        AUTO_VALUE(buffer_clear) Buffer archive = { .data = NULL };
        AUTO(tar_reader_close) TarReader *reader = NULL;
        const TarMember *member;
        if (type == 'x')
                buffer_print(&content, "%zu path=", length + strlen("1234567 path=\n"));
        memset(buffer_reserve(&content, length), 'n', length);
        content.length += length;
        buffer_add_byte(&content, type == 'x' ? '\n' : '\0');
        TRY(read_extended(&archive, type, buffer_bytes(&content), &reader, &member));
        assert_int_equal(strlen(member->name), length);
        assert_int_equal(strspn(member->name, "n"), length);
        return NULL;
}

TEST(names_of_a_mebibyte_are_read_and_longer_ones_refused) {
        static const size_t mebibyte = 1024 * 1024;
        assert_ok(read_long_name('L', mebibyte));
        assert_ok(read_long_name('x', mebibyte));
        assert_error(read_long_name('L', mebibyte + 1), ERROR_CORRUPT, "'v' is damaged at byte 0");
        assert_error(read_long_name('x', mebibyte + 1), ERROR_CORRUPT, "'v' is damaged at byte 0");
        assert_error(read_long_name('x', 2 * mebibyte), ERROR_CORRUPT, "extended headers are too long");
}

TEST(many_extended_headers_in_a_row_do_not_eat_memory) {
        AUTO_VALUE(buffer_clear) Buffer archive = { .data = NULL };
        char *content = memory_zeroed(2 * 1024 * 1024);
        for (int i = 0; i < 3; i++)
                print_extension(&archive, 'K', bytes_make(content, 2 * 1024 * 1024));
        print_file(&archive);
        size_t count;
        assert_error(read_archive(buffer_bytes(&archive), &count), ERROR_CORRUPT, "extended headers are too long");
        memory_free(content);
}

TEST(a_gnu_name_without_nul_is_whole) {
        AUTO_VALUE(buffer_clear) Buffer archive = { .data = NULL };
        AUTO(tar_reader_close) TarReader *reader = NULL;
        const TarMember *member;
        assert_ok(read_extended(&archive, 'L', bytes_of("long"), &reader, &member));
        assert_string_equal(member->name, "long");
}

/* --- payload and ends --- */

typedef struct Probe {
        Reader base;
        Bytes left;
        size_t step;
        bool saw_end, asked_after_end, is_closed;
        const char *failure; /* in place of the end */
} Probe;

static Error *read_probe(Reader *base, void *buffer, size_t capacity, size_t *ret_length) {
        Probe *probe = (Probe *)base;
        Bytes piece = bytes_slice(probe->left, 0, MIN(capacity, probe->step));
        probe->asked_after_end |= probe->saw_end;
        probe->saw_end = piece.length == 0;
        if (probe->saw_end && probe->failure)
                return error_new(ERROR_TRANSIENT, "%s", probe->failure);
        if (piece.length)
                memcpy(buffer, piece.at, piece.length);
        probe->left = bytes_slice(probe->left, piece.length, SIZE_MAX);
        *ret_length = piece.length;
        return NULL;
}

static void close_probe(Reader *base) {
        ((Probe *)base)->is_closed = true;
}

static Probe probe_of(Bytes bytes, size_t step) {
        return (Probe){ .base = { read_probe, close_probe }, .left = bytes, .step = step };
}

static const size_t payload_sizes[] = { 0, 1, 511, 512, 513, 16384, 100000, 5, 65536, 0, 40000 };

static void print_archive(Buffer *out, const uint8_t *content) {
        Writer *writer = stream_write_buffer(out);
        for (size_t i = 0; i < ARRAY_LENGTH(payload_sizes); i++) {
                TarMember member = { PLAIN, .name = i % 2 ? N100 N100 : "snapshot/a", .size = payload_sizes[i] };
                assert_ok(tar_write_member(writer, &member, bytes_make(content + i, payload_sizes[i])));
        }
        assert_ok(tar_write_end(writer, out->length));
        writer_abandon(writer);
}

/* Reads every other payload by pieces of CAPACITY, a part of the rest, and none of some. */
static void check_archive(TarReader *reader, const uint8_t *content, size_t capacity) {
        AUTO_TEXT char *buffer = memory_zeroed(capacity);
        for (size_t i = 0; i < ARRAY_LENGTH(payload_sizes); i++) {
                const TarMember *member = next_member(reader);
                assert_int_equal(member->size, payload_sizes[i]);
                size_t done = 0, length = 1;
                while (length > 0 && i % 3 != 2 && !(i % 3 == 1 && done > 0)) {
                        assert_ok(tar_reader_read(reader, buffer, capacity, &length));
                        assert_bytes_equal(bytes_make(buffer, length), bytes_make(content + i + done, length));
                        done += length;
                }
                if (i % 3 == 0)
                        assert_int_equal(done, payload_sizes[i]);
        }
        assert_null(next_member(reader));
}

TEST(a_payload_fills_a_buffer_as_far_as_it_goes) {
        AUTO_VALUE(buffer_clear) Buffer archive = { .data = NULL };
        Writer *writer = stream_write_buffer(&archive);
        TarMember member = { PLAIN, .name = "snapshot/a", .size = 11 };
        char piece[8];
        size_t length;
        assert_ok(tar_write_member(writer, &member, bytes_of("hello world")));
        writer_abandon(writer);
        Probe probe = probe_of(buffer_bytes(&archive), 3);
        TarReader *reader = tar_reader_open(&probe.base, "v");
        assert_int_equal(next_member(reader)->size, 11);
        assert_ok(tar_reader_fill(reader, piece, sizeof piece, &length));
        assert_bytes_equal(bytes_make(piece, length), bytes_of("hello wo"));
        assert_ok(tar_reader_fill(reader, piece, sizeof piece, &length));
        assert_bytes_equal(bytes_make(piece, length), bytes_of("rld"));
        assert_ok(tar_reader_fill(reader, piece, sizeof piece, &length));
        assert_int_equal(length, 0);
        tar_reader_close(reader);
}

TEST(payloads_are_read_in_any_pieces_from_any_pieces) {
        static const size_t steps[] = { 1, 511, 4096, 1 << 20 }, capacities[] = { 1, 100, 16384, 70000 };
        AUTO_VALUE(buffer_clear) Buffer archive = { .data = NULL };
        uint8_t *content = test_random_bytes(110000, 3);
        print_archive(&archive, content);
        for (size_t i = 0; i < ARRAY_LENGTH(steps); i++)
                for (size_t j = 0; j < ARRAY_LENGTH(capacities); j++) {
                        Probe probe = probe_of(buffer_bytes(&archive), steps[i]);
                        TarReader *reader = tar_reader_open(&probe.base, "v");
                        check_archive(reader, content, capacities[j]);
                        assert_int_equal(probe.left.length, 0);
                        assert_false(probe.asked_after_end);
                        tar_reader_close(reader);
                        assert_true(probe.is_closed);
                }
        memory_free(content);
}

TEST(every_cut_is_noticed_except_between_members) {
        static const size_t sizes[] = { 700, 0, 512 };
        AUTO_VALUE(buffer_clear) Buffer archive = { .data = NULL };
        uint8_t content[700] = "x";
        size_t count, bounds[4] = { 0 };
        Writer *writer = stream_write_buffer(&archive);
        for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
                TarMember member = { PLAIN, .name = i == 1 ? N100 N100 : "snapshot/a", .size = sizes[i] };
                assert_ok(tar_write_member(writer, &member, bytes_make(content, sizes[i])));
                bounds[i + 1] = archive.length;
        }
        writer_abandon(writer);
        for (size_t length = 0; length <= archive.length; length++) {
                size_t whole = 0;
                while (whole < 3 && bounds[whole + 1] <= length)
                        whole++;
                Error *error = read_archive(bytes_make(archive.data, length), &count);
                if (bounds[whole] == length)
                        assert_ok(error);
                else
                        assert_error(error, ERROR_CORRUPT, "'v' is damaged at byte");
        }
}

TEST(a_cut_payload_is_an_error_of_reading_it) {
        AUTO_VALUE(buffer_clear) Buffer archive = { .data = NULL };
        char buffer[100];
        size_t length;
        tar_print_header(&(TarMember){ PLAIN, .name = "snapshot/a", .size = 60 }, &archive);
        buffer_add_zeros(&archive, 50);
        TarReader *reader = open_bytes(buffer_bytes(&archive));
        assert_non_null(next_member(reader));
        assert_ok(tar_reader_read(reader, buffer, sizeof buffer, &length));
        assert_int_equal(length, 50);
        assert_error(tar_reader_read(reader, buffer, sizeof buffer, &length), ERROR_CORRUPT,
                     "'v' is damaged at byte 562: it ends too early");
        tar_reader_close(reader);
}

TEST(the_first_zero_block_ends_and_the_rest_is_drained) {
        AUTO_VALUE(buffer_clear) Buffer archive = { .data = NULL };
        print_file(&archive);
        buffer_add_zeros(&archive, TAR_BLOCK);
        for (int i = 0; i < 20000; i++)
                buffer_add_text(&archive, "filler");
        Probe probe = probe_of(buffer_bytes(&archive), 1000);
        TarReader *reader = tar_reader_open(&probe.base, "v");
        assert_non_null(next_member(reader));
        assert_null(next_member(reader));
        assert_int_equal(probe.left.length, 0);
        assert_true(probe.saw_end);
        assert_null(next_member(reader));
        assert_false(probe.asked_after_end);
        tar_reader_close(reader);
}

TEST(an_error_while_draining_is_passed_on) {
        AUTO_VALUE(buffer_clear) Buffer archive = { .data = NULL };
        const TarMember *member;
        print_file(&archive);
        buffer_add_zeros(&archive, 30000);
        Probe probe = probe_of(buffer_bytes(&archive), 1000);
        probe.failure = "integrity check failed";
        TarReader *reader = tar_reader_open(&probe.base, "v");
        assert_non_null(next_member(reader));
        assert_error(tar_reader_next(reader, &member), ERROR_TRANSIENT, "integrity check failed");
        tar_reader_close(reader);
}

TEST(an_empty_stream_and_zeros_alone_are_empty_archives) {
        static const uint8_t zeros[10240];
        size_t count = 9;
        assert_ok(read_archive(bytes_of(""), &count));
        assert_int_equal(count, 0);
        assert_ok(read_archive(bytes_make(zeros, sizeof zeros), &count));
        assert_int_equal(count, 0);
        assert_ok(read_archive(bytes_make(zeros, TAR_BLOCK), &count));
        assert_error(read_archive(bytes_make(zeros, 511), &count), ERROR_CORRUPT, "it ends too early");
}

TEST(an_end_after_an_extended_header_is_damage) {
        AUTO_VALUE(buffer_clear) Buffer archive = { .data = NULL };
        size_t count;
        print_extension(&archive, 'x', bytes_of("10 path=b\n"));
        assert_error(read_archive(buffer_bytes(&archive), &count), ERROR_CORRUPT, "it ends too early");
        buffer_add_zeros(&archive, 10240);
        assert_error(read_archive(buffer_bytes(&archive), &count), ERROR_CORRUPT, "it ends too early");
}

TEST(only_files_have_payload) {
        AUTO_VALUE(buffer_clear) Buffer archive = { .data = NULL };
        print_file(&archive);
        uint8_t block[TAR_BLOCK];
        make_block(block, &(TarMember){ PLAIN, .name = "snapshot/d/", .size = 4096 });
        block[156] = TAR_FOLDER;
        seal(block);
        buffer_add(&archive, bytes_make(block, TAR_BLOCK));
        print_file(&archive);
        TarReader *reader = open_bytes(buffer_bytes(&archive));
        assert_non_null(next_member(reader));
        const TarMember *folder = next_member(reader);
        assert_int_equal(folder->type, TAR_FOLDER);
        assert_int_equal(folder->size, 0);
        assert_string_equal(next_member(reader)->name, "snapshot/a");
        assert_null(next_member(reader));
        tar_reader_close(reader);
}

TEST(a_reader_may_be_closed_at_any_time) {
        tar_reader_close(NULL);
        tar_reader_close(open_bytes(bytes_of("")));
}
