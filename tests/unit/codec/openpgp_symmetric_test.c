#include "codec/openpgp_symmetric.h"

#include "base/encode.h"
#include "base/memory.h"
#include "support/test.h"
#include "sys/cancel.h"

/* Messages here are made and read by the same code; openpgp_test.c has gpg at the other end. */

enum {
        PART = 128 * 1024, /* of a packet; what comes before the content is 19 bytes, 22 come behind it */
        AROUND = 19,
        FRONT_PACKET = 15, /* the session key's */
};

static Error *encrypt(const char *passphrase, const char *front, Bytes content, Buffer *message) {
        AUTO(reader_close) Reader *in = stream_read_bytes(content);
        AUTO(writer_abandon) Writer *out = stream_write_buffer(message);
        return openpgp_symmetric_encrypt(bytes_of(passphrase), bytes_of(front), in, out);
}

static Error *decrypt(const char *passphrase, Bytes message, Buffer *content) {
        OpenPgpSymmetricKind kind;
        AUTO(reader_close) Reader *in = stream_read_bytes(message);
        AUTO(writer_abandon) Writer *out = stream_write_buffer(content);
        assert_true(openpgp_symmetric_recognise(bytes_slice(message, 0, OPENPGP_SYMMETRIC_FRONT), &kind));
        return openpgp_symmetric_decrypt(bytes_of(passphrase), &kind, in, out, "vol1");
}

static void assert_failure(Error *error, ErrorKind kind, const char *text) {
        assert_int_equal(error_exit_code(error), EXIT_CODE_GPG);
        assert_error(error, kind, text);
}

TEST(openpgp_symmetric_gives_back_what_went_in) {
        static const size_t lengths[] = { 0,
                                          1,
                                          15,
                                          16,
                                          PART - AROUND - 23,
                                          PART - AROUND - 22,
                                          PART - AROUND - 1,
                                          PART - AROUND,
                                          PART - AROUND + 1,
                                          3 * PART };
        AUTO_TEXT char *noise = (char *)test_random_bytes(3 * PART, 1);
        for (size_t i = 0; i < ARRAY_LENGTH(lengths); i++) {
                AUTO_VALUE(buffer_clear) Buffer message = { .data = NULL };
                AUTO_VALUE(buffer_clear) Buffer content = { .data = NULL };
                AUTO_VALUE(buffer_clear) Buffer wanted = { .data = NULL };
                buffer_add_text(&wanted, "front");
                buffer_add(&wanted, bytes_make(noise, lengths[i]));
                assert_ok(encrypt("open", "front", bytes_make(noise, lengths[i]), &message));
                assert_ok(decrypt("open", buffer_bytes(&message), &content));
                assert_bytes_equal(buffer_bytes(&content), buffer_bytes(&wanted));
        }
}

TEST(openpgp_symmetric_never_says_the_same_twice) {
        AUTO_VALUE(buffer_clear) Buffer first = { .data = NULL };
        AUTO_VALUE(buffer_clear) Buffer second = { .data = NULL };
        assert_ok(encrypt("open", "", bytes_of("content"), &first));
        assert_ok(encrypt("open", "", bytes_of("content"), &second));
        assert_int_equal(first.length, second.length);
        assert_memory_not_equal(first.data + 6, second.data + 6, 8); /* the salt */
        assert_memory_not_equal(first.data + first.length - 20, second.data + first.length - 20, 20);
}

TEST(openpgp_symmetric_tells_of_a_wrong_passphrase) {
        AUTO_VALUE(buffer_clear) Buffer message = { .data = NULL };
        AUTO_VALUE(buffer_clear) Buffer content = { .data = NULL };
        assert_ok(encrypt("open", "", bytes_of("content"), &message));
        assert_failure(decrypt("wrong", buffer_bytes(&message), &content), ERROR_DENIED,
                       "cannot decrypt 'vol1': bad passphrase (check PASSPHRASE)");
        assert_int_equal(content.length, 0);
}

TEST(openpgp_symmetric_notices_every_cut) {
        AUTO_TEXT char *noise = (char *)test_random_bytes(PART, 1);
        AUTO_VALUE(buffer_clear) Buffer message = { .data = NULL };
        assert_ok(encrypt("open", "", bytes_make(noise, PART), &message));
        Bytes whole = buffer_bytes(&message);
        const size_t cuts[] = { FRONT_PACKET + 1,        FRONT_PACKET + 3,  FRONT_PACKET + 20, FRONT_PACKET + 40, PART,
                                FRONT_PACKET + 2 + PART, whole.length - 22, whole.length - 1 };
        for (size_t i = 0; i < ARRAY_LENGTH(cuts); i++) {
                AUTO_VALUE(buffer_clear) Buffer content = { .data = NULL };
                assert_failure(decrypt("open", bytes_slice(whole, 0, cuts[i]), &content), ERROR_CORRUPT, "'vol1'");
        }
}

