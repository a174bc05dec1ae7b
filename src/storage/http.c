#include "storage/http.h"

#include <ctype.h>

#include "base/log.h"
#include "base/memory.h"
#include "storage/transfer.h"

enum { KEPT_OF_BODY = 64 << 10, KEPT_OF_HEADERS = 64 << 10, MOST_REDIRECTS = 5 };

#define SET(http, option, value) ((void)curl_easy_setopt((http)->transfer->curl, (option), (value)))

struct Http {
        Transfer *transfer;
        const HttpRequest *request; /* the one at hand */
        HttpResponse response;
};

static void clear_response(HttpResponse *response) {
        response->status = 0;
        memory_free(response->reason);
        response->reason = NULL;
        buffer_truncate(&response->headers, 0);
        buffer_truncate(&response->body, 0);
}

/* LINE is "HTTP/1.1 404 Not Found". What came before it, a 100 or a question for a password, counts no more. */
static void begin_response(HttpResponse *response, Bytes line) {
        Bytes after, reason;
        uint64_t status = 0;
        clear_response(response);
        (void)bytes_cut(line, ' ', &after);
        Bytes number = bytes_cut(after, ' ', &reason);
        if (bytes_to_number(bytes_trim(number), &status) && status < 1000)
                response->status = (unsigned)status;
        reason = bytes_trim(reason);
        response->reason = memory_copy(reason.length ? (const void *)reason.at : "", reason.length);
}

static void keep_header(HttpResponse *response, Bytes name, Bytes value) {
        Buffer *headers = &response->headers;
        if (headers->length + name.length + value.length + 3 > KEPT_OF_HEADERS)
                return;
        for (size_t i = 0; i < name.length; i++)
                buffer_add_byte(headers, (uint8_t)tolower(name.at[i]));
        buffer_add_text(headers, ": ");
        buffer_add(headers, bytes_trim(value));
        buffer_add_byte(headers, '\n');
}

static size_t take_header(char *text, size_t size, size_t count, void *context) {
        Http *http = context;
        Bytes value, line = bytes_make(text, size * count);
        Bytes name = bytes_cut(line, ':', &value);
        if (bytes_start_with(line, "HTTP/"))
                begin_response(&http->response, line);
        else if (value.at)
                keep_header(&http->response, name, value);
        return size * count;
}

static Error *take_body(void *context, Bytes piece) {
        Http *http = context;
        HttpResponse *response = &http->response;
        if (http_is_good(response) && http->request->sink)
                return http->request->sink(http->request->sink_context, piece);
        buffer_add(&response->body, bytes_slice(piece, 0, KEPT_OF_BODY - MIN(response->body.length, KEPT_OF_BODY)));
        return NULL;
}

