#include "storage/azure.h"

#include "base/arena.h"
#include "base/encode.h"
#include "base/memory.h"
#include "storage/azure_account.h"
#include "storage/azure_sign.h"
#include "storage/content.h"
#include "storage/http_refusal.h"
#include "storage/listed.h"
#include "storage/xml.h"
#include "sys/clock.h"
#include "sys/file.h"

#define SERVICE_VERSION "2021-12-02"

enum { USUAL_BLOCK_SIZE = 64 << 20, MOST_BLOCKS = 50000 };

typedef struct Azure {
        Storage storage;
        AzureAccount *account;
        Http *http;
        StorageOptions options;
        char *container;
        char *folder; /* begins each blob's name: "" or "a/b/" */
} Azure;

static void close_azure(Storage *storage) {
        Azure *azure = (Azure *)storage;
        azure_account_free(azure->account);
        http_free(azure->http);
        memory_free(azure->container);
        memory_free(azure->folder);
        memory_free(azure);
}

static bool is_container(const char *name) {
        size_t length = name ? strlen(name) : 0;
        return length >= 3 && length <= 63 && name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

static char *folder_of(const char *path) {
        size_t length;
        path += strspn(path, "/");
        for (length = strlen(path); length > 0 && path[length - 1] == '/';)
                length--;
        return memory_print("%.*s%s", (int)length, path, length ? "/" : "");
}

static Error *azure_storage_open(const Url *url, const StorageOptions *options, Storage **ret_storage) {
        AzureAccount *account = NULL;
        if (!is_container(url->host) || url->user || url->port) {
                AUTO_TEXT char *printable = url_printable(url);
                return error_with_code(
                        error_new(ERROR_USER, "the URL '%s' names no container (3 to 63 of a-z, 0-9 and '-'), for "
                                              "example 'azure://backup'", printable),
                        EXIT_CODE_BAD_URL);
        }
        TRY(azure_account_find(options->azure_connection, &account));
        Azure *azure = memory_new(Azure);
        azure->storage.class = &azure_storage_class;
        azure->account = account;
        azure->http = http_new(strncmp(account->endpoint, "https:", 6) == 0 ? "https" : "http", options);
        http_named_by(azure->http, "AZURE_CONNECTION_STRING or AZURE_STORAGE_ACCOUNT");
        azure->options = *options;
        azure->container = memory_text(url->host);
        azure->folder = folder_of(url->path);
        *ret_storage = &azure->storage;
        return NULL;
}

/* A request. */
typedef struct Request {
        const char *method;
        const char *name;      /* of the file; NULL: the container */
        const char *query;     /* percent-encoded; "" for none */
        const char *headers[4]; /* further ones, until NULL */
        const HttpFile *file;
        Bytes body;
        HttpSink *sink;
        void *sink_context;
} Request;

/* "Mon, 23 Nov 2026 04:43:46 GMT" */
static char *print_date(Arena *arena, Moment moment) {
        static const char days[] = "ThuFriSatSunMonTueWed", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
        CivilTime civil = when_to_civil(moment);
        return arena_print(arena, "x-ms-date: %.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
                           days + moment.seconds / 86400 % 7 * 3, civil.day, months + (civil.month - 1) * 3,
                           (int)civil.year, civil.hour, civil.minute, civil.second);
}

static char *url_of(const Azure *azure, const Request *request, Arena *arena) {
        AUTO_VALUE(buffer_clear) Buffer url;
        buffer_init(&url, 0);
        buffer_print(&url, "%s/%s", azure->account->endpoint, azure->container);
        if (request->name) {
                buffer_add_byte(&url, '/');
                encode_percent(bytes_of(azure->folder), "/", &url);
                encode_percent(bytes_of(request->name), "", &url);
        }
        return arena_text(arena, buffer_text(&url));
}

static char *authorize(const Azure *azure, const Request *request, const char *url, const TextList *headers,
                       Arena *arena) {
        AUTO_VALUE(buffer_clear) Buffer line;
        const char *path = strchr(strstr(url, "://") + 3, '/');
        uint64_t length = request->file ? request->file->length : request->body.length;
        buffer_init(&line, 0);
        buffer_add_text(&line, "Authorization: ");
        azure_sign(azure->account->name, secret_reveal(azure->account->key),
                   &(AzureMessage){ .method = request->method, .path = path, .query = request->query,
                                    .headers = headers, .length = length },
                   &line);
        return arena_text(arena, buffer_text(&line));
}

static Error *exchange(Azure *azure, const Request *request, const HttpResponse **ret_response) {
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO_VALUE(text_list_clear) TextList headers = { .items = NULL };
        const char *url = url_of(azure, request, arena), *query = request->query;
        Bytes signature = secret_reveal(azure->account->signature);
        text_list_add(&headers, "x-ms-version: " SERVICE_VERSION);
        text_list_add(&headers, print_date(arena, clock_real()));
        for (size_t i = 0; i < ARRAY_LENGTH(request->headers) && request->headers[i]; i++)
                text_list_add(&headers, request->headers[i]);
        if (azure->account->key)
                text_list_add(&headers, authorize(azure, request, url, &headers, arena));
        else
                query = arena_print(arena, "%s%s%s", query, query[0] ? "&" : "", (const char *)signature.at);
        url = arena_print(arena, "%s%s%s", url, query[0] ? "?" : "", query);
        return http_send(azure->http,
                         &(HttpRequest){ .method = request->method, .url = url, .headers = &headers,
                                         .file = request->file, .body = request->body, .sink = request->sink,
                                         .sink_context = request->sink_context },
                         ret_response);
}

static Error *refusal(const HttpResponse *response) {
        static const HttpMeaning meanings[] = {
                { "AuthenticationFailed", ERROR_DENIED,
                  "correct the key in AZURE_CONNECTION_STRING or AZURE_STORAGE_KEY, and this machine's clock" },
                { "AuthorizationFailure", ERROR_DENIED,
                  "correct the key in AZURE_CONNECTION_STRING or AZURE_STORAGE_KEY" },
                { "AuthorizationPermissionMismatch", ERROR_DENIED, "the signature (SAS) does not allow this" },
                { "ContainerNotFound", ERROR_MISSING, "correct the container in the URL" },
                { "ContainerBeingDeleted", ERROR_TRANSIENT, NULL },
                { "BlobArchived", ERROR_DENIED,
                  "the blob is archived: change its tier first, for example with 'az storage blob set-tier', and come "
                  "back when that is done" },
                { "Md5Mismatch", ERROR_TRANSIENT, NULL },
                { "OperationTimedOut", ERROR_TRANSIENT, NULL },
                { NULL, ERROR_NONE, NULL },
        };
        return http_refusal(response, meanings);
}

static Error *make_container(Azure *azure) {
        const HttpResponse *response;
        TRY(exchange(azure, &(Request){ .method = "PUT", .query = "restype=container", .body = bytes_of("") },
                     &response));
        AUTO_TEXT char *code = http_refusal_code(response);
        bool is_there = http_is_good(response) || strcmp(code, "ContainerAlreadyExists") == 0;
        return is_there ? NULL : error_context(refusal(response), "cannot make the container '%s'", azure->container);
}

/* Sends a part of an upload; where the container is missing it is made first. */
static Error *upload(Azure *azure, const Request *request) {
        const HttpResponse *response;
        TRY(exchange(azure, request, &response));
        AUTO_TEXT char *code = http_refusal_code(response);
        if (strcmp(code, "ContainerNotFound") == 0) {
                TRY(make_container(azure));
                TRY(exchange(azure, request, &response));
        }
        return http_is_good(response) ? NULL : refusal(response);
}

/* Only volumes go to a tier from which reading is slow or dear. NULL for what stays in the usual one. */
static char *tier_header(const Azure *azure, const char *name) {
        bool has_tier = azure->options.azure_tier && strstr(name, ".difftar");
        return has_tier ? memory_print("x-ms-access-tier: %s", azure->options.azure_tier) : NULL;
}

/* The server compares the checksum, so nothing is left to be asked afterwards. */
static Error *put_whole(Azure *azure, const char *name, const HttpFile *file) {
        ContentDigests digests;
        TRY(content_digest(file->fd, file->start, file->length, &digests));
        AUTO_TEXT char *md5 = memory_print("Content-MD5: %s", digests.md5_base64);
        AUTO_TEXT char *tier = tier_header(azure, name);
        return upload(azure, &(Request){ .method = "PUT", .name = name, .query = "", .file = file,
                                         .headers = { "x-ms-blob-type: BlockBlob", md5, tier } });
}

/* All names of blocks have the same length, as the service wants it. */
static char *block_name(unsigned number) {
        AUTO_VALUE(buffer_clear) Buffer name;
        char text[16];
        buffer_init(&name, 0);
        snprintf(text, sizeof text, "block-%06u", number);
        encode_base64(bytes_of(text), &name);
        return buffer_detach(&name);
}

static Error *put_block(Azure *azure, const char *name, unsigned number, const HttpFile *block) {
        ContentDigests digests;
        TRY(content_digest(block->fd, block->start, block->length, &digests));
        AUTO_TEXT char *md5 = memory_print("Content-MD5: %s", digests.md5_base64);
        AUTO_TEXT char *block_id = block_name(number);
        AUTO_VALUE(buffer_clear) Buffer query;
        buffer_init(&query, 0);
        buffer_add_text(&query, "blockid=");
        encode_percent(bytes_of(block_id), "", &query);
        buffer_add_text(&query, "&comp=block");
        return upload(azure, &(Request){ .method = "PUT", .name = name, .query = buffer_text(&query), .file = block,
                                         .headers = { md5 } });
}

static Error *put_block_list(Azure *azure, const char *name, unsigned count) {
        AUTO_TEXT char *tier = tier_header(azure, name);
        AUTO_VALUE(buffer_clear) Buffer list;
        char md5[25];
        buffer_init(&list, 0);
        buffer_add_text(&list, "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>");
        for (unsigned number = 1; number <= count; number++) {
                AUTO_TEXT char *block_id = block_name(number);
                buffer_print(&list, "<Uncommitted>%s</Uncommitted>", block_id);
        }
        buffer_add_text(&list, "</BlockList>");
        content_md5(buffer_bytes(&list), md5);
        AUTO_TEXT char *md5_header = memory_print("Content-MD5: %s", md5);
        return upload(azure, &(Request){ .method = "PUT", .name = name, .query = "comp=blocklist",
                                         .body = buffer_bytes(&list), .headers = { md5_header, tier } });
}

static Error *check_size(Azure *azure, const char *name, uint64_t wanted) {
        const HttpResponse *response;
        uint64_t stored;
        TRY(exchange(azure, &(Request){ .method = "HEAD", .name = name, .query = "" }, &response));
        if (!http_is_good(response))
                return refusal(response);
        if (!bytes_to_number(http_header(response, "content-length"), &stored))
                return error_new(ERROR_TRANSIENT, "the server does not say how many bytes it stored");
        return content_compare_size(stored, wanted);
}

static Error *put_blocks(Azure *azure, const char *name, const HttpFile *file, uint64_t block_size) {
        uint64_t size = MAX(block_size, file->length / (MOST_BLOCKS - 1) + 1);
        unsigned count = 0;
        for (uint64_t done = 0; done < file->length; done += size)
                TRY(put_block(azure, name, ++count,
                              &(HttpFile){ .fd = file->fd, .start = done, .length = MIN(size, file->length - done) }));
        TRY(put_block_list(azure, name, count));
        return check_size(azure, name, file->length);
}

static Error *put_blob(Azure *azure, const char *name, int fd) {
        uint64_t block_size = azure->options.azure_block_size ? azure->options.azure_block_size : USUAL_BLOCK_SIZE;
        HttpFile file = { .fd = fd };
        TRY(file_size(fd, "the local file", &file.length));
        return file.length <= block_size ? put_whole(azure, name, &file) : put_blocks(azure, name, &file, block_size);
}

static Error *azure_put(Storage *storage, const char *name, int fd) {
        Azure *azure = (Azure *)storage;
        return error_context(put_blob(azure, name, fd), "cannot store '%s' in container '%s'", name, azure->container);
}

static Error *get_blob(Azure *azure, const char *name, int fd) {
        const HttpResponse *response;
        TRY(file_truncate(fd, "the local copy"));
        TRY(exchange(azure,
                     &(Request){ .method = "GET", .name = name, .query = "", .sink = content_write,
                                 .sink_context = &fd },
                     &response));
        return http_is_good(response) ? NULL : refusal(response);
}

static Error *azure_get(Storage *storage, const char *name, int fd) {
        Azure *azure = (Azure *)storage;
        return error_context(get_blob(azure, name, fd), "cannot fetch '%s' from container '%s'", name,
                             azure->container);
}

static Error *remove_blob(Azure *azure, const char *name) {
        const HttpResponse *response;
        TRY(exchange(azure, &(Request){ .method = "DELETE", .name = name, .query = "" }, &response));
        return http_is_good(response) || response->status == 404 ? NULL : refusal(response);
}

static Error *azure_remove(Storage *storage, const char *name) {
        Azure *azure = (Azure *)storage;
        return error_context(remove_blob(azure, name), "cannot remove '%s' from container '%s'", name,
                             azure->container);
}

/* A page of a listing while it is read. */
typedef struct Page {
        const char *folder;
        RemoteFileSink *sink;
        void *context;
        Buffer name, size, marker;
} Page;

static void page_clear(Page *page) {
        buffer_clear(&page->name);
        buffer_clear(&page->size);
        buffer_clear(&page->marker);
}

static Error *tell_entry(Page *page) {
        return listed_tell_object(page->folder, buffer_text(&page->name), buffer_bytes(&page->size), page->sink,
                                  page->context);
}

static Error *read_page(void *context, const char *path, const char *text) {
        Page *page = context;
        const XmlField fields[] = {
                { "/EnumerationResults/Blobs/Blob/Name", &page->name },
                { "/EnumerationResults/Blobs/Blob/Properties/Content-Length", &page->size },
                { "/EnumerationResults/NextMarker", &page->marker },
        };
        xml_keep(fields, ARRAY_LENGTH(fields), path, text);
        return strcmp(path, "/EnumerationResults/Blobs/Blob") == 0 ? tell_entry(page) : NULL;
}

static void add_parameter(Buffer *query, const char *name, const char *value) {
        if (!value[0])
                return;
        buffer_print(query, "&%s=", name);
        encode_percent(bytes_of(value), "", query);
}

static Error *list_page(Azure *azure, Page *page, const HttpResponse **ret_response) {
        AUTO_VALUE(buffer_clear) Buffer query;
        AUTO(xml_free) Xml *xml = xml_new(NULL, read_page, page);
        buffer_init(&query, 0);
        buffer_add_text(&query, "comp=list&delimiter=%2F");
        add_parameter(&query, "marker", buffer_text(&page->marker));
        add_parameter(&query, "prefix", page->folder);
        buffer_add_text(&query, "&restype=container");
        buffer_set_text(&page->marker, "");
        TRY(exchange(azure,
                     &(Request){ .method = "GET", .query = buffer_text(&query), .sink = xml_sink,
                                 .sink_context = xml },
                     ret_response));
        return http_is_good(*ret_response) ? xml_finish(xml) : NULL;
}

static Error *list_pages(Azure *azure, Page *page) {
        const HttpResponse *response;
        do {
                TRY(list_page(azure, page, &response));
                AUTO_TEXT char *code = http_refusal_code(response);
                if (!http_is_good(response))
                        return strcmp(code, "ContainerNotFound") == 0 ? NULL : refusal(response);
        } while (page->marker.length);
        return NULL;
}

static Error *azure_list(Storage *storage, RemoteFileSink *sink, void *context) {
        Azure *azure = (Azure *)storage;
        AUTO_VALUE(page_clear) Page page = { .folder = azure->folder, .sink = sink, .context = context };
        return error_context(list_pages(azure, &page), "cannot list container '%s'", azure->container);
}

const StorageClass azure_storage_class = {
        .scheme = "azure",
        .is_distant = true,
        .atomic_put = true,
        .open = azure_storage_open,
        .put = azure_put,
        .get = azure_get,
        .list = azure_list,
        .remove = azure_remove,
        .close = close_azure,
};
