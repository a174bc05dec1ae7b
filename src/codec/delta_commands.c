#include "codec/delta_commands.h"

#include <inttypes.h>

#include "base/memory.h"

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

typedef struct Commands {
        Reader *delta;
        const DeltaSink *sink;
        uint64_t offset;   /* in the delta */
        size_t start, end; /* what is left in the buffer */
        bool source_ended;
        uint8_t buffer[PIECE_SIZE];
} Commands;

static Error *bad_delta(const Commands *commands, const char *what) {
        return error_new(ERROR_CORRUPT, "the delta is damaged at byte %" PRIu64 ": %s", commands->offset, what);
}

/* Has the next bytes of the delta in the buffer; none at its end. */
static Error *refill(Commands *commands) {
        if (commands->start < commands->end || commands->source_ended)
                return NULL;
        commands->start = 0;
        TRY(reader_read(commands->delta, commands->buffer, sizeof commands->buffer, &commands->end));
        commands->source_ended = commands->end < sizeof commands->buffer;
        return NULL;
}

/* The next bytes of the delta, at least one and at most WANTED; valid until the next call. */
static Error *next_piece(Commands *commands, uint64_t wanted, Bytes *ret_piece) {
        TRY(refill(commands));
        size_t length = (size_t)MIN(wanted, (uint64_t)(commands->end - commands->start));
        if (length == 0)
                return bad_delta(commands, "it ends too early");
        *ret_piece = bytes_make(commands->buffer + commands->start, length);
        commands->start += length;
        commands->offset += length;
        return NULL;
}

/* A number of WIDTH bytes, at most 8. */
static Error *next_number(Commands *commands, size_t width, uint64_t *ret_number) {
        uint64_t number = 0;
        for (size_t i = 0; i < width; i++) {
                Bytes byte = bytes_of(NULL);
                TRY(next_piece(commands, 1, &byte));
                number = number << 8 | *byte.at;
        }
        *ret_number = number;
        return NULL;
}

static Error *put_literal(Commands *commands, uint64_t length) {
        if (length == 0)
                return bad_delta(commands, "a literal of no bytes");
        while (length > 0) {
                Bytes piece = bytes_of(NULL);
                TRY(next_piece(commands, length, &piece));
                TRY(commands->sink->literal(commands->sink->context, piece));
                length -= piece.length;
        }
        return NULL;
}

static Error *put_copy(Commands *commands, uint64_t from, uint64_t length) {
        uint64_t size = commands->sink->source_size;
        if (length == 0 || from > size || length > size - from)
                return bad_delta(commands, "it does not belong to this content (a copy reaches beyond its end)");
        return commands->sink->copy(commands->sink->context, from, length);
}

static size_t width_of(uint64_t code) {
        return (size_t)1 << code;
}

/* Carries out the command OP, which is not OP_END. */
static Error *run_command(Commands *commands, uint64_t op) {
        uint64_t from = 0, length = 0;
        if (op < OP_LITERAL)
                return put_literal(commands, op - OP_SHORT_LITERAL + 1);
        if (op < OP_COPY) {
                TRY(next_number(commands, width_of(op - OP_LITERAL), &length));
                return put_literal(commands, length);
        }
        if (op >= OP_BEYOND)
                return bad_delta(commands, "unknown command");
        TRY(next_number(commands, width_of((op - OP_COPY) / WIDTHS), &from));
        TRY(next_number(commands, width_of((op - OP_COPY) % WIDTHS), &length));
        return put_copy(commands, from, length);
}

static Error *run_all(Commands *commands) {
        uint64_t magic = 0, op = 0;
        TRY(next_number(commands, sizeof(uint32_t), &magic));
        if (magic != DELTA_MAGIC)
                return bad_delta(commands, "not a delta");
        TRY(next_number(commands, 1, &op));
        while (op != OP_END) {
                TRY(run_command(commands, op));
                TRY(next_number(commands, 1, &op));
        }
        TRY(refill(commands));
        return commands->start < commands->end ? bad_delta(commands, "something follows its end") : NULL;
}

Error *delta_commands_read(Reader *delta, const DeltaSink *sink) {
        Commands *commands = memory_new(Commands);
        commands->delta = delta;
        commands->sink = sink;
        Error *error = run_all(commands);
        memory_free(commands);
        return error;
}
