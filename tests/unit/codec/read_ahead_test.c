#include "codec/read_ahead.h"

#include "base/memory.h"
#include "support/test.h"

enum { LENGTH = 3000000 };

/* Gives LEFT, some bytes at a time, and then ERROR, if there is one. */
typedef struct Source {
        Reader reader;
        Bytes left;
        Error *error;
        bool *is_closed;
} Source;

static Error *read_source(Reader *reader, void *buffer, size_t capacity, size_t *ret_length) {
        Source *source = (Source *)reader;
        size_t length = MIN(MIN(capacity, (size_t)12345), source->left.length);
        if (!length && source->error)
                return TAKE(source->error);
        if (length)
                memcpy(buffer, source->left.at, length);
        source->left = bytes_slice(source->left, length, source->left.length);
        *ret_length = length;
        return NULL;
}

static void close_source(Reader *reader) {
        Source *source = (Source *)reader;
        *source->is_closed = true;
        error_free(source->error);
        memory_free(source);
}

static Reader *open_source(Bytes bytes, Error *error, bool *is_closed) {
        Source *source = memory_new(Source);
        *source = (Source){ .reader = { read_source, close_source }, .left = bytes, .error = error, .is_closed = is_closed };
        *is_closed = false;
        return &source->reader;
}

TEST(read_ahead_gives_everything_in_order) {
        AUTO_TEXT char *noise = (char *)test_random_bytes(LENGTH, 1);
        AUTO_VALUE(buffer_clear) Buffer result = { .data = NULL };
        Reader *reader = NULL;
        bool is_closed;
        char byte;
        size_t length = 1;
        assert_ok(read_ahead_open(open_source(bytes_make(noise, LENGTH), NULL, &is_closed), &reader));
        assert_ok(reader->read(reader, &byte, 0, &length));
        assert_int_equal(length, 0);
        assert_ok(reader_read_all(reader, &result));
        assert_bytes_equal(buffer_bytes(&result), bytes_make(noise, LENGTH));
        reader_close(reader);
        assert_true(is_closed);
}

TEST(read_ahead_tells_an_error_after_what_came_before_it) {
        AUTO_TEXT char *noise = (char *)test_random_bytes(LENGTH, 1);
        Reader *reader = NULL;
        bool is_closed;
        size_t length;
        Error *error = error_new(ERROR_TRANSIENT, "line is cut");
        assert_ok(read_ahead_open(open_source(bytes_make(noise, LENGTH), error, &is_closed), &reader));
        AUTO_TEXT char *got = memory_resize(NULL, LENGTH);
        assert_ok(reader_read(reader, got, LENGTH, &length));
        assert_bytes_equal(bytes_make(got, length), bytes_make(noise, LENGTH));
        assert_error(reader->read(reader, got, 1, &length), ERROR_TRANSIENT, "line is cut");
        reader_close(reader);
        assert_true(is_closed);
}

TEST(read_ahead_may_be_closed_early) {
        AUTO_TEXT char *noise = (char *)test_random_bytes(LENGTH, 1);
        for (size_t wanted = 0; wanted < 2; wanted++) {
                Reader *reader = NULL;
                bool is_closed;
                char byte;
                size_t length = 0;
                Error *error = error_new(ERROR_TRANSIENT, "line is cut");
                assert_ok(read_ahead_open(open_source(bytes_make(noise, LENGTH), error, &is_closed), &reader));
                assert_ok(reader_read(reader, &byte, wanted, &length));
                reader_close(reader);
                assert_true(is_closed);
        }
}