TEST(openpgp_symmetric_notices_every_change) {
        AUTO_VALUE(buffer_clear) Buffer message = { .data = NULL };
        assert_ok(encrypt("open", "", bytes_of("some content"), &message));
        for (size_t at = FRONT_PACKET; at < message.length; at++) {
                AUTO_VALUE(buffer_clear) Buffer content = { .data = NULL };
                OpenPgpSymmetricKind kind;
                message.data[at] ^= 1;
                Bytes front = bytes_slice(buffer_bytes(&message), 0, OPENPGP_SYMMETRIC_FRONT);
                if (openpgp_symmetric_recognise(front, &kind)) {
                        Error *error = decrypt("open", buffer_bytes(&message), &content);
                        assert_non_null(error);
                        assert_int_equal(error_exit_code(error), EXIT_CODE_GPG);
                        error_free(error);
                }
                message.data[at] ^= 1;
        }
        AUTO_VALUE(buffer_clear) Buffer content = { .data = NULL };
        assert_ok(decrypt("open", buffer_bytes(&message), &content));
}

TEST(openpgp_symmetric_refuses_what_follows_a_message) {
        AUTO_VALUE(buffer_clear) Buffer message = { .data = NULL };
        AUTO_VALUE(buffer_clear) Buffer content = { .data = NULL };
        assert_ok(encrypt("open", "", bytes_of("content"), &message));
        buffer_add(&message, bytes_make("\xcb\x03"
                                        "b\0\0",
                                        5));
        assert_failure(decrypt("open", buffer_bytes(&message), &content), ERROR_CORRUPT, "something follows it");
}

TEST(openpgp_symmetric_recognises_its_own_kind_only) {
        static const struct {
                const char *hex;
                size_t key_size; /* 0: gpg has to read it */
                DigestKind digest;
                uint64_t count;
        } fronts[] = {
                { "8c0d04090308aabbccddeeff0011ffd2", 32, DIGEST_SHA256, 65011712 },
                { "c30d04090302aabbccddeeff001160d2", 32, DIGEST_SHA1, 65536 },
                { "8c0d0407030aaabbccddeeff001100d2", 16, DIGEST_SHA512, 1024 },
                { "8c0d04080308aabbccddeeff001101d2", 24, DIGEST_SHA256, 1088 },
                { "8c0d04060308aabbccddeeff0011ffd2", 0, 0, 0 }, /* a cipher that is not known */
                { "8c0d040a0308aabbccddeeff0011ffd2", 0, 0, 0 },
                { "8c0d04090301aabbccddeeff0011ffd2", 0, 0, 0 }, /* digest */
                { "8c0d04090108aabbccddeeff0011ffd2", 0, 0, 0 }, /* salted only */
                { "8c0d05090308aabbccddeeff0011ffd2", 0, 0, 0 }, /* version */
                { "8c2e04090308aabbccddeeff0011ffd2", 0, 0, 0 }, /* a session key of its own */
                { "8c0d04090308aabbccddeeff0011ffc9", 0, 0, 0 }, /* no integrity protection */
                { "8c0d04090308aabbccddeeff0011ff8c", 0, 0, 0 }, /* two passphrases */
                { "850d04090308aabbccddeeff0011ffd2", 0, 0, 0 }, /* a recipient */
                { "8c0d04090308aabbccddeeff0011ff", 0, 0, 0 },   /* breaks off */
                { "", 0, 0, 0 },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(fronts); i++) {
                AUTO_VALUE(buffer_clear) Buffer front = { .data = NULL };
                OpenPgpSymmetricKind kind;
                for (const char *at = fronts[i].hex; *at; at += 2) {
                        unsigned byte = 0;
                        assert_int_equal(sscanf(at, "%2x", &byte), 1);
                        buffer_add_byte(&front, (uint8_t)byte);
                }
                assert_int_equal(openpgp_symmetric_recognise(buffer_bytes(&front), &kind), fronts[i].key_size > 0);
                if (!fronts[i].key_size)
                        continue;
                assert_int_equal(kind.key_size, fronts[i].key_size);
                assert_int_equal(kind.digest, fronts[i].digest);
                assert_int_equal(kind.count, fronts[i].count);
                assert_memory_equal(kind.salt, "\xaa\xbb\xcc\xdd\xee\xff\x00\x11", 8);
        }
}

TEST(openpgp_symmetric_leaves_odd_passphrases_to_gpg) {
        char longest[257];
        memset(longest, 'x', sizeof longest);
        assert_true(openpgp_symmetric_knows(bytes_of("x")));
        assert_true(openpgp_symmetric_knows(bytes_make(longest, 255)));
        assert_false(openpgp_symmetric_knows(bytes_make(longest, 256)));
        assert_false(openpgp_symmetric_knows(bytes_of("")));
        assert_false(openpgp_symmetric_knows(bytes_of("a\nb")));
        assert_false(openpgp_symmetric_knows(bytes_make("a\0b", 3)));
}

TEST(openpgp_symmetric_ends_when_asked_to_stop) {
        AUTO_TEXT char *noise = (char *)test_random_bytes(2 * PART, 1);
        AUTO_VALUE(buffer_clear) Buffer message = { .data = NULL };
        cancel_request();
        Error *error = encrypt("open", "", bytes_make(noise, 2 * PART), &message);
        cancel_clear();
        assert_error(error, ERROR_CANCELLED, "interrupted");
}
