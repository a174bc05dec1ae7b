#include "codec/stream.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/memory.h"
#include "support/test.h"

/* A reader that gives at most STEP bytes at a time, fails after FAIL_AT of them, and notes how it is treated. */
typedef struct DripReader {
        Reader base;
        Bytes left;
        size_t step, fail_at, given;
        bool saw_end, asked_after_end;
        bool *closed;
} DripReader;

static Error *drip(Reader *base, void *buffer, size_t capacity, size_t *ret_length) {
        DripReader *reader = (DripReader *)base;
        reader->asked_after_end |= reader->saw_end;
        if (reader->given >= reader->fail_at)
                return error_new(ERROR_TRANSIENT, "the tap is closed");
        Bytes piece = bytes_slice(reader->left, 0, MIN(capacity, reader->step));
        if (piece.length)
                memcpy(buffer, piece.at, piece.length);
        reader->left = bytes_slice(reader->left, piece.length, SIZE_MAX);
        reader->given += piece.length;
        reader->saw_end = piece.length == 0;
        *ret_length = piece.length;
        return NULL;
}

static void close_drip(Reader *base) {
        *((DripReader *)base)->closed = true;
}

static DripReader drip_from(Bytes bytes, size_t step, bool *closed) {
        return (DripReader){
                .base = { drip, close_drip }, .left = bytes, .step = step, .fail_at = SIZE_MAX, .closed = closed
        };
}

TEST(reader_read_fills_the_buffer_unless_the_end_comes_first) {
        bool closed = false;
        char buffer[8] = "";
        size_t length = 99;
        DripReader reader = drip_from(bytes_of("abcdefgh12"), 3, &closed);
        assert_ok(reader_read(&reader.base, buffer, 8, &length));
        assert_int_equal(length, 8);
        assert_memory_equal(buffer, "abcdefgh", 8);
        assert_ok(reader_read(&reader.base, buffer, 8, &length));
        assert_int_equal(length, 2);
        assert_memory_equal(buffer, "12", 2);
        assert_false(reader.asked_after_end);
        reader_close(&reader.base);
        assert_true(closed);
}

TEST(an_error_in_the_middle_of_reader_read_is_passed_on) {
        bool closed = false;
        char buffer[8];
        size_t length = 99;
        DripReader reader = drip_from(bytes_of("abcdefgh"), 3, &closed);
        reader.fail_at = 6;
        assert_error(reader_read(&reader.base, buffer, 8, &length), ERROR_TRANSIENT, "the tap is closed");
        assert_int_equal(length, 99);
}

TEST(reading_all_stops_at_the_ceiling) {
        Buffer out;
        buffer_init(&out, 10);
        Reader *reader = stream_read_bytes(bytes_of("0123456789"));
        assert_ok(reader_read_all(reader, &out));
        assert_bytes_equal(buffer_bytes(&out), bytes_of("0123456789"));
        reader_close(reader);
        reader = stream_read_bytes(bytes_of("x"));
        assert_error(reader_read_all(reader, &out), ERROR_CORRUPT, "10 bytes");
        reader_close(reader);
        buffer_clear(&out);
}

TEST(copying_moves_everything_whatever_the_size) {
        static const size_t sizes[] = { 0, 1, 65535, 65536, 65537, 200000 };
        uint8_t *content = test_random_bytes(200000, 1);
        for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
                bool closed = false;
                Bytes expected = bytes_make(content, sizes[i]);
                DripReader reader = drip_from(expected, 1000, &closed);
                Buffer out = { .data = NULL };
                Writer *writer = stream_write_buffer(&out);
                assert_ok(reader_copy(&reader.base, writer));
                assert_ok(writer_finish(writer));
                assert_bytes_equal(buffer_bytes(&out), expected);
                assert_false(reader.asked_after_end);
                buffer_clear(&out);
        }
        memory_free(content);
}

TEST(copying_passes_on_what_the_writer_says) {
        Buffer out;
        buffer_init(&out, 3);
        Reader *reader = stream_read_bytes(bytes_of("0123456789"));
        Writer *writer = stream_write_buffer(&out);
        assert_error(reader_copy(reader, writer), ERROR_CORRUPT, "3 bytes");
        writer_abandon(writer);
        reader_close(reader);
        buffer_clear(&out);
}

static bool is_open(int fd) {
        return fcntl(fd, F_GETFD) >= 0;
}

TEST(descriptors_are_written_and_read_back) {
        int fd = open("file", O_RDWR | O_CREAT, 0600);
        Writer *writer = stream_write_fd(fd, false, "file");
        assert_ok(writer_write(writer, bytes_of("hello ")));
        assert_ok(writer_write(writer, bytes_of("")));
        assert_ok(writer_write(writer, bytes_of("world")));
        assert_ok(writer_finish(writer));
        assert_true(is_open(fd));
        assert_int_equal(lseek(fd, 1, SEEK_SET), 1);
        Buffer out = { .data = NULL };
        Reader *reader = stream_read_fd(fd, true, "file");
        assert_ok(reader_read_all(reader, &out));
        assert_string_equal(buffer_text(&out), "ello world");
        reader_close(reader);
        assert_false(is_open(fd));
        buffer_clear(&out);
}

