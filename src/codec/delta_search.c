#include "codec/delta_search.h"

#include <string.h>

#include "base/memory.h"
#include "codec/rollsum.h"

enum {
        MOST_LITERAL = 65536, /* in one command */
        ROOM = 256 * 1024,    /* for content, beside that of a block */
        MOST_BATCH = 16384,   /* length of blocks of which several are looked at together */
        MOST_BROKEN = 3,      /* blocks that an edit in place is taken to touch */
        LITERAL = 0x40,       /* commands: those below are literals of that length */
        COPY = 0x45,
};

struct DeltaSearch {
        const BlockTable *blocks;
        size_t length; /* of a block */
        bool has_begun;

        /* content that is still needed: from FROM what no block was found for, from AT what is to be searched */
        uint8_t *content;
        size_t capacity, from, at, end;
        uint64_t dropped; /* content before that */
        bool is_whole;    /* nothing more comes */

        size_t next;    /* the block that is likely to come: the one after the last that was found */
        bool is_moving; /* nothing begins at AT; the sum is of the block's length from there */
        Rollsum sum;

        uint64_t copy_start, copy_length; /* found, and still to be told */
};

DeltaSearch *delta_search_new(const BlockTable *blocks) {
        DeltaSearch *search = memory_new(DeltaSearch);
        search->blocks = blocks;
        search->length = block_table_length(blocks);
        search->capacity = search->length + search->length / 4 + ROOM;
        search->content = memory_resize(NULL, search->capacity);
        return search;
}

/* ---- commands ---- */

static unsigned size_class(uint64_t number) {
        return number <= UINT8_MAX ? 0 : number <= UINT16_MAX ? 1 : number <= UINT32_MAX ? 2 : 3;
}

/* Big-endian, in 1, 2, 4 or 8 bytes. Returns where the next byte goes. */
static uint8_t *print_number(uint8_t *at, uint64_t number, unsigned class) {
        for (unsigned left = 1U << class; left-- > 0;)
                *at++ = (uint8_t)(number >> 8 * left);
        return at;
}

static Error *write_copy(DeltaSearch *search, Writer *out) {
        uint8_t command[17], *at = command;
        if (search->copy_length == 0)
                return NULL;
        unsigned start = size_class(search->copy_start), length = size_class(search->copy_length);
        *at++ = (uint8_t)(COPY + 4 * start + length);
        at = print_number(at, search->copy_start, start);
        at = print_number(at, search->copy_length, length);
        search->copy_length = 0;
        return writer_write(out, bytes_make(command, (size_t)(at - command)));
}

static Error *write_literal(Bytes literal, Writer *out) {
        uint8_t command[5], *at = command;
        unsigned class = size_class(literal.length);
        if (literal.length <= LITERAL) {
                *at++ = (uint8_t)literal.length;
        } else {
                *at++ = (uint8_t)(LITERAL + 1 + class);
                at = print_number(at, literal.length, class);
        }
        TRY(writer_write(out, bytes_make(command, (size_t)(at - command))));
        return writer_write(out, literal);
}

/* Tells what no block was found for, up to AT. */
static Error *flush_literal(DeltaSearch *search, Writer *out) {
        while (search->from < search->at) {
                size_t length = MIN(search->at - search->from, (size_t)MOST_LITERAL);
                TRY(write_copy(search, out));
                TRY(write_literal(bytes_make(search->content + search->from, length), out));
                search->from += length;
        }
        return NULL;
}

/* LENGTH bytes at AT are those that block NUMBER begins with. */
static Error *take_match(DeltaSearch *search, size_t number, size_t length, Writer *out) {
        uint64_t start = (uint64_t)number * search->length;
        TRY(flush_literal(search, out));
        if (search->copy_length == 0 || search->copy_start + search->copy_length != start) {
                TRY(write_copy(search, out));
                search->copy_start = start;
        }
        search->copy_length += length;
        search->at += length;
        search->from = search->at;
        search->is_moving = false;
        return NULL;
}

