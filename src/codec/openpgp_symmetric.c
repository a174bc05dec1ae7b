#include "codec/openpgp_symmetric.h"

#include <errno.h>
#include <sys/random.h>

#include "base/cfb.h"
#include "base/memory.h"
#include "codec/openpgp_packets.h"
#include "sys/cancel.h"

/* RFC 4880: packets (sections 4.2, 4.3), keys made of passphrases (3.7.1.3), ciphers (9.2), digests (9.4) */
enum {
        SESSION_KEY_PACKET = 0x80 | OPENPGP_TAG_SYMMETRIC_SESSION_KEY
                                            << 2, /* an old header, with a length of one byte */
        SESSION_KEY_LENGTH = 13,
        SESSION_KEY_VERSION = 4,
        PROTECTED_PACKET = 0xc0 | OPENPGP_TAG_PROTECTED,
        PROTECTED_VERSION = 1,
        MDC_PACKET = 0xc0 | OPENPGP_TAG_MDC,
        S2K_ITERATED_AND_SALTED = 3,
        S2K_MOST = 255, /* coded: 65011712 bytes */
        AES_256 = 9,
        SHA_256 = 8,
        SALT = 8,
        KEY_MOST = 32,
        BLOCK = 16,
        PREFIX = BLOCK + 2,         /* a block of random bytes, the last two of them again */
        MDC = 2 + DIGEST_SHA1_SIZE, /* the packet as a whole */
        PART_POWER = 17,            /* parts of a packet whose length is not known before have powers of two */
        PART = 1 << PART_POWER,
        PART_HEADER = 0xe0 | PART_POWER,
        PIECE = 128 * 1024,
};

static const uint8_t mdc_header[] = { MDC_PACKET, DIGEST_SHA1_SIZE };

bool openpgp_symmetric_knows(Bytes passphrase) {
        return passphrase.length > 0 && passphrase.length <= 255 && !memchr(passphrase.at, '\n', passphrase.length) &&
               !memchr(passphrase.at, '\0', passphrase.length);
}

static uint64_t decode_count(uint8_t coded) {
        return (UINT64_C(16) + (coded & 15)) << ((coded >> 4) + 6);
}

/* Salt and passphrase, again and again, COUNT bytes of them and once at least. TEXT has many repetitions. */
static void hash_again_and_again(Digest *digest, Bytes text, size_t once, uint64_t count) {
        for (uint64_t left = MAX(count, (uint64_t)once); left;) {
                Bytes part = bytes_slice(text, 0, (size_t)MIN(left, (uint64_t)text.length));
                digest_add(digest, part);
                left -= part.length;
        }
}

/* Salt and passphrase several times: few calls for many bytes. */
static Secret *repeat(const uint8_t *salt, Bytes passphrase) {
        enum { REPETITIONS = 32 };
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        (void)buffer_reserve(&text, REPETITIONS * (SALT + passphrase.length)); /* it never moves, and leaves no copy behind */
        for (size_t i = 0; i < REPETITIONS; i++) {
                (void)buffer_add(&text, bytes_make(salt, SALT)); /* no ceiling */
                (void)buffer_add(&text, passphrase);
        }
        Secret *repeated = secret_new(buffer_bytes(&text));
        secret_wipe(text.data, text.length);
        return repeated;
}

/* Where one digest is not enough for a key, a second one is begun with a zero more. */
static void make_key(Bytes passphrase, const OpenPgpSymmetricKind *kind, uint8_t key[KEY_MOST]) {
        AUTO(secret_free) Secret *text = repeat(kind->salt, passphrase);
        AUTO(digest_free) Digest *digest = digest_new(kind->digest);
        uint8_t sum[DIGEST_MAX_SIZE];
        size_t once = SALT + passphrase.length, length = digest_size(kind->digest);
        for (size_t done = 0, zeros = 0; done < kind->key_size; done += length, zeros++) {
                for (size_t i = 0; i < zeros; i++)
                        digest_add(digest, bytes_make("", 1));
                hash_again_and_again(digest, secret_reveal(text), once, kind->count);
                digest_finish(digest, sum);
                memcpy(key + done, sum, MIN(length, kind->key_size - done));
        }
        secret_wipe(sum, sizeof sum);
}

