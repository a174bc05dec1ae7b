#include "codec/deflate.h"

#include <isa-l.h>

#include "base/memory.h"

enum {
        LEVEL = 2,               /* twice as fast as igzip's best, a fiftieth larger (PERFORMANCE.md) */
        INPUT_SIZE = 16 * 1024,  /* of compressed data a reader holds: hundreds of readers may be open at once */
        CHUNK_SIZE = 128 * 1024, /* of plain data the gzip writer gathers before it compresses */
        OUTPUT_MARGIN = 4096,    /* room beyond the plain size for block headers; more is made when it does not do */
        WORTH = 64,              /* a chunk has to get smaller by one part in so many */
};

/* ---- compressing ---- */

struct Deflater {
        struct isal_zstream stream;
        uint8_t level_buffer[ISAL_DEF_LVL2_DEFAULT];
        Buffer sample; /* compressed, and of no further use */
};

Deflater *deflater_new(void) {
        return memory_new(Deflater);
}

void deflater_free(Deflater *deflater) {
        if (!deflater)
                return;
        buffer_clear(&deflater->sample);
        memory_free(deflater);
}

static Bytes last_bytes(Bytes bytes, size_t count) {
        return bytes.length > count ? bytes_slice(bytes, bytes.length - count, count) : bytes;
}

static void start_chunk(Deflater *deflater, Bytes history, Bytes chunk, bool last) {
        struct isal_zstream *stream = &deflater->stream;
        isal_deflate_init(stream);
        stream->level = LEVEL;
        stream->level_buf = deflater->level_buffer;
        stream->level_buf_size = sizeof deflater->level_buffer;
        stream->flush = last ? NO_FLUSH : SYNC_FLUSH;
        stream->end_of_stream = last;
        history = last_bytes(history, DEFLATE_WINDOW);
        if (history.length) /* cannot fail on a stream that was just set up; igzip only reads, but takes no const */
                (void)isal_deflate_set_dict(stream, (uint8_t *)history.at, (uint32_t)history.length);
        stream->next_in = (uint8_t *)chunk.at;
        stream->avail_in = (uint32_t)chunk.length;
}

/* The output ran full: there may be more, unless the chunk's end happened to fit exactly. */
static bool has_more(const struct isal_zstream *stream, bool last) {
        enum isal_zstate_state finished = last ? ZSTATE_END : ZSTATE_NEW_HDR;
        return stream->avail_in > 0 || (stream->avail_out == 0 && stream->internal_state.state != finished);
}

static void compress_chunk(Deflater *deflater, Bytes history, Bytes chunk, bool last, Buffer *out) {
        struct isal_zstream *stream = &deflater->stream;
        start_chunk(deflater, history, chunk, last);
        do {
                uint32_t room = stream->avail_in + OUTPUT_MARGIN;
                stream->next_out = buffer_reserve(out, room);
                if (!stream->next_out)
                        return;
                stream->avail_out = room;
                (void)isal_deflate(stream); /* its errors are about the settings above only */
                out->length += room - stream->avail_out;
        } while (has_more(stream, last));
        out->data[out->length] = '\0';
}

/* RFC 1951 section 3.2.4: blocks of plain bytes, which begin and end with whole bytes. */
static void store_chunk(Bytes chunk, bool last, Buffer *out) {
        enum { LONGEST = 65535, HEADER = 5 };
        (void)buffer_reserve(out, chunk.length + (chunk.length / LONGEST + 1) * HEADER); /* no ceiling */
        do {
                Bytes block = bytes_slice(chunk, 0, LONGEST);
                chunk = bytes_slice(chunk, block.length, chunk.length);
                uint16_t length = (uint16_t)block.length, check = (uint16_t)~length;
                const uint8_t header[HEADER] = { last && chunk.length == 0, (uint8_t)length, (uint8_t)(length >> 8),
                                                 (uint8_t)check, (uint8_t)(check >> 8) };
                (void)buffer_add(out, bytes_make(header, HEADER));
                (void)buffer_add(out, block);
        } while (chunk.length);
}

static bool is_worth_it(size_t packed, size_t plain) {
        return packed < plain - plain / WORTH;
}

/* Looks at some places of CHUNK only, which are at no round distance; the first one tells of most chunks. */
static bool looks_incompressible(Deflater *deflater, Bytes chunk) {
        enum { SAMPLES = 4, LENGTH = 4096, STRIDE = 61001 };
        if (chunk.length < SAMPLES * STRIDE + LENGTH)
                return false;
        for (size_t i = 1; i <= SAMPLES; i++) {
                buffer_truncate(&deflater->sample, 0);
                compress_chunk(deflater, bytes_of(""), bytes_slice(chunk, i * STRIDE, LENGTH), true, &deflater->sample);
                if (is_worth_it(deflater->sample.length, LENGTH))
                        return false;
        }
        return true;
}

