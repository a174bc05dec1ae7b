/* S3 client: signed requests to one bucket. */
#ifndef STORAGE_S3_CLIENT_H
#define STORAGE_S3_CLIENT_H

#include "storage/http.h"
#include "storage/s3_place.h"

typedef struct S3Client S3Client;

/* One request. Of the body its SHA-256 is signed, always: nobody on the way can change it, even without TLS. */
typedef struct S3Request {
        const char *method;
        const char *key;         /* NULL: the bucket itself */
        const char *query;       /* "name=value&..." percent-encoded; NULL: none */
        const TextList *headers; /* further ones, "name: value"; NULL: none */
        const HttpFile *file;    /* the body, with */
        const char *payload;     /* its SHA-256 in hexadecimal; or */
        Bytes body;              /* this */
        HttpSink *sink;
        void *sink_context;
        bool goes_on;
} S3Request;

/* Finds place, keys and region; connects to nothing yet. */
CHECKED Error *s3_client_new(const Url *url, const StorageOptions *options, S3Client **ret_client);

const S3Place *s3_client_place(const S3Client *client);

/* Sends REQUEST; where the answer says that the bucket lies in another region, once more to there, and so from then
 * on. Errors and *ret_response as http_send has them. */
CHECKED Error *s3_client_send(S3Client *client, const S3Request *request, const HttpResponse **ret_response);

/* The error an answer stands for, with what to correct. */
CHECKED Error *s3_client_refusal(const HttpResponse *response);

/* The value of header ETag without its quotes. Caller frees. */
char *s3_client_etag(const HttpResponse *response);

/* ERROR_TRANSIENT when the header ETag shows that something else was stored than what has this MD5 (hexadecimal).
 * *ret_proven becomes true when it shows that just this was stored; it is no MD5, and shows nothing, where the service
 * encrypts. */
CHECKED Error *s3_client_compare_etag(const HttpResponse *response, const char *md5, bool *ret_proven);

void s3_client_free(S3Client *client);
DEFINE_AUTO(S3Client, s3_client_free)

#endif
