/* Azure sign: the scheme SharedKey of Azure's blob service. Pure. Source: "Authorize with Shared Key" of the Azure
 * Storage REST reference, version 2015-02-21 and later. */
#ifndef STORAGE_AZURE_SIGN_H
#define STORAGE_AZURE_SIGN_H

#include "base/buffer.h"
#include "base/list.h"

typedef struct AzureMessage {
        const char *method;
        const char *path;        /* of the URL, percent-encoded */
        const char *query;       /* "a=1&b=2" percent-encoded, "" for none */
        const TextList *headers; /* "Name: value" each; Content-MD5 and those that begin with "x-ms-" are signed */
        uint64_t length;         /* of the body */
} AzureMessage;

/* Appends the value of the header Authorization. */
void azure_sign(const char *account, Bytes key, const AzureMessage *message, Buffer *out);

#endif
