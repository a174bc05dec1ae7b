#include "codec/delta_chain.h"

#include <fcntl.h>

#include "base/memory.h"
#include "codec/delta.h"
#include "support/test.h"
#include "sys/file.h"

static void begin_delta(Buffer *delta) {
        buffer_add(delta, bytes_make("rs\x02\x36", 4));
}

static void add_literal(Buffer *delta, Bytes bytes) {
        buffer_add(delta, bytes_make("\x42", 1)); /* a length of two bytes */
        buffer_add_byte(delta, (uint8_t)(bytes.length >> 8));
        buffer_add_byte(delta, (uint8_t)bytes.length);
        buffer_add(delta, bytes);
}

static void add_copy(Buffer *delta, size_t from, size_t length) {
        buffer_add(delta, bytes_make("\x4f", 1)); /* four bytes each */
        for (int i = 3; i >= 0; i--)
                buffer_add_byte(delta, (uint8_t)(from >> 8 * i));
        for (int i = 3; i >= 0; i--)
                buffer_add_byte(delta, (uint8_t)(length >> 8 * i));
}

static DeltaChain *open_chain(void) {
        AUTO(scratch_close) Scratch *scratch = NULL;
        DeltaChain *chain = NULL;
        assert_ok(scratch_open(".", &scratch));
        assert_ok(delta_chain_open(scratch, &chain));
        return chain;
}

static Error *add(DeltaChain *chain, const Buffer *delta) {
        AUTO(reader_close) Reader *reader = stream_read_bytes(buffer_bytes(delta));
        return delta_chain_add(chain, reader);
}

/* COUNT commands (from, length, or text) as a delta. */
typedef struct Command {
        const char *text; /* a literal; NULL: a copy */
        size_t from, length;
} Command;

static Error *add_commands(DeltaChain *chain, const Command *commands, size_t count) {
        AUTO_VALUE(buffer_clear) Buffer delta = { .data = NULL };
        begin_delta(&delta);
        for (size_t i = 0; i < count; i++)
                if (commands[i].text)
                        add_literal(&delta, bytes_of(commands[i].text));
                else
                        add_copy(&delta, commands[i].from, commands[i].length);
        buffer_add_byte(&delta, 0);
        return add(chain, &delta);
}

#define ADD(chain, ...) \
        add_commands((chain), (const Command[]){ __VA_ARGS__ }, ARRAY_LENGTH(((const Command[]){ __VA_ARGS__ })))
#define COPY(start, count) { .from = (start), .length = (count) }
#define TEXT(literal) { .text = (literal) }

static int file_with(const char *path, Bytes content) {
        int fd = -1;
        test_write_file(path, content);
        assert_ok(file_open(path, O_RDWR, 0, &fd));
        return fd;
}

static void assert_writes(DeltaChain *chain, Bytes base, Bytes wanted) {
        AUTO_FD int fd = file_with("base", base);
        AUTO_VALUE(buffer_clear) Buffer result = { .data = NULL };
        AUTO(writer_abandon) Writer *out = stream_write_buffer(&result);
        assert_ok(delta_chain_write(chain, fd, out));
        assert_int_equal(delta_chain_length(chain), wanted.length);
        assert_bytes_equal(buffer_bytes(&result), wanted);
}

/* STEP: bytes of BASE that are written at a time. */
static void assert_overlays_by(DeltaChain *chain, Bytes base, Bytes wanted, size_t step) {
        AUTO_VALUE(buffer_clear) Buffer result = { .data = NULL };
        AUTO(writer_abandon) Writer *out = NULL;
        assert_true(delta_chain_stays_in_place(chain));
        assert_ok(delta_chain_overlay(chain, stream_write_buffer(&result), &out));
        for (size_t at = 0; at < base.length; at += step)
                assert_ok(writer_write(out, bytes_slice(base, at, step)));
        assert_ok(writer_finish(TAKE(out)));
        assert_bytes_equal(buffer_bytes(&result), wanted);
}

