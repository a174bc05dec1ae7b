#include "storage/webdav.h"

#include <strings.h>

#include "base/encode.h"
#include "base/memory.h"
#include "base/path.h"
#include "storage/content.h"
#include "storage/http_refusal.h"
#include "storage/unfinished.h"
#include "storage/xml.h"
#include "sys/file.h"

typedef struct Webdav {
        Storage storage;
        Http *http;
        char *origin; /* "https://host:port" */
        char *folder; /* "/a/b/", percent-encoded */
        char *user;
        Secret *password;
        bool has_login; /* the server asked for it, and further requests bring it */
        UnfinishedLeftovers leftovers;
} Webdav;

static void close_webdav(Storage *storage) {
        Webdav *webdav = (Webdav *)storage;
        http_free(webdav->http);
        memory_free(webdav->origin);
        memory_free(webdav->folder);
        memory_free(webdav->user);
        secret_free(webdav->password);
        unfinished_clear(&webdav->leftovers);
        memory_free(webdav);
}

static char *folder_of(const Url *url) {
        AUTO_VALUE(buffer_clear) Buffer folder;
        buffer_init(&folder, 0);
        if (url->path[0] != '/')
                buffer_add_byte(&folder, '/');
        encode_percent(bytes_of(url->path), "/", &folder);
        if (!bytes_end_with(buffer_bytes(&folder), "/"))
                buffer_add_byte(&folder, '/');
        return buffer_detach(&folder);
}

static char *origin_of(const Url *url, const char *scheme) {
        AUTO_TEXT char *authority = url_authority(url->host, url->port);
        return memory_print("%s://%s", scheme, authority);
}

/* A path's URL. PATH is percent-encoded and begins with '/'. */
static char *url_of(const Webdav *webdav, const char *path) {
        return memory_print("%s%s", webdav->origin, path);
}

static char *path_of(const Webdav *webdav, const char *name) {
        AUTO_VALUE(buffer_clear) Buffer path;
        buffer_init(&path, 0);
        buffer_add_text(&path, webdav->folder);
        encode_percent(bytes_of(name), "", &path);
        return buffer_detach(&path);
}

static char *unfinished_path_of(const Webdav *webdav, const char *name) {
        char mark[UNFINISHED_MARK_SIZE];
        unfinished_mark(mark);
        AUTO_TEXT char *unfinished = unfinished_name(name, mark);
        return path_of(webdav, unfinished);
}

/* True when one of the headers WWW-Authenticate names SCHEME. */
static bool offers(const HttpResponse *response, const char *scheme) {
        Bytes rest = buffer_bytes(&response->headers);
        while (rest.length) {
                Bytes value, line = bytes_cut(rest, '\n', &rest);
                if (!bytes_equal_text(bytes_cut(line, ':', &value), "www-authenticate"))
                        continue;
                AUTO_TEXT char *text = memory_copy(value.at, value.length);
                if (strcasestr(text, scheme))
                        return true;
        }
        return false;
}

/* True when the server wants a login that it did not have yet. */
static bool log_in(Webdav *webdav, const HttpResponse *response) {
        if (response->status != 401 || webdav->has_login || !webdav->user)
                return false;
        webdav->has_login = true;
        http_log_in(webdav->http, offers(response, "digest") ? HTTP_LOGIN_DIGEST : HTTP_LOGIN_BASIC, webdav->user,
                    webdav->password);
        return true;
}

/* The error of an answer, with what the status means here where the server does not say more. */
static Error *refuse(const Webdav *webdav, const HttpResponse *response) {
        AUTO_TEXT char *denied =
                memory_print("give the user '%s' the right to read and write there, or correct the URL",
                             webdav->user ? webdav->user : "");
        const struct {
                unsigned status;
                HttpMeaning meaning;
        } known[] = {
                { 400, { "", ERROR_USER, "a file may stand where the URL has a folder: correct the URL" } },
                { 403, { "", ERROR_DENIED, webdav->user ? denied : "name a user in the URL who may do this" } },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(known); i++)
                if (known[i].status == response->status)
                        return http_refusal(response, (const HttpMeaning[]){ known[i].meaning, { .code = NULL } });
        return http_refusal(response, NULL);
}

