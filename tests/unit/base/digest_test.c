#include "base/digest.h"

#include "base/encode.h"
#include "support/test.h"

static void assert_digest(DigestKind kind, const char *message, const char *wanted) {
        uint8_t result[DIGEST_MAX_SIZE];
        char text[2 * DIGEST_MAX_SIZE + 1];
        digest_once(kind, bytes_of(message), result);
        encode_hex(bytes_make(result, digest_size(kind)), text);
        assert_string_equal(text, wanted);
}

TEST(digests_of_known_messages) {
        assert_digest(DIGEST_MD5, "", "d41d8cd98f00b204e9800998ecf8427e");
        assert_digest(DIGEST_MD5, "abc", "900150983cd24fb0d6963f7d28e17f72");
        assert_digest(DIGEST_SHA1, "", "da39a3ee5e6b4b0d3255bfef95601890afd80709");
        assert_digest(DIGEST_SHA1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_digest(DIGEST_SHA256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_digest(DIGEST_SHA256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_digest(DIGEST_SHA512, "abc",
                      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                      "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

TEST(digest_sizes_are_those_of_the_algorithms) {
        assert_int_equal(digest_size(DIGEST_MD5), 16);
        assert_int_equal(digest_size(DIGEST_SHA1), 20);
        assert_int_equal(digest_size(DIGEST_SHA256), 32);
        assert_int_equal(digest_size(DIGEST_SHA512), 64);
}

TEST(digest_of_pieces_is_the_digest_of_the_whole) {
        uint8_t pieces[DIGEST_SHA256_SIZE], whole[DIGEST_SHA256_SIZE];
        AUTO(digest_free) Digest *digest = digest_new(DIGEST_SHA256);
        digest_add(digest, bytes_of("a"));
        digest_add(digest, bytes_make(NULL, 0));
        digest_add(digest, bytes_of("bc"));
        digest_finish(digest, pieces);
        digest_once(DIGEST_SHA256, bytes_of("abc"), whole);
        assert_memory_equal(pieces, whole, sizeof whole);
}

TEST(digest_begins_anew_after_finish) {
        uint8_t first[DIGEST_SHA1_SIZE], second[DIGEST_SHA1_SIZE], wanted[DIGEST_SHA1_SIZE];
        AUTO(digest_free) Digest *digest = digest_new(DIGEST_SHA1);
        digest_add(digest, bytes_of("first message"));
        digest_finish(digest, first);
        digest_add(digest, bytes_of("abc"));
        digest_finish(digest, second);
        digest_once(DIGEST_SHA1, bytes_of("abc"), wanted);
        assert_memory_equal(second, wanted, sizeof wanted);
        assert_memory_not_equal(first, wanted, sizeof wanted);
}

static void assert_hmac(DigestKind kind, Bytes key, const char *message, const char *wanted) {
        uint8_t result[DIGEST_MAX_SIZE];
        char text[2 * DIGEST_MAX_SIZE + 1];
        digest_hmac(kind, key, bytes_of(message), result);
        encode_hex(bytes_make(result, digest_size(kind)), text);
        assert_string_equal(text, wanted);
}

/* RFC 2202 and RFC 4231, test cases 2 and 6 */
TEST(hmac_of_known_messages) {
        uint8_t long_key[131];
        memset(long_key, 0xAA, sizeof long_key);
        assert_hmac(DIGEST_MD5, bytes_of("Jefe"), "what do ya want for nothing?", "750c783e6ab0b503eaa86e310a5db738");
        assert_hmac(DIGEST_SHA1, bytes_of("Jefe"), "what do ya want for nothing?",
                    "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
        assert_hmac(DIGEST_SHA256, bytes_of("Jefe"), "what do ya want for nothing?",
                    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        assert_hmac(DIGEST_SHA256, bytes_make(long_key, sizeof long_key),
                    "Test Using Larger Than Block-Size Key - Hash Key First",
                    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(hmac_takes_empty_key_and_message) {
        assert_hmac(DIGEST_SHA256, bytes_make(NULL, 0), "",
                    "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(digest_free_takes_null) {
        digest_free(NULL);
}
