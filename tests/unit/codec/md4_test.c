#include "codec/md4.h"

#include "base/encode.h"
#include "base/memory.h"
#include "support/test.h"

static void assert_sum(const uint8_t sum[MD4_SIZE], const char *expected) {
        char text[2 * MD4_SIZE + 1];
        encode_hex(bytes_make(sum, MD4_SIZE), text);
        assert_string_equal(text, expected);
}

/* RFC 1320, appendix A.5 */
static const struct {
        const char *text, *sum;
} known[] = {
        { "", "31d6cfe0d16ae931b73c59d7e0c089c0" },
        { "a", "bde52cb31de33e46245e05fbdbd6fb24" },
        { "abc", "a448017aaf21d8525fc10ae87aa6729d" },
        { "message digest", "d9130a8164549fe818874806e1c7014b" },
        { "abcdefghijklmnopqrstuvwxyz", "d79e1c308aa5bbcdeea8ed63df412da9" },
        { "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "043f8582f241db351ce627e153e7f0e4" },
        { "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
          "e33b4ddc9c38f2199c3e7b164fcc0536" },
};

TEST(md4_sums_are_those_of_the_standard) {
        for (size_t i = 0; i < ARRAY_LENGTH(known); i++) {
                Bytes text = bytes_of(known[i].text);
                uint8_t sum[1][MD4_SIZE];
                md4_sums(&text, 1, sum);
                assert_sum(sum[0], known[i].sum);
        }
}

TEST(md4_sums_of_texts_of_several_lengths_do_not_mix) {
        Bytes texts[MD4_TEXTS];
        uint8_t sums[MD4_TEXTS][MD4_SIZE];
        for (size_t first = 0; first < ARRAY_LENGTH(known); first++) {
                for (size_t i = 0; i < MD4_TEXTS; i++)
                        texts[i] = bytes_of(known[(first + i) % ARRAY_LENGTH(known)].text);
                md4_sums(texts, MD4_TEXTS, sums);
                for (size_t i = 0; i < MD4_TEXTS; i++)
                        assert_sum(sums[i], known[(first + i) % ARRAY_LENGTH(known)].sum);
        }
}

/* The sum of one text, on its own in the last place beside others that end before or after it. */
TEST(md4_sums_do_not_depend_on_what_is_beside_them) {
        enum { LONGEST = 300 };
        uint8_t *content = test_random_bytes(LONGEST, 4);
        for (size_t length = 0; length <= LONGEST; length++) {
                uint8_t alone[1][MD4_SIZE], sums[MD4_TEXTS][MD4_SIZE];
                Bytes text = bytes_make(content, length), texts[MD4_TEXTS];
                md4_sums(&text, 1, alone);
                for (size_t i = 0; i < MD4_TEXTS; i++)
                        texts[i] = bytes_make(content, i % 2 ? length : length / (i + 2) + 5);
                md4_sums(texts, MD4_TEXTS, sums);
                for (size_t i = 1; i < MD4_TEXTS; i += 2)
                        assert_memory_equal(sums[i], alone[0], MD4_SIZE);
        }
        memory_free(content);
}

TEST(md4_writes_no_more_sums_than_there_are_texts) {
        Bytes texts[2] = { bytes_of("a"), bytes_of("abc") };
        uint8_t sums[3][MD4_SIZE];
        memset(sums, 0x5a, sizeof sums);
        md4_sums(texts, 2, sums);
        assert_sum(sums[0], known[1].sum);
        assert_sum(sums[1], known[2].sum);
        assert_sum(sums[2], "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a");
}
