#include "codec/delta.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "codec/deflate.h"
#include "codec/delta_chain.h"
#include "support/test.h"

/* --- helpers --- */

static void make_signature(Bytes content, size_t block_length, size_t step, Buffer *out) {
        AUTO(signature_maker_close) SignatureMaker *maker = NULL;
        assert_ok(signature_maker_open(block_length, &maker));
        for (size_t done = 0; done < content.length; done += step)
                assert_ok(signature_maker_add(maker, bytes_slice(content, done, step), out));
        assert_ok(signature_maker_finish(maker, out));
}

static Error *load(Bytes bytes, Signature **ret_signature) {
        AUTO(reader_close) Reader *reader = stream_read_bytes(bytes);
        return signature_load(reader, ret_signature);
}

static void make_delta(Bytes signature_bytes, Bytes content, size_t step, Buffer *out) {
        AUTO(signature_free) Signature *signature = NULL;
        AUTO(delta_maker_close) DeltaMaker *maker = NULL;
        AUTO(writer_abandon) Writer *writer = stream_write_buffer(out);
        assert_ok(load(signature_bytes, &signature));
        assert_ok(delta_maker_open(signature, &maker));
        for (size_t done = 0; done < content.length; done += step)
                assert_ok(delta_maker_add(maker, bytes_slice(content, done, step), writer));
        assert_ok(delta_maker_finish(maker, writer));
}

static Error *apply(Bytes base, Bytes delta, Buffer *out) {
        AUTO(reader_close) Reader *reader = stream_read_bytes(delta);
        AUTO(writer_abandon) Writer *writer = stream_write_buffer(out);
        test_write_file("base", base);
        int fd = open("base", O_RDONLY);
        assert_true(fd >= 0);
        assert_true(lseek(fd, 1, SEEK_SET) == 1); /* any position will do */
        Error *error = delta_apply(fd, reader, writer);
        assert_int_equal(lseek(fd, 0, SEEK_CUR), 1);
        close(fd);
        return error;
}

/* OLD -> signature -> delta of NEW -> applied to OLD is NEW. Returns the delta's length. */
static size_t round_trip(Bytes old, Bytes new, size_t block_length) {
        AUTO_VALUE(buffer_clear) Buffer signature = { .data = NULL };
        AUTO_VALUE(buffer_clear) Buffer delta = { .data = NULL };
        AUTO_VALUE(buffer_clear) Buffer result = { .data = NULL };
        make_signature(old, block_length, SIZE_MAX / 2, &signature);
        make_delta(buffer_bytes(&signature), new, SIZE_MAX / 2, &delta);
        assert_ok(apply(old, buffer_bytes(&delta), &result));
        assert_bytes_equal(buffer_bytes(&result), new);
        return delta.length;
}

