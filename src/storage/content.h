/* Content: what servers compare an upload with: digests of a part of a local file. */
#ifndef STORAGE_CONTENT_H
#define STORAGE_CONTENT_H

#include "base/error.h"
#include "base/digest.h"

typedef struct ContentDigests {
        char sha256[2 * DIGEST_SHA256_SIZE + 1]; /* hexadecimal */
        char md5[2 * DIGEST_MD5_SIZE + 1];       /* hexadecimal */
        char md5_base64[25];                     /* as in Content-MD5 */
} ContentDigests;

/* Of LENGTH bytes of FD from START on; ERROR_SYSTEM when there are fewer. */
CHECKED Error *content_digest(int fd, uint64_t start, uint64_t length, ContentDigests *ret_digests);

/* The MD5 alone, of BYTES, as in Content-MD5. */
void content_md5(Bytes bytes, char text[25]);

/* A sink for what is received (HttpSink): appends to the file whose descriptor CONTEXT points to. */
CHECKED Error *content_write(void *context, Bytes piece);

/* ERROR_TRANSIENT with the exit code of a wrong size, unless STORED is WANTED. */
CHECKED Error *content_compare_size(uint64_t stored, uint64_t wanted);

#endif