/* What hardly gets smaller is stored as it is: reading it takes a tenth of the time then. */
void deflater_chunk(Deflater *deflater, Bytes history, Bytes chunk, bool last, Buffer *out) {
        size_t before = out->length;
        if (!looks_incompressible(deflater, chunk)) {
                compress_chunk(deflater, history, chunk, last, out);
                if (!chunk.length || is_worth_it(out->length - before, chunk.length))
                        return;
        }
        buffer_truncate(out, before);
        store_chunk(chunk, last, out);
}

/* ---- gzip's framing ---- */

const uint8_t deflate_gzip_header[DEFLATE_GZIP_HEADER_SIZE] = {
        0x1f, 0x8b, 8, /* deflate */ 0, 0, 0, 0, 0, /* no flags, no time */ 0, 255, /* unknown system */
};

static void store_little_endian(uint32_t value, uint8_t *at) {
        for (int i = 0; i < 4; i++)
                at[i] = (uint8_t)(value >> (8 * i));
}

void deflate_gzip_trailer(uint32_t crc, uint64_t plain_length, uint8_t trailer[DEFLATE_GZIP_TRAILER_SIZE]) {
        store_little_endian(crc, trailer);
        store_little_endian((uint32_t)plain_length, trailer + 4);
}

uint32_t deflate_crc(uint32_t crc, Bytes bytes) {
        return bytes.length ? crc32_gzip_refl(crc, bytes.at, bytes.length) : crc;
}

/* ---- reading ---- */

typedef struct Inflater {
        Reader reader;
        Reader *next;
        char *name;
        uint32_t format; /* ISAL_GZIP, ISAL_ZLIB or ISAL_DEFLATE */
        bool has_input;  /* something came from NEXT: an empty file is an empty result */
        bool next_ended;
        bool has_ended;
        struct inflate_state state;
        uint8_t input[INPUT_SIZE];
} Inflater;

/* Keeps what is there and adds to it, as far as there is room and NEXT has more. */
static Error *add_input(Inflater *inflater) {
        struct inflate_state *state = &inflater->state;
        size_t kept = state->avail_in, length = 0;
        if (inflater->next_ended)
                return NULL;
        if (kept)
                memmove(inflater->input, state->next_in, kept);
        TRY(reader_read(inflater->next, inflater->input + kept, INPUT_SIZE - kept, &length));
        inflater->next_ended = length < INPUT_SIZE - kept;
        inflater->has_input = inflater->has_input || length;
        state->next_in = inflater->input;
        state->avail_in += (uint32_t)length;
        return NULL;
}

static void start_member(Inflater *inflater) {
        isal_inflate_reset(&inflater->state);
        inflater->state.crc_flag = inflater->format;
}

static bool is_gzip_member(Bytes bytes) {
        return bytes.length >= 2 && bytes.at[0] == deflate_gzip_header[0] && bytes.at[1] == deflate_gzip_header[1];
}

/* At the end of a member: goes on when another one follows. */
static Error *end_member(Inflater *inflater) {
        struct inflate_state *state = &inflater->state;
        inflater->has_ended = true;
        if (inflater->format != ISAL_GZIP)
                return NULL;
        if (state->avail_in < 2)
                TRY(add_input(inflater));
        if (is_gzip_member(bytes_make(state->next_in, state->avail_in))) {
                start_member(inflater);
                inflater->has_ended = false;
        }
        return NULL;
}

static Error *damage(const Inflater *inflater, int status) {
        static const struct {
                int status;
                const char *text;
        } reasons[] = {
                { ISAL_INVALID_WRAPPER, "this is not gzip" },
                { ISAL_UNSUPPORTED_METHOD, "unknown compression method" },
                { ISAL_INCORRECT_CHECKSUM, "wrong checksum" },
        };
        const char *text = "invalid compressed data";
        for (size_t i = 0; i < ARRAY_LENGTH(reasons); i++)
                if (reasons[i].status == status)
                        text = reasons[i].text;
        return error_new(ERROR_CORRUPT, "cannot decompress '%s': %s", inflater->name, text);
}

/* No output came of the input there was: gets more. */
static Error *feed(Inflater *inflater) {
        uint32_t before = inflater->state.avail_in;
        TRY(add_input(inflater));
        if (inflater->state.avail_in > before)
                return NULL;
        if (inflater->has_input || inflater->format != ISAL_GZIP)
                return error_new(ERROR_CORRUPT, "cannot decompress '%s': it ends too early", inflater->name);
        inflater->has_ended = true;
        return NULL;
}