/* Runs a program; false when it is not installed. */
static bool run(char *const argv[]) {
        int status = 0;
        pid_t pid = fork();
        if (pid == 0) {
                execvp(argv[0], argv);
                _exit(127);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
                return false;
        assert_int_equal(status, 0);
        return true;
}
#define RUN(...) run((char *const[]){ __VA_ARGS__, NULL })

/* Content for signatures, and another that shares much of it. */
enum { OLD_SIZE = 300004, NEW_SIZE = 300000 };

static uint8_t *new_of_old(const uint8_t *old) {
        uint8_t *new = test_random_bytes(NEW_SIZE, 12);
        memcpy(new, old + 100000, 150001);
        memcpy(new + 160000, old, 120000);
        return new;
}

/* --- block lengths and facts --- */

TEST(block_lengths_are_stocks_until_memory_forbids) {
        static const struct {
                uint64_t size;
                size_t max_block, length;
        } cases[] = {
                { 0, 2048, 512 },
                { 1023999, 2048, 512 },
                { 1024000, 2048, 512 },
                { 2047999, 2048, 512 },
                { 2048000, 2048, 1024 },
                { 3500000, 2048, 1536 },
                { 100000000, 2048, 2048 },
                { 100000000, 1000000, 97 * 512 },
                { 100000000, 1000, 1000 },
                { 100000000, 0, 512 },
                { UINT64_C(524288) * 2048, 2048, 2048 },
                { UINT64_C(524288) * 2048 + 1, 2048, 2560 },
                { UINT64_C(1) << 40, 2048, 1 << 21 },
                { UINT64_MAX, 2048, 16 << 20 },
                { UINT64_MAX, SIZE_MAX, 16 << 20 },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
                assert_int_equal(delta_block_length(cases[i].size, cases[i].max_block), cases[i].length);
}

TEST(facts_are_read_from_all_four_kinds) {
        static const char *const headers[] = {
                "\x72\x73\x01\x36\x00\x00\x02\x00\x00\x00\x00\x08", "\x72\x73\x01\x37\x00\x00\x02\x00\x00\x00\x00\x08",
                "\x72\x73\x01\x46\x00\x00\x02\x00\x00\x00\x00\x08", "\x72\x73\x01\x47\x00\x00\x02\x00\x00\x00\x00\x08",
        };
        for (size_t i = 0; i < ARRAY_LENGTH(headers); i++) {
                SignatureFacts facts;
                assert_ok(signature_read_facts(bytes_make(headers[i], 12), 7044, &facts));
                assert_int_equal(facts.block_length, 512);
                assert_int_equal(facts.strong_length, 8);
                assert_int_equal(facts.block_count, 586);
                assert_ok(signature_read_facts(bytes_make(headers[i], 12), 12, &facts));
                assert_int_equal(facts.block_count, 0);
        }
}

TEST(impossible_facts_are_damage) {
        static const struct {
                const char *header;
                uint64_t size;
                const char *complaint;
        } cases[] = {
                { "\x72\x73\x02\x36\x00\x00\x02\x00\x00\x00\x00\x08", 12, "not a signature" },
                { "\x72\x73\x01\x36\x00\x00\x00\x00\x00\x00\x00\x08", 12, "impossible lengths" },
                { "\x72\x73\x01\x36\x01\x00\x00\x01\x00\x00\x00\x08", 12, "impossible lengths" },
                { "\x72\x73\x01\x36\x00\x00\x02\x00\x00\x00\x00\x00", 12, "impossible lengths" },
                { "\x72\x73\x01\x36\x00\x00\x02\x00\x00\x00\x00\x11", 12, "impossible lengths" },
                { "\x72\x73\x01\x37\x00\x00\x02\x00\x00\x00\x00\x21", 12, "impossible lengths" },
                { "\x72\x73\x01\x36\x00\x00\x02\x00\x00\x00\x00\x08", 23, "cut off" },
                { "\x72\x73\x01\x36\x00\x00\x02\x00\x00\x00\x00\x08", 11, "cut off" },
        };
        SignatureFacts facts;
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
                assert_error(signature_read_facts(bytes_make(cases[i].header, 12), cases[i].size, &facts),
                             ERROR_CORRUPT, cases[i].complaint);
        assert_error(signature_read_facts(bytes_make(cases[6].header, 11), 24, &facts), ERROR_CORRUPT, "too short");
        Bytes largest = bytes_make("\x72\x73\x01\x47\x01\x00\x00\x00\x00\x00\x00\x20", 12);
        assert_ok(signature_read_facts(largest, 12 + 36, &facts));
        assert_int_equal(facts.block_length, 16 << 20);
        assert_int_equal(facts.block_count, 1);
}

TEST(a_signature_fits_sizes_of_its_block_count_only) {
        SignatureFacts facts = { .block_length = 512, .block_count = 2 };
        assert_false(signature_fits_size(&facts, 512));
        assert_true(signature_fits_size(&facts, 513));
        assert_true(signature_fits_size(&facts, 1024));
        assert_false(signature_fits_size(&facts, 1025));
        facts.block_count = 0;
        assert_true(signature_fits_size(&facts, 0));
        assert_false(signature_fits_size(&facts, 1));
}

TEST(a_signature_bounds_the_size_of_its_file) {
        uint64_t least, most;
        SignatureFacts facts = { .block_length = 512, .block_count = 2 };
        signature_size_range(&facts, &least, &most);
        assert_int_equal(least, 513);
        assert_int_equal(most, 1024);
        facts.block_count = 0;
        signature_size_range(&facts, &least, &most);
        assert_int_equal(least, 0);
        assert_int_equal(most, 0);
        facts.block_count = UINT64_MAX / 2; /* more than a number can tell */
        signature_size_range(&facts, &least, &most);
        assert_true(most == UINT64_MAX);
}

/* --- signatures --- */

TEST(signatures_have_the_documented_bytes) {
        AUTO_VALUE(buffer_clear) Buffer out = { .data = NULL };
        make_signature(bytes_of(""), 512, 1, &out);
        assert_bytes_equal(buffer_bytes(&out), bytes_make("\x72\x73\x01\x36\x00\x00\x02\x00\x00\x00\x00\x08", 12));
        buffer_truncate(&out, 0);
        make_signature(bytes_of("hello"), 512, 1, &out);
        assert_bytes_equal(buffer_bytes(&out), bytes_make("\x72\x73\x01\x36\x00\x00\x02\x00\x00\x00\x00\x08"
                                                          "\x07\xf8\x02\xaf\x86\x64\x37\xcb\x7a\x79\x4b\xce",
                                                          24));
}

TEST(signature_sizes_are_the_documented_ones) {
        static const struct {
                size_t size, signature;
        } cases[] = {
                { 2, 24 }, { 65535, 1548 }, { 65536, 1548 }, { 131072, 3084 }, { 300004, 7044 }, { 3500000, 27360 },
        };
        uint8_t *content = test_random_bytes(3500000, 5);
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                AUTO_VALUE(buffer_clear) Buffer out = { .data = NULL };
                SignatureFacts facts;
                size_t block_length = delta_block_length(cases[i].size, 2048);
                make_signature(bytes_make(content, cases[i].size), block_length, 65536, &out);
                assert_int_equal(out.length, cases[i].signature);
                assert_ok(signature_read_facts(buffer_bytes(&out), out.length, &facts));
                assert_true(signature_fits_size(&facts, cases[i].size));
        }
        memory_free(content);
}

TEST(a_signature_does_not_depend_on_the_pieces) {
        static const size_t steps[] = { 1, 7, 511, 512, 513, 4096, 65536, 100000 };
        AUTO_VALUE(buffer_clear) Buffer whole = { .data = NULL };
        uint8_t *content = test_random_bytes(OLD_SIZE, 11);
        make_signature(bytes_make(content, OLD_SIZE), 512, OLD_SIZE, &whole);
        for (size_t i = 0; i < ARRAY_LENGTH(steps); i++) {
                AUTO_VALUE(buffer_clear) Buffer out = { .data = NULL };
                make_signature(bytes_make(content, OLD_SIZE), 512, steps[i], &out);
                assert_bytes_equal(buffer_bytes(&out), buffer_bytes(&whole));
        }
        memory_free(content);
}

TEST(signatures_are_those_of_rdiff) {
        static const size_t sizes[] = { 0, 1, 512, 513, OLD_SIZE };
        uint8_t *content = test_random_bytes(OLD_SIZE, 11);
        for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
                AUTO_VALUE(buffer_clear) Buffer out = { .data = NULL };
                size_t length;
                test_write_file("content", bytes_make(content, sizes[i]));
                if (!RUN("rdiff", "-f", "-b", "512", "-S", "8", "-H", "md4", "-R", "rollsum", "signature", "content",
                         "signature"))
                        skip(); /* rdiff is not installed */
                make_signature(bytes_make(content, sizes[i]), 512, 65536, &out);
                char *expected = test_read_file("signature", &length);
                assert_bytes_equal(buffer_bytes(&out), bytes_make(expected, length));
                free(expected);
        }
        memory_free(content);
}

