#include "base/cfb.h"

#include "base/encode.h"
#include "base/memory.h"
#include "support/test.h"

enum { BLOCK = 16, LENGTH = 70000 };

static uint8_t key[32];

static Cfb *open(CfbDirection direction, size_t key_size) {
        for (size_t i = 0; i < sizeof key; i++)
                key[i] = (uint8_t)i;
        return cfb_new(direction, bytes_make(key, key_size));
}

/* FIPS 197, appendix C: one block with keys of each size. It is what hides the second block, when the first one has
 * been made to come out as the plain text of the appendix. */
TEST(cfb_is_aes_of_each_size) {
        static const struct {
                size_t key_size;
                const char *encrypted;
        } vectors[] = {
                { 16, "69c4e0d86a7b0430d8cdb78070b4c55a" },
                { 24, "dda97ca4864cdfe06eaf70a0ec0d7191" },
                { 32, "8ea2b7ca516745bfeafc49904b496089" },
        };
        static const uint8_t zeros[2 * BLOCK];
        for (size_t i = 0; i < ARRAY_LENGTH(vectors); i++) {
                uint8_t plain[2 * BLOCK] = { 0 }, encrypted[2 * BLOCK];
                char text[2 * BLOCK + 1];
                AUTO(cfb_free) Cfb *first = open(CFB_ENCRYPT, vectors[i].key_size);
                AUTO(cfb_free) Cfb *second = open(CFB_ENCRYPT, vectors[i].key_size);
                cfb_apply(first, bytes_make(zeros, BLOCK), encrypted);
                for (size_t at = 0; at < BLOCK; at++)
                        plain[at] = encrypted[at] ^ (uint8_t)(0x11 * at);
                cfb_apply(second, bytes_make(plain, sizeof plain), encrypted);
                encode_hex(bytes_make(encrypted + BLOCK, BLOCK), text);
                assert_string_equal(text, vectors[i].encrypted);
        }
}

TEST(cfb_gives_back_what_went_in_whatever_the_pieces) {
        static const size_t steps[] = { 1, 5, 15, 16, 17, 31, 1000, 16384, 16385, LENGTH };
        AUTO_TEXT char *plain = (char *)test_random_bytes(LENGTH, 1);
        AUTO_TEXT char *encrypted = memory_resize(NULL, LENGTH);
        AUTO_TEXT char *result = memory_resize(NULL, LENGTH);
        AUTO(cfb_free) Cfb *whole = open(CFB_ENCRYPT, 32);
        cfb_apply(whole, bytes_make(plain, LENGTH), (uint8_t *)encrypted);
        for (size_t i = 0; i < ARRAY_LENGTH(steps); i++) {
                AUTO(cfb_free) Cfb *forth = open(CFB_ENCRYPT, 32);
                AUTO(cfb_free) Cfb *back = open(CFB_DECRYPT, 32);
                for (size_t at = 0; at < LENGTH; at += steps[i]) {
                        Bytes piece = bytes_slice(bytes_make(plain, LENGTH), at, steps[i]);
                        cfb_apply(forth, piece, (uint8_t *)result + at);
                }
                assert_memory_equal(result, encrypted, LENGTH);
                for (size_t at = 0; at < LENGTH; at += steps[i]) {
                        Bytes piece = bytes_slice(bytes_make(encrypted, LENGTH), at, steps[i]);
                        cfb_apply(back, piece, (uint8_t *)result + at);
                        cfb_apply(back, bytes_of(""), NULL);
                }
                assert_memory_equal(result, plain, LENGTH);
        }
}
