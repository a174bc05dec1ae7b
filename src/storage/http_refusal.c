#include "storage/http_refusal.h"

#include <strings.h>

#include "base/memory.h"
#include "base/path.h"
#include "storage/xml.h"
#include "sys/clock.h"

enum { LONGEST_WORDS = 400 };

/* What the body of an answer says. */
typedef struct Words {
        char *code, *message;
} Words;

static void words_clear(Words *words) {
        memory_free(words->code);
        memory_free(words->message);
}

static void keep_first(char **place, const char *text) {
        if (!*place && text[0])
                *place = memory_text(text);
}

/* <Code> and <Message> of S3 and Azure, <s:message> of WebDAV servers. */
static Error *hear(void *context, const char *path, const char *text) {
        Words *words = context;
        const char *name = path_name(path);
        if (strcasecmp(name, "Code") == 0)
                keep_first(&words->code, text);
        else if (strcasecmp(name, "Message") == 0)
                keep_first(&words->message, text);
        return NULL;
}

static bool is_xml(const HttpResponse *response) {
        Bytes body = bytes_trim(buffer_bytes(&response->body));
        if (bytes_start_with(body, "\xef\xbb\xbf"))
                body = bytes_slice(body, 3, body.length);
        return bytes_start_with(body, "<?xml") || bytes_start_with(body, "<Error");
}

static Words words_of(const HttpResponse *response) {
        Words words = { .code = NULL };
        if (is_xml(response)) {
                AUTO(xml_free) Xml *xml = xml_new(NULL, hear, &words);
                error_free(xml_feed(xml, buffer_bytes(&response->body))); /* what was heard until then has to do */
        }
        if (!words.code) {
                Bytes header = http_header(response, "x-ms-error-code");
                words.code = memory_copy(header.length ? (const void *)header.at : "", header.length);
        }
        return words;
}

char *http_refusal_code(const HttpResponse *response) {
        AUTO_VALUE(words_clear) Words words = words_of(response);
        return TAKE(words.code);
}

double http_refusal_pause(Bytes value, Moment now) {
        uint64_t seconds;
        Moment until;
        if (bytes_to_number(value, &seconds))
                return (double)seconds;
        AUTO_TEXT char *text = memory_copy(value.length ? (const void *)value.at : "", value.length);
        if (http_read_date(text, &until) && moment_compare(now, until) < 0)
                return (double)(until.seconds - now.seconds);
        return 0;
}

static const struct {
        unsigned status;
        ErrorKind kind;
        const char *remedy;
} statuses[] = {
        { 401, ERROR_DENIED, "correct user and password in the URL, or FTP_PASSWORD" },
        { 403, ERROR_DENIED, "give the account the right to do this, or correct the URL" },
        { 404, ERROR_MISSING, NULL },
        { 405, ERROR_SYSTEM, "the server does not do this at the URL's path: correct the URL" },
        { 407, ERROR_DENIED, "the proxy wants a password: correct the variables http_proxy, https_proxy" },
        { 408, ERROR_TRANSIENT, NULL },
        { 410, ERROR_MISSING, NULL },
        { 413, ERROR_SYSTEM, "the file is too large for the server: see '--volsize', or raise the server's limit" },
        { 423, ERROR_TRANSIENT, NULL },
        { 425, ERROR_TRANSIENT, NULL },
        { 429, ERROR_TRANSIENT, NULL },
        { 501, ERROR_SYSTEM, "the server lacks what we need" },
        { 505, ERROR_SYSTEM, NULL },
        { 507, ERROR_SYSTEM, "the storage is full" },
};

static HttpMeaning status_meaning(unsigned status) {
        for (size_t i = 0; i < ARRAY_LENGTH(statuses); i++)
                if (statuses[i].status == status)
                        return (HttpMeaning){ .kind = statuses[i].kind, .remedy = statuses[i].remedy };
        bool may_pass = status / 100 == 5 || status / 100 == 2;
        return (HttpMeaning){ .kind = may_pass ? ERROR_TRANSIENT : ERROR_SYSTEM };
}

static HttpMeaning meaning_of(const HttpResponse *response, const char *code, const HttpMeaning *meanings) {
        for (; meanings && meanings->code; meanings++)
                if (strcasecmp(meanings->code, code) == 0)
                        return *meanings;
        return status_meaning(response->status);
}

/* The server's words as one line, cut where it says too much. */
static char *quote(const char *message) {
        AUTO_TEXT char *printable = path_printable(message);
        char *line = memory_print("%.*s", LONGEST_WORDS, printable);
        char *end = strstr(line, "\\x0a"); /* Azure's go on with identifiers */
        if (end)
                *end = '\0';
        return line;
}

Error *http_refusal(const HttpResponse *response, const HttpMeaning *meanings) {
        AUTO_VALUE(words_clear) Words words = words_of(response);
        AUTO_TEXT char *message = quote(words.message ? words.message : "");
        HttpMeaning meaning = meaning_of(response, words.code, meanings);
        Error *error = error_new(meaning.kind, "the server answered %u %s%s%s%s%s%s", response->status,
                                 words.code[0] ? words.code : response->reason ? response->reason : "",
                                 message[0] ? " '" : "", message, message[0] ? "'" : "", meaning.remedy ? "; " : "",
                                 meaning.remedy ? meaning.remedy : "");
        if (response->status == 507)
                error = error_with_code(error, EXIT_CODE_BACKEND_NO_SPACE);
        return error_with_pause(error, http_refusal_pause(http_header(response, "retry-after"), clock_real()));
}