TEST(a_signature_beyond_the_ceiling_is_an_error) {
        Buffer out;
        AUTO(signature_maker_close) SignatureMaker *maker = NULL;
        buffer_init(&out, 20);
        assert_ok(signature_maker_open(512, &maker));
        assert_ok(signature_maker_add(maker, bytes_of("x"), &out));
        assert_error(signature_maker_finish(maker, &out), ERROR_CORRUPT, "20 bytes");
        buffer_clear(&out);
}

TEST(makers_may_be_closed_early_and_null) {
        SignatureMaker *maker = NULL;
        AUTO_VALUE(buffer_clear) Buffer out = { .data = NULL };
        assert_ok(signature_maker_open(512, &maker));
        assert_ok(signature_maker_add(maker, bytes_of("x"), &out));
        signature_maker_close(maker);
        signature_maker_close(NULL);
        delta_maker_close(NULL);
        signature_free(NULL);
}

TEST(damaged_signatures_are_not_loaded) {
        AUTO_VALUE(buffer_clear) Buffer whole = { .data = NULL };
        uint8_t *content = test_random_bytes(5000, 1);
        Signature *signature = NULL;
        make_signature(bytes_make(content, 5000), 512, 5000, &whole);
        for (size_t length = 0; length < whole.length; length++) {
                Bytes cut = bytes_make(whole.data, length);
                if (length < 12 || length % 12 != 0)
                        assert_error(load(cut, &signature), ERROR_CORRUPT, "the signature is");
                assert_null(signature);
        }
        whole.data[3] ^= 1;
        whole.data[2] ^= 7;
        assert_error(load(buffer_bytes(&whole), &signature), ERROR_CORRUPT, "not a signature");
        memory_free(content);
}

