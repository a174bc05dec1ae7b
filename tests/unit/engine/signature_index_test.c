#include "engine/signature_index.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "engine/signature_in.h"
#include "support/test.h"
#include "sys/file.h"

enum { SIGNATURES = 400, BLOCKS = 50 };

static const uint8_t signature_front[] = { 0x72, 0x73, 0x01, 0x36, 0, 0, 2, 0, 0, 0, 0, 8 };

static SignatureIndexMaker *maker; /* of what is written meanwhile; NULL: none */

static void add(Writer *out, const TarMember *header, Bytes payload) {
        TarMember member = *header;
        member.size = payload.length;
        assert_ok(tar_write_member(out, &member, payload));
        if (maker)
                assert_ok(signature_index_maker_add(maker, &member, payload));
}

/* Signatures of files that differ in all that headers tell. */
static void add_signatures(Writer *out) {
        AUTO_VALUE(buffer_clear) Buffer payload = { .data = NULL };
        buffer_add(&payload, bytes_make(signature_front, sizeof signature_front));
        for (size_t i = 0; i < (size_t)BLOCKS * 12; i++)
                buffer_add_byte(&payload, (uint8_t)(i * 7));
        for (unsigned i = 0; i < SIGNATURES; i++) {
                AUTO_TEXT char *name = memory_print("signature/folder-%u/file-%04u", 1 + i / 100, i);
                TarMember header = { .type = TAR_FILE, .name = name, .modified = (int64_t)i * 1000 - 5000, .mode = i,
                                     .uid = i / 7, .gid = i / 11, .user = i % 3 ? "somebody" : NULL,
                                     .group = i % 5 ? "some" : NULL };
                header.has_record = i % 2;
                header.content_size = i % 2 ? 25000 + i : 0;
                header.nanoseconds = i % 2 ? 999999999 - i : 0;
                add(out, &header, bytes_slice(buffer_bytes(&payload), 0, i % 4 ? payload.length : i % 13));
        }
}

static void add_others(Writer *out) {
        AUTO_TEXT char *long_name = memory_zeroed(5001);
        memset(long_name, 'x', 5000);
        AUTO_TEXT char *name = memory_print("snapshot/%s", long_name);
        add(out, &(TarMember){ .type = TAR_LINK, .name = name, .target = long_name }, bytes_of(""));
        add(out, &(TarMember){ .type = TAR_BLOCK_DEVICE, .name = "snapshot/y", .major = 8, .minor = 300 }, bytes_of(""));
        TarMember hashed = { .type = TAR_FILE, .name = "snapshot/z", .has_sha256 = true, .is_incomplete = true };
        memset(hashed.sha256, 0xa5, sizeof hashed.sha256);
        add(out, &hashed, bytes_of("payload longer than twelve bytes"));
}

static void make_archive(Buffer *archive) {
        AUTO(writer_abandon) Writer *out = stream_write_buffer(archive);
        add(out, &(TarMember){ .type = TAR_FOLDER, .name = "snapshot/" }, bytes_of(""));
        add(out, &(TarMember){ .type = TAR_FILE, .name = "deleted/d" }, bytes_of(""));
        add_signatures(out);
        add_others(out);
        buffer_add_zeros(archive, 2 * TAR_BLOCK);
}

/* A file that holds CONTENT; the index knows it by its number and times only. */
static int file_with(Bytes content) {
        char path[] = "/tmp/signature-index-XXXXXX";
        int fd = mkstemp(path);
        assert_true(fd >= 0);
        unlink(path);
        assert_ok(file_write(fd, "a file", content));
        assert_ok(file_seek(fd, "a file", 0));
        return fd;
}

static Error *make(Bytes archive, int archive_fd, int fd) {
        AUTO(reader_close) Reader *reader = stream_read_bytes(archive);
        Error *error = signature_index_make(reader, "the archive", archive_fd, fd);
        assert_ok(file_seek(fd, "the index", 0));
        return error;
}

static SignatureIndex *open_copy(int fd, int archive_fd) {
        SignatureIndex *index = NULL;
        int copy = dup(fd);
        assert_ok(file_seek(copy, "the index", 0));
        assert_ok(signature_index_open(copy, "the archive", archive_fd, &index));
        return index;
}

static void assert_same_text(const char *a, const char *b) {
        assert_true((a == NULL) == (b == NULL));
        if (a)
                assert_string_equal(a, b);
}

static void assert_same_header(const TarMember *a, const TarMember *b) {
        assert_int_equal(a->type, b->type);
        assert_string_equal(a->name, b->name);
        assert_same_text(a->target, b->target);
        assert_same_text(a->user, b->user);
        assert_same_text(a->group, b->group);
        assert_true(a->size == b->size && a->modified == b->modified && a->mode == b->mode && a->uid == b->uid);
        assert_true(a->gid == b->gid && a->major == b->major && a->minor == b->minor);
        assert_true(a->has_record == b->has_record && a->content_size == b->content_size);
        assert_true(a->nanoseconds == b->nanoseconds && a->is_incomplete == b->is_incomplete);
        assert_true(a->has_sha256 == b->has_sha256);
        assert_memory_equal(a->sha256, b->sha256, sizeof a->sha256);
}

