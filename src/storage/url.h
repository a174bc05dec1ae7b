/* Url: where a repository lies. Parsed once; printed without its password. */
#ifndef STORAGE_URL_H
#define STORAGE_URL_H

#include <stdbool.h>

#include "base/error.h"
#include "base/secret.h"

typedef struct Url {
        char *scheme;     /* lower case */
        char *user;       /* percent-decoded, NULL when absent */
        Secret *password; /* percent-decoded, NULL when absent */
        char *host;       /* NULL when absent, as always for "file"; IPv6 literals without brackets */
        unsigned port;    /* 0 when absent */
        char *path;       /* percent-decoded, as it stands after the host, leading slashes kept ("::/x" of host::/x) */
        char *text;       /* exactly as typed: names the cache. Holds the password: never print it */
} Url;

/* True when TEXT looks like a URL at all: a letter, then letters, digits, '+', '-' and '.', then "://"; or "s3:" and
 * not a '/'. */
bool url_is_one(const char *text);

/* Parses scheme://[[user[:password]@]host[:port]]/path, with s3: also without the "//"; file:///abs, file://rel; and
 * /abs, which stands for file:///abs and is taken as it is. Otherwise ERROR_USER with exit code 8,
 * showing a right example and no password. */
CHECKED Error *url_parse(const char *text, Url **ret_url);

/* "host", "host:port", "[::1]:port": how hosts stand in URLs. PORT 0 is none. Caller frees. */
char *url_authority(const char *host, unsigned port);

/* For messages: as typed, but without the password. Caller frees. */
char *url_printable(const Url *url);

void url_free(Url *url);
DEFINE_AUTO(Url, url_free)

#endif