static Error *load_many(size_t blocks) {
        AUTO_VALUE(buffer_clear) Buffer bytes = { .data = NULL };
        AUTO(signature_free) Signature *signature = NULL;
        buffer_add(&bytes, bytes_make("\x72\x73\x01\x36\x00\x00\x02\x00\x00\x00\x00\x08", 12));
        uint32_t *sums = buffer_reserve(&bytes, blocks * 12);
        for (size_t i = 0; i < 3 * blocks; i++)
                sums[i] = (uint32_t)(i * UINT32_C(2654435761)); /* equal ones would make the hash table slow */
        bytes.length += blocks * 12;
        return load(buffer_bytes(&bytes), &signature);
}

TEST(signatures_of_too_many_blocks_are_refused) {
        assert_ok(load_many(2 * DELTA_MAX_BLOCKS));
        assert_error(load_many(2 * DELTA_MAX_BLOCKS + 1), ERROR_USER, "more than 1048576 blocks");
}

/* --- deltas --- */

static bool is_delta(Bytes old, Bytes new, const char *expected, size_t length) {
        AUTO_VALUE(buffer_clear) Buffer signature = { .data = NULL };
        AUTO_VALUE(buffer_clear) Buffer delta = { .data = NULL };
        make_signature(old, 512, 65536, &signature);
        make_delta(buffer_bytes(&signature), new, 65536, &delta);
        return bytes_equal(buffer_bytes(&delta), bytes_make(expected, length));
}

TEST(deltas_have_the_documented_bytes) {
        Bytes grown = bytes_of("grown\n");
        assert_true(is_delta(bytes_of("abcd"), bytes_of("abcd"), "\x72\x73\x02\x36\x45\x00\x04\x00", 8));
        assert_true(is_delta(bytes_of("abcd"), bytes_of(""), "\x72\x73\x02\x36\x00", 5));
        assert_true(is_delta(bytes_of(""), bytes_of(""), "\x72\x73\x02\x36\x00", 5));
        /* librsync before 2.2 does not use the short form of a literal */
        assert_true(is_delta(bytes_of(""), grown, "\x72\x73\x02\x36\x06grown\n\x00", 12) ||
                    is_delta(bytes_of(""), grown, "\x72\x73\x02\x36\x41\x06grown\n\x00", 13));
}

TEST(deltas_turn_the_old_into_the_new) {
        uint8_t *old = test_random_bytes(OLD_SIZE, 11), *new = new_of_old(old);
        Bytes old_bytes = bytes_make(old, OLD_SIZE), new_bytes = bytes_make(new, NEW_SIZE);
        assert_true(round_trip(old_bytes, old_bytes, 512) < 100);
        assert_true(round_trip(old_bytes, new_bytes, 512) < 35000);
        assert_true(round_trip(old_bytes, new_bytes, 2048) < 40000);
        assert_true(round_trip(old_bytes, bytes_of(""), 512) == 5);
        assert_true(round_trip(bytes_of(""), new_bytes, 512) < NEW_SIZE + 200);
        assert_true(round_trip(new_bytes, bytes_slice(new_bytes, 0, 123457), 512) < 1000);
        assert_true(round_trip(bytes_of("x"), bytes_of("y"), 512) <= 8);
        memory_free(old);
        memory_free(new);
}

TEST(a_delta_does_not_depend_on_the_pieces) {
        static const size_t steps[] = { 1, 511, 513, 65535, 65537, 200000 }, olds[] = { 0, 100, OLD_SIZE };
        uint8_t *old = test_random_bytes(OLD_SIZE, 11), *new = new_of_old(old);
        for (size_t j = 0; j < ARRAY_LENGTH(olds); j++) {
                AUTO_VALUE(buffer_clear) Buffer signature = { .data = NULL };
                AUTO_VALUE(buffer_clear) Buffer whole = { .data = NULL };
                make_signature(bytes_make(old, olds[j]), 512, OLD_SIZE, &signature);
                make_delta(buffer_bytes(&signature), bytes_make(new, NEW_SIZE), NEW_SIZE, &whole);
                for (size_t i = 0; i < ARRAY_LENGTH(steps); i++) {
                        AUTO_VALUE(buffer_clear) Buffer delta = { .data = NULL };
                        make_delta(buffer_bytes(&signature), bytes_make(new, NEW_SIZE), steps[i], &delta);
                        assert_bytes_equal(buffer_bytes(&delta), buffer_bytes(&whole));
                }
        }
        memory_free(old);
        memory_free(new);
}

