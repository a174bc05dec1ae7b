#include "codec/openpgp_message.h"

#include "base/memory.h"
#include "codec/deflate.h"
#include "support/test.h"

/* Gives what it gets in capitals, so that a test sees that it was asked. */
typedef struct Shouter {
        Reader reader;
        Buffer text;
        size_t given;
        Reader *body;
} Shouter;

static Error *read_shout(Reader *reader, void *buffer, size_t capacity, size_t *ret_length) {
        Shouter *self = (Shouter *)reader;
        if (!self->given)
                TRY(reader_read_all(self->body, &self->text));
        Bytes piece = bytes_slice(buffer_bytes(&self->text), self->given, capacity);
        for (size_t i = 0; i < piece.length; i++)
                ((uint8_t *)buffer)[i] = piece.at[i] >= 'a' && piece.at[i] <= 'z' ? piece.at[i] - 32 : piece.at[i];
        self->given += piece.length;
        *ret_length = piece.length;
        return NULL;
}

static void close_shout(Reader *reader) {
        Shouter *self = (Shouter *)reader;
        buffer_clear(&self->text);
        reader_close(self->body);
        memory_free(self);
}

static Error *shout(UNUSED const void *context, Bytes front, Reader *body, UNUSED const char *name,
                    Reader **ret_reader) {
        Shouter *self = memory_new(Shouter);
        self->reader = (Reader){ .read = read_shout, .close = close_shout };
        buffer_add(&self->text, front);
        self->body = body;
        *ret_reader = &self->reader;
        return NULL;
}

static Error *read_packets(Bytes packets, Buffer *plain) {
        AUTO(reader_close) Reader *reader =
                openpgp_message_read(stream_read_bytes(packets), "vol1", shout, NULL);
        TRY(reader_read_all(reader, plain));
        size_t more = 1;
        char byte;
        TRY(reader->read(reader, &byte, 1, &more)); /* the end stays the end */
        assert_int_equal(0, more);
        return NULL;
}

static void assert_reads(const void *packets, size_t length, const char *wanted) {
        AUTO_VALUE(buffer_clear) Buffer plain = { .data = NULL };
        assert_ok(read_packets(bytes_make(packets, length), &plain));
        assert_string_equal(wanted, buffer_text(&plain));
}

static void assert_damaged(const void *packets, size_t length, const char *text) {
        AUTO_VALUE(buffer_clear) Buffer plain = { .data = NULL };
        assert_error(read_packets(bytes_make(packets, length), &plain), ERROR_CORRUPT, text);
}

#define READS(packets, wanted) assert_reads((packets), sizeof(packets) - 1, (wanted))
#define DAMAGED(packets, text) assert_damaged((packets), sizeof(packets) - 1, (text))

#define BODY "b\1n\0\0\0\0" /* of a literal packet, before its data: binary, called n, no date */

TEST(message_reads_a_literal_packet_of_each_length) {
        READS("\xac\x0c" BODY "abcde", "abcde");                  /* old, one byte */
        READS("\xad\0\x0c" BODY "abcde", "abcde");                /* two */
        READS("\xae\0\0\0\x0c" BODY "abcde", "abcde");            /* four */
        READS("\xaf" BODY "abcde", "abcde");                      /* to the end */
        READS("\xcb\x0c" BODY "abcde", "abcde");                  /* new, one byte */
        READS("\xcb\xff\0\0\0\x0c" BODY "abcde", "abcde");        /* four */
        READS("\xcb\xe3" BODY "a\xe1" "bc\xe0" "d\1e", "abcde");  /* partial: 8, 2, 1, then 1 */
        READS("\xcb\xe3" BODY "a\0", "a");                        /* the last part empty */
        READS("\xcb\x07" BODY, "");
}