/* Sends a request to PATH. REQUEST's url is set here. */
static Error *exchange(Webdav *webdav, HttpRequest *request, const char *path, const HttpResponse **ret_response) {
        AUTO_TEXT char *url = url_of(webdav, path);
        request->url = url;
        request->follows = true;
        TRY(http_send(webdav->http, request, ret_response));
        return log_in(webdav, *ret_response) ? http_send(webdav->http, request, ret_response) : NULL;
}

/* One entry of a listing while it is read. */
typedef struct Listing {
        UnfinishedLeftovers *leftovers; /* may be NULL */
        RemoteFileSink *sink;
        void *context;
        Buffer reference, size, modified;
        bool is_folder;
} Listing;

static void listing_clear(Listing *listing) {
        buffer_clear(&listing->reference);
        buffer_clear(&listing->size);
        buffer_clear(&listing->modified);
}

static void note_unfinished(Listing *listing, const char *name) {
        Moment modified;
        if (listing->leftovers && http_read_date(buffer_text(&listing->modified), &modified))
                unfinished_note(listing->leftovers, name, modified.seconds);
}

/* References are paths or whole URLs, in whatever spelling the server likes: their last part is the name. */
static Error *tell_entry(Listing *listing) {
        AUTO_VALUE(buffer_clear) Buffer name;
        uint64_t size = 0;
        buffer_init(&name, 0);
        encode_from_percent(bytes_of(path_name(buffer_text(&listing->reference))), &name);
        if (listing->is_folder || !name.length || strlen(name.data) != name.length)
                return NULL;
        note_unfinished(listing, name.data);
        if (name.data[0] == '.')
                return NULL;
        if (!bytes_to_number(bytes_trim(buffer_bytes(&listing->size)), &size))
                return error_new(ERROR_CORRUPT, "the listing gives no size for '%s'", name.data);
        return listing->sink(listing->context, &(RemoteFile){ .name = name.data, .size = size });
}

static Error *read_listing(void *context, const char *path, const char *text) {
        Listing *listing = context;
        Error *error = NULL;
        if (strcmp(path, "/multistatus/response/href") == 0)
                buffer_set_text(&listing->reference, text);
        else if (strcmp(path, "/multistatus/response/propstat/prop/getcontentlength") == 0 && text[0])
                buffer_set_text(&listing->size, text);
        else if (strcmp(path, "/multistatus/response/propstat/prop/getlastmodified") == 0 && text[0])
                buffer_set_text(&listing->modified, text);
        else if (strcmp(path, "/multistatus/response/propstat/prop/resourcetype/collection") == 0)
                listing->is_folder = true;
        else if (strcmp(path, "/multistatus/response") == 0) {
                error = tell_entry(listing);
                buffer_set_text(&listing->size, "");
                buffer_set_text(&listing->modified, "");
                listing->is_folder = false;
        }
        return error;
}

/* Asks for what lies at PATH: that itself (DEPTH "0") or what is in it too ("1"). */
static Error *find(Webdav *webdav, const char *path, const char *depth, Listing *listing,
                   const HttpResponse **ret_response) {
        static const char question[] =
                "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
                "<propfind xmlns=\"DAV:\"><prop><resourcetype/><getcontentlength/><getlastmodified/></prop>"
                "</propfind>\n";
        AUTO_TEXT char *depth_header = memory_print("Depth: %s", depth);
        const char *headers[] = { depth_header, "Content-Type: application/xml; charset=utf-8" };
        AUTO(xml_free) Xml *xml = xml_new("DAV:", read_listing, listing);
        TRY(exchange(webdav,
                     &(HttpRequest){ .method = "PROPFIND", .headers = &(TextList){ .items = headers, .count = 2 },
                                     .body = bytes_of(question), .sink = xml_sink, .sink_context = xml },
                     path, ret_response));
        return (*ret_response)->status == 207 ? xml_finish(xml) : NULL;
}