TEST(rdiff_applies_our_deltas_and_we_apply_its) {
        uint8_t *old = test_random_bytes(OLD_SIZE, 11), *new = new_of_old(old);
        AUTO_VALUE(buffer_clear) Buffer signature = { .data = NULL };
        AUTO_VALUE(buffer_clear) Buffer delta = { .data = NULL };
        AUTO_VALUE(buffer_clear) Buffer result = { .data = NULL };
        size_t length;
        make_signature(bytes_make(old, OLD_SIZE), 512, 65536, &signature);
        make_delta(buffer_bytes(&signature), bytes_make(new, NEW_SIZE), 65536, &delta);
        test_write_file("old", bytes_make(old, OLD_SIZE));
        test_write_file("new", bytes_make(new, NEW_SIZE));
        test_write_file("signature", buffer_bytes(&signature));
        test_write_file("delta", buffer_bytes(&delta));
        if (!RUN("rdiff", "patch", "old", "delta", "patched"))
                skip(); /* rdiff is not installed */
        char *patched = test_read_file("patched", &length);
        assert_bytes_equal(bytes_make(patched, length), bytes_make(new, NEW_SIZE));
        assert_true(RUN("rdiff", "delta", "signature", "new", "its-delta"));
        char *its_delta = test_read_file("its-delta", &length);
        assert_ok(apply(bytes_make(old, OLD_SIZE), bytes_make(its_delta, length), &result));
        assert_bytes_equal(buffer_bytes(&result), bytes_make(new, NEW_SIZE));
        free(patched);
        free(its_delta);
        memory_free(old);
        memory_free(new);
}

/* ---- random edits, beside librsync ---- */

static uint32_t next_random(uint32_t *dice) {
        *dice = *dice * 1664525 + 1013904223;
        return *dice >> 8;
}

/* Noise, or text of few lines many times over, or almost nothing but zeros. */
static void fill_kind(Buffer *out, unsigned kind, size_t size, uint32_t *dice) {
        while (out->length < size) {
                uint32_t random = next_random(dice);
                if (kind == 0)
                        buffer_add_byte(out, (uint8_t)random);
                else if (kind == 1)
                        buffer_print(out, "line %u of a table\n", random % 5);
                else
                        buffer_add_byte(out, random % 3000 == 0);
        }
}

/* NEW becomes OLD with some parts left out, moved here, or replaced. */
static void edit(Bytes old, Buffer *new, unsigned kind, uint32_t *dice) {
        for (size_t at = 0; at < old.length;) {
                size_t length = next_random(dice) % 20000;
                buffer_add(new, bytes_slice(old, at, length));
                at += length;
                switch (next_random(dice) % 4) {
                case 0:
                        at += next_random(dice) % 3000;
                        break;
                case 1:
                        fill_kind(new, kind, new->length + next_random(dice) % 3000, dice);
                        break;
                case 2:
                        buffer_add(new, bytes_slice(old, next_random(dice) % old.length, 3000));
                        break;
                default:
                        fill_kind(new, kind, new->length + 100, dice);
                        at += 100;
                }
        }
}

/* What counts of DELTA: its length, or where content repeats itself what is stored of it. Blocks that could be had from
 * elsewhere are left in their places there, which costs next to nothing. */
static size_t cost_of(Bytes delta, bool repeats) {
        AUTO(deflater_free) Deflater *deflater = deflater_new();
        AUTO_VALUE(buffer_clear) Buffer packed = { .data = NULL };
        if (!repeats)
                return delta.length;
        deflater_chunk(deflater, bytes_of(""), delta, true, &packed);
        return packed.length;
}

