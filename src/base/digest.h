/* Message digests: SHA-1 for the manifest, SHA-256 for content, MD5 for cache names, SHA-512 for keys of others' messages,
 * HMAC for request signing. OpenSSL's libcrypto. */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include "base/bytes.h"
#include "base/cleanup.h"

typedef enum DigestKind { DIGEST_MD5, DIGEST_SHA1, DIGEST_SHA256, DIGEST_SHA512 } DigestKind;

enum {
        DIGEST_MD5_SIZE = 16,
        DIGEST_SHA1_SIZE = 20,
        DIGEST_SHA256_SIZE = 32,
        DIGEST_SHA512_SIZE = 64,
        DIGEST_MAX_SIZE = DIGEST_SHA512_SIZE,
};

typedef struct Digest Digest;

/* Number of bytes a digest of KIND has. */
size_t digest_size(DigestKind kind);

/* Begins a digest. Ends the program when libcrypto cannot provide it (a broken installation). */
Digest *digest_new(DigestKind kind);

/* Adds BYTES. */
void digest_add(Digest *digest, Bytes bytes);

/* Writes digest_size bytes to RESULT and begins anew: the same object serves for the next message. */
void digest_finish(Digest *digest, uint8_t *result);

/* Digest of one whole message. */
void digest_once(DigestKind kind, Bytes message, uint8_t *result);

/* HMAC of MESSAGE under KEY (RFC 2104). */
void digest_hmac(DigestKind kind, Bytes key, Bytes message, uint8_t *result);

void digest_free(Digest *digest);
DEFINE_AUTO(Digest, digest_free)

#endif
