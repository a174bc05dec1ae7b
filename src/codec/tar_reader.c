#include "codec/tar.h"

#include <inttypes.h>

#include "base/memory.h"
#include "codec/tar_header.h"

/* Small, because a restore may have hundreds of readers open; larger reads of payload pass it by. */
enum { BUFFER_SIZE = 16384 };

struct TarReader {
        Reader *next;
        char *name;
        uint64_t offset;         /* bytes consumed */
        uint64_t header_offset;  /* of the block being looked at, for messages */
        uint64_t payload_left;
        size_t padding_left;
        bool source_ended;       /* NEXT must not be asked again */
        bool at_end;
        TarExtras extras;
        TarTexts texts;
        TarMember member;
        size_t start, end;       /* what is filled of buffer and not consumed */
        uint8_t buffer[BUFFER_SIZE];
};

TarReader *tar_reader_open(Reader *next, const char *name) {
        TarReader *reader = memory_new(TarReader);
        reader->next = next;
        reader->name = memory_text(name);
        return reader;
}

void tar_reader_close(TarReader *reader) {
        if (!reader)
                return;
        reader_close(reader->next);
        tar_extras_clear(&reader->extras);
        memory_free(reader->name);
        memory_free(reader);
}

/* Says where it happened; NULL stays NULL. */
static Error *damaged(const TarReader *reader, uint64_t offset, Error *what) {
        return error_context(what, "'%s' is damaged at byte %" PRIu64, reader->name, offset);
}

static Error *truncated(const TarReader *reader) {
        return damaged(reader, reader->offset, error_new(ERROR_CORRUPT, "it ends too early"));
}

/* Has WANTED bytes in the buffer, in one piece; fewer only at the end of the source. */
static Error *gather(TarReader *reader, size_t wanted) {
        size_t have = reader->end - reader->start, length;
        if (have >= wanted || reader->source_ended)
                return NULL;
        memmove(reader->buffer, reader->buffer + reader->start, have);
        reader->start = 0;
        reader->end = have;
        TRY(reader_read(reader->next, reader->buffer + have, BUFFER_SIZE - have, &length));
        reader->end += length;
        reader->source_ended = length < BUFFER_SIZE - have;
        return NULL;
}

static void consume(TarReader *reader, size_t count) {
        reader->start += count;
        reader->offset += count;
}

static Error *skip(TarReader *reader, uint64_t count) {
        while (count > 0) {
                TRY(gather(reader, 1));
                size_t piece = (size_t)MIN(count, (uint64_t)(reader->end - reader->start));
                if (piece == 0)
                        return truncated(reader);
                consume(reader, piece);
                count -= piece;
        }
        return NULL;
}

/* Reads 1 to CAPACITY bytes, none at the end of the source; large pieces go straight to their destination. */
static Error *take(TarReader *reader, void *to, size_t capacity, size_t *ret_length) {
        size_t length = 0;
        if (reader->start == reader->end && capacity >= BUFFER_SIZE && !reader->source_ended) {
                TRY(reader_read(reader->next, to, capacity, &length));
                reader->source_ended = length < capacity;
                reader->offset += length;
        } else {
                TRY(gather(reader, 1));
                length = MIN(capacity, reader->end - reader->start);
                memcpy(to, reader->buffer + reader->start, length);
                consume(reader, length);
        }
        *ret_length = length;
        return NULL;
}

static Error *take_all(TarReader *reader, void *to, size_t count) {
        for (size_t done = 0; done < count;) {
                size_t length = 0;
                TRY(take(reader, (uint8_t *)to + done, count - done, &length));
                if (length == 0)
                        return truncated(reader);
                done += length;
        }
        return NULL;
}

static Error *drain(TarReader *reader) {
        while (!reader->source_ended) {
                consume(reader, reader->end - reader->start);
                TRY(gather(reader, 1));
        }
        return NULL;
}

