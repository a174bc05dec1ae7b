#include "base/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/libcrypto.h"
#include "base/memory.h"

struct Digest {
        EVP_MD_CTX *context;
};

static const struct {
        const EVP_MD *(*algorithm)(void);
        size_t size;
} kinds[] = {
        [DIGEST_MD5] = { EVP_md5, DIGEST_MD5_SIZE },
        [DIGEST_SHA1] = { EVP_sha1, DIGEST_SHA1_SIZE },
        [DIGEST_SHA256] = { EVP_sha256, DIGEST_SHA256_SIZE },
        [DIGEST_SHA512] = { EVP_sha512, DIGEST_SHA512_SIZE },
};

static void must(bool worked) {
        libcrypto_must(worked, "a digest");
}

size_t digest_size(DigestKind kind) {
        return kinds[kind].size;
}

Digest *digest_new(DigestKind kind) {
        Digest *digest = memory_new(Digest);
        digest->context = EVP_MD_CTX_new();
        must(digest->context && EVP_DigestInit_ex(digest->context, kinds[kind].algorithm(), NULL) == 1);
        return digest;
}

void digest_add(Digest *digest, Bytes bytes) {
        must(EVP_DigestUpdate(digest->context, bytes.at, bytes.length) == 1);
}

void digest_finish(Digest *digest, uint8_t *result) {
        must(EVP_DigestFinal_ex(digest->context, result, NULL) == 1);
        must(EVP_DigestInit_ex(digest->context, NULL, NULL) == 1); /* no algorithm given: the same one again */
}

void digest_once(DigestKind kind, Bytes message, uint8_t *result) {
        AUTO(digest_free) Digest *digest = digest_new(kind);
        digest_add(digest, message);
        digest_finish(digest, result);
}

void digest_hmac(DigestKind kind, Bytes key, Bytes message, uint8_t *result) {
        must(key.length <= INT32_MAX);
        const void *key_at = key.length ? key.at : (const void *)""; /* NULL would mean: the key of the last call */
        must(HMAC(kinds[kind].algorithm(), key_at, (int)key.length, message.at, message.length, result, NULL) != NULL);
}

void digest_free(Digest *digest) {
        if (!digest)
                return;
        EVP_MD_CTX_free(digest->context);
        memory_free(digest);
}