static Cfb *open_cipher(CfbDirection direction, Bytes passphrase, const OpenPgpSymmetricKind *kind) {
        uint8_t key[KEY_MOST];
        make_key(passphrase, kind, key);
        Cfb *cfb = cfb_new(direction, bytes_make(key, kind->key_size));
        secret_wipe(key, sizeof key);
        return cfb;
}

/* ---- writing ---- */

/* The integrity protected packet, as it is written: parts of one size, then what is left. */
typedef struct Protected {
        Writer *out;
        Cfb *cfb;
        Digest *digest;     /* of all plain bytes */
        uint8_t *plain;     /* of the part at work, PART bytes */
        uint8_t *encrypted; /* the same with a header of PART_HEAD bytes in front */
        size_t length;      /* of the part */
} Protected;

enum { PART_HEAD = 5 };

static void clear_protected(Protected *packet) {
        cfb_free(packet->cfb);
        digest_free(packet->digest);
        if (packet->plain)
                secret_wipe(packet->plain, PART);
        memory_free(packet->plain);
        memory_free(packet->encrypted);
}

/* The version at the packet's beginning is not encrypted. */
static Error *write_part(Protected *packet, Bytes header) {
        uint8_t *begin = packet->encrypted + PART_HEAD - header.length;
        memcpy(begin, header.at, header.length);
        return writer_write(packet->out, bytes_make(begin, header.length + packet->length));
}

/* Room for more is made by writing a part that is full. */
static Error *make_room(Protected *packet) {
        static const uint8_t header[] = { PART_HEADER };
        if (packet->length < PART)
                return NULL;
        TRY(cancel_check());
        TRY(write_part(packet, bytes_make(header, sizeof header)));
        packet->length = 0;
        return NULL;
}

/* Encrypts LENGTH bytes that stand in the part's place for them. */
static void take_in(Protected *packet, size_t length) {
        Bytes plain = bytes_make(packet->plain + packet->length, length);
        digest_add(packet->digest, plain);
        cfb_apply(packet->cfb, plain, packet->encrypted + PART_HEAD + packet->length);
        packet->length += length;
}

static Error *add(Protected *packet, Bytes bytes) {
        while (bytes.length) {
                TRY(make_room(packet));
                size_t length = MIN(bytes.length, PART - packet->length);
                memcpy(packet->plain + packet->length, bytes.at, length);
                take_in(packet, length);
                bytes = bytes_slice(bytes, length, bytes.length);
        }
        return NULL;
}

static Error *add_all(Protected *packet, Reader *in) {
        for (;;) {
                size_t length;
                TRY(make_room(packet));
                TRY(in->read(in, packet->plain + packet->length, PART - packet->length, &length));
                if (length == 0)
                        return NULL;
                take_in(packet, length);
        }
}

static Error *begin_packet(Protected *packet) {
        uint8_t prefix[PREFIX];
        if (getrandom(prefix, BLOCK, 0) != BLOCK)
                return error_from_errno(errno, "cannot encrypt: no random numbers");
        memcpy(prefix + BLOCK, prefix + BLOCK - 2, 2);
        packet->plain[0] = packet->encrypted[PART_HEAD] = PROTECTED_VERSION;
        packet->length = 1;
        return add(packet, bytes_make(prefix, sizeof prefix));
}

static Error *end_packet(Protected *packet) {
        uint8_t sum[DIGEST_SHA1_SIZE];
        TRY(add(packet, bytes_make(mdc_header, sizeof mdc_header)));
        digest_finish(packet->digest, sum);
        TRY(add(packet, bytes_make(sum, sizeof sum)));
        uint32_t length = (uint32_t)packet->length;
        uint8_t header[PART_HEAD] = { 255, (uint8_t)(length >> 24), (uint8_t)(length >> 16), (uint8_t)(length >> 8),
                                      (uint8_t)length };
        return write_part(packet, bytes_make(header, sizeof header));
}

