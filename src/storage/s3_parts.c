#include "storage/s3_parts.h"

#include "base/arena.h"
#include "base/encode.h"
#include "base/log.h"
#include "base/memory.h"
#include "storage/content.h"
#include "storage/http_refusal.h"
#include "storage/xml.h"
#include "sys/clock.h"

/* A service takes no more parts than 10000; uploads older than this many seconds belong to nobody. */
enum { MOST_PARTS = 10000, ABANDONED_AGE = 86400 };

/* An upload that has begun. */
typedef struct Upload {
        S3Client *client;
        const char *key;
        char *id;
        Buffer list; /* of parts, as the server wants it at the end */
} Upload;

static Error *note_id(void *context, const char *path, const char *text) {
        Upload *upload = context;
        if (!upload->id && strcmp(path, "/InitiateMultipartUploadResult/UploadId") == 0)
                upload->id = memory_text(text);
        return NULL;
}

static Error *begin(Upload *upload, const TextList *headers) {
        const HttpResponse *response;
        TRY(s3_client_send(upload->client,
                           &(S3Request){ .method = "POST", .key = upload->key, .query = "uploads=",
                                         .headers = headers, .body = bytes_of("") },
                           &response));
        if (!http_is_good(response))
                return s3_client_refusal(response);
        AUTO(xml_free) Xml *xml = xml_new(NULL, note_id, upload);
        TRY(xml_feed(xml, buffer_bytes(&response->body)));
        TRY(xml_finish(xml));
        if (!upload->id || !upload->id[0])
                return error_new(ERROR_CORRUPT, "the server began an upload without a name for it");
        return NULL;
}

/* "NAME=ID", percent-encoded, behind PREFIX. Caller frees. */
static char *query_with_id(const char *prefix, const char *id) {
        AUTO_VALUE(buffer_clear) Buffer query;
        buffer_init(&query, 0);
        buffer_print(&query, "%suploadId=", prefix);
        encode_percent(bytes_of(id), "", &query);
        return buffer_detach(&query);
}

static Error *send_part(Upload *upload, unsigned number, const HttpFile *part) {
        const HttpResponse *response;
        ContentDigests digests;
        bool is_proven;
        TRY(content_digest(part->fd, part->start, part->length, &digests));
        AUTO_TEXT char *prefix = memory_print("partNumber=%u&", number);
        AUTO_TEXT char *query = query_with_id(prefix, upload->id);
        AUTO_TEXT char *md5 = memory_print("Content-MD5: %s", digests.md5_base64);
        const char *headers[] = { md5 };
        TRY(s3_client_send(upload->client,
                           &(S3Request){ .method = "PUT", .key = upload->key, .query = query,
                                         .headers = &(TextList){ .items = headers, .count = 1 },
                                         .file = part, .payload = digests.sha256 },
                           &response));
        if (!http_is_good(response))
                return s3_client_refusal(response);
        TRY(s3_client_compare_etag(response, digests.md5, &is_proven));
        AUTO_TEXT char *etag = s3_client_etag(response);
        buffer_print(&upload->list, "<Part><PartNumber>%u</PartNumber><ETag>&quot;", number);
        xml_escape(etag, &upload->list);
        buffer_add_text(&upload->list, "&quot;</ETag></Part>");
        return NULL;
}

static Error *send_parts(Upload *upload, const HttpFile *file, uint64_t part_size) {
        uint64_t size = MAX(part_size, file->length / (MOST_PARTS - 1) + 1);
        unsigned number = 0;
        buffer_add_text(&upload->list, "<CompleteMultipartUpload>");
        for (uint64_t done = 0; done < file->length; done += size)
                TRY(send_part(upload, ++number,
                              &(HttpFile){ .fd = file->fd, .start = file->start + done,
                                           .length = MIN(size, file->length - done) }));
        buffer_add_text(&upload->list, "</CompleteMultipartUpload>");
        return NULL;
}

/* An answer may begin well, and tell of a failure afterwards. */
static Error *finish(Upload *upload) {
        const HttpResponse *response;
        AUTO_TEXT char *query = query_with_id("", upload->id);
        TRY(s3_client_send(upload->client,
                           &(S3Request){ .method = "POST", .key = upload->key, .query = query,
                                         .body = buffer_bytes(&upload->list) },
                           &response));
        AUTO_TEXT char *code = http_refusal_code(response);
        return http_is_good(response) && !code[0] ? NULL : s3_client_refusal(response);
}

/* What is left behind is found by the next try, or by the sweep. */
static void discard(S3Client *client, const char *key, const char *id) {
        const HttpResponse *response;
        AUTO_TEXT char *query = query_with_id("", id);
        AUTO(error_free) Error *error = s3_client_send(
                client, &(S3Request){ .method = "DELETE", .key = key, .query = query, .goes_on = true }, &response);
        if (error || (!http_is_good(response) && response->status != 404))
                log_info("parts of '%s' are left on the server; they are discarded at the next try", key);
}

