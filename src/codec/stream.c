#include "codec/stream.h"

#include <errno.h>
#include <unistd.h>

#include "base/memory.h"
#include "sys/file.h"

enum { COPY_SIZE = 65536 };

Error *reader_read(Reader *reader, void *buffer, size_t capacity, size_t *ret_length) {
        size_t total = 0;
        while (total < capacity) {
                size_t length = 0;
                TRY(reader->read(reader, (uint8_t *)buffer + total, capacity - total, &length));
                if (length == 0)
                        break;
                total += length;
        }
        *ret_length = total;
        return NULL;
}

void reader_close(Reader *reader) {
        if (reader)
                reader->close(reader);
}

Error *writer_write(Writer *writer, Bytes bytes) {
        return bytes.length ? writer->write(writer, bytes) : NULL;
}

Error *writer_finish(Writer *writer) {
        return writer->finish(writer);
}

void writer_abandon(Writer *writer) {
        if (writer)
                writer->abandon(writer);
}

Error *reader_copy(Reader *from, Writer *to) {
        AUTO_TEXT char *buffer = memory_resize(NULL, COPY_SIZE);
        size_t length = COPY_SIZE;
        while (length == COPY_SIZE) { /* a short piece is the last one */
                TRY(reader_read(from, buffer, COPY_SIZE, &length));
                TRY(writer_write(to, bytes_make(buffer, length)));
        }
        return NULL;
}

/* Bytes that did not fit into a buffer with a ceiling. */
static Error *too_long(const Buffer *out) {
        return error_new(ERROR_CORRUPT, "data is longer than the %zu bytes allowed", out->ceiling);
}

Error *reader_read_all(Reader *reader, Buffer *out) {
        AUTO_TEXT char *buffer = memory_resize(NULL, COPY_SIZE);
        size_t length = COPY_SIZE;
        while (length == COPY_SIZE) {
                TRY(reader_read(reader, buffer, COPY_SIZE, &length));
                if (!buffer_add(out, bytes_make(buffer, length)))
                        return too_long(out);
        }
        return NULL;
}

/* --- descriptors --- */

typedef struct Descriptor {
        int fd;
        bool owns;
        char *name;
} Descriptor;

typedef struct FdReader {
        Reader base;
        Descriptor from;
} FdReader;

typedef struct FdWriter {
        Writer base;
        Descriptor to;
} FdWriter;

static void release_descriptor(Descriptor *descriptor) {
        if (descriptor->owns)
                file_close(&descriptor->fd);
        memory_free(descriptor->name);
}

static Error *read_fd(Reader *base, void *buffer, size_t capacity, size_t *ret_length) {
        const Descriptor *from = &((FdReader *)base)->from;
        return file_read(from->fd, from->name, buffer, capacity, ret_length);
}

static void close_fd_reader(Reader *base) {
        release_descriptor(&((FdReader *)base)->from);
        memory_free(base);
}

Reader *stream_read_fd(int fd, bool owns, const char *name) {
        FdReader *reader = memory_new(FdReader);
        *reader = (FdReader){
                .base = { .read = read_fd, .close = close_fd_reader },
                .from = { .fd = fd, .owns = owns, .name = memory_text(name) },
        };
        return &reader->base;
}

static Error *write_fd(Writer *base, Bytes bytes) {
        const Descriptor *to = &((FdWriter *)base)->to;
        return file_write(to->fd, to->name, bytes);
}

static void abandon_fd_writer(Writer *base) {
        release_descriptor(&((FdWriter *)base)->to);
        memory_free(base);
}

/* Some file systems tell of a failed write only when the descriptor is closed. */
static Error *finish_fd_writer(Writer *base) {
        Descriptor *to = &((FdWriter *)base)->to;
        Error *error = NULL;
        if (to->owns && close(TAKE_FD(to->fd)) < 0 && errno != EINTR)
                error = error_from_errno(errno, "cannot write '%s'", to->name);
        abandon_fd_writer(base);
        return error;
}

Writer *stream_write_fd(int fd, bool owns, const char *name) {
        FdWriter *writer = memory_new(FdWriter);
        *writer = (FdWriter){
                .base = { .write = write_fd, .finish = finish_fd_writer, .abandon = abandon_fd_writer },
                .to = { .fd = fd, .owns = owns, .name = memory_text(name) },
        };
        return &writer->base;
}

/* --- memory --- */

typedef struct BytesReader {
        Reader base;
        Bytes left;
} BytesReader;