static void assert_overlays(DeltaChain *chain, Bytes base, Bytes wanted) {
        for (size_t step = 1; step <= base.length; step++)
                assert_overlays_by(chain, base, wanted, step);
}

TEST(delta_chain_makes_one_of_several) {
        AUTO(delta_chain_close) DeltaChain *chain = open_chain();
        assert_ok(ADD(chain, COPY(0, 4), TEXT("new"), COPY(6, 4))); /* 0123new6789 */
        assert_writes(chain, bytes_of("0123456789"), bytes_of("0123new6789"));
        assert_ok(ADD(chain, COPY(5, 3), COPY(0, 6), TEXT("!"))); /* ew6 0123ne ! */
        assert_writes(chain, bytes_of("0123456789"), bytes_of("ew60123ne!"));
        assert_ok(ADD(chain, COPY(9, 1), COPY(0, 10)));
        assert_writes(chain, bytes_of("0123456789"), bytes_of("!ew60123ne!"));
        assert_false(delta_chain_stays_in_place(chain));
}

TEST(delta_chain_lies_over_what_stays_in_its_place) {
        AUTO(delta_chain_close) DeltaChain *chain = open_chain();
        assert_ok(ADD(chain, COPY(0, 4), TEXT("ab"), COPY(6, 4)));
        assert_overlays(chain, bytes_of("0123456789"), bytes_of("0123ab6789"));
        assert_ok(ADD(chain, COPY(0, 5), TEXT("c"), COPY(6, 2)));
        assert_overlays(chain, bytes_of("0123456789"), bytes_of("0123ac67")); /* shorter */
        assert_ok(ADD(chain, COPY(0, 8), TEXT("longer")));
        assert_overlays(chain, bytes_of("0123456789"), bytes_of("0123ac67longer"));
}

TEST(delta_chain_takes_back_the_last_delta) {
        AUTO(delta_chain_close) DeltaChain *chain = open_chain();
        assert_ok(ADD(chain, TEXT("ab"), COPY(0, 2)));
        assert_ok(ADD(chain, COPY(3, 1)));
        delta_chain_undo(chain);
        assert_writes(chain, bytes_of("01"), bytes_of("ab01"));
        assert_ok(ADD(chain, COPY(2, 2), COPY(0, 2)));
        assert_writes(chain, bytes_of("01"), bytes_of("01ab"));
}

TEST(delta_chain_stays_as_it_was_after_an_error) {
        AUTO(delta_chain_close) DeltaChain *chain = open_chain();
        AUTO_VALUE(buffer_clear) Buffer cut = { .data = NULL };
        assert_ok(ADD(chain, TEXT("ab"), COPY(0, 2)));
        assert_error(ADD(chain, TEXT("c"), COPY(2, 3)), ERROR_CORRUPT, "a copy reaches beyond its end");
        begin_delta(&cut);
        add_literal(&cut, bytes_of("d"));
        assert_error(add(chain, &cut), ERROR_CORRUPT, "it ends too early");
        assert_writes(chain, bytes_of("01"), bytes_of("ab01"));
        assert_ok(ADD(chain, COPY(1, 2)));
        assert_writes(chain, bytes_of("01"), bytes_of("b0"));
}

TEST(delta_chain_refuses_a_base_that_is_too_short) {
        AUTO(delta_chain_close) DeltaChain *chain = open_chain();
        AUTO_FD int fd = file_with("base", bytes_of("0123"));
        AUTO(writer_abandon) Writer *out = stream_write_fd(-1, false, "nothing");
        assert_ok(ADD(chain, TEXT("abc"), COPY(3, 2)));
        assert_error(delta_chain_write(chain, fd, out), ERROR_CORRUPT, "it does not belong to this content");
        AUTO_TEXT char *content = test_read_file("base", NULL);
        assert_string_equal(content, "0123");
}