Http *http_new(const char *scheme, const StorageOptions *options) {
        Http *http = memory_new(Http);
        http->transfer = transfer_new(scheme, options);
        buffer_init(&http->response.headers, 0);
        buffer_init(&http->response.body, 0);
        if (!http->transfer->curl)
                return http;
        transfer_receive(http->transfer, take_body, http);
        SET(http, CURLOPT_HEADERFUNCTION, take_header);
        SET(http, CURLOPT_HEADERDATA, http);
        SET(http, CURLOPT_USERAGENT, "charm-duplicity/" VERSION);
        SET(http, CURLOPT_PATH_AS_IS, 1L); /* "a/../b" is a name like others, and signed as it is */
        SET(http, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
        return http;
}

void http_named_by(Http *http, const char *what) {
        http->transfer->named_by = what;
}

void http_log_in(Http *http, HttpLogin login, const char *user, const Secret *password) {
        static const long schemes[] = {
                [HTTP_LOGIN_NONE] = (long)CURLAUTH_NONE,
                [HTTP_LOGIN_BASIC] = (long)CURLAUTH_BASIC,
                [HTTP_LOGIN_DIGEST] = (long)CURLAUTH_DIGEST,
        };
        SET(http, CURLOPT_HTTPAUTH, schemes[login]);
        SET(http, CURLOPT_USERNAME, user);
        SET(http, CURLOPT_PASSWORD, password ? (const char *)secret_reveal(password).at : NULL);
}

static struct curl_slist *make_headers(const TextList *headers) {
        struct curl_slist *list = NULL;
        for (size_t i = 0; headers && i < headers->count; i++) {
                struct curl_slist *longer = curl_slist_append(list, headers->items[i]);
                list = longer ? longer : list;
        }
        return list;
}

/* Everything that one request sets, so that nothing of the one before is left. */
static void set_request(Http *http, const char *url) {
        const HttpRequest *request = http->request;
        bool has_body = request->file || request->body.at;
        SET(http, CURLOPT_URL, url);
        SET(http, CURLOPT_HTTPGET, 1L); /* takes UPLOAD and NOBODY back */
        if (has_body)
                SET(http, CURLOPT_UPLOAD, 1L);
        SET(http, CURLOPT_NOBODY, strcmp(request->method, "HEAD") == 0 ? 1L : 0L);
        SET(http, CURLOPT_CUSTOMREQUEST, request->method);
        if (request->file)
                transfer_send_file(http->transfer, request->file->fd, request->file->start, request->file->length);
        else
                transfer_send_bytes(http->transfer, request->body);
        SET(http, CURLOPT_INFILESIZE_LARGE, has_body ? (curl_off_t)http->transfer->length : (curl_off_t)-1);
        http->transfer->goes_on = request->goes_on;
}

/* Without what stands behind '?': that may be a signature. */
static void note(const Http *http, const char *url, const Error *error) {
        const HttpResponse *response = &http->response;
        int length = (int)strcspn(url, "?");
        if (error)
                log_debug("http: %s %.*s: %s", http->request->method, length, url, error_story(error));
        else
                log_debug("http: %s %.*s: %u %s", http->request->method, length, url, response->status,
                          response->reason ? response->reason : "");
}

static Error *send_once(Http *http, const char *url) {
        if (!http->transfer->curl)
                return transfer_run(http->transfer);
        struct curl_slist *headers = make_headers(http->request->headers);
        clear_response(&http->response);
        set_request(http, url);
        SET(http, CURLOPT_HTTPHEADER, headers);
        Error *error = transfer_run(http->transfer);
        SET(http, CURLOPT_HTTPHEADER, NULL);
        curl_slist_free_all(headers);
        note(http, url, error);
        return error;
}

/* Number of bytes of URL up to where its path begins. */
static size_t origin_length(const char *url) {
        const char *host = strstr(url, "://");
        return host ? (size_t)(host + 3 - url) + strcspn(host + 3, "/?") : 0;
}

/* The place the answer points to, NULL when it points nowhere. Caller frees. */
static char *redirect_target(const Http *http) {
        const char *target = NULL;
        unsigned status = http->response.status;
        if (status != 301 && status != 302 && status != 307 && status != 308)
                return NULL;
        (void)curl_easy_getinfo(http->transfer->curl, CURLINFO_REDIRECT_URL, &target); /* NULL then: none */
        return memory_text(target);
}

static Error *follow(Http *http, char **url) {
        for (unsigned i = 0; i < MOST_REDIRECTS; i++) {
                AUTO_TEXT char *target = redirect_target(http);
                size_t length = origin_length(*url);
                if (!target)
                        return NULL;
                if (length != origin_length(target) || strncasecmp(target, *url, length) != 0)
                        return error_new(ERROR_USER, "the server sends us to '%.*s', which may be anybody's: "
                                         "if it is right, put it into the URL", (int)strcspn(target, "?"), target);
                memory_free(*url);
                *url = TAKE(target);
                TRY(send_once(http, *url));
        }
        return error_new(ERROR_SYSTEM, "the server sends us from place to place without end");
}

Error *http_send(Http *http, const HttpRequest *request, const HttpResponse **ret_response) {
        AUTO_TEXT char *url = memory_text(request->url);
        http->request = request;
        TRY(send_once(http, url));
        if (request->follows)
                TRY(follow(http, &url));
        *ret_response = &http->response;
        return NULL;
}

Bytes http_header(const HttpResponse *response, const char *name) {
        Bytes rest = buffer_bytes(&response->headers);
        while (rest.length) {
                Bytes value, line = bytes_cut(rest, '\n', &rest);
                if (bytes_equal_text(bytes_cut(line, ':', &value), name))
                        return bytes_trim(value);
        }
        return bytes_make(NULL, 0);
}

bool http_read_date(const char *text, Moment *ret_moment) {
        static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
        CivilTime civil = { .year = 0 };
        char month[4];
        int year;
        if (sscanf(text, "%*3[A-Za-z], %d %3[A-Za-z] %d %d:%d:%d", &civil.day, month, &year, &civil.hour, &civil.minute,
                   &civil.second) != 6)
                return false;
        const char *found = strstr(months, month);
        if (!found || strlen(month) != 3 || (found - months) % 3 != 0)
                return false;
        civil.month = (int)(found - months) / 3 + 1;
        civil.year = year;
        *ret_moment = when_from_civil(&civil);
        return true;
}

void http_free(Http *http) {
        if (!http)
                return;
        transfer_free(http->transfer);
        memory_free(http->response.reason);
        buffer_clear(&http->response.headers);
        buffer_clear(&http->response.body);
        memory_free(http);
}