TEST(signature_index_tells_what_the_archive_does) {
        AUTO_VALUE(buffer_clear) Buffer archive = { .data = NULL };
        make_archive(&archive);
        AUTO_FD int archive_fd = file_with(buffer_bytes(&archive)), fd = file_with(bytes_of(""));
        assert_ok(make(buffer_bytes(&archive), archive_fd, fd));
        AUTO(signature_index_close) SignatureIndex *index = open_copy(fd, archive_fd);
        AUTO(tar_reader_close) TarReader *tar = tar_reader_open(stream_read_bytes(buffer_bytes(&archive)), "the archive");
        assert_non_null(index);
        for (;;) {
                const TarMember *wanted, *got;
                uint8_t front[SIGNATURE_INDEX_FRONT];
                size_t length;
                Bytes got_front;
                assert_ok(tar_reader_next(tar, &wanted));
                assert_ok(signature_index_next(index, &got, &got_front));
                assert_int_equal(wanted == NULL, got == NULL);
                if (!wanted)
                        break;
                assert_same_header(wanted, got);
                assert_ok(tar_reader_fill(tar, front, sizeof front, &length));
                assert_bytes_equal(got_front, bytes_make(front, length));
        }
}

TEST(signature_index_is_the_same_when_it_is_made_with_the_archive) {
        AUTO_VALUE(buffer_clear) Buffer archive = { .data = NULL };
        AUTO_FD int fd = file_with(bytes_of("")), with = file_with(bytes_of(""));
        uint8_t wanted[64 * 1024], got[64 * 1024];
        size_t length, got_length;
        maker = signature_index_maker_new(with);
        make_archive(&archive);
        AUTO_FD int archive_fd = file_with(buffer_bytes(&archive));
        assert_ok(signature_index_maker_finish(maker, archive_fd));
        signature_index_maker_free(TAKE(maker));
        assert_ok(make(buffer_bytes(&archive), archive_fd, fd));
        assert_ok(file_read_at(fd, "the index", wanted, sizeof wanted, 0, &length));
        assert_ok(file_read_at(with, "the index", got, sizeof got, 0, &got_length));
        assert_in_range(length, 5000, sizeof wanted - 1);
        assert_bytes_equal(bytes_make(got, got_length), bytes_make(wanted, length));
}

/* Writes to the file until that shows: the clock of some kernels goes in steps of milliseconds. */
static void touch(int fd) {
        struct stat before, after;
        assert_int_equal(fstat(fd, &before), 0);
        do {
                assert_int_equal(pwrite(fd, "!", 1, 600), 1);
                assert_int_equal(fstat(fd, &after), 0);
        } while (memcmp(&before.st_ctim, &after.st_ctim, sizeof before.st_ctim) == 0);
}

TEST(signature_index_is_none_of_another_archive) {
        AUTO_VALUE(buffer_clear) Buffer archive = { .data = NULL };
        make_archive(&archive);
        AUTO_FD int archive_fd = file_with(buffer_bytes(&archive)), fd = file_with(bytes_of(""));
        AUTO_FD int other = file_with(buffer_bytes(&archive));
        assert_ok(make(buffer_bytes(&archive), archive_fd, fd));
        assert_null(open_copy(fd, other));
        AUTO(signature_index_close) SignatureIndex *index = open_copy(fd, archive_fd);
        assert_non_null(index);
        touch(archive_fd);
        assert_null(open_copy(fd, archive_fd));
}

TEST(signature_index_is_none_when_a_byte_is_wrong_or_missing) {
        AUTO_VALUE(buffer_clear) Buffer archive = { .data = NULL };
        make_archive(&archive);
        AUTO_FD int archive_fd = file_with(buffer_bytes(&archive)), fd = file_with(bytes_of(""));
        uint64_t size;
        assert_ok(make(buffer_bytes(&archive), archive_fd, fd));
        assert_ok(file_size(fd, "the index", &size));
        for (uint64_t at = 0; at < size; at += at < 100 || at + 100 > size ? 1 : 37) {
                char byte, wrong;
                assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
                wrong = (char)(byte ^ 0x10);
                assert_int_equal(pwrite(fd, &wrong, 1, (off_t)at), 1);
                assert_null(open_copy(fd, archive_fd));
                assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
        }
        for (uint64_t length = size; length-- > 0; length -= MIN(length, (uint64_t)97)) {
                assert_int_equal(ftruncate(fd, (off_t)length), 0);
                assert_null(open_copy(fd, archive_fd));
        }
}