/* What no listing is, explained. */
static Error *refuse_listing(const Webdav *webdav, const HttpResponse *response) {
        if (http_is_good(response))
                return error_new(ERROR_USER, "the server answered %u where WebDAV wants 207: correct the URL",
                                 response->status);
        return refuse(webdav, response);
}

static Error *ignore_file(UNUSED void *context, UNUSED const RemoteFile *file) {
        return NULL;
}

/* Wrong passwords and addresses are told before there is anything to send. */
static Error *reach(Webdav *webdav) {
        AUTO_VALUE(listing_clear) Listing listing = { .sink = ignore_file };
        const HttpResponse *response;
        TRY(find(webdav, webdav->folder, "0", &listing, &response));
        return response->status == 207 || response->status == 404 ? NULL : refuse_listing(webdav, response);
}

static Error *webdav_storage_open(const Url *url, const StorageOptions *options, Storage **ret_storage) {
        const char *scheme = strcmp(url->scheme, "webdavs") == 0 ? "https" : "http";
        const Secret *password = url->password ? url->password : options->password;
        AUTO_TEXT char *printable = url_printable(url);
        if (!url->host)
                return error_with_code(error_new(ERROR_USER, "the URL '%s' names no host, for example "
                                                 "'webdavs://user@host/folder'", printable), EXIT_CODE_BAD_URL);
        Webdav *webdav = memory_new(Webdav);
        AUTO(storage_close) Storage *storage = &webdav->storage;
        storage->class = &webdav_storage_class;
        webdav->http = http_new(scheme, options);
        webdav->origin = origin_of(url, scheme);
        webdav->folder = folder_of(url);
        webdav->user = memory_text(url->user);
        webdav->password = secret_copy(password);
        TRY_AS(reach(webdav), "cannot use '%s'", printable);
        *ret_storage = TAKE(storage);
        return NULL;
}

/* The folder above PATH, which ends with '/'; NULL above the root. Caller frees. */
static char *parent_of(const char *path) {
        size_t length = strlen(path) - 1;
        while (length > 0 && path[length - 1] != '/')
                length--;
        return length > 0 ? memory_copy(path, length) : NULL;
}

/* Makes the folder PATH, and those above where they are missing. */
static Error *make_folder(Webdav *webdav, const char *path) {
        const HttpResponse *response;
        HttpRequest request = { .method = "MKCOL" };
        AUTO_TEXT char *parent = parent_of(path);
        TRY(exchange(webdav, &request, path, &response));
        if ((response->status == 409 || response->status == 404) && parent) {
                TRY(make_folder(webdav, parent));
                TRY(exchange(webdav, &request, path, &response));
        }
        bool is_there = http_is_good(response) || response->status == 405; /* 405: somebody else made it */
        return is_there ? NULL : refuse(webdav, response);
}

static Error *send_file(Webdav *webdav, const char *path, const HttpFile *file) {
        const HttpResponse *response;
        HttpRequest request = { .method = "PUT", .file = file };
        TRY(exchange(webdav, &request, path, &response));
        if (response->status == 409 || response->status == 404) {
                TRY_AS(make_folder(webdav, webdav->folder), "cannot make the folder '%s'", webdav->folder);
                TRY(exchange(webdav, &request, path, &response));
        }
        return http_is_good(response) ? NULL : refuse(webdav, response);
}

static Error *check_size(Webdav *webdav, const char *path, uint64_t wanted) {
        const HttpResponse *response;
        uint64_t stored;
        TRY(exchange(webdav, &(HttpRequest){ .method = "HEAD" }, path, &response));
        if (!http_is_good(response))
                return refuse(webdav, response);
        if (!bytes_to_number(http_header(response, "content-length"), &stored))
                return NULL; /* the server does not tell */
        return content_compare_size(stored, wanted);
}

static Error *move(Webdav *webdav, const char *from, const char *to) {
        const HttpResponse *response;
        AUTO_TEXT char *url = url_of(webdav, to);
        AUTO_TEXT char *destination = memory_print("Destination: %s", url);
        const char *lines[] = { destination, "Overwrite: T" };
        TextList headers = { .items = lines, .count = ARRAY_LENGTH(lines) };
        TRY(exchange(webdav, &(HttpRequest){ .method = "MOVE", .headers = &headers }, from, &response));
        return http_is_good(response) ? NULL : refuse(webdav, response);
}

