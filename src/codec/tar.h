/* Tar: members to and from streams (POSIX pax on writing; pax, ustar and GNU on reading).
 *
 * This is the dialect of FORMAT.md, "Volumes". What other readers ignore and we use: twelve bytes at the end of a
 * header block that POSIX leaves unused (our record: content size and nanoseconds), and pax records whose keys begin
 * with CHARMDUPLICITY. */
#ifndef CODEC_TAR_H
#define CODEC_TAR_H

#include "codec/stream.h"

enum { TAR_BLOCK = 512 };

typedef enum TarType {
        TAR_FILE = '0',
        TAR_LINK = '2', /* symbolic */
        TAR_CHAR_DEVICE = '3',
        TAR_BLOCK_DEVICE = '4',
        TAR_FOLDER = '5',
        TAR_FIFO = '6',
} TarType;

typedef struct TarMember {
        TarType type;
        const char *name;   /* raw bytes, no NUL; folders end in '/' as written by the caller */
        const char *target; /* links, else NULL */
        uint64_t size;      /* of the payload that follows; read for files only, others have none */
        int64_t modified;   /* seconds; huge values go to pax mtime, negative ones to CHARMDUPLICITY.mtime */
        uint32_t mode, uid, gid;
        const char *user, *group; /* NULL: unknown */
        uint32_t major, minor;

        /* our record in the unused twelve bytes; FILE members only */
        bool has_record;
        uint64_t content_size;   /* of the whole file (not of this chunk), below 2^56 */
        uint32_t nanoseconds;    /* of modified, below 10^9 */

        /* pax records */
        bool has_sha256;         /* CHARMDUPLICITY.sha256: of the whole file after this set's change is applied */
        uint8_t sha256[DIGEST_SHA256_SIZE];
        bool is_incomplete;      /* CHARMDUPLICITY.incomplete: reading failed here, this is not the whole content */
} TarMember;

/* Appends the header blocks (pax records first where they are needed) for MEMBER. Byte for byte what Python's tarfile
 * writes in PAX_FORMAT for a member without our records (FORMAT.md section "Volumes"; POSIX.1-2017 pax). An OUT with
 * a ceiling may overflow: the caller asks. */
void tar_print_header(const TarMember *member, Buffer *out);

/* Number of zero bytes that follow a payload of SIZE bytes. */
static inline size_t tar_padding(uint64_t size) {
        return (size_t)(-size % TAR_BLOCK);
}

/* Appends header, PAYLOAD (member->size bytes) and padding. */
CHECKED Error *tar_write_member(Writer *out, const TarMember *member, Bytes payload);

/* Appends the end: two zero blocks, then zeros up to a multiple of 10240 of WRITTEN, the bytes written so far. */
CHECKED Error *tar_write_end(Writer *out, uint64_t written);

typedef struct TarReader TarReader;

/* Reads members from NEXT (owned). NAME is for messages. */
TarReader *tar_reader_open(Reader *next, const char *name);

/* Goes to the next member, skipping what is left of the payload; *ret_member becomes NULL at the end (end of stream
 * between members, or the first zero block; then the rest of the stream is read and dropped, so that decoders below
 * can prove it). Valid until the next call. Bad checksum, bad numbers, types other than TarType (hard links, sparse
 * and contiguous files), a name longer than 1 MiB, or an end inside a header: ERROR_CORRUPT naming NAME and the
 * offset. Unknown pax keys and global headers are ignored; GNU long names and base-256 numbers are understood. */
CHECKED Error *tar_reader_next(TarReader *reader, const TarMember **ret_member);

/* Reads payload of the current member; *ret_length 0 at its end. An end of stream before that is ERROR_CORRUPT. */
CHECKED Error *tar_reader_read(TarReader *reader, void *buffer, size_t capacity, size_t *ret_length);

/* The same until BUFFER is full or the payload ends. */
CHECKED Error *tar_reader_fill(TarReader *reader, void *buffer, size_t capacity, size_t *ret_length);

void tar_reader_close(TarReader *reader);
DEFINE_AUTO(TarReader, tar_reader_close)

#endif
