/* S3 login: whose keys requests are signed with, and what else AWS's shared files say. */
#ifndef STORAGE_S3_LOGIN_H
#define STORAGE_S3_LOGIN_H

#include "base/error.h"
#include "base/secret.h"
#include "storage/storage.h"

typedef struct S3Login {
        char *access_key;
        Secret *secret_key;
        char *session_token; /* NULL: none */
        char *region;        /* AWS_REGION, AWS_DEFAULT_REGION, or the profile's; NULL: none is set */
} S3Login;

/* Looks, in this order, into OPTIONS (s3_...), the URL (user and password), the variables AWS_ACCESS_KEY_ID,
 * AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, and the profile AWS_PROFILE (default) of AWS_SHARED_CREDENTIALS_FILE
 * (~/.aws/credentials) and AWS_CONFIG_FILE (~/.aws/config). ERROR_USER naming these when there are no keys; errors of
 * files that cannot be read. */
CHECKED Error *s3_login_find(const Url *url, const StorageOptions *options, S3Login **ret_login);

void s3_login_free(S3Login *login);
DEFINE_AUTO(S3Login, s3_login_free)

#endif