static Error *read_bytes(Reader *base, void *buffer, size_t capacity, size_t *ret_length) {
        Bytes *left = &((BytesReader *)base)->left;
        Bytes piece = bytes_slice(*left, 0, capacity);
        if (piece.length)
                memcpy(buffer, piece.at, piece.length);
        *left = bytes_slice(*left, piece.length, left->length);
        *ret_length = piece.length;
        return NULL;
}

static void close_bytes_reader(Reader *base) {
        memory_free(base);
}

Reader *stream_read_bytes(Bytes bytes) {
        BytesReader *reader = memory_new(BytesReader);
        *reader = (BytesReader){
                .base = { .read = read_bytes, .close = close_bytes_reader },
                .left = bytes,
        };
        return &reader->base;
}

typedef struct BufferWriter {
        Writer base;
        Buffer *out;
} BufferWriter;

static Error *write_buffer(Writer *base, Bytes bytes) {
        Buffer *out = ((BufferWriter *)base)->out;
        return buffer_add(out, bytes) ? NULL : too_long(out);
}

static void abandon_buffer_writer(Writer *base) {
        memory_free(base);
}

static Error *finish_buffer_writer(Writer *base) {
        memory_free(base);
        return NULL;
}

Writer *stream_write_buffer(Buffer *out) {
        BufferWriter *writer = memory_new(BufferWriter);
        *writer = (BufferWriter){
                .base = { .write = write_buffer, .finish = finish_buffer_writer, .abandon = abandon_buffer_writer },
                .out = out,
        };
        return &writer->base;
}

/* --- digest --- */

typedef struct DigestWriter {
        Writer base;
        Writer *next;
        Digest *digest;
        uint64_t *count;
} DigestWriter;

static Error *write_digest(Writer *base, Bytes bytes) {
        DigestWriter *writer = (DigestWriter *)base;
        TRY(writer_write(writer->next, bytes));
        if (writer->digest)
                digest_add(writer->digest, bytes);
        if (writer->count)
                *writer->count += bytes.length;
        return NULL;
}

static void abandon_digest_writer(Writer *base) {
        writer_abandon(((DigestWriter *)base)->next);
        memory_free(base);
}

static Error *finish_digest_writer(Writer *base) {
        Writer *next = ((DigestWriter *)base)->next;
        memory_free(base);
        return writer_finish(next);
}

Writer *stream_write_digest(Writer *next, Digest *digest, uint64_t *count) {
        DigestWriter *writer = memory_new(DigestWriter);
        *writer = (DigestWriter){
                .base = { .write = write_digest, .finish = finish_digest_writer, .abandon = abandon_digest_writer },
                .next = next,
                .digest = digest,
                .count = count,
        };
        return &writer->base;
}

typedef struct BorrowedReader {
        Reader base;
        Reader *next;
        uint64_t *count;
} BorrowedReader;

static Error *read_borrowed(Reader *base, void *buffer, size_t capacity, size_t *ret_length) {
        BorrowedReader *reader = (BorrowedReader *)base;
        TRY(reader->next->read(reader->next, buffer, capacity, ret_length));
        if (reader->count)
                *reader->count += *ret_length;
        return NULL;
}

static void close_borrowed_reader(Reader *base) {
        memory_free(base);
}

Reader *stream_read_borrowed(Reader *next, uint64_t *count) {
        BorrowedReader *reader = memory_new(BorrowedReader);
        *reader = (BorrowedReader){
                .base = { .read = read_borrowed, .close = close_borrowed_reader }, .next = next, .count = count
        };
        return &reader->base;
}

typedef struct DigestReader {
        Reader base;
        Reader *next;
        Digest *digest;
} DigestReader;

static Error *read_digest(Reader *base, void *buffer, size_t capacity, size_t *ret_length) {
        DigestReader *reader = (DigestReader *)base;
        TRY(reader_read(reader->next, buffer, capacity, ret_length));
        digest_add(reader->digest, bytes_make(buffer, *ret_length));
        return NULL;
}

static void close_digest_reader(Reader *base) {
        reader_close(((DigestReader *)base)->next);
        memory_free(base);
}

Reader *stream_read_digest(Reader *next, Digest *digest) {
        DigestReader *reader = memory_new(DigestReader);
        *reader = (DigestReader){
                .base = { .read = read_digest, .close = close_digest_reader },
                .next = next,
                .digest = digest,
        };
        return &reader->base;
}
