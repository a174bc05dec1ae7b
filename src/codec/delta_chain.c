#include "codec/delta_chain.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/memory.h"
#include "codec/delta_commands.h"
#include "sys/file.h"

enum { GATHERED = 64 * 1024, PIECE_SIZE = 128 * 1024 };

static const char scratch_name[] = "scratch file";

/* A part of a result, up to END; it begins where the piece before ends. */
typedef struct Piece {
        uint64_t end;
        uint64_t from; /* an offset in the base or, with LITERAL, in the literals */
} Piece;

#define LITERAL (UINT64_C(1) << 63)

/* A scratch file that is appended to. */
typedef struct Spool {
        int fd;
        Buffer gathered;
        uint64_t length; /* gathered included */
} Spool;

/* The pieces of one result, in a scratch file; mapped when the result is complete. */
typedef struct Table {
        Spool spool;
        Piece last; /* may still grow, and is not in the file; end 0: there is none */
        uint64_t last_begin;
        const Piece *pieces;
        size_t count;
} Table;

struct DeltaChain {
        Spool literals;
        Table tables[2];
        Table *now, *before; /* the last result; the one before it, or room for the next one */
        size_t deltas;
        size_t hint;         /* in before: where the last copy was found */
        uint8_t room[PIECE_SIZE];
};

static Error *spool_flush(Spool *spool) {
        TRY(file_write(spool->fd, scratch_name, buffer_bytes(&spool->gathered)));
        buffer_truncate(&spool->gathered, 0);
        return NULL;
}

static Error *spool_add(Spool *spool, Bytes bytes) {
        buffer_add(&spool->gathered, bytes);
        spool->length += bytes.length;
        return spool->gathered.length >= GATHERED ? spool_flush(spool) : NULL;
}

static void spool_clear(Spool *spool) {
        file_close(&spool->fd);
        buffer_clear(&spool->gathered);
}

/* ---- tables ---- */

static void table_unmap(Table *table) {
        if (table->pieces)
                (void)munmap((void *)table->pieces, table->count * sizeof(Piece)); /* what was mapped */
        table->pieces = NULL;
        table->count = 0;
}

static Error *table_begin(Table *table) {
        table_unmap(table);
        buffer_truncate(&table->spool.gathered, 0);
        table->spool.length = 0;
        table->last = (Piece){ .end = 0 };
        table->last_begin = 0;
        return file_truncate(table->spool.fd, scratch_name);
}

static Error *put_last(Table *table) {
        return table->last.end ? spool_add(&table->spool, bytes_make(&table->last, sizeof table->last)) : NULL;
}

/* Appends LENGTH bytes, at least one, that lie at FROM; what continues the piece before becomes part of it. */
static Error *table_add(Table *table, uint64_t from, uint64_t length) {
        uint64_t begin = table->last.end;
        if (length > INT64_MAX - begin)
                return error_new(ERROR_CORRUPT, "the delta is damaged: its result would be too long");
        if (begin == 0 || from != table->last.from + (begin - table->last_begin)) {
                TRY(put_last(table));
                table->last_begin = begin;
                table->last.from = from;
        }
        table->last.end = begin + length;
        return NULL;
}

static Error *table_finish(Table *table) {
        TRY(put_last(table));
        TRY(spool_flush(&table->spool));
        if (table->spool.length == 0)
                return NULL;
        void *mapped = mmap(NULL, (size_t)table->spool.length, PROT_READ, MAP_SHARED, table->spool.fd, 0);
        if (mapped == MAP_FAILED)
                return error_from_errno(errno, "cannot map a scratch file");
        table->pieces = mapped;
        table->count = (size_t)(table->spool.length / sizeof(Piece));
        return NULL;
}

static uint64_t begin_of(const Table *table, size_t i) {
        return i ? table->pieces[i - 1].end : 0;
}

static bool holds(const Table *table, size_t i, uint64_t offset) {
        return i < table->count && begin_of(table, i) <= offset && offset < table->pieces[i].end;
}