TEST(message_reads_long_packets) {
        AUTO_VALUE(buffer_clear) Buffer packets = { .data = NULL }, plain = { .data = NULL };
        enum { SIZE = 8000, PARTIAL = 32768 };
        buffer_add(&packets, bytes_make("\xcb\xef" BODY, 9)); /* 2^15 in the first part */
        for (int i = 0; i < PARTIAL - 7; i++)
                buffer_add_byte(&packets, (uint8_t)('a' + i % 23));
        buffer_add(&packets, bytes_make("\xde\x80", 2)); /* (0xde - 192) * 256 + 0x80 + 192 */
        for (int i = PARTIAL - 7; i < PARTIAL - 7 + SIZE; i++)
                buffer_add_byte(&packets, (uint8_t)('a' + i % 23));
        assert_ok(read_packets(buffer_bytes(&packets), &plain));
        assert_int_equal(PARTIAL - 7 + SIZE, plain.length);
        for (size_t i = 0; i < plain.length; i++)
                assert_int_equal('a' + i % 23, plain.data[i]);
}

TEST(message_passes_over_signatures_and_markers) {
        READS("\xca\3PGP" "\x90\2xy" "\xcb\x08" BODY "a" "\x88\1z", "a");
}

static void add_compressed(Buffer *packets, Bytes content) {
        AUTO(deflater_free) Deflater *deflater = deflater_new();
        buffer_add(packets, bytes_make("\xa3\1", 2));
        deflater_chunk(deflater, bytes_of(NULL), content, true, packets);
}

TEST(message_inflates_what_is_compressed) {
        AUTO_VALUE(buffer_clear) Buffer packets = { .data = NULL };
        add_compressed(&packets, bytes_make("\xaf" BODY "abc", 11));
        assert_reads(packets.data, packets.length, "abc");
        READS("\xa3\0\xaf" BODY "abc", "abc");
        READS("\xc8\x0c\0\xcb\x09" BODY "ab" "\x88\1z", "ab"); /* with lengths, a signature behind the compressed */
}

TEST(message_inflates_zlib) {
        READS("\xa3\2" "\x78\x9c\x5b\x9f\xc4\x98\xc7\x00\x04\x89\x49\xc9\x00\x11\x27\x02\xa7", "abc");
        DAMAGED("\xa3\2" "\x78\x9c\x5b\x9f\xc4\x98\xc7\x00\x04\x89\x49\xc9\x00\x11\x27\x02\xa8", "checksum");
}

TEST(message_leaves_other_compression_and_armor_to_somebody_else) {
        READS("\xa3\3bzip", "\xa3\3BZIP");
        READS("-----BEGIN PGP armored", "-----BEGIN PGP ARMORED");
}

TEST(message_refuses_what_is_none) {
        DAMAGED("", "there is no data");
        DAMAGED("\xca\3PGP", "there is no data");
        DAMAGED("plain text", "no packet");
        DAMAGED("-----BEGIN", "no packet");
        DAMAGED("\xd2\1x", "does not belong"); /* encrypted once more */
        DAMAGED("\xa3\0\xa3\0\xaf" BODY "abc", "twice");
}

TEST(message_refuses_what_breaks_off) {
        DAMAGED("\xcb", "within a packet's header");
        DAMAGED("\xad\0", "within a packet's header");
        DAMAGED("\xcb\x0d" BODY "abcde", "within a packet");
        DAMAGED("\xcb\xe3" BODY "a", "within a packet's header");
        DAMAGED("\xcb\6" "b\1n\0\0\0", "too short");
        DAMAGED("\xa3", "too short");
        DAMAGED("\xa3\1\x4b", "ends too early");
}

TEST(message_refuses_what_follows_it) {
        AUTO_VALUE(buffer_clear) Buffer packets = { .data = NULL };
        DAMAGED("\xcb\x08" BODY "a" "\xcb\x08" BODY "b", "follows its data");
        DAMAGED("\xcb\x08" BODY "a" "x", "no packet");
        add_compressed(&packets, bytes_make("\xaf" BODY "abc", 11));
        add_compressed(&packets, bytes_make("\xaf" BODY "def", 11));
        assert_reads(packets.data, packets.length, "abc"); /* that is beyond the compressed data, as for gpg */
}