/* The same of librsync's own delta. */
static size_t cost_of_rdiff(Bytes signature, Bytes new, bool repeats) {
        size_t length;
        test_write_file("signature", signature);
        test_write_file("new", new);
        if (!RUN("rdiff", "-f", "delta", "signature", "new", "its-delta"))
                skip(); /* rdiff is not installed */
        AUTO_TEXT char *delta = test_read_file("its-delta", &length);
        return cost_of(bytes_make(delta, length), repeats);
}

TEST(deltas_of_random_edits_are_right_and_cost_no_more_than_librsyncs) {
        static const size_t blocks[] = { 512, 1000, 3072, 65536 };
        for (unsigned i = 0; i < 60; i++) {
                AUTO_VALUE(buffer_clear) Buffer old = { .data = NULL };
                AUTO_VALUE(buffer_clear) Buffer new = { .data = NULL };
                AUTO_VALUE(buffer_clear) Buffer signature = { .data = NULL };
                AUTO_VALUE(buffer_clear) Buffer delta = { .data = NULL };
                AUTO_VALUE(buffer_clear) Buffer result = { .data = NULL };
                uint32_t dice = i;
                fill_kind(&old, i % 3, 1 + next_random(&dice) % 400000, &dice);
                edit(buffer_bytes(&old), &new, i % 3, &dice);
                make_signature(buffer_bytes(&old), blocks[i % 4], 65536, &signature);
                make_delta(buffer_bytes(&signature), buffer_bytes(&new), 65536, &delta);
                assert_ok(apply(buffer_bytes(&old), buffer_bytes(&delta), &result));
                assert_bytes_equal(buffer_bytes(&result), buffer_bytes(&new));
                size_t cost = cost_of(buffer_bytes(&delta), i % 3);
                size_t its_cost = cost_of_rdiff(buffer_bytes(&signature), buffer_bytes(&new), i % 3);
                if (cost > its_cost + its_cost / 100 + 600)
                        fail_msg("edit %u: %zu bytes, rdiff's are %zu", i, cost, its_cost);
        }
}

TEST(an_edit_in_place_costs_the_blocks_it_touches) {
        enum { SIZE = 3000000, BLOCK = 3072 };
        uint8_t *old = test_random_bytes(SIZE, 1), *new = test_random_bytes(SIZE, 1);
        for (size_t i = 0; i < 20; i++)
                new[i * 150000] ^= 1;
        assert_true(round_trip(bytes_make(old, SIZE), bytes_make(new, SIZE), BLOCK) < 20 * (BLOCK + 20));
        assert_true(round_trip(bytes_make(old, SIZE), bytes_make(old, SIZE), BLOCK) < 20);
        memory_free(old);
        memory_free(new);
}

/* Where content repeats itself, the blocks that an edit has broken could be had from elsewhere, too. */
TEST(an_edit_in_place_moves_nothing) {
        enum { SIZE = 600000, BLOCK = 3072 };
        AUTO_VALUE(buffer_clear) Buffer old = { .data = NULL };
        AUTO_VALUE(buffer_clear) Buffer signature = { .data = NULL };
        AUTO_VALUE(buffer_clear) Buffer delta = { .data = NULL };
        AUTO(scratch_close) Scratch *scratch = NULL;
        AUTO(delta_chain_close) DeltaChain *chain = NULL;
        while (old.length < SIZE)
                buffer_print(&old, "the same line again\n");
        make_signature(buffer_bytes(&old), BLOCK, 65536, &signature);
        uint8_t *noise = test_random_bytes(4096, 1);
        for (size_t i = 1; i < 10; i++)
                memcpy(old.data + i * 50000, noise, 4096);
        memory_free(noise);
        make_delta(buffer_bytes(&signature), buffer_bytes(&old), 1000, &delta);
        assert_ok(scratch_open(NULL, &scratch));
        assert_ok(delta_chain_open(scratch, &chain));
        AUTO(reader_close) Reader *reader = stream_read_bytes(buffer_bytes(&delta));
        assert_ok(delta_chain_add(chain, reader));
        assert_true(delta_chain_stays_in_place(chain));
}

TEST(blocks_that_change_places_are_copied) {
        enum { BLOCK = 512, BLOCKS = 400 };
        uint8_t *old = test_random_bytes(BLOCK * BLOCKS, 1), *new = test_random_bytes(BLOCK * BLOCKS, 1);
        for (size_t i = 0; i + 4 < BLOCKS; i += 4) { /* three of four move */
                memcpy(new + i * BLOCK, old + (i + 1) * BLOCK, BLOCK);
                memcpy(new + (i + 1) * BLOCK, old + (i + 2) * BLOCK, BLOCK);
                memcpy(new + (i + 2) * BLOCK, old + i * BLOCK, BLOCK);
        }
        assert_true(round_trip(bytes_make(old, BLOCK * BLOCKS), bytes_make(new, BLOCK * BLOCKS), BLOCK) < BLOCKS * 12);
        memory_free(old);
        memory_free(new);
}