/* Index of the piece that holds OFFSET, which lies within the table. HINT: one at or before it is probable. */
static size_t table_find(const Table *table, uint64_t offset, size_t hint) {
        size_t low = 0, high = table->count;
        for (size_t i = hint; i < hint + 2; i++)
                if (holds(table, i, offset))
                        return i;
        while (low < high) {
                size_t middle = low + (high - low) / 2;
                if (table->pieces[middle].end <= offset)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

/* ---- adding ---- */

static Error *add_literal(void *context, Bytes bytes) {
        DeltaChain *chain = context;
        uint64_t from = LITERAL | chain->literals.length;
        TRY(spool_add(&chain->literals, bytes));
        return table_add(chain->now, from, bytes.length);
}

/* What the delta copies of the result before it, it copies of whatever that was made of. */
static Error *add_copy(void *context, uint64_t from, uint64_t length) {
        DeltaChain *chain = context;
        const Table *before = chain->before;
        if (chain->deltas == 0)
                return table_add(chain->now, from, length);
        for (size_t i = table_find(before, from, chain->hint); length > 0; i++) {
                uint64_t skipped = from - begin_of(before, i);
                uint64_t piece = MIN(length, before->pieces[i].end - from);
                TRY(table_add(chain->now, before->pieces[i].from + skipped, piece));
                from += piece;
                length -= piece;
                chain->hint = i;
        }
        return NULL;
}

static void swap_tables(DeltaChain *chain) {
        Table *kept = chain->now;
        chain->now = chain->before;
        chain->before = kept;
}

static Error *add_delta(DeltaChain *chain, Reader *delta) {
        DeltaSink sink = {
                .literal = add_literal,
                .copy = add_copy,
                .context = chain,
                .source_size = chain->deltas ? chain->before->last.end : INT64_MAX,
        };
        chain->hint = 0;
        TRY(table_begin(chain->now));
        TRY(delta_commands_read(delta, &sink));
        return table_finish(chain->now);
}

Error *delta_chain_add(DeltaChain *chain, Reader *delta) {
        swap_tables(chain);
        Error *error = add_delta(chain, delta);
        if (error)
                swap_tables(chain);
        else
                chain->deltas++;
        return error;
}

void delta_chain_undo(DeltaChain *chain) {
        swap_tables(chain);
        chain->deltas--;
}

Error *delta_chain_open(Scratch *scratch, DeltaChain **ret_chain) {
        AUTO(delta_chain_close) DeltaChain *chain = memory_new(DeltaChain);
        chain->now = &chain->tables[0];
        chain->before = &chain->tables[1];
        chain->literals.fd = chain->tables[0].spool.fd = chain->tables[1].spool.fd = -1;
        TRY(scratch_file(scratch, &chain->literals.fd));
        TRY(scratch_file(scratch, &chain->tables[0].spool.fd));
        TRY(scratch_file(scratch, &chain->tables[1].spool.fd));
        *ret_chain = TAKE(chain);
        return NULL;
}

void delta_chain_close(DeltaChain *chain) {
        if (!chain)
                return;
        for (size_t i = 0; i < ARRAY_LENGTH(chain->tables); i++) {
                table_unmap(&chain->tables[i]);
                spool_clear(&chain->tables[i].spool);
        }
        spool_clear(&chain->literals);
        memory_free(chain);
}

/* ---- what comes of it ---- */

uint64_t delta_chain_length(const DeltaChain *chain) {
        return chain->now->last.end;
}

bool delta_chain_stays_in_place(const DeltaChain *chain) {
        const Table *table = chain->now;
        for (size_t i = 0; i < table->count; i++)
                if (!(table->pieces[i].from & LITERAL) && table->pieces[i].from != begin_of(table, i))
                        return false;
        return true;
}

static Error *foreign_base(void) {
        return error_new(ERROR_CORRUPT,
                         "the delta is damaged: it does not belong to this content (a copy reaches beyond its end)");
}

static Error *check_base(const DeltaChain *chain, int base) {
        const Table *table = chain->now;
        uint64_t size;
        TRY(file_size(base, "base", &size));
        for (size_t i = 0; i < table->count; i++) {
                const Piece *piece = &table->pieces[i];
                uint64_t length = piece->end - begin_of(table, i);
                if (!(piece->from & LITERAL) && (piece->from > size || length > size - piece->from))
                        return foreign_base();
        }
        return NULL;
}

/* Writes COUNT bytes that lie at FROM in SOURCE. */
static Error *copy_part(DeltaChain *chain, int source, uint64_t from, uint64_t count, Writer *out) {
        while (count) {
                size_t got, wanted = (size_t)MIN(count, (uint64_t)PIECE_SIZE);
                TRY(file_read_at(source, "base", chain->room, wanted, from, &got));
                if (got < wanted)
                        return error_new(ERROR_CORRUPT, "the content under a delta became shorter");
                TRY(writer_write(out, bytes_make(chain->room, got)));
                from += got;
                count -= got;
        }
        return NULL;
}

Error *delta_chain_write(DeltaChain *chain, int base, Writer *out) {
        TRY(check_base(chain, base));
        TRY(spool_flush(&chain->literals));
        for (size_t i = 0; i < chain->now->count; i++) {
                const Piece *piece = &chain->now->pieces[i];
                int source = piece->from & LITERAL ? chain->literals.fd : base;
                TRY(copy_part(chain, source, piece->from & ~LITERAL, piece->end - begin_of(chain->now, i), out));
        }
        return NULL;
}

/* ---- over the base ---- */

typedef struct Overlay {
        Writer writer;
        DeltaChain *chain;
        Writer *next;
        size_t piece;      /* at work */
        uint64_t position; /* in the base, and in the result */
} Overlay;

/* Writes literals at the place at work, until there is a copy. What they hide of the base is passed over: literals that
 * reach up to LIMIT, or beyond the base's end, are written as far as that. */
static Error *lay_literals(Overlay *overlay, uint64_t limit) {
        const Table *table = overlay->chain->now;
        while (overlay->piece < table->count && overlay->position < limit) {
                const Piece *piece = &table->pieces[overlay->piece];
                uint64_t done = overlay->position - begin_of(table, overlay->piece);
                uint64_t count = MIN(piece->end, limit) - overlay->position;
                if (!(piece->from & LITERAL))
                        return NULL;
                TRY(copy_part(overlay->chain, overlay->chain->literals.fd, (piece->from & ~LITERAL) + done, count,
                              overlay->next));
                overlay->position += count;
                overlay->piece += overlay->position == piece->end;
        }
        return NULL;
}

/* BYTES begin at the place at work. */
static Error *write_over(Writer *writer, Bytes bytes) {
        Overlay *overlay = (Overlay *)writer;
        const Table *table = overlay->chain->now;
        uint64_t limit = overlay->position + bytes.length;
        while (overlay->piece < table->count && overlay->position < limit) {
                uint64_t before = overlay->position;
                TRY(lay_literals(overlay, limit));
                bytes = bytes_slice(bytes, (size_t)(overlay->position - before), bytes.length);
                if (overlay->piece == table->count || !bytes.length)
                        break;
                const Piece *copy = &table->pieces[overlay->piece];
                Bytes kept = bytes_slice(bytes, 0, (size_t)MIN(copy->end - overlay->position, (uint64_t)bytes.length));
                TRY(writer_write(overlay->next, kept));
                bytes = bytes_slice(bytes, kept.length, bytes.length);
                overlay->position += kept.length;
                overlay->piece += overlay->position == copy->end;
        }
        return NULL; /* what is left lies behind the result's end */
}

static void abandon_overlay(Writer *writer) {
        Overlay *overlay = (Overlay *)writer;
        writer_abandon(overlay->next);
        memory_free(overlay);
}

static Error *finish_overlay(Writer *writer) {
        Overlay *overlay = (Overlay *)writer;
        Error *error = lay_literals(overlay, UINT64_MAX);
        if (!error && overlay->piece < overlay->chain->now->count)
                error = foreign_base();
        if (!error)
                error = writer_finish(TAKE(overlay->next));
        abandon_overlay(writer);
        return error;
}

Error *delta_chain_overlay(DeltaChain *chain, Writer *next, Writer **ret_writer) {
        Overlay *overlay = memory_new(Overlay);
        AUTO(writer_abandon) Writer *writer = &overlay->writer;
        *overlay = (Overlay){ .writer = { write_over, finish_overlay, abandon_overlay }, .chain = chain, .next = next };
        TRY(spool_flush(&chain->literals));
        *ret_writer = TAKE(writer);
        return NULL;
}
