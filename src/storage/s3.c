#include "storage/s3.h"

#include "base/arena.h"
#include "base/encode.h"
#include "base/memory.h"
#include "storage/content.h"
#include "storage/http_refusal.h"
#include "storage/listed.h"
#include "storage/s3_client.h"
#include "storage/s3_parts.h"
#include "storage/xml.h"
#include "sys/file.h"

enum { USUAL_PART_SIZE = 256 << 20 };

typedef struct S3Storage {
        Storage storage;
        S3Client *client;
        StorageOptions options;
        bool has_swept; /* what killed runs left has been looked for */
} S3Storage;

static void close_s3(Storage *storage) {
        s3_client_free(((S3Storage *)storage)->client);
        memory_free(storage);
}

static Error *s3_storage_open(const Url *url, const StorageOptions *options, Storage **ret_storage) {
        S3Client *client = NULL;
        TRY(s3_client_new(url, options, &client));
        S3Storage *s3 = memory_new(S3Storage);
        s3->storage.class = &s3_storage_class;
        s3->client = client;
        s3->options = *options;
        *ret_storage = &s3->storage;
        return NULL;
}

static char *key_of(const S3Storage *s3, const char *name) {
        return memory_print("%s%s", s3_client_place(s3->client)->folder, name);
}

/* Only volumes go to a class from which reading is slow or dear: manifests and signatures are read at any time. */
static bool is_volume(const char *name) {
        return strstr(name, ".difftar") != NULL;
}

/* How the object is to be kept. The texts live in ARENA. */
static TextList keeping_headers(const S3Storage *s3, const char *name, Arena *arena) {
        const StorageOptions *options = &s3->options;
        const struct {
                bool is_set;
                const char *header, *value;
        } known[] = {
                { options->s3_storage_class && is_volume(name), "x-amz-storage-class", options->s3_storage_class },
                { options->s3_sse, "x-amz-server-side-encryption", "AES256" },
                { options->s3_sse_kms, "x-amz-server-side-encryption", "aws:kms" },
                { options->s3_sse_kms && options->s3_kms_key, "x-amz-server-side-encryption-aws-kms-key-id",
                  options->s3_kms_key },
                { options->s3_sse_kms && options->s3_kms_grant, "x-amz-grant-full-control", options->s3_kms_grant },
        };
        TextList headers = { .items = NULL };
        for (size_t i = 0; i < ARRAY_LENGTH(known); i++)
                if (known[i].is_set)
                        text_list_add(&headers, arena_print(arena, "%s: %s", known[i].header, known[i].value));
        return headers;
}

static Error *put_whole(S3Storage *s3, const char *key, const HttpFile *file, TextList *headers, bool *ret_proven) {
        const HttpResponse *response;
        ContentDigests digests;
        TRY(content_digest(file->fd, file->start, file->length, &digests));
        AUTO_TEXT char *md5 = memory_print("Content-MD5: %s", digests.md5_base64);
        text_list_add(headers, md5);
        TRY(s3_client_send(s3->client,
                           &(S3Request){ .method = "PUT", .key = key, .headers = headers, .file = file,
                                         .payload = digests.sha256 },
                           &response));
        if (!http_is_good(response))
                return s3_client_refusal(response);
        return s3_client_compare_etag(response, digests.md5, ret_proven);
}

static Error *put_parts(S3Storage *s3, const char *key, const HttpFile *file, const TextList *headers,
                        uint64_t part_size) {
        if (!s3->has_swept)
                s3_parts_sweep(s3->client);
        s3->has_swept = true;
        return s3_parts_put(s3->client, key, file, headers, part_size);
}

static Error *check_size(S3Storage *s3, const char *key, uint64_t wanted) {
        const HttpResponse *response;
        uint64_t stored;
        TRY(s3_client_send(s3->client, &(S3Request){ .method = "HEAD", .key = key }, &response));
        if (!http_is_good(response))
                return s3_client_refusal(response);
        if (!bytes_to_number(http_header(response, "content-length"), &stored))
                return error_new(ERROR_TRANSIENT, "the server does not say how many bytes it stored");
        return content_compare_size(stored, wanted);
}

static Error *put_object(S3Storage *s3, const char *name, int fd) {
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO_TEXT char *key = key_of(s3, name);
        AUTO_VALUE(text_list_clear) TextList headers = keeping_headers(s3, name, arena);
        uint64_t part_size = s3->options.s3_part_size ? s3->options.s3_part_size : USUAL_PART_SIZE;
        HttpFile file = { .fd = fd };
        bool is_proven = false;
        TRY(file_size(fd, "the local file", &file.length));
        if (file.length <= part_size)
                TRY(put_whole(s3, key, &file, &headers, &is_proven));
        else
                TRY(put_parts(s3, key, &file, &headers, part_size));
        return is_proven ? NULL : check_size(s3, key, file.length);
}

static Error *s3_put(Storage *storage, const char *name, int fd) {
        S3Storage *s3 = (S3Storage *)storage;
        return error_context(put_object(s3, name, fd), "cannot store '%s' in bucket '%s'", name,
                             s3_client_place(s3->client)->bucket);
}

static Error *get_object(S3Storage *s3, const char *name, int fd) {
        const HttpResponse *response;
        AUTO_TEXT char *key = key_of(s3, name);
        TRY(file_truncate(fd, "the local copy"));
        TRY(s3_client_send(s3->client,
                           &(S3Request){ .method = "GET", .key = key, .sink = content_write, .sink_context = &fd },
                           &response));
        return http_is_good(response) ? NULL : s3_client_refusal(response);
}