TEST(signature_index_is_not_made_of_a_damaged_archive) {
        AUTO_VALUE(buffer_clear) Buffer archive = { .data = NULL };
        make_archive(&archive);
        AUTO_FD int archive_fd = file_with(buffer_bytes(&archive)), fd = file_with(bytes_of(""));
        assert_error(make(bytes_of(""), archive_fd, fd), ERROR_CORRUPT, "no whole archive");
        assert_error(make(bytes_slice(buffer_bytes(&archive), 0, archive.length - 100), archive_fd, fd), ERROR_CORRUPT,
                     "no whole archive");
        assert_error(make(bytes_slice(buffer_bytes(&archive), 0, 3 * TAR_BLOCK + 10), archive_fd, fd), ERROR_CORRUPT, "");
}

/* Reads both ways; of every third path the payload, too. */
TEST(signature_in_reads_an_index_as_it_reads_the_archive) {
        AUTO_VALUE(buffer_clear) Buffer archive = { .data = NULL };
        make_archive(&archive);
        Bytes bytes = buffer_bytes(&archive);
        AUTO_FD int archive_fd = file_with(bytes), fd = file_with(bytes_of(""));
        assert_ok(make(bytes, archive_fd, fd));
        AUTO(signature_in_close) SignatureIn *plain = signature_in_open(stream_read_bytes(bytes), "the archive", 0);
        AUTO(signature_in_close) SignatureIn *indexed =
                signature_in_open_index(open_copy(fd, archive_fd), stream_read_bytes(bytes), "the archive");
        for (size_t i = 0;; i++) {
                const SignatureMember *a, *b;
                Recorded of_a, of_b;
                uint8_t digest_a[DIGEST_SHA256_SIZE], digest_b[DIGEST_SHA256_SIZE];
                assert_ok(signature_in_next(plain, &a));
                assert_ok(signature_in_next(indexed, &b));
                assert_int_equal(a == NULL, b == NULL);
                if (!a)
                        break;
                assert_string_equal(a->path, b->path);
                assert_int_equal(a->kind, b->kind);
                if (a->kind == MEMBER_DELETED)
                        continue;
                assert_ok(signature_in_describe(plain, &of_a));
                assert_ok(signature_in_describe(indexed, &of_b));
                assert_int_equal(of_a.has_signature, of_b.has_signature);
                assert_true(of_a.size.least == of_b.size.least && of_a.size.most == of_b.size.most);
                if (i % 3)
                        continue;
                assert_ok(signature_in_digest(plain, digest_a));
                assert_ok(signature_in_digest(indexed, digest_b));
                assert_memory_equal(digest_a, digest_b, sizeof digest_a);
        }
}

TEST(signature_in_says_when_the_archive_lacks_what_its_index_has) {
        AUTO_VALUE(buffer_clear) Buffer archive = { .data = NULL };
        make_archive(&archive);
        AUTO_FD int archive_fd = file_with(buffer_bytes(&archive)), fd = file_with(bytes_of(""));
        assert_ok(make(buffer_bytes(&archive), archive_fd, fd));
        static const uint8_t end[2 * TAR_BLOCK];
        const SignatureMember *member;
        uint8_t digest[DIGEST_SHA256_SIZE];
        AUTO(signature_in_close) SignatureIn *in = signature_in_open_index(
                open_copy(fd, archive_fd), stream_read_bytes(bytes_make(end, sizeof end)), "the archive");
        assert_ok(signature_in_next(in, &member));
        assert_error(signature_in_digest(in, digest), ERROR_CORRUPT, "delete the index");
}

/* Its end is missing: what is in front of that can be read, nothing behind it, and each path is told. */
TEST(signature_in_goes_on_by_its_index_when_the_archive_breaks_off) {
        AUTO_VALUE(buffer_clear) Buffer archive = { .data = NULL };
        make_archive(&archive);
        Bytes whole = buffer_bytes(&archive), half = bytes_slice(whole, 0, archive.length / 2 + 100);
        AUTO_FD int archive_fd = file_with(whole), fd = file_with(bytes_of(""));
        assert_ok(make(whole, archive_fd, fd));
        AUTO_TEXT char *story = NULL;
        AUTO(signature_in_close) SignatureIn *in =
                signature_in_open_index(open_copy(fd, archive_fd), stream_read_bytes(half), "the archive");
        size_t good = 0, bad = 0, paths = 0;
        assert_null(signature_in_damage(in));
        for (const SignatureMember *member;; paths++) {
                uint8_t digest[DIGEST_SHA256_SIZE];
                assert_ok(signature_in_next(in, &member));
                if (!member)
                        break;
                if (member->kind != MEMBER_SIGNATURE)
                        continue;
                AUTO(error_free) Error *error = signature_in_digest(in, digest);
                assert_true(!error || error_kind(error) == ERROR_CORRUPT);
                if (error && !story)
                        story = memory_text(error_story(error));
                assert_true(!error || strcmp(error_story(error), story) == 0);
                good += !error;
                bad += error != NULL;
                assert_true(error || !bad);
        }
        assert_int_equal(paths, 2 + SIGNATURES + 3);
        assert_int_equal(good + bad, SIGNATURES);
        assert_in_range(good, SIGNATURES / 4, SIGNATURES * 3 / 4);
        assert_string_equal(error_story(signature_in_damage(in)), story);
}