TEST(a_short_last_block_is_found_at_the_end_alone) {
        uint8_t *old = test_random_bytes(2000, 1), *new = test_random_bytes(3000, 2);
        Bytes old_bytes = bytes_make(old, 2000);
        memcpy(new + 3000 - 464, old + 1536, 464);
        assert_true(round_trip(old_bytes, bytes_make(new, 3000), 512) < 3000 - 464 + 20);
        memcpy(new, old + 1536, 464);
        assert_true(round_trip(old_bytes, bytes_make(new, 464), 512) < 20);
        assert_true(round_trip(old_bytes, bytes_make(new, 465), 512) > 465);
        memory_free(old);
        memory_free(new);
}

TEST(signatures_of_other_kinds_serve_too) {
        static const struct {
                char *hash, *rollsum, *size, *block;
        } kinds[] = {
                { "md4", "rabinkarp", "8", "1000" },
                { "md4", "rollsum", "16", "512" },
                { "blake2", "rollsum", "32", "1000" },
                { "blake2", "rabinkarp", "20", "131072" },
        };
        uint8_t *old = test_random_bytes(OLD_SIZE, 11);
        test_write_file("old", bytes_make(old, OLD_SIZE));
        for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
                AUTO_VALUE(buffer_clear) Buffer delta = { .data = NULL };
                AUTO_VALUE(buffer_clear) Buffer result = { .data = NULL };
                size_t length;
                if (!RUN("rdiff", "-f", "-b", kinds[i].block, "-S", kinds[i].size, "-H", kinds[i].hash, "-R",
                         kinds[i].rollsum, "signature", "old", "signature"))
                        skip(); /* rdiff is not installed */
                char *signature = test_read_file("signature", &length);
                make_delta(bytes_make(signature, length), bytes_make(old, OLD_SIZE), 65536, &delta);
                assert_true(delta.length < 200);
                assert_ok(apply(bytes_make(old, OLD_SIZE), buffer_bytes(&delta), &result));
                assert_bytes_equal(buffer_bytes(&result), bytes_make(old, OLD_SIZE));
                free(signature);
        }
        memory_free(old);
}

TEST(errors_of_the_writer_come_back_from_making_and_applying) {
        AUTO_VALUE(buffer_clear) Buffer signature = { .data = NULL };
        AUTO(signature_free) Signature *loaded = NULL;
        AUTO(delta_maker_close) DeltaMaker *maker = NULL;
        Buffer out;
        buffer_init(&out, 6);
        Writer *writer = stream_write_buffer(&out);
        make_signature(bytes_of("abcd"), 512, 4, &signature);
        assert_ok(load(buffer_bytes(&signature), &loaded));
        assert_ok(delta_maker_open(loaded, &maker));
        assert_ok(delta_maker_add(maker, bytes_of("something else"), writer));
        assert_error(delta_maker_finish(maker, writer), ERROR_CORRUPT, "6 bytes");
        writer_abandon(writer);
        Bytes copy = bytes_make("\x72\x73\x02\x36\x45\x00\x08\x00", 8);
        assert_error(apply(bytes_of("abcdefgh"), copy, &out), ERROR_CORRUPT, "6 bytes");
        buffer_clear(&out);
}

/* --- patches --- */

#define MAGIC "\x72\x73\x02\x36"

