/* Azure account: where an account's blobs are and what opens them. */
#ifndef STORAGE_AZURE_ACCOUNT_H
#define STORAGE_AZURE_ACCOUNT_H

#include "base/error.h"
#include "base/secret.h"

typedef struct AzureAccount {
        char *name;
        char *endpoint;     /* "https://name.blob.core.windows.net" or "http://127.0.0.1:10000/name" */
        Secret *key;        /* decoded; NULL when there is a signature instead: */
        Secret *signature;  /* "sv=...&sig=...", without '?' */
} AzureAccount;

/* Reads a connection string: AccountName, AccountKey or SharedAccessSignature, DefaultEndpointsProtocol, EndpointSuffix
 * and BlobEndpoint; or UseDevelopmentStorage=true. ERROR_USER, which names no value, when it is none. */
CHECKED Error *azure_account_parse(const char *text, AzureAccount **ret_account);

/* The connection string that the environment gives: the variable AZURE_CONNECTION_STRING or
 * AZURE_STORAGE_CONNECTION_STRING; else one made of AZURE_STORAGE_ACCOUNT (or AZURE_ACCOUNT_NAME) with AZURE_STORAGE_KEY
 * (or AZURE_ACCOUNT_KEY) or AZURE_STORAGE_SAS_TOKEN (or AZURE_SAS_TOKEN). NULL when there is none. Caller frees. */
Secret *azure_account_environment(void);

/* By the connection string CONNECTION; when it is NULL by that of the environment. ERROR_USER naming its variables when
 * there is none. */
CHECKED Error *azure_account_find(const Secret *connection, AzureAccount **ret_account);

void azure_account_free(AzureAccount *account);
DEFINE_AUTO(AzureAccount, azure_account_free)

#endif
