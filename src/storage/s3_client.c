#include "storage/s3_client.h"

#include <errno.h>
#include <strings.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/encode.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/path.h"
#include "storage/http_refusal.h"
#include "storage/s3_login.h"
#include "storage/s3_sign.h"
#include "storage/xml.h"
#include "sys/clock.h"

struct S3Client {
        S3Place *place;
        S3Login *login;
        char *region;
        Http *http;
};

static const char *first_of(const char *a, const char *b, const char *c) {
        return a ? a : b ? b : c ? c : "us-east-1";
}

/* Amazon's own variable for an authority, where no option names one. */
static Error *take_bundle(StorageOptions *options) {
        const char *path = getenv("AWS_CA_BUNDLE");
        if (options->ssl_ca_file || options->ssl_ca_path || !path || !path[0])
                return NULL;
        options->ssl_ca_file = path;
        if (access(path, R_OK) == 0)
                return NULL;
        AUTO(error_free) Error *cause = error_from_errno(errno, "cannot read '%s' of AWS_CA_BUNDLE", path);
        return error_new(ERROR_USER, "%s", error_story(cause));
}

Error *s3_client_new(const Url *url, const StorageOptions *options, S3Client **ret_client) {
        AUTO(s3_client_free) S3Client *client = memory_new(S3Client);
        StorageOptions trusting = *options;
        TRY(s3_place_find(url, options, &client->place));
        if (strcmp(client->place->scheme, "https") == 0)
                TRY(take_bundle(&trusting));
        TRY(s3_login_find(url, options, &client->login));
        client->region = memory_text(first_of(options->s3_region, client->place->region, client->login->region));
        client->http = http_new(client->place->scheme, &trusting);
        http_named_by(client->http, options->s3_endpoint_url   ? "'--s3-endpoint-url'"
                                    : client->place->authority ? "the URL"
                                                               : "'--s3-region-name'");
        *ret_client = TAKE(client);
        return NULL;
}

const S3Place *s3_client_place(const S3Client *client) {
        return client->place;
}

/* The headers of one request and who owns them. */
typedef struct Headers {
        TextList list;
        Arena *arena;
} Headers;

static void headers_clear(Headers *headers) {
        text_list_clear(&headers->list);
        arena_free(headers->arena);
}

static void hash_hex(Bytes bytes, char hex[2 * DIGEST_SHA256_SIZE + 1]) {
        uint8_t hash[DIGEST_SHA256_SIZE];
        digest_once(DIGEST_SHA256, bytes, hash);
        encode_hex(bytes_make(hash, sizeof hash), hex);
}

/* All headers of REQUEST, the signature last. */
static Headers make_headers(const S3Client *client, const S3Request *request, const char *host, const char *path) {
        Headers headers = { .arena = arena_new() };
        char payload[2 * DIGEST_SHA256_SIZE + 1], moment[17];
        Moment now = clock_real();
        when_print_compact(now, moment);
        hash_hex(request->body, payload);
        if (request->payload)
                snprintf(payload, sizeof payload, "%s", request->payload);
        text_list_add(&headers.list, arena_print(headers.arena, "Host: %s", host));
        text_list_add(&headers.list, arena_print(headers.arena, "x-amz-date: %s", moment));
        text_list_add(&headers.list, arena_print(headers.arena, "x-amz-content-sha256: %s", payload));
        if (client->login->session_token)
                text_list_add(&headers.list,
                              arena_print(headers.arena, "x-amz-security-token: %s", client->login->session_token));
        for (size_t i = 0; request->headers && i < request->headers->count; i++)
                text_list_add(&headers.list, request->headers->items[i]);

        AUTO_VALUE(buffer_clear) Buffer authorization;
        buffer_init(&authorization, 0);
        buffer_add_text(&authorization, "Authorization: ");
        s3_sign(&(S3Signer){ .access_key = client->login->access_key,
                             .secret_key = secret_reveal(client->login->secret_key),
                             .region = client->region, .service = "s3", .now = now },
                &(S3Message){ .method = request->method, .path = path, .query = request->query ? request->query : "",
                              .headers = &headers.list, .payload = payload },
                &authorization);
        text_list_add(&headers.list, arena_text(headers.arena, buffer_text(&authorization)));
        return headers;
}

static Error *send_once(S3Client *client, const S3Request *request, const HttpResponse **ret_response) {
        AUTO_TEXT char *host = s3_place_host(client->place, client->region);
        AUTO_TEXT char *path = s3_place_path(client->place, request->key);
        AUTO_TEXT char *url = memory_print("%s://%s%s%s%s", client->place->scheme, host, path,
                                           request->query ? "?" : "", request->query ? request->query : "");
        AUTO_VALUE(headers_clear) Headers headers = make_headers(client, request, host, path);
        return http_send(client->http,
                         &(HttpRequest){ .method = request->method, .url = url, .headers = &headers.list,
                                         .file = request->file, .body = request->body, .sink = request->sink,
                                         .sink_context = request->sink_context, .goes_on = request->goes_on },
                         ret_response);
}

static Error *find_region(void *context, const char *path, const char *text) {
        char **region = context;
        if (!*region && strcmp(path_name(path), "Region") == 0 && text[0])
                *region = memory_text(text);
        return NULL;
}

/* The region that RESPONSE says the bucket lies in, NULL when it says nothing. Caller frees. */
static char *region_of(const HttpResponse *response) {
        char *region = NULL;
        Bytes header = http_header(response, "x-amz-bucket-region");
        if (header.length)
                return memory_copy(header.at, header.length);
        AUTO(xml_free) Xml *xml = xml_new(NULL, find_region, &region);
        error_free(xml_feed(xml, buffer_bytes(&response->body))); /* no XML, no region */
        return region;
}