/* ---- searching ---- */

static Bytes window(const DeltaSearch *search, size_t number) {
        return bytes_make(search->content + search->at + number * search->length, search->length);
}

/* How many of the blocks from the likely one on are here: where little has changed that is all there is to it, and the
 * sums of several are made at once. */
static size_t count_likely(const DeltaSearch *search) {
        Bytes windows[MD4_TEXTS];
        uint8_t strong[MD4_TEXTS][MD4_SIZE];
        size_t here = (search->end - search->at) / search->length;
        size_t batch = MIN(here, search->length <= MOST_BATCH ? (size_t)MD4_TEXTS : 1), count = 0;
        while (count < batch && block_table_may_be(search->blocks, search->next + count,
                                                   rollsum_value(rollsum_of(window(search, count))))) {
                windows[count] = window(search, count);
                count++;
        }
        if (count == 0)
                return 0;
        md4_sums(windows, count, strong);
        for (size_t i = 0; i < count; i++)
                if (!block_table_is(search->blocks, search->next + i, strong[i]))
                        return i;
        return count;
}

/* The block at AT, whose sum is at hand. */
static size_t find_here(const DeltaSearch *search) {
        uint32_t weak = rollsum_value(search->sum);
        if (!block_table_may_know(search->blocks, weak))
                return BLOCK_NONE;
        return block_table_find(search->blocks, weak, window(search, 0));
}

/* Goes on to a place where a block begins, or as far as there is content and a literal may reach. */
static size_t move_to_match(DeltaSearch *search) {
        size_t last = MIN(search->end - search->length, search->from + MOST_LITERAL);
        while (search->at < last) {
                const uint8_t *at = search->content + search->at;
                rollsum_move(&search->sum, search->length, at[0], at[search->length]);
                search->at++;
                size_t number = find_here(search);
                if (number != BLOCK_NONE)
                        return number;
        }
        return BLOCK_NONE;
}

static Error *take_found(DeltaSearch *search, size_t number, size_t count, Writer *out) {
        search->next = number + count;
        return take_match(search, number, count * search->length, out);
}

static bool is_block(const DeltaSearch *search, size_t number, Bytes content) {
        uint8_t strong[1][MD4_SIZE];
        if (!block_table_may_be(search->blocks, number, rollsum_value(rollsum_of(content))))
                return false;
        md4_sums(&content, 1, strong);
        return block_table_is(search->blocks, number, strong[0]);
}

/* Whether several blocks are looked at: those of content that comes later must be here, lest the delta depend on how
 * the content is cut. */
static bool looks_further(const DeltaSearch *search) {
        return search->length <= MOST_BATCH;
}

/* The first block that is what LENGTH bytes of CONTENT are, wherever it was. */
static size_t find_anywhere(const DeltaSearch *search, Bytes content) {
        uint32_t weak = rollsum_value(rollsum_of(content));
        return block_table_may_know(search->blocks, weak) ? block_table_find(search->blocks, weak, content)
                                                          : BLOCK_NONE;
}

/* How many blocks an edit in place has broken: none of them is anywhere else, and behind them is what has always been
 * there. 0: it was none. A file of which nothing moves is restored in one go; where content repeats itself, moving on
 * byte by byte might find some of it elsewhere. */
static size_t count_broken(const DeltaSearch *search) {
        bool is_in_place = search->dropped + search->at == (uint64_t)search->next * search->length;
        size_t here = (search->end - search->at) / search->length;
        if (!is_in_place || !looks_further(search))
                return 0;
        for (size_t i = 1; i <= MOST_BROKEN && i < here; i++) {
                if (find_anywhere(search, window(search, i - 1)) != BLOCK_NONE)
                        return 0;
                if (is_block(search, search->next + i, window(search, i)))
                        return i;
        }
        return 0;
}