static Error *delete_path(Webdav *webdav, const char *path, bool goes_on) {
        const HttpResponse *response;
        TRY(exchange(webdav, &(HttpRequest){ .method = "DELETE", .goes_on = goes_on }, path, &response));
        return http_is_good(response) || response->status == 404 ? NULL : refuse(webdav, response);
}

static void sweep(Webdav *webdav) {
        const TextList *names = &webdav->leftovers.names;
        ErrorKind kind = ERROR_NONE;
        for (size_t i = 0; i < names->count && kind != ERROR_TRANSIENT && kind != ERROR_CANCELLED; i++) {
                AUTO_TEXT char *path = path_of(webdav, names->items[i]);
                AUTO(error_free) Error *error = delete_path(webdav, path, false);
                kind = error_kind(error); /* what stays is for the next run */
        }
        unfinished_clear(&webdav->leftovers);
}

static Error *put_file(Webdav *webdav, const char *name, int fd) {
        AUTO_TEXT char *unfinished = unfinished_path_of(webdav, name);
        AUTO_TEXT char *path = path_of(webdav, name);
        HttpFile file = { .fd = fd };
        TRY(file_size(fd, "the local file", &file.length));
        Error *error = send_file(webdav, unfinished, &file);
        if (!error)
                error = check_size(webdav, unfinished, file.length);
        if (!error)
                error = move(webdav, unfinished, path);
        if (error)
                error_free(delete_path(webdav, unfinished, true)); /* a leftover is swept a day later */
        return error;
}

static Error *webdav_put(Storage *storage, const char *name, int fd) {
        Webdav *webdav = (Webdav *)storage;
        sweep(webdav);
        return error_context(put_file(webdav, name, fd), "cannot store '%s' in '%s%s'", name, webdav->origin,
                             webdav->folder);
}

static Error *get_file(Webdav *webdav, const char *name, int fd) {
        const HttpResponse *response;
        AUTO_TEXT char *path = path_of(webdav, name);
        TRY(file_truncate(fd, "the local copy"));
        TRY(exchange(webdav, &(HttpRequest){ .method = "GET", .sink = content_write, .sink_context = &fd }, path,
                     &response));
        return http_is_good(response) ? NULL : refuse(webdav, response);
}

static Error *webdav_get(Storage *storage, const char *name, int fd) {
        Webdav *webdav = (Webdav *)storage;
        return error_context(get_file(webdav, name, fd), "cannot fetch '%s' from '%s%s'", name, webdav->origin,
                             webdav->folder);
}

static Error *list_folder(Webdav *webdav, RemoteFileSink *sink, void *context) {
        const HttpResponse *response;
        AUTO_VALUE(listing_clear) Listing listing = { .leftovers = &webdav->leftovers, .sink = sink,
                                                      .context = context };
        unfinished_clear(&webdav->leftovers);
        TRY(find(webdav, webdav->folder, "1", &listing, &response));
        return response->status == 207 || response->status == 404 ? NULL : refuse_listing(webdav, response);
}

static Error *webdav_list(Storage *storage, RemoteFileSink *sink, void *context) {
        Webdav *webdav = (Webdav *)storage;
        return error_context(list_folder(webdav, sink, context), "cannot list '%s%s'", webdav->origin, webdav->folder);
}

static Error *webdav_remove(Storage *storage, const char *name) {
        Webdav *webdav = (Webdav *)storage;
        AUTO_TEXT char *path = path_of(webdav, name);
        return error_context(delete_path(webdav, path, false), "cannot remove '%s' from '%s%s'", name, webdav->origin,
                             webdav->folder);
}

const StorageClass webdav_storage_class = {
        .scheme = "webdav",
        .is_distant = true,
        .atomic_put = true,
        .open = webdav_storage_open,
        .put = webdav_put,
        .get = webdav_get,
        .list = webdav_list,
        .remove = webdav_remove,
        .close = close_webdav,
};
