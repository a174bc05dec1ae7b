/* Patches, by our own reading of the delta format: bounded memory, and nothing reaches outside the base. */
#include "codec/delta.h"

#include <inttypes.h>

#include "base/memory.h"
#include "sys/file.h"

enum { DELTA_MAGIC = 0x72730236, PIECE_SIZE = 65536 };

/* Op codes of the delta format. Numbers are big-endian and 1, 2, 4 or 8 bytes wide; a literal's width and both widths
 * of a copy follow from the op code. */
enum {
        OP_END = 0x00,
        OP_SHORT_LITERAL = 0x01, /* the op code is the length */
        OP_LITERAL = 0x41,
        OP_COPY = 0x45, /* offset, length */
        OP_BEYOND = 0x55,
        WIDTHS = 4,
};

typedef struct Patch {
        int base;
        uint64_t base_size;
        Reader *delta;
        Writer *out;
        uint64_t offset;   /* in the delta */
        size_t start, end; /* what is left in the buffer */
        bool source_ended;
        uint8_t buffer[PIECE_SIZE];
        uint8_t copied[PIECE_SIZE];
} Patch;

static Error *bad_delta(const Patch *patch, const char *what) {
        return error_new(ERROR_CORRUPT, "the delta is damaged at byte %" PRIu64 ": %s", patch->offset, what);
}

/* Has the next bytes of the delta in the buffer; none at its end. */
static Error *refill(Patch *patch) {
        if (patch->start < patch->end || patch->source_ended)
                return NULL;
        patch->start = 0;
        TRY(reader_read(patch->delta, patch->buffer, sizeof patch->buffer, &patch->end));
        patch->source_ended = patch->end < sizeof patch->buffer;
        return NULL;
}

/* The next bytes of the delta, at least one and at most WANTED; valid until the next call. */
static Error *next_piece(Patch *patch, uint64_t wanted, Bytes *ret_piece) {
        TRY(refill(patch));
        size_t length = (size_t)MIN(wanted, (uint64_t)(patch->end - patch->start));
        if (length == 0)
                return bad_delta(patch, "it ends too early");
        *ret_piece = bytes_make(patch->buffer + patch->start, length);
        patch->start += length;
        patch->offset += length;
        return NULL;
}

/* A number of WIDTH bytes, at most 8. */
static Error *next_number(Patch *patch, size_t width, uint64_t *ret_number) {
        uint64_t number = 0;
        for (size_t i = 0; i < width; i++) {
                Bytes byte = bytes_of(NULL);
                TRY(next_piece(patch, 1, &byte));
                number = number << 8 | *byte.at;
        }
        *ret_number = number;
        return NULL;
}

static Error *put_literal(Patch *patch, uint64_t length) {
        if (length == 0)
                return bad_delta(patch, "a literal of no bytes");
        while (length > 0) {
                Bytes piece = bytes_of(NULL);
                TRY(next_piece(patch, length, &piece));
                TRY(writer_write(patch->out, piece));
                length -= piece.length;
        }
        return NULL;
}

static Error *put_copy(Patch *patch, uint64_t from, uint64_t length) {
        if (length == 0 || from > patch->base_size || length > patch->base_size - from)
                return bad_delta(patch, "it does not belong to this content (a copy reaches beyond its end)");
        while (length > 0) {
                size_t got, wanted = (size_t)MIN(length, (uint64_t)sizeof patch->copied);
                TRY(file_read_at(patch->base, "base", patch->copied, wanted, from, &got));
                if (got < wanted)
                        return error_new(ERROR_CORRUPT, "the content under a delta became shorter");
                TRY(writer_write(patch->out, bytes_make(patch->copied, got)));
                from += got;
                length -= got;
        }
        return NULL;
}

static size_t width_of(uint64_t code) {
        return (size_t)1 << code;
}

/* Carries out the command OP, which is not OP_END. */
static Error *run_command(Patch *patch, uint64_t op) {
        uint64_t from = 0, length = 0;
        if (op < OP_LITERAL)
                return put_literal(patch, op - OP_SHORT_LITERAL + 1);
        if (op < OP_COPY) {
                TRY(next_number(patch, width_of(op - OP_LITERAL), &length));
                return put_literal(patch, length);
        }
        if (op >= OP_BEYOND)
                return bad_delta(patch, "unknown command");
        TRY(next_number(patch, width_of((op - OP_COPY) / WIDTHS), &from));
        TRY(next_number(patch, width_of((op - OP_COPY) % WIDTHS), &length));
        return put_copy(patch, from, length);
}

static Error *apply(Patch *patch) {
        uint64_t magic = 0, op = 0;
        TRY(next_number(patch, sizeof(uint32_t), &magic));
        if (magic != DELTA_MAGIC)
                return bad_delta(patch, "not a delta");
        TRY(next_number(patch, 1, &op));
        while (op != OP_END) {
                TRY(run_command(patch, op));
                TRY(next_number(patch, 1, &op));
        }
        TRY(refill(patch));
        return patch->start < patch->end ? bad_delta(patch, "something follows its end") : NULL;
}

Error *delta_apply(int base, Reader *delta, Writer *out) {
        uint64_t base_size;
        TRY(file_size(base, "base", &base_size));
        Patch *patch = memory_new(Patch);
        patch->base = base;
        patch->base_size = base_size;
        patch->delta = delta;
        patch->out = out;
        Error *error = apply(patch);
        memory_free(patch);
        return error;
}