TEST(finish_and_abandon_close_only_what_they_own) {
        int mine = open("file", O_RDWR | O_CREAT, 0600), theirs = open("file", O_RDWR);
        writer_abandon(stream_write_fd(mine, false, "file"));
        assert_true(is_open(mine));
        reader_close(stream_read_fd(mine, false, "file"));
        assert_true(is_open(mine));
        writer_abandon(stream_write_fd(theirs, true, "file"));
        assert_false(is_open(theirs));
        assert_ok(writer_finish(stream_write_fd(mine, true, "file")));
        assert_false(is_open(mine));
}

TEST(descriptor_errors_name_the_file) {
        char name[] = "some file", buffer[4];
        size_t length;
        int fd = open("file", O_RDONLY | O_CREAT, 0600);
        Writer *writer = stream_write_fd(fd, true, name);
        name[0] = 'X'; /* it was copied */
        assert_error(writer_write(writer, bytes_of("x")), ERROR_SYSTEM, "'some file'");
        writer_abandon(writer);
        fd = open("file", O_WRONLY);
        Reader *reader = stream_read_fd(fd, true, "some file");
        assert_error(reader_read(reader, buffer, sizeof buffer, &length), ERROR_SYSTEM, "'some file'");
        reader_close(reader);
}

TEST(closing_a_descriptor_that_fails_is_an_error_of_finish) {
        int fd = open("file", O_RDWR | O_CREAT, 0600);
        Writer *writer = stream_write_fd(fd, true, "some file");
        close(fd);
        assert_error(writer_finish(writer), ERROR_SYSTEM, "cannot write 'some file'");
}

TEST(null_may_be_closed_and_abandoned) {
        reader_close(NULL);
        writer_abandon(NULL);
}

TEST(bytes_are_read_in_pieces_and_end) {
        char buffer[4];
        size_t length;
        Reader *reader = stream_read_bytes(bytes_of("abcde"));
        assert_ok(reader->read(reader, buffer, 4, &length));
        assert_int_equal(length, 4);
        assert_ok(reader->read(reader, buffer, 4, &length));
        assert_int_equal(length, 1);
        assert_int_equal(buffer[0], 'e');
        assert_ok(reader->read(reader, buffer, 4, &length));
        assert_int_equal(length, 0);
        reader_close(reader);
}

TEST(the_digest_writer_counts_and_digests_what_passes) {
        Buffer out = { .data = NULL };
        uint64_t count = 5;
        uint8_t expected[DIGEST_SHA1_SIZE], digest_result[DIGEST_SHA1_SIZE];
        Digest *digest = digest_new(DIGEST_SHA1);
        Writer *writer = stream_write_digest(stream_write_buffer(&out), digest, &count);
        assert_ok(writer_write(writer, bytes_of("hello ")));
        assert_int_equal(count, 11);
        assert_ok(writer_write(writer, bytes_of("world")));
        assert_ok(writer_finish(writer));
        assert_int_equal(count, 16);
        assert_string_equal(buffer_text(&out), "hello world");
        digest_finish(digest, digest_result);
        digest_once(DIGEST_SHA1, bytes_of("hello world"), expected);
        assert_memory_equal(digest_result, expected, sizeof expected);
        digest_free(digest);
        buffer_clear(&out);
}

TEST(the_digest_writer_does_not_count_what_failed) {
        Buffer out;
        buffer_init(&out, 4);
        uint64_t count = 0;
        Writer *writer = stream_write_digest(stream_write_buffer(&out), NULL, &count);
        assert_ok(writer_write(writer, bytes_of("1234")));
        assert_error(writer_write(writer, bytes_of("5")), ERROR_CORRUPT, "4 bytes");
        assert_int_equal(count, 4);
        writer_abandon(writer);
        writer = stream_write_digest(stream_write_buffer(&out), NULL, NULL);
        assert_ok(writer_write(writer, bytes_of("")));
        assert_ok(writer_finish(writer));
        buffer_clear(&out);
}

TEST(the_digest_reader_digests_what_passes) {
        uint8_t result[DIGEST_SHA1_SIZE], expected[DIGEST_SHA1_SIZE];
        AUTO(digest_free) Digest *digest = digest_new(DIGEST_SHA1);
        AUTO(reader_close) Reader *reader = stream_read_digest(stream_read_bytes(bytes_of("hello world")), digest);
        char piece[6];
        size_t length;
        assert_ok(reader_read(reader, piece, sizeof piece, &length));
        assert_bytes_equal(bytes_make(piece, length), bytes_of("hello "));
        assert_ok(reader_read(reader, piece, sizeof piece, &length));
        assert_bytes_equal(bytes_make(piece, length), bytes_of("world"));
        digest_finish(digest, result);
        digest_once(DIGEST_SHA1, bytes_of("hello world"), expected);
        assert_memory_equal(result, expected, sizeof expected);
}

TEST(the_borrowed_reader_counts_and_closes_nothing) {
        AUTO(reader_close) Reader *source = stream_read_bytes(bytes_of("hello world"));
        char piece[6];
        size_t length;
        uint64_t count = 0;
        Reader *reader = stream_read_borrowed(source, &count);
        assert_ok(reader_read(reader, piece, 6, &length));
        assert_bytes_equal(bytes_make(piece, length), bytes_of("hello "));
        assert_int_equal(count, 6);
        reader_close(reader);
        reader = stream_read_borrowed(source, NULL);
        assert_ok(reader_read(reader, piece, 6, &length));
        assert_bytes_equal(bytes_make(piece, length), bytes_of("world"));
        reader_close(reader);
}
