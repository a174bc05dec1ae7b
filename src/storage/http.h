/* Http: requests to one server over one connection that is reused (libcurl).
 *
 * A status is no error here: whoever asked knows which ones it expects, and has http_refusal explain the others. */
#ifndef STORAGE_HTTP_H
#define STORAGE_HTTP_H

#include "base/buffer.h"
#include "base/list.h"
#include "base/secret.h"
#include "base/when.h"
#include "storage/storage.h"

typedef struct Http Http;

/* Receives a piece of the body of a 2xx answer. Its error ends the request and is returned. */
typedef Error *HttpSink(void *context, Bytes piece);

/* LENGTH bytes of FD from START on. */
typedef struct HttpFile {
        int fd;
        uint64_t start, length;
} HttpFile;

typedef struct HttpRequest {
        const char *method;
        const char *url;         /* whole, percent-encoded, without user and password */
        const TextList *headers; /* "Name: value" each; NULL: none but what every request has */
        const HttpFile *file;    /* sent as the body, or */
        Bytes body;              /* this, where at is not NULL; else the request has none */
        HttpSink *sink;          /* NULL: a 2xx body is kept like any other */
        void *sink_context;
        bool follows;            /* goes where the server points to, on the same host only */
        bool goes_on;            /* a request to cancel does not end it: cleaning up */
} HttpRequest;

typedef struct HttpResponse {
        unsigned status;
        char *reason;  /* what stands behind the status */
        Buffer headers; /* "name: value\n" each, names in lower case */
        Buffer body;   /* what no sink took of it, its first 64 KiB */
} HttpResponse;

/* Requests go to URLs of SCHEME, "http" or "https", only. OPTIONS is not kept. */
Http *http_new(const char *scheme, const StorageOptions *options);

/* What names the host of further requests, for messages that have it corrected; "the URL" as long as nothing is said.
 * WHAT is not copied. */
void http_named_by(Http *http, const char *what);

typedef enum HttpLogin { HTTP_LOGIN_NONE, HTTP_LOGIN_BASIC, HTTP_LOGIN_DIGEST } HttpLogin;

/* Further requests log in as USER with PASSWORD, both copied. */
void http_log_in(Http *http, HttpLogin login, const char *user, const Secret *password);

/* Sends and receives. *ret_response stays the Http's and lives until its next request. Errors as transfer_run has
 * them, for connections and time limits; those of the sink. */
CHECKED Error *http_send(Http *http, const HttpRequest *request, const HttpResponse **ret_response);

/* The value of header NAME (lower case), without blanks around it; at is NULL when there is none. */
Bytes http_header(const HttpResponse *response, const char *name);

/* Reads "Wed, 21 Oct 2026 07:28:00 GMT" (RFC 9110, 5.6.7), whatever the name of the day. False when TEXT is none. */
bool http_read_date(const char *text, Moment *ret_moment);

static inline bool http_is_good(const HttpResponse *response) {
        return response->status >= 200 && response->status < 300;
}

void http_free(Http *http);
DEFINE_AUTO(Http, http_free)

#endif