static Error *s3_get(Storage *storage, const char *name, int fd) {
        S3Storage *s3 = (S3Storage *)storage;
        return error_context(get_object(s3, name, fd), "cannot fetch '%s' from bucket '%s'", name,
                             s3_client_place(s3->client)->bucket);
}

static Error *remove_object(S3Storage *s3, const char *name) {
        const HttpResponse *response;
        AUTO_TEXT char *key = key_of(s3, name);
        TRY(s3_client_send(s3->client, &(S3Request){ .method = "DELETE", .key = key }, &response));
        return http_is_good(response) || response->status == 404 ? NULL : s3_client_refusal(response);
}

static Error *s3_remove(Storage *storage, const char *name) {
        S3Storage *s3 = (S3Storage *)storage;
        return error_context(remove_object(s3, name), "cannot remove '%s' from bucket '%s'", name,
                             s3_client_place(s3->client)->bucket);
}

/* A page of a listing while it is read. */
typedef struct Page {
        const char *folder;
        RemoteFileSink *sink;
        void *context;
        Buffer key, size;
        Buffer token, last_key; /* where the next page begins: by the token or, in the elder version, behind the key */
        bool is_truncated;
} Page;

static void page_clear(Page *page) {
        buffer_clear(&page->key);
        buffer_clear(&page->size);
        buffer_clear(&page->token);
        buffer_clear(&page->last_key);
}

static Error *tell_entry(Page *page) {
        buffer_set_text(&page->last_key, buffer_text(&page->key));
        return listed_tell_object(page->folder, buffer_text(&page->key), buffer_bytes(&page->size), page->sink,
                                  page->context);
}

static Error *read_page(void *context, const char *path, const char *text) {
        Page *page = context;
        const XmlField fields[] = {
                { "/ListBucketResult/Contents/Key", &page->key },
                { "/ListBucketResult/Contents/Size", &page->size },
                { "/ListBucketResult/NextContinuationToken", &page->token },
                { "/ListBucketResult/NextMarker", &page->last_key },
        };
        xml_keep(fields, ARRAY_LENGTH(fields), path, text);
        if (strcmp(path, "/ListBucketResult/IsTruncated") == 0)
                page->is_truncated = strcmp(text, "true") == 0;
        return strcmp(path, "/ListBucketResult/Contents") == 0 ? tell_entry(page) : NULL;
}

/* Caller frees. */
static char *page_query(const Page *page) {
        AUTO_VALUE(buffer_clear) Buffer query;
        buffer_init(&query, 0);
        if (page->token.length) {
                buffer_add_text(&query, "continuation-token=");
                encode_percent(buffer_bytes(&page->token), "", &query);
                buffer_add_byte(&query, '&');
        }
        buffer_add_text(&query, "delimiter=%2F&list-type=2&");
        if (!page->token.length && page->last_key.length) {
                buffer_add_text(&query, "marker=");
                encode_percent(buffer_bytes(&page->last_key), "", &query);
                buffer_add_byte(&query, '&');
        }
        buffer_add_text(&query, "prefix=");
        encode_percent(bytes_of(page->folder), "", &query);
        return buffer_detach(&query);
}

/* Services of S3 say in XML what they miss. */
static Error *refuse_listing(const HttpResponse *response) {
        AUTO_TEXT char *code = http_refusal_code(response);
        if (response->status != 404 || code[0])
                return s3_client_refusal(response);
        return error_new(ERROR_MISSING, "the server answered 404, not in words of S3's: correct the host in the URL or "
                                        "in '--s3-endpoint-url'");
}

static Error *list_page(S3Storage *s3, Page *page) {
        const HttpResponse *response;
        AUTO_TEXT char *query = page_query(page);
        AUTO(xml_free) Xml *xml = xml_new(NULL, read_page, page);
        page->is_truncated = false;
        buffer_set_text(&page->token, "");
        TRY(s3_client_send(s3->client,
                           &(S3Request){ .method = "GET", .query = query, .sink = xml_sink, .sink_context = xml },
                           &response));
        return http_is_good(response) ? xml_finish(xml) : refuse_listing(response);
}

static Error *list_pages(S3Storage *s3, Page *page) {
        do {
                AUTO_TEXT char *before = memory_text(buffer_text(&page->last_key));
                TRY(list_page(s3, page));
                if (page->is_truncated && !page->token.length && strcmp(before, buffer_text(&page->last_key)) == 0)
                        return error_new(ERROR_CORRUPT, "the listing does not end");
        } while (page->is_truncated);
        return NULL;
}

static Error *s3_list(Storage *storage, RemoteFileSink *sink, void *context) {
        S3Storage *s3 = (S3Storage *)storage;
        const S3Place *place = s3_client_place(s3->client);
        AUTO_VALUE(page_clear) Page page = { .folder = place->folder, .sink = sink, .context = context };
        return error_context(list_pages(s3, &page), "cannot list bucket '%s'", place->bucket);
}

const StorageClass s3_storage_class = {
        .scheme = "s3",
        .is_distant = true,
        .atomic_put = true,
        .open = s3_storage_open,
        .put = s3_put,
        .get = s3_get,
        .list = s3_list,
        .remove = s3_remove,
        .close = close_s3,
};