static Error *write_session_key(Writer *out, OpenPgpSymmetricKind *kind) {
        if (getrandom(kind->salt, SALT, 0) != SALT)
                return error_from_errno(errno, "cannot encrypt: no random numbers");
        uint8_t packet[2 + SESSION_KEY_LENGTH + 1] = { SESSION_KEY_PACKET,      SESSION_KEY_LENGTH,
                                                       SESSION_KEY_VERSION,     AES_256,
                                                       S2K_ITERATED_AND_SALTED, SHA_256 };
        memcpy(packet + 6, kind->salt, SALT);
        packet[6 + SALT] = S2K_MOST;
        packet[7 + SALT] = PROTECTED_PACKET;
        return writer_write(out, bytes_make(packet, sizeof packet));
}

Error *openpgp_symmetric_encrypt(Bytes passphrase, Bytes front, Reader *in, Writer *out) {
        OpenPgpSymmetricKind kind = { .key_size = KEY_MOST, .digest = DIGEST_SHA256, .count = decode_count(S2K_MOST) };
        TRY(write_session_key(out, &kind));
        AUTO_VALUE(clear_protected)
        Protected packet = {
                .out = out,
                .cfb = open_cipher(CFB_ENCRYPT, passphrase, &kind),
                .digest = digest_new(DIGEST_SHA1),
                .plain = memory_resize(NULL, PART),
                .encrypted = memory_resize(NULL, PART_HEAD + PART),
        };
        TRY(begin_packet(&packet));
        TRY(add(&packet, front));
        TRY(add_all(&packet, in));
        return end_packet(&packet);
}

/* ---- reading ---- */

static bool recognise_cipher(uint8_t cipher, size_t *ret_key_size) {
        enum { AES_128 = 7 };
        *ret_key_size = 16 + 8 * (size_t)(cipher - AES_128);
        return cipher >= AES_128 && cipher <= AES_256;
}

static bool recognise_digest(uint8_t number, DigestKind *ret_digest) {
        enum { SHA_1 = 2, SHA_512 = 10 };
        *ret_digest = number == SHA_1 ? DIGEST_SHA1 : number == SHA_256 ? DIGEST_SHA256 : DIGEST_SHA512;
        return number == SHA_1 || number == SHA_256 || number == SHA_512;
}

/* Both kinds of header will do for the first packet, with a length of one byte. */
bool openpgp_symmetric_recognise(Bytes front, OpenPgpSymmetricKind *ret_kind) {
        enum { NEW_SESSION_KEY_PACKET = 0xc0 | OPENPGP_TAG_SYMMETRIC_SESSION_KEY };
        const uint8_t *at = front.at;
        if (front.length < 2 + SESSION_KEY_LENGTH + 1 ||
            (at[0] != SESSION_KEY_PACKET && at[0] != NEW_SESSION_KEY_PACKET) || at[1] != SESSION_KEY_LENGTH ||
            at[2] != SESSION_KEY_VERSION || at[4] != S2K_ITERATED_AND_SALTED ||
            at[2 + SESSION_KEY_LENGTH] != PROTECTED_PACKET)
                return false;
        OpenPgpSymmetricKind kind = { .count = decode_count(at[6 + SALT]) };
        memcpy(kind.salt, at + 6, SALT);
        if (!recognise_cipher(at[3], &kind.key_size) || !recognise_digest(at[5], &kind.digest))
                return false;
        *ret_kind = kind;
        return true;
}

/* What is read of the protected packet. */
typedef struct Opened {
        Reader *body;
        Cfb *cfb;
        Digest *digest;
        uint8_t *encrypted; /* PIECE bytes */
        uint8_t *plain;     /* MDC bytes that were kept back, and PIECE bytes */
        const char *name;
} Opened;