/* A region becomes a part of host names and signatures. */
static bool is_region(const char *text) {
        static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
        return text[0] && text[strspn(text, letters)] == '\0';
}

/* True when the answer led to a region not tried before. */
static bool moves(S3Client *client, const HttpResponse *response) {
        if (response->status / 100 != 3 && response->status != 400 && response->status != 403)
                return false;
        AUTO_TEXT char *region = region_of(response);
        if (!region || !is_region(region) || strcmp(region, client->region) == 0)
                return false;
        log_info("the bucket '%s' lies in region '%s' (option '--s3-region-name')", client->place->bucket, region);
        memory_free(client->region);
        client->region = TAKE(region);
        return true;
}

Error *s3_client_send(S3Client *client, const S3Request *request, const HttpResponse **ret_response) {
        TRY(send_once(client, request, ret_response));
        return moves(client, *ret_response) ? send_once(client, request, ret_response) : NULL;
}

static const HttpMeaning meanings[] = {
        { "AccessDenied", ERROR_DENIED,
          "the keys have no permission for this: correct AWS_ACCESS_KEY_ID, or the policy" },
        { "InvalidAccessKeyId", ERROR_DENIED, "correct AWS_ACCESS_KEY_ID" },
        { "SignatureDoesNotMatch", ERROR_DENIED, "correct AWS_SECRET_ACCESS_KEY" },
        { "ExpiredToken", ERROR_DENIED, "get a new AWS_SESSION_TOKEN" },
        { "InvalidToken", ERROR_DENIED, "correct AWS_SESSION_TOKEN" },
        { "RequestTimeTooSkewed", ERROR_DENIED, "set this machine's clock" },
        { "AllAccessDisabled", ERROR_DENIED, NULL },
        { "AccountProblem", ERROR_DENIED, NULL },
        { "NoSuchBucket", ERROR_MISSING, "create the bucket, or correct the URL" },
        { "NoSuchKey", ERROR_MISSING, NULL },
        { "NoSuchUpload", ERROR_TRANSIENT, NULL },
        { "InvalidBucketName", ERROR_USER, "correct the bucket in the URL" },
        { "InvalidStorageClass", ERROR_USER, "correct the storage class (--s3-use-...)" },
        { "AuthorizationHeaderMalformed", ERROR_USER, "correct '--s3-region-name'" },
        { "PermanentRedirect", ERROR_USER, "correct '--s3-region-name' or '--s3-endpoint-url'" },
        { "InvalidLocationConstraint", ERROR_USER, "correct '--s3-region-name'" },
        { "KMS.NotFoundException", ERROR_USER, "correct '--s3-kms-key-id'" },
        { "EntityTooSmall", ERROR_USER, "correct '--s3-multipart-chunk-size': most services want 5 MiB at least" },
        { "EntityTooLarge", ERROR_USER, "see '--volsize' and '--s3-multipart-chunk-size'" },
        { "InvalidObjectState", ERROR_DENIED,
          "the object is archived (Glacier): restore it first, for example with 'aws s3api restore-object', and come "
          "back when that is done" },
        { "BadDigest", ERROR_TRANSIENT, NULL },
        { "InvalidDigest", ERROR_TRANSIENT, NULL },
        { "XAmzContentSHA256Mismatch", ERROR_TRANSIENT, NULL },
        { "IncompleteBody", ERROR_TRANSIENT, NULL },
        { "RequestTimeout", ERROR_TRANSIENT, NULL },
        { "OperationAborted", ERROR_TRANSIENT, NULL },
        { "SlowDown", ERROR_TRANSIENT, NULL },
        { "TemporaryRedirect", ERROR_TRANSIENT, NULL }, /* to a new bucket, until its name is known everywhere */
        { "InternalError", ERROR_TRANSIENT, NULL },
        { "ServiceUnavailable", ERROR_TRANSIENT, NULL },
        { "QuotaExceeded", ERROR_SYSTEM, "the storage is full" },
        { "NotImplemented", ERROR_SYSTEM, "the server lacks it: leave out the option that asks for it (--s3-...)" },
        { NULL, ERROR_NONE, NULL },
};

Error *s3_client_refusal(const HttpResponse *response) {
        return http_refusal(response, meanings);
}

char *s3_client_etag(const HttpResponse *response) {
        Bytes etag = http_header(response, "etag");
        if (etag.length >= 2 && etag.at[0] == '"' && etag.at[etag.length - 1] == '"')
                etag = bytes_slice(etag, 1, etag.length - 2);
        return memory_copy(etag.length ? (const void *)etag.at : "", etag.length);
}

Error *s3_client_compare_etag(const HttpResponse *response, const char *md5, bool *ret_proven) {
        AUTO_TEXT char *etag = s3_client_etag(response);
        bool is_md5 = strlen(etag) == 2 * DIGEST_MD5_SIZE && etag[strspn(etag, "0123456789abcdefABCDEF")] == '\0' &&
                      !http_header(response, "x-amz-server-side-encryption").at;
        *ret_proven = is_md5;
        if (!is_md5 || strcasecmp(etag, md5) == 0)
                return NULL;
        return error_new(ERROR_TRANSIENT, "the server stored something else: its checksum is %s, ours %s", etag, md5);
}

void s3_client_free(S3Client *client) {
        if (!client)
                return;
        s3_place_free(client->place);
        s3_login_free(client->login);
        http_free(client->http);
        memory_free(client->region);
        memory_free(client);
}
