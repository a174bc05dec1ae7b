/* S3 sign: AWS Signature Version 4 in the Authorization header, payload in one piece. Pure. Source: "Signature
 * Calculations for the Authorization Header" of the Amazon S3 API Reference. */
#ifndef STORAGE_S3_SIGN_H
#define STORAGE_S3_SIGN_H

#include "base/buffer.h"
#include "base/list.h"
#include "base/when.h"

/* Who signs, for what, and when. */
typedef struct S3Signer {
        const char *access_key;
        Bytes secret_key;
        const char *region, *service; /* "us-east-1", "s3" */
        Moment now;
} S3Signer;

/* What is signed. */
typedef struct S3Message {
        const char *method;
        const char *path;        /* begins with '/'; each byte but unreserved ones and '/' percent-encoded, once */
        const char *query;       /* "a=1&b=2", names and values percent-encoded, in any order; "" for none */
        const TextList *headers; /* "Name: value" each, in any order, "Host" and "x-amz-date" among them; all signed */
        const char *payload;     /* SHA-256 of the body, in hexadecimal */
} S3Message;

/* Appends the value of the header Authorization. */
void s3_sign(const S3Signer *signer, const S3Message *message, Buffer *out);

#endif
