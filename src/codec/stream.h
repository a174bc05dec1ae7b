/* Streams of bytes. Readers are pulled; writers are pushed and have two endings: finish, which may fail and makes the
 * output final, and abandon, which cannot fail and leaves nothing. Both release. */
#ifndef CODEC_STREAM_H
#define CODEC_STREAM_H

#include "base/bytes.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/buffer.h"

typedef struct Reader Reader;
struct Reader {
        /* Reads 1 to CAPACITY bytes; *ret_length 0 is the end. After an error or the end only close may be called. */
        Error *(*read)(Reader *reader, void *buffer, size_t capacity, size_t *ret_length);
        void (*close)(Reader *reader);
};

typedef struct Writer Writer;
struct Writer {
        Error *(*write)(Writer *writer, Bytes bytes); /* all of it, or an error */
        Error *(*finish)(Writer *writer);
        void (*abandon)(Writer *writer);
};

/* Calls through the table; close and abandon welcome NULL. reader_read fills the buffer unless the end comes first. */
CHECKED Error *reader_read(Reader *reader, void *buffer, size_t capacity, size_t *ret_length);
void reader_close(Reader *reader);
CHECKED Error *writer_write(Writer *writer, Bytes bytes);
CHECKED Error *writer_finish(Writer *writer);
void writer_abandon(Writer *writer);
DEFINE_AUTO(Reader, reader_close)
DEFINE_AUTO(Writer, writer_abandon)

/* Appends everything that is left to OUT; ERROR_CORRUPT when its ceiling is passed. */
CHECKED Error *reader_read_all(Reader *reader, Buffer *out);

/* Copies everything that is left; finishes neither. */
CHECKED Error *reader_copy(Reader *from, Writer *to);

/* Reads a descriptor from its current position to its end; closes it when OWNS. NAME (copied) is for messages. */
Reader *stream_read_fd(int fd, bool owns, const char *name);

/* Reads memory that outlives the reader. */
Reader *stream_read_bytes(Bytes bytes);

/* Writes to a descriptor; finish and abandon close it when OWNS. */
Writer *stream_write_fd(int fd, bool owns, const char *name);

/* Appends to OUT, which outlives the writer; ERROR_CORRUPT beyond its ceiling. Abandon does not take anything back. */
Writer *stream_write_buffer(Buffer *out);

/* Counts what passes to NEXT (owned) and adds it to DIGEST (not owned, may be NULL); *COUNT (may be NULL) grows with
 * each write. */
Writer *stream_write_digest(Writer *next, Digest *digest, uint64_t *count);

/* Reads NEXT, which stays the caller's when this is closed; *COUNT (may be NULL) grows by what has been read. */
Reader *stream_read_borrowed(Reader *next, uint64_t *count);

/* Adds to DIGEST (not owned) what is read from NEXT (owned). */
Reader *stream_read_digest(Reader *next, Digest *digest);

#endif
