#include "codec/rollsum.h"

#include "base/memory.h"
#include "support/test.h"

/* As librsync documents it, a byte at a time. */
static uint32_t plain_sum(Bytes window) {
        uint32_t sum = 0, sums = 0;
        for (size_t i = 0; i < window.length; i++) {
                sum = (sum + window.at[i] + ROLLSUM_OFFSET) & 0xffff;
                sums = (sums + sum) & 0xffff;
        }
        return sums << 16 | sum;
}

TEST(rollsums_of_windows_of_any_length_are_right) {
        uint8_t *content = test_random_bytes(70000, 2);
        static const size_t lengths[] = { 511, 512, 513, 2048, 65535, 65536, 70000 };
        for (size_t i = 0; i < 100; i++)
                assert_int_equal(rollsum_value(rollsum_of(bytes_make(content, i))), plain_sum(bytes_make(content, i)));
        for (size_t i = 0; i < ARRAY_LENGTH(lengths); i++) {
                Bytes window = bytes_make(content, lengths[i]);
                assert_int_equal(rollsum_value(rollsum_of(window)), plain_sum(window));
        }
        memset(content, 0xff, 70000);
        assert_int_equal(rollsum_value(rollsum_of(bytes_make(content, 70000))), plain_sum(bytes_make(content, 70000)));
        memory_free(content);
}

TEST(a_moved_window_has_the_sum_of_where_it_is) {
        static const size_t lengths[] = { 1, 2, 31, 512, 3072 };
        uint8_t *content = test_random_bytes(5000, 3);
        for (size_t i = 0; i < ARRAY_LENGTH(lengths); i++) {
                size_t length = lengths[i];
                Rollsum sum = rollsum_of(bytes_make(content, length));
                for (size_t at = 0; at < 500; at++) {
                        rollsum_move(&sum, length, content[at], content[at + length]);
                        assert_int_equal(rollsum_value(sum), plain_sum(bytes_make(content + at + 1, length)));
                }
        }
        memory_free(content);
}

TEST(a_shrunk_window_has_the_sum_of_what_is_left) {
        uint8_t *content = test_random_bytes(600, 3);
        Rollsum sum = rollsum_of(bytes_make(content, 600));
        for (size_t at = 0; at < 600; at++) {
                rollsum_shrink(&sum, 600 - at, content[at]);
                assert_int_equal(rollsum_value(sum), plain_sum(bytes_make(content + at + 1, 599 - at)));
        }
        assert_int_equal(rollsum_value(sum), 0);
        memory_free(content);
}