/* Looks at AT, after a match or at the beginning. */
static Error *begin_search(DeltaSearch *search, Writer *out) {
        size_t likely = count_likely(search);
        if (likely)
                return take_found(search, search->next, likely, out);
        size_t broken = count_broken(search);
        if (broken) {
                search->next += broken;
                search->at += broken * search->length;
                return NULL;
        }
        search->sum = rollsum_of(window(search, 0));
        size_t number = find_here(search);
        if (number != BLOCK_NONE)
                return take_found(search, number, 1, out);
        search->is_moving = true;
        return NULL;
}

static Error *go_on_searching(DeltaSearch *search, Writer *out) {
        size_t number = move_to_match(search);
        if (number != BLOCK_NONE)
                return take_found(search, number, 1, out);
        return search->at - search->from == MOST_LITERAL ? flush_literal(search, out) : NULL;
}

/* How much has to be here to go on. */
static size_t needed(const DeltaSearch *search) {
        if (search->is_moving)
                return search->length + 1;
        return looks_further(search) && !search->is_whole ? (1 + MOST_BROKEN) * search->length : search->length;
}

/* Deals with what is here, but for less than needed at the end. */
static Error *search_content(DeltaSearch *search, Writer *out) {
        while (search->at + needed(search) <= search->end)
                TRY(search->is_moving ? go_on_searching(search, out) : begin_search(search, out));
        return NULL;
}

/* The old file's last block may be a short one: it is looked for at the very end alone. */
static bool find_short_end(DeltaSearch *search) {
        size_t count = block_table_count(search->blocks);
        if (search->is_moving) { /* nothing begins there */
                rollsum_shrink(&search->sum, search->length, search->content[search->at]);
                search->at++;
        } else {
                search->sum = rollsum_of(bytes_make(search->content + search->at, search->end - search->at));
        }
        for (; count && search->at < search->end; search->at++) {
                uint8_t strong[1][MD4_SIZE];
                const Bytes rest = bytes_make(search->content + search->at, search->end - search->at);
                if (block_table_may_be(search->blocks, count - 1, rollsum_value(search->sum))) {
                        md4_sums(&rest, 1, strong);
                        if (block_table_is(search->blocks, count - 1, strong[0]))
                                return true;
                }
                rollsum_shrink(&search->sum, rest.length, rest.at[0]);
        }
        search->at = search->end;
        return false;
}

/* ---- in and out ---- */

static Error *begin(DeltaSearch *search, Writer *out) {
        static const uint8_t magic[] = { 0x72, 0x73, 0x02, 0x36 };
        if (search->has_begun)
                return NULL;
        search->has_begun = true;
        return writer_write(out, bytes_make(magic, sizeof magic));
}

static void drop_front(DeltaSearch *search) {
        search->dropped += search->from;
        search->at -= search->from;
        search->end -= search->from;
        memmove(search->content, search->content + search->from, search->end);
        search->from = 0;
}

Error *delta_search_add(DeltaSearch *search, Bytes content, Writer *out) {
        TRY(begin(search, out));
        while (content.length) {
                Bytes part = bytes_slice(content, 0, search->capacity - search->end);
                memcpy(search->content + search->end, part.at, part.length);
                search->end += part.length;
                content = bytes_slice(content, part.length, content.length);
                if (search->end < search->capacity)
                        continue;
                TRY(search_content(search, out));
                drop_front(search);
        }
        return NULL;
}

Error *delta_search_finish(DeltaSearch *search, Writer *out) {
        static const uint8_t end = 0;
        TRY(begin(search, out));
        search->is_whole = true;
        TRY(search_content(search, out));
        if (find_short_end(search))
                TRY(take_match(search, block_table_count(search->blocks) - 1, search->end - search->at, out));
        TRY(flush_literal(search, out));
        TRY(write_copy(search, out));
        return writer_write(out, bytes_make(&end, sizeof end));
}

void delta_search_free(DeltaSearch *search) {
        if (!search)
                return;
        memory_free(search->content);
        memory_free(search);
}
