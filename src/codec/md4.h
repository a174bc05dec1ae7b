/* MD4 (RFC 1320), which signatures are made of: the sums of several texts at once, side by side in vector registers. */
#ifndef CODEC_MD4_H
#define CODEC_MD4_H

#include "base/bytes.h"

enum {
        MD4_SIZE = 16,
        MD4_TEXTS = 8, /* at once; fewer take as long */
};

/* Writes the sum of each of COUNT TEXTS, at most MD4_TEXTS. Texts of about one length cost least. */
void md4_sums(const Bytes *texts, size_t count, uint8_t (*sums)[MD4_SIZE]);

#endif
