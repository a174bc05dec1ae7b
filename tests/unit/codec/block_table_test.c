#include "codec/block_table.h"

#include <endian.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "codec/rollsum.h"
#include "support/test.h"

enum { BLOCK = 64, STRONG = 8 };

static void add_block(BlockTable *table, uint32_t weak, Bytes block) {
        uint8_t strong[1][MD4_SIZE], sums[sizeof weak + STRONG];
        weak = htobe32(weak);
        md4_sums(&block, 1, strong);
        memcpy(sums, &weak, sizeof weak);
        memcpy(sums + sizeof weak, strong[0], STRONG);
        block_table_add(table, bytes_make(sums, sizeof sums));
}

static uint32_t weak_of(Bytes block) {
        return rollsum_value(rollsum_of(block));
}

TEST(every_block_is_found_and_others_are_not) {
        enum { COUNT = 1000 };
        uint8_t *content = test_random_bytes(2 * COUNT * BLOCK, 1);
        BlockTable *table = block_table_new(BLOCK, STRONG);
        for (size_t i = 0; i < COUNT; i++) {
                Bytes block = bytes_make(content + i * BLOCK, BLOCK);
                add_block(table, weak_of(block), block);
        }
        block_table_index(table);
        assert_int_equal(block_table_count(table), COUNT);
        assert_int_equal(block_table_length(table), BLOCK);
        size_t doubtful = 0;
        for (size_t i = 0; i < 2 * COUNT; i++) {
                Bytes block = bytes_make(content + i * BLOCK, BLOCK);
                assert_int_equal(block_table_find(table, weak_of(block), block), i < COUNT ? i : BLOCK_NONE);
                if (i < COUNT)
                        assert_true(block_table_may_know(table, weak_of(block)));
                else
                        doubtful += block_table_may_know(table, weak_of(block));
        }
        assert_true(doubtful < COUNT / 2);
        block_table_free(table);
        memory_free(content);
}

TEST(of_equal_blocks_the_first_is_found) {
        static const uint8_t zeros[BLOCK];
        Bytes block = bytes_make(zeros, BLOCK), text = bytes_of("something else");
        BlockTable *table = block_table_new(BLOCK, STRONG);
        add_block(table, weak_of(text), text);
        for (size_t i = 0; i < 5000; i++)
                add_block(table, weak_of(block), block);
        add_block(table, weak_of(bytes_of("the last")), bytes_of("the last"));
        block_table_index(table);
        assert_int_equal(block_table_find(table, weak_of(block), block), 1);
        assert_int_equal(block_table_find(table, weak_of(bytes_of("the last")), bytes_of("the last")), 5001);
        block_table_free(table);
}

TEST(blocks_of_one_weak_sum_are_told_apart) {
        BlockTable *table = block_table_new(BLOCK, STRONG);
        static const char *const texts[] = { "one", "two", "three", "four" };
        for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
                add_block(table, 7, bytes_of(texts[i]));
        block_table_index(table);
        for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
                assert_int_equal(block_table_find(table, 7, bytes_of(texts[i])), i);
        assert_int_equal(block_table_find(table, 7, bytes_of("five")), BLOCK_NONE);
        assert_int_equal(block_table_find(table, 8, bytes_of("one")), BLOCK_NONE);
        block_table_free(table);
}

TEST(single_sums_of_a_block_can_be_asked_for) {
        uint8_t strong[1][MD4_SIZE];
        Bytes block = bytes_of("block");
        BlockTable *table = block_table_new(BLOCK, STRONG);
        add_block(table, 0xfedcba98, block);
        block_table_index(table);
        md4_sums(&block, 1, strong);
        assert_true(block_table_may_be(table, 0, 0xfedcba98));
        assert_false(block_table_may_be(table, 0, 0xfedcba99));
        assert_false(block_table_may_be(table, 1, 0xfedcba98));
        assert_true(block_table_is(table, 0, strong[0]));
        assert_false(block_table_is(table, 1, strong[0]));
        strong[0][STRONG] ^= 1; /* beyond what is kept */
        assert_true(block_table_is(table, 0, strong[0]));
        strong[0][STRONG - 1] ^= 1;
        assert_false(block_table_is(table, 0, strong[0]));
        block_table_free(table);
}

TEST(nothing_is_found_in_an_empty_table) {
        BlockTable *table = block_table_new(BLOCK, STRONG);
        block_table_index(table);
        assert_int_equal(block_table_count(table), 0);
        assert_false(block_table_may_know(table, 0));
        assert_int_equal(block_table_find(table, 0, bytes_of("")), BLOCK_NONE);
        block_table_free(table);
        block_table_free(NULL);
}
