#include "base/secret.h"

#include <sys/mman.h>

#include "base/attribute.h"
#include "base/memory.h"

struct Secret {
        size_t length;
        char data[];
};

Secret *secret_new(Bytes bytes) {
        Secret *secret = memory_zeroed(sizeof(Secret) + bytes.length + 1);
        (void)mlock(secret,
                    sizeof(Secret) + bytes.length + 1); /* a small memlock limit costs protection from swap only */
        secret->length = bytes.length;
        if (bytes.length)
                memcpy(secret->data, bytes.at, bytes.length);
        return secret;
}

Secret *secret_copy(const Secret *secret) {
        return secret ? secret_new(secret_reveal(secret)) : NULL;
}

Bytes secret_reveal(const Secret *secret) {
        return secret ? bytes_make(secret->data, secret->length) : bytes_make("", 0);
}

bool secret_equal(const Secret *a, const Secret *b) {
        if (!a || !b)
                return a == b;
        size_t difference = a->length ^ b->length;
        for (size_t i = 0; i < MIN(a->length, b->length); i++)
                difference |= (size_t)(unsigned char)(a->data[i] ^ b->data[i]);
        return difference == 0;
}

void secret_wipe(void *at, size_t length) {
        explicit_bzero(at, length);
}

void secret_free(Secret *secret) {
        if (!secret)
                return;
        /* its pages stay locked: other secrets may lie there, and locks do not count */
        secret_wipe(secret, sizeof(Secret) + secret->length + 1);
        memory_free(secret);
}