TEST(delta_chain_does_not_lie_over_a_base_that_is_too_short) {
        AUTO(delta_chain_close) DeltaChain *chain = open_chain();
        AUTO_VALUE(buffer_clear) Buffer result = { .data = NULL };
        Writer *out = NULL;
        assert_ok(ADD(chain, TEXT("abc"), COPY(3, 2)));
        assert_ok(delta_chain_overlay(chain, stream_write_buffer(&result), &out));
        assert_ok(writer_write(out, bytes_of("0123")));
        assert_error(writer_finish(out), ERROR_CORRUPT, "it does not belong to this content");
        AUTO(writer_abandon) Writer *left = NULL;
        assert_ok(delta_chain_overlay(chain, stream_write_buffer(&result), &left));
        assert_ok(writer_write(left, bytes_of("01")));
}

TEST(delta_chain_refuses_a_result_without_bounds) {
        AUTO(delta_chain_close) DeltaChain *chain = open_chain();
        AUTO_VALUE(buffer_clear) Buffer delta = { .data = NULL };
        begin_delta(&delta);
        for (int i = 0; i < 2; i++)
                buffer_add(&delta, bytes_make("\x48\0\x7f\xff\xff\xff\xff\xff\xff\xff", 10)); /* all there may be */
        buffer_add_byte(&delta, 0);
        assert_error(add(chain, &delta), ERROR_CORRUPT, "too long");
}

TEST(delta_chain_makes_content_empty_and_full_again) {
        AUTO(delta_chain_close) DeltaChain *chain = open_chain();
        AUTO_VALUE(buffer_clear) Buffer empty = { .data = NULL };
        begin_delta(&empty);
        buffer_add_byte(&empty, 0);
        assert_ok(add(chain, &empty));
        assert_int_equal(delta_chain_length(chain), 0);
        assert_writes(chain, bytes_of("01"), bytes_of(""));
        assert_overlays(chain, bytes_of("01"), bytes_of(""));
        assert_error(ADD(chain, COPY(0, 1)), ERROR_CORRUPT, "a copy reaches beyond its end");
        assert_ok(ADD(chain, TEXT("x")));
        assert_overlays(chain, bytes_of("01"), bytes_of("x"));
}

static uint32_t next_number(uint32_t *state) {
        *state = *state * 1664525 + 1013904223;
        return *state >> 8;
}

/* Adds COUNT random commands to DELTA, and what comes of BEFORE to AFTER. */
static void make_random(uint32_t *state, size_t count, Bytes before, Buffer *delta, Buffer *after) {
        for (size_t i = 0; i < count; i++) {
                size_t from = next_number(state) % before.length;
                Bytes part = bytes_slice(before, from, next_number(state) % 300 + 1);
                uint8_t text[8];
                for (size_t k = 0; k < sizeof text; k++)
                        text[k] = (uint8_t)next_number(state);
                Bytes literal = bytes_make(text, next_number(state) % 8 + 1);
                add_copy(delta, from, part.length);
                add_literal(delta, literal);
                buffer_add(after, part);
                buffer_add(after, literal);
        }
}

TEST(delta_chain_is_the_same_as_one_delta_after_the_other) {
        enum { SIZE = 100000, DELTAS = 6, COMMANDS = 9000 }; /* tables beyond what is gathered */
        AUTO(delta_chain_close) DeltaChain *chain = open_chain();
        uint8_t *base = test_random_bytes(SIZE, 7);
        AUTO_VALUE(buffer_clear) Buffer before = { .data = NULL };
        uint32_t numbers = 5;
        buffer_add(&before, bytes_make(base, SIZE));
        for (int i = 0; i < DELTAS; i++) {
                AUTO_VALUE(buffer_clear) Buffer delta = { .data = NULL };
                Buffer after = { .data = NULL };
                begin_delta(&delta);
                make_random(&numbers, i == DELTAS - 1 ? 50 : COMMANDS, buffer_bytes(&before), &delta, &after);
                buffer_add_byte(&delta, 0);
                assert_ok(add(chain, &delta));
                assert_writes(chain, bytes_make(base, SIZE), buffer_bytes(&after));
                buffer_clear(&before);
                before = after;
        }
        memory_free(base);
}