/* The next header block; NULL at the archive's end. It lies in the buffer. */
static Error *read_block(TarReader *reader, const TarBlock **ret_block) {
        *ret_block = NULL;
        TRY(gather(reader, TAR_BLOCK));
        size_t have = reader->end - reader->start;
        if (have == 0)
                return NULL;
        if (have < TAR_BLOCK)
                return truncated(reader);
        Bytes block = bytes_make(reader->buffer + reader->start, TAR_BLOCK);
        if (bytes_are_zero(block))
                return drain(reader);
        reader->header_offset = reader->offset;
        TRY(damaged(reader, reader->offset, tar_header_check((const TarBlock *)block.at)));
        consume(reader, TAR_BLOCK);
        *ret_block = (const TarBlock *)block.at;
        return NULL;
}

/* Extended headers: blocks that speak of the member after them. */
enum { TYPE_PAX = 'x', TYPE_PAX_GLOBAL = 'g', TYPE_GNU_NAME = 'L', TYPE_GNU_TARGET = 'K' };

static bool is_extension(char type) {
        return type == TYPE_PAX || type == TYPE_PAX_GLOBAL || type == TYPE_GNU_NAME || type == TYPE_GNU_TARGET;
}

static Error *add_extension(TarExtras *extras, char type, size_t size) {
        if (type == TYPE_PAX)
                return tar_extras_add_pax(extras, size);
        return tar_extras_add_text(extras, type == TYPE_GNU_NAME ? TAR_TEXT_NAME : TAR_TEXT_TARGET, size);
}

static Error *read_extension(TarReader *reader, const TarBlock *block) {
        uint64_t size, offset = reader->header_offset;
        char type = block->type; /* the block is gone with the next read */
        TRY(damaged(reader, offset, tar_header_size(block, &size)));
        if (type == TYPE_PAX_GLOBAL)
                return skip(reader, size + tar_padding(size));
        void *room = size <= TAR_MAX_EXTRAS ? tar_extras_reserve(&reader->extras, (size_t)size) : NULL;
        if (!room)
                return damaged(reader, offset, error_new(ERROR_CORRUPT, "extended headers are too long"));
        TRY(take_all(reader, room, (size_t)size));
        TRY(skip(reader, tar_padding(size)));
        return damaged(reader, offset, add_extension(&reader->extras, type, (size_t)size));
}

/* Goes to the next block that is a member's own, NULL at the end; what is said before it is in extras then. */
static Error *read_member_block(TarReader *reader, const TarBlock **ret_block) {
        bool is_extended = false;
        for (;;) {
                TRY(read_block(reader, ret_block));
                if (!*ret_block)
                        return is_extended ? truncated(reader) : NULL;
                if (!is_extension((*ret_block)->type))
                        return NULL;
                is_extended |= (*ret_block)->type != TYPE_PAX_GLOBAL;
                TRY(read_extension(reader, *ret_block));
        }
}

Error *tar_reader_next(TarReader *reader, const TarMember **ret_member) {
        const TarBlock *block = NULL;
        if (!reader->at_end) {
                TRY(skip(reader, reader->payload_left + reader->padding_left));
                reader->payload_left = reader->padding_left = 0;
                tar_extras_reset(&reader->extras);
                TRY(read_member_block(reader, &block));
        }
        reader->at_end = !block;
        if (!block) {
                *ret_member = NULL;
                return NULL;
        }
        Error *error = tar_header_parse(block, &reader->extras, &reader->texts, &reader->member);
        TRY(damaged(reader, reader->header_offset, error));
        reader->payload_left = reader->member.size;
        reader->padding_left = tar_padding(reader->member.size);
        *ret_member = &reader->member;
        return NULL;
}

Error *tar_reader_read(TarReader *reader, void *buffer, size_t capacity, size_t *ret_length) {
        size_t wanted = (size_t)MIN((uint64_t)capacity, reader->payload_left), length = 0;
        if (wanted > 0) {
                TRY(take(reader, buffer, wanted, &length));
                if (length == 0)
                        return truncated(reader);
                reader->payload_left -= length;
        }
        *ret_length = length;
        return NULL;
}

Error *tar_reader_fill(TarReader *reader, void *buffer, size_t capacity, size_t *ret_length) {
        size_t length = 1;
        for (*ret_length = 0; length && *ret_length < capacity; *ret_length += length)
                TRY(tar_reader_read(reader, (uint8_t *)buffer + *ret_length, capacity - *ret_length, &length));
        return NULL;
}
