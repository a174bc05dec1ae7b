#include "base/cfb.h"

#include <assert.h>
#include <openssl/evp.h>

#include "base/libcrypto.h"
#include "base/memory.h"
#include "base/secret.h"

enum {
        BLOCK = 16,
        PIECE = 16 * 1024, /* stays in the processor's nearest cache while it is gone over twice */
};

/* What hides a block is the encryption of the ciphertext before it. libcrypto's own CFB goes block by block; its CBC
 * and its ECB are several times as fast, and both give the same bytes when they are handed what goes IN, one block
 * late:
 *
 *     encrypting, CBC:  Y(i) = E(P(i-1) ^ Y(i-1)) = E(C(i-1))
 *     decrypting, ECB:  Y(i) = E(C(i-1))
 *     both:             OUT(i) = IN(i) ^ Y(i), with IN(0) = Y(0) = 0 */
struct Cfb {
        EVP_CIPHER_CTX *context;
        uint8_t before[BLOCK]; /* the last block of what went in; its beginning is that of the block at work */
        uint8_t hiding[BLOCK]; /* of the block at work */
        size_t used;           /* bytes of it; 0: none is at work */
};

static void must(bool worked) {
        libcrypto_must(worked, "AES");
}

static const EVP_CIPHER *cipher_for(CfbDirection direction, size_t key_size) {
        bool encrypts = direction == CFB_ENCRYPT;
        switch (key_size) {
        case 16:
                return encrypts ? EVP_aes_128_cbc() : EVP_aes_128_ecb();
        case 24:
                return encrypts ? EVP_aes_192_cbc() : EVP_aes_192_ecb();
        default:
                assert(key_size == 32);
                return encrypts ? EVP_aes_256_cbc() : EVP_aes_256_ecb();
        }
}

Cfb *cfb_new(CfbDirection direction, Bytes key) {
        static const uint8_t zeros[BLOCK];
        Cfb *cfb = memory_new(Cfb);
        cfb->context = EVP_CIPHER_CTX_new();
        must(cfb->context &&
             EVP_EncryptInit_ex(cfb->context, cipher_for(direction, key.length), NULL, key.at, zeros) == 1 &&
             EVP_CIPHER_CTX_set_padding(cfb->context, 0) == 1);
        return cfb;
}

/* BYTES are whole blocks. */
static void encrypt_blocks(Cfb *cfb, const uint8_t *bytes, size_t length, uint8_t *to) {
        int written = 0;
        must(length == 0 ||
             (EVP_EncryptUpdate(cfb->context, to, &written, bytes, (int)length) == 1 && (size_t)written == length));
}

static void add_blocks(uint8_t *to, const uint8_t *bytes, size_t length) {
        typedef uint8_t Lane __attribute__((vector_size(BLOCK)));
        for (size_t i = 0; i < length; i += BLOCK) {
                Lane a, b;
                memcpy(&a, to + i, BLOCK);
                memcpy(&b, bytes + i, BLOCK);
                a ^= b;
                memcpy(to + i, &a, BLOCK);
        }
}

/* LENGTH bytes, whole blocks of them, none being at work. */
static void apply_blocks(Cfb *cfb, const uint8_t *bytes, size_t length, uint8_t *to) {
        for (size_t done = 0; done < length; done += PIECE) {
                size_t piece = MIN(length - done, (size_t)PIECE);
                encrypt_blocks(cfb, cfb->before, BLOCK, to + done);
                encrypt_blocks(cfb, bytes + done, piece - BLOCK, to + done + BLOCK);
                add_blocks(to + done, bytes + done, piece);
                memcpy(cfb->before, bytes + done + piece - BLOCK, BLOCK);
        }
}

/* Bytes of the block at work, which is begun when there is none. */
static size_t apply_part(Cfb *cfb, Bytes bytes, uint8_t *to) {
        if (cfb->used == 0)
                encrypt_blocks(cfb, cfb->before, BLOCK, cfb->hiding);
        size_t length = MIN(bytes.length, BLOCK - cfb->used);
        for (size_t i = 0; i < length; i++) {
                cfb->before[cfb->used + i] = bytes.at[i];
                to[i] = bytes.at[i] ^ cfb->hiding[cfb->used + i];
        }
        cfb->used = (cfb->used + length) % BLOCK;
        return length;
}

void cfb_apply(Cfb *cfb, Bytes bytes, uint8_t *to) {
        size_t done = cfb->used && bytes.length ? apply_part(cfb, bytes, to) : 0;
        if (cfb->used == 0) {
                size_t whole = (bytes.length - done) / BLOCK * BLOCK;
                apply_blocks(cfb, bytes.at + done, whole, to + done);
                done += whole;
        }
        if (done < bytes.length)
                (void)apply_part(cfb, bytes_slice(bytes, done, bytes.length), to + done);
}

void cfb_free(Cfb *cfb) {
        if (!cfb)
                return;
        EVP_CIPHER_CTX_free(cfb->context); /* wipes the key */
        secret_wipe(cfb, sizeof *cfb);
        memory_free(cfb);
}
