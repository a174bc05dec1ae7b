/* S3 place: which host, bucket and folder a URL names. Pure.
 *
 * What stands first in a URL, s3://FIRST/REST, is a host or a bucket. Scheme boto3+s3, and any with --s3-endpoint-url:
 * a bucket. Else (s3, s3+http) it is a host
 *   - in the form without slashes, s3:host/bucket;
 *   - with a port, as an IP address, or as "localhost";
 *   - with a dot in it when REST goes on with a bucket: s3://s3.example.com/bucket;
 * and a bucket in all other cases: s3://bucket/folder, s3://my.bucket, s3:///bucket/folder. Of a bucket without
 * --s3-endpoint-url the host is AWS's. */
#ifndef STORAGE_S3_PLACE_H
#define STORAGE_S3_PLACE_H

#include "storage/storage.h"

typedef struct S3Place {
        const char *scheme; /* "https"; "http" for s3+http with a host, for --s3-unencrypted-connection, or as the
                               endpoint has it */
        char *authority;    /* host[:port]; NULL: AWS's, which depends on the region */
        char *bucket;
        char *folder;       /* begins each key: "" or "a/b/" */
        char *region;       /* what the name of AWS's host says; NULL: nothing */
        bool is_virtual;    /* the bucket is part of the host name, not of the path */
} S3Place;

/* ERROR_USER with exit code 8 when no bucket is named, or it cannot stand where --s3-uri-style wants it; with exit code
 * 2 when the endpoint is none. Shows a right example. */
CHECKED Error *s3_place_find(const Url *url, const StorageOptions *options, S3Place **ret_place);

/* host[:port] for requests in REGION. Caller frees. */
char *s3_place_host(const S3Place *place, const char *region);

/* The path of KEY, or of the bucket when it is NULL, percent-encoded. Caller frees. */
char *s3_place_path(const S3Place *place, const char *key);

void s3_place_free(S3Place *place);
DEFINE_AUTO(S3Place, s3_place_free)

#endif