static void clear_opened(Opened *packet) {
        cfb_free(packet->cfb);
        digest_free(packet->digest);
        if (packet->plain)
                secret_wipe(packet->plain, MDC + PIECE);
        memory_free(packet->plain);
        memory_free(packet->encrypted);
}

/* A wrong passphrase is noticed here, but for one in 65536 of them. */
static Error *check_prefix(Opened *packet) {
        uint8_t version = 0, encrypted[PREFIX], prefix[PREFIX];
        size_t length;
        TRY(reader_read(packet->body, &version, 1, &length));
        if (version != PROTECTED_VERSION)
                return openpgp_packets_damage(packet->name, "it is protected in a way that is not known");
        TRY(reader_read(packet->body, encrypted, sizeof encrypted, &length));
        if (length < sizeof encrypted)
                return openpgp_packets_damage(packet->name, "it is too short");
        cfb_apply(packet->cfb, bytes_make(encrypted, sizeof encrypted), prefix);
        digest_add(packet->digest, bytes_make(prefix, sizeof prefix));
        if (memcmp(prefix + BLOCK - 2, prefix + BLOCK, 2) != 0)
                return error_with_code(
                        error_new(ERROR_DENIED, "cannot decrypt '%s': bad passphrase (check PASSPHRASE)", packet->name),
                        EXIT_CODE_GPG);
        return NULL;
}

static Error *check_mdc(const Opened *packet, size_t kept) {
        uint8_t sum[DIGEST_SHA1_SIZE];
        if (kept < MDC || memcmp(packet->plain, mdc_header, sizeof mdc_header) != 0)
                return openpgp_packets_damage(packet->name, "its end is missing, or it has been altered");
        digest_add(packet->digest, bytes_make(mdc_header, sizeof mdc_header));
        digest_finish(packet->digest, sum);
        if (memcmp(packet->plain + sizeof mdc_header, sum, sizeof sum) != 0)
                return openpgp_packets_damage(packet->name, "it has been altered");
        return NULL;
}

/* All but the last MDC bytes are content; which ones these are shows at the end. */
static Error *pass_content_on(Opened *packet, Writer *out) {
        size_t kept = 0, length;
        do {
                TRY(cancel_check());
                TRY(packet->body->read(packet->body, packet->encrypted, PIECE, &length));
                cfb_apply(packet->cfb, bytes_make(packet->encrypted, length), packet->plain + kept);
                size_t there = kept + length;
                Bytes content = bytes_make(packet->plain, there > MDC ? there - MDC : 0);
                digest_add(packet->digest, content);
                TRY(writer_write(out, content));
                kept = there - content.length;
                if (content.length)
                        memmove(packet->plain, packet->plain + content.length, kept);
        } while (length);
        return check_mdc(packet, kept);
}

static Error *read_protected(Opened *packet, OpenPgpPackets *packets, Writer *out) {
        unsigned tag;
        TRY(check_prefix(packet));
        TRY(pass_content_on(packet, out));
        TRY(openpgp_packets_next(packets, &tag));
        return tag == OPENPGP_TAG_NONE ? NULL : openpgp_packets_damage(packet->name, "something follows it");
}

Error *openpgp_symmetric_decrypt(Bytes passphrase, const OpenPgpSymmetricKind *kind, Reader *message, Writer *out,
                                 const char *name) {
        AUTO(openpgp_packets_close)
        OpenPgpPackets *packets = openpgp_packets_open(stream_read_borrowed(message, NULL), name);
        AUTO_VALUE(clear_opened)
        Opened packet = {
                .body = openpgp_packets_body(packets),
                .cfb = open_cipher(CFB_DECRYPT, passphrase, kind),
                .digest = digest_new(DIGEST_SHA1),
                .encrypted = memory_resize(NULL, PIECE),
                .plain = memory_resize(NULL, MDC + PIECE),
                .name = name,
        };
        unsigned tag;
        TRY(openpgp_packets_next(packets, &tag)); /* the session key's, which has been recognised */
        TRY(openpgp_packets_next(packets, &tag)); /* and so has this one */
        return read_protected(&packet, packets, out);
}