static Error *read_inflated(Reader *reader, void *buffer, size_t capacity, size_t *ret_length) {
        Inflater *inflater = (Inflater *)reader;
        struct inflate_state *state = &inflater->state;
        uint32_t room = (uint32_t)MIN(capacity, (size_t)INT32_MAX);
        state->next_out = buffer;
        state->avail_out = room;
        while (!inflater->has_ended && state->avail_out == room) {
                int status = isal_inflate(state);
                if (status < 0)
                        return damage(inflater, status);
                if (state->avail_out < room)
                        break;
                if (state->block_state == ISAL_BLOCK_FINISH)
                        TRY(end_member(inflater));
                else
                        TRY(feed(inflater));
        }
        *ret_length = room - state->avail_out;
        return NULL;
}

static void close_inflater(Reader *reader) {
        Inflater *inflater = (Inflater *)reader;
        reader_close(inflater->next);
        memory_free(inflater->name);
        memory_free(inflater);
}

static Reader *open_inflater(Reader *next, const char *name, uint32_t format) {
        Inflater *inflater = memory_new(Inflater);
        inflater->reader = (Reader){ .read = read_inflated, .close = close_inflater };
        inflater->next = next;
        inflater->name = memory_text(name);
        inflater->format = format;
        isal_inflate_init(&inflater->state);
        start_member(inflater);
        return &inflater->reader;
}

Reader *deflate_read_gzip(Reader *next, const char *name) {
        return open_inflater(next, name, ISAL_GZIP);
}

Reader *deflate_read_raw(Reader *next, const char *name) {
        return open_inflater(next, name, ISAL_DEFLATE);
}

Reader *deflate_read_zlib(Reader *next, const char *name) {
        return open_inflater(next, name, ISAL_ZLIB);
}

/* ---- writing gzip ---- */

typedef struct GzipWriter {
        Writer writer;
        Writer *next;
        Deflater *deflater;
        Buffer plain; /* history, then what is not compressed yet */
        size_t history_length;
        Buffer packed;
        uint32_t crc;
        uint64_t length;
} GzipWriter;

static void free_gzip_writer(GzipWriter *gzip) {
        deflater_free(gzip->deflater);
        buffer_clear(&gzip->plain);
        buffer_clear(&gzip->packed);
        memory_free(gzip);
}

static Error *write_chunk(GzipWriter *gzip, bool last) {
        Bytes plain = buffer_bytes(&gzip->plain);
        Bytes history = bytes_slice(plain, 0, gzip->history_length);
        Bytes chunk = bytes_slice(plain, gzip->history_length, plain.length);
        gzip->crc = deflate_crc(gzip->crc, chunk);
        gzip->length += chunk.length;
        deflater_chunk(gzip->deflater, history, chunk, last, &gzip->packed);
        TRY(writer_write(gzip->next, buffer_bytes(&gzip->packed)));
        buffer_truncate(&gzip->packed, 0);
        gzip->history_length = MIN(plain.length, (size_t)DEFLATE_WINDOW);
        buffer_consume(&gzip->plain, plain.length - gzip->history_length);
        return NULL;
}

static Error *write_gzip(Writer *writer, Bytes bytes) {
        GzipWriter *gzip = (GzipWriter *)writer;
        while (bytes.length) {
                size_t room = gzip->history_length + CHUNK_SIZE - gzip->plain.length;
                Bytes part = bytes_slice(bytes, 0, room);
                buffer_add(&gzip->plain, part);
                bytes = bytes_slice(bytes, part.length, bytes.length);
                if (part.length == room)
                        TRY(write_chunk(gzip, false));
        }
        return NULL;
}

static Error *end_gzip(GzipWriter *gzip) {
        uint8_t trailer[DEFLATE_GZIP_TRAILER_SIZE];
        TRY(write_chunk(gzip, true));
        deflate_gzip_trailer(gzip->crc, gzip->length, trailer);
        TRY(writer_write(gzip->next, bytes_make(trailer, sizeof trailer)));
        return writer_finish(TAKE(gzip->next));
}

static Error *finish_gzip(Writer *writer) {
        GzipWriter *gzip = (GzipWriter *)writer;
        Error *error = end_gzip(gzip);
        writer_abandon(gzip->next);
        free_gzip_writer(gzip);
        return error;
}

static void abandon_gzip(Writer *writer) {
        GzipWriter *gzip = (GzipWriter *)writer;
        writer_abandon(gzip->next);
        free_gzip_writer(gzip);
}

Writer *deflate_write_gzip(Writer *next) {
        GzipWriter *gzip = memory_new(GzipWriter);
        gzip->writer = (Writer){ .write = write_gzip, .finish = finish_gzip, .abandon = abandon_gzip };
        gzip->next = next;
        gzip->deflater = deflater_new();
        buffer_add(&gzip->packed, bytes_make(deflate_gzip_header, sizeof deflate_gzip_header));
        return &gzip->writer;
}