/* Which unfinished uploads to look for, and what was found. */
typedef struct Search {
        const char *key, *prefix; /* of this key; or, where it is NULL, of any below the prefix */
        Moment before;            /* begun earlier */
        Arena *arena;
        char *found_key, *found_id, *found_begun; /* of the entry at hand */
        TextList pairs;                           /* key, id, key, id, ... */
} Search;

static void search_clear(Search *search) {
        text_list_clear(&search->pairs);
        arena_free(search->arena);
}

/* TEXT is "2026-11-23T04:43:46.000Z". */
static bool is_before(const char *text, Moment before) {
        Moment moment;
        WhenContext context = { .now = { 0 } };
        AUTO_TEXT char *whole = memory_print("%.*sZ", (int)strcspn(text, ".Z"), text);
        AUTO(error_free) Error *error = when_parse(bytes_of(whole), &context, &moment);
        return !error && moment_compare(moment, before) < 0;
}

static bool is_wanted(const Search *search) {
        const char *key = search->found_key, *id = search->found_id, *begun = search->found_begun;
        if (!key || !id || !begun)
                return false;
        if (search->key)
                return strcmp(key, search->key) == 0;
        size_t length = strlen(search->prefix);
        return strncmp(key, search->prefix, length) == 0 && !strchr(key + length, '/') &&
               strstr(key + length, "duplicity-") && is_before(begun, search->before);
}

static Error *note_upload(void *context, const char *path, const char *text) {
        Search *search = context;
        const struct {
                const char *path;
                char **place;
        } fields[] = {
                { "/ListMultipartUploadsResult/Upload/Key", &search->found_key },
                { "/ListMultipartUploadsResult/Upload/UploadId", &search->found_id },
                { "/ListMultipartUploadsResult/Upload/Initiated", &search->found_begun },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(fields); i++)
                if (strcmp(path, fields[i].path) == 0)
                        *fields[i].place = arena_text(search->arena, text);
        if (strcmp(path, "/ListMultipartUploadsResult/Upload") != 0)
                return NULL;
        if (is_wanted(search)) {
                text_list_add(&search->pairs, search->found_key);
                text_list_add(&search->pairs, search->found_id);
        }
        search->found_key = search->found_id = search->found_begun = NULL;
        return NULL;
}

/* The first thousand: more are dealt with by later runs. */
static Error *find_uploads(S3Client *client, const char *prefix, Search *search) {
        const HttpResponse *response;
        AUTO_VALUE(buffer_clear) Buffer query;
        AUTO(xml_free) Xml *xml = xml_new(NULL, note_upload, search);
        buffer_init(&query, 0);
        buffer_add_text(&query, "prefix=");
        encode_percent(bytes_of(prefix), "", &query);
        buffer_add_text(&query, "&uploads=");
        TRY(s3_client_send(client,
                           &(S3Request){ .method = "GET", .query = buffer_text(&query),
                                         .sink = xml_sink, .sink_context = xml },
                           &response));
        return http_is_good(response) ? xml_finish(xml) : s3_client_refusal(response);
}

static void discard_found(S3Client *client, const char *prefix, Search *search) {
        search->arena = arena_new();
        AUTO(error_free) Error *error = find_uploads(client, prefix, search);
        if (error)
                log_debug("s3: unfinished uploads cannot be listed: %s", error_story(error));
        for (size_t i = 0; i + 1 < search->pairs.count; i += 2)
                discard(client, search->pairs.items[i], search->pairs.items[i + 1]);
}

void s3_parts_sweep(S3Client *client) {
        const char *folder = s3_client_place(client)->folder;
        AUTO_VALUE(search_clear) Search search = {
                .prefix = folder,
                .before = { clock_real().seconds - ABANDONED_AGE },
        };
        discard_found(client, folder, &search);
}

static void discard_earlier(S3Client *client, const char *key) {
        AUTO_VALUE(search_clear) Search search = { .key = key };
        discard_found(client, key, &search);
}

Error *s3_parts_put(S3Client *client, const char *key, const HttpFile *file, const TextList *headers,
                    uint64_t part_size) {
        Upload upload = { .client = client, .key = key };
        buffer_init(&upload.list, 0);
        discard_earlier(client, key);
        Error *error = begin(&upload, headers);
        if (!error)
                error = send_parts(&upload, file, part_size);
        if (!error)
                error = finish(&upload);
        if (error && upload.id)
                discard(client, key, upload.id);
        memory_free(upload.id);
        buffer_clear(&upload.list);
        return error;
}
