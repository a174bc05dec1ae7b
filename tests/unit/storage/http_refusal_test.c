#include "storage/http_refusal.h"

#include "base/memory.h"
#include "support/test.h"

#define RIGHT "; give the account the right to do this, or correct the URL"

static HttpResponse response_of(unsigned status, char *reason, const char *headers, const char *body) {
        HttpResponse response = { .status = status, .reason = reason };
        buffer_add_text(&response.headers, headers);
        buffer_add_text(&response.body, body);
        return response;
}

static void response_clear(HttpResponse *response) {
        buffer_clear(&response->headers);
        buffer_clear(&response->body);
}

TEST(http_refusal_judges_by_the_status) {
        static const struct {
                unsigned status;
                ErrorKind kind;
        } wanted[] = {
                { 400, ERROR_SYSTEM },    { 401, ERROR_DENIED },    { 403, ERROR_DENIED },    { 404, ERROR_MISSING },
                { 405, ERROR_SYSTEM },    { 408, ERROR_TRANSIENT }, { 409, ERROR_SYSTEM },    { 410, ERROR_MISSING },
                { 413, ERROR_SYSTEM },    { 423, ERROR_TRANSIENT }, { 429, ERROR_TRANSIENT }, { 500, ERROR_TRANSIENT },
                { 501, ERROR_SYSTEM },    { 502, ERROR_TRANSIENT }, { 503, ERROR_TRANSIENT }, { 504, ERROR_TRANSIENT },
                { 507, ERROR_SYSTEM },    { 301, ERROR_SYSTEM },    { 200, ERROR_TRANSIENT },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(wanted); i++) {
                char reason[] = "In Words";
                AUTO_VALUE(response_clear) HttpResponse response = response_of(wanted[i].status, reason, "", "");
                assert_error(http_refusal(&response, NULL), wanted[i].kind, "In Words");
        }
        AUTO_VALUE(response_clear) HttpResponse large = response_of(413, NULL, "", "");
        assert_error(http_refusal(&large, NULL), ERROR_SYSTEM, "--volsize");
        AUTO_VALUE(response_clear) HttpResponse full = response_of(507, NULL, "", "");
        AUTO(error_free) Error *error = http_refusal(&full, NULL);
        assert_int_equal(error_exit_code(error), EXIT_CODE_BACKEND_NO_SPACE);
}

TEST(http_refusal_tells_the_servers_words) {
        static const struct {
                const char *headers, *body, *story;
        } wanted[] = {
                { "", "<?xml version=\"1.0\"?>\n<Error><Code>OddOne</Code><Message>You may &amp; not</Message></Error>",
                  "the server answered 403 OddOne 'You may & not'" RIGHT },
                { "",
                  "\xef\xbb\xbf<?xml version=\"1.0\"?><Error><Code>X</Code><Message>one\nRequestId:2</Message></Error>",
                  "the server answered 403 X 'one'" RIGHT },
                { "x-ms-error-code: FromHeader\n", "", "the server answered 403 FromHeader" RIGHT },
                { "",
                  "<?xml version='1.0'?><d:error xmlns:d='DAV:' xmlns:s='s'><s:message>sabre "
                  "says</s:message></d:error>",
                  "the server answered 403 Forbidden 'sabre says'" RIGHT },
                { "", "<html><body><Message>no</Message>", "the server answered 403 Forbidden" RIGHT },
                { "", "<Error><Code>Cut</Code><Mess", "the server answered 403 Cut" RIGHT },
                { "", "<Error><Code>Known</Code></Error>", "the server answered 403 Known; correct it" },
        };
        static const HttpMeaning meanings[] = { { "Known", ERROR_USER, "correct it" }, { NULL, ERROR_NONE, NULL } };
        for (size_t i = 0; i < ARRAY_LENGTH(wanted); i++) {
                char reason[] = "Forbidden";
                AUTO_VALUE(response_clear) HttpResponse response =
                        response_of(403, reason, wanted[i].headers, wanted[i].body);
                AUTO(error_free) Error *error = http_refusal(&response, meanings);
                assert_string_equal(error_story(error), wanted[i].story);
        }
}

TEST(http_refusal_keeps_words_short_and_harmless) {
        AUTO_VALUE(buffer_clear) Buffer body;
        buffer_init(&body, 0);
        buffer_add_text(&body, "<Error><Code>C</Code><Message>&#27;\x09[31m");
        for (unsigned i = 0; i < 5000; i++)
                buffer_add_byte(&body, 'x');
        buffer_add_text(&body, "</Message></Error>");
        AUTO_VALUE(response_clear) HttpResponse response = response_of(400, NULL, "", buffer_text(&body));
        AUTO(error_free) Error *error = http_refusal(&response, NULL);
        assert_true(strlen(error_story(error)) < 500);
        assert_null(strchr(error_story(error), '\x1b'));
}

TEST(http_refusal_takes_the_pause_asked_for) {
        AUTO_VALUE(response_clear) HttpResponse response = response_of(503, NULL, "retry-after: 7\n", "");
        AUTO(error_free) Error *error = http_refusal(&response, NULL);
        assert_true(error_pause(error) == 7);
        static const struct {
                const char *value;
                double pause;
        } wanted[] = {
                { "120", 120 },
                { "", 0 },
                { "soon", 0 },
                { "-1", 0 },
                { "Mon, 23 Nov 2026 04:44:46 GMT", 60 },
                { "Mon, 23 Nov 2026 04:42:46 GMT", 0 },
                { "Mon, 23 Nix 2026 04:44:46 GMT", 0 },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(wanted); i++)
                assert_true(http_refusal_pause(bytes_of(wanted[i].value), (Moment){ 1795409026 }) == wanted[i].pause);
}