TEST(all_forms_of_commands_are_understood) {
        static const struct {
                const char *commands;
                size_t length;
                const char *result;
        } cases[] = {
                { "", 0, "" },
                { "\x01x", 2, "x" },
                { "\x03xyz\x01w", 6, "xyzw" },
                { "\x41\x02xy", 4, "xy" },
                { "\x42\x00\x02xy", 5, "xy" },
                { "\x43\x00\x00\x00\x02xy", 7, "xy" },
                { "\x44\x00\x00\x00\x00\x00\x00\x00\x02xy", 11, "xy" },
                { "\x45\x02\x03", 3, "cde" },
                { "\x46\x02\x00\x03", 4, "cde" },
                { "\x47\x02\x00\x00\x00\x03", 6, "cde" },
                { "\x48\x02\x00\x00\x00\x00\x00\x00\x00\x03", 10, "cde" },
                { "\x49\x00\x02\x03", 4, "cde" },
                { "\x4e\x00\x00\x00\x02\x00\x03", 7, "cde" },
                { "\x53\x00\x00\x00\x00\x00\x00\x00\x07\x00\x00\x00\x01", 13, "h" },
                { "\x54\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x08", 17, "abcdefgh" },
                { "\x45\x06\x02\x01-\x45\x00\x02", 8, "gh-ab" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                AUTO_VALUE(buffer_clear) Buffer delta = { .data = NULL };
                AUTO_VALUE(buffer_clear) Buffer result = { .data = NULL };
                buffer_add_text(&delta, MAGIC);
                buffer_add(&delta, bytes_make(cases[i].commands, cases[i].length));
                buffer_add_byte(&delta, 0);
                assert_ok(apply(bytes_of("abcdefgh"), buffer_bytes(&delta), &result));
                assert_bytes_equal(buffer_bytes(&result), bytes_of(cases[i].result));
        }
}

TEST(damaged_deltas_are_refused) {
        static const struct {
                const char *delta;
                size_t length;
                const char *complaint;
        } cases[] = {
                { "", 0, "at byte 0: it ends too early" },
                { "\x72\x73\x02", 3, "it ends too early" },
                { "\x72\x73\x01\x36\x00", 5, "not a delta" },
                { MAGIC, 4, "at byte 4: it ends too early" },
                { MAGIC "\x00\x00", 6, "something follows its end" },
                { MAGIC "\x55\x00", 6, "unknown command" },
                { MAGIC "\xFF\x00", 6, "unknown command" },
                { MAGIC "\x05" "abc", 8, "it ends too early" },
                { MAGIC "\x42\x05", 6, "it ends too early" },
                { MAGIC "\x41\x00\x00", 7, "a literal of no bytes" },
                { MAGIC "\x45\x00\x00\x00", 8, "a copy reaches beyond its end" },
                { MAGIC "\x45\x00\x09\x00", 8, "a copy reaches beyond its end" },
                { MAGIC "\x45\x08\x01\x00", 8, "a copy reaches beyond its end" },
                { MAGIC "\x45\x09\x01\x00", 8, "a copy reaches beyond its end" },
                { MAGIC "\x51\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02\x00", 15, "a copy reaches beyond its end" },
                { MAGIC "\x48\x01\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x00", 15, "a copy reaches beyond its end" },
                { MAGIC "\x44\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFFxyz", 16, "it ends too early" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                AUTO_VALUE(buffer_clear) Buffer result = { .data = NULL };
                Bytes delta = bytes_make(cases[i].delta, cases[i].length);
                assert_error(apply(bytes_of("abcdefgh"), delta, &result), ERROR_CORRUPT, cases[i].complaint);
        }
}

TEST(every_cut_of_a_delta_is_noticed) {
        AUTO_VALUE(buffer_clear) Buffer signature = { .data = NULL };
        AUTO_VALUE(buffer_clear) Buffer delta = { .data = NULL };
        uint8_t *old = test_random_bytes(5000, 11);
        make_signature(bytes_make(old, 5000), 512, 65536, &signature);
        old[2500] ^= 1;
        make_delta(buffer_bytes(&signature), bytes_make(old, 5000), 65536, &delta);
        old[2500] ^= 1;
        for (size_t length = 0; length < delta.length; length++) {
                AUTO_VALUE(buffer_clear) Buffer result = { .data = NULL };
                Bytes cut = bytes_make(delta.data, length);
                assert_error(apply(bytes_make(old, 5000), cut, &result), ERROR_CORRUPT, "it ends too early");
        }
        memory_free(old);
}

TEST(a_base_that_is_no_file_is_an_error) {
        int ends[2];
        AUTO(reader_close) Reader *reader = stream_read_bytes(bytes_of(MAGIC));
        AUTO_VALUE(buffer_clear) Buffer out = { .data = NULL };
        AUTO(writer_abandon) Writer *writer = stream_write_buffer(&out);
        assert_int_equal(pipe(ends), 0);
        close(ends[0]);
        close(ends[1]);
        Error *error = delta_apply(ends[0], reader, writer);
        assert_non_null(error);
        error_free(error);
}
