#include "storage/http.h"

#include "base/memory.h"
#include "contract/canned_server.h"
#include "contract/storage_contract.h"
#include "sys/file.h"

static const StorageOptions options = { .timeout = 10 };

static Error *send(const HttpRequest *request, Http *http, const HttpResponse **ret_response) {
        return http_send(http, request, ret_response);
}

static char *url_on(unsigned port, const char *path) {
        return memory_print("http://127.0.0.1:%u%s", port, path);
}

TEST(http_tells_status_headers_and_body) {
        static const char *const answers[] = { "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Here At All\r\nX-One:  a "
                                               "b \r\nEmpty:\r\nx-one: second\r\n"
                                               "Content-Length: 5\r\n\r\ngone!",
                                               NULL };
        AUTO_TEXT char *url = url_on(canned_server_start(answers), "/a%20b/./c/../d?e=f");
        AUTO(http_free) Http *http = http_new("http", &options);
        const HttpResponse *response;
        const char *headers[] = { "X-Ours: yes" };
        assert_ok(send(&(HttpRequest){ .method = "GET", .url = url,
                                       .headers = &(TextList){ .items = headers, .count = 1 } }, http, &response));
        assert_int_equal(response->status, 404);
        assert_string_equal(response->reason, "Not Here At All");
        assert_string_equal(buffer_text(&response->body), "gone!");
        assert_bytes_equal(http_header(response, "x-one"), bytes_of("a b"));
        assert_int_equal(http_header(response, "empty").length, 0);
        assert_null(http_header(response, "x-on").at);
        assert_false(http_is_good(response));
        AUTO_TEXT char *requests = canned_server_requests();
        assert_non_null(strstr(requests, "GET /a%20b/./c/../d?e=f HTTP/1.1\r\n"));
        assert_non_null(strstr(requests, "X-Ours: yes\r\n"));
        assert_non_null(strstr(requests, "User-Agent: charm-duplicity/"));
}

TEST(http_sends_a_part_of_a_file_or_bytes) {
        static const char *const answers[] = { "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n",
                                               "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
                                               "HTTP/1.1 204 No Content\r\n\r\n", NULL };
        AUTO_TEXT char *url = url_on(canned_server_start(answers), "/");
        AUTO(http_free) Http *http = http_new("http", &options);
        AUTO_FD int fd = storage_contract_temporary(bytes_of("0123456789"));
        const HttpResponse *response;
        assert_ok(
                send(&(HttpRequest){ .method = "PUT", .url = url, .file = &(HttpFile){ fd, 3, 4 } }, http, &response));
        assert_int_equal(response->status, 201);
        assert_ok(send(&(HttpRequest){ .method = "POST", .url = url, .body = bytes_of("text") }, http, &response));
        assert_ok(send(&(HttpRequest){ .method = "DELETE", .url = url }, http, &response));
        assert_int_equal(response->status, 204);
        AUTO_TEXT char *requests = canned_server_requests();
        assert_non_null(strstr(requests, "Content-Length: 4\r\n"));
        assert_non_null(strstr(requests, "\r\n\r\n3456POST / "));
        assert_non_null(strstr(requests, "\r\n\r\ntextDELETE / "));
}

static Error *collect(void *context, Bytes piece) {
        buffer_add(context, piece);
        return NULL;
}

static Error *refuse(UNUSED void *context, UNUSED Bytes piece) {
        return error_new(ERROR_CORRUPT, "no such thing wanted");
}

TEST(http_gives_good_bodies_only_to_the_sink) {
        static const char *const answers[] = { "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood",
                                               "HTTP/1.1 500 No\r\nContent-Length: 3\r\n\r\nbad",
                                               "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmore", NULL };
        AUTO_TEXT char *url = url_on(canned_server_start(answers), "/");
        AUTO(http_free) Http *http = http_new("http", &options);
        AUTO_VALUE(buffer_clear) Buffer got;
        const HttpResponse *response;
        buffer_init(&got, 0);
        HttpRequest request = { .method = "GET", .url = url, .sink = collect, .sink_context = &got };
        assert_ok(send(&request, http, &response));
        assert_ok(send(&request, http, &response));
        assert_string_equal(buffer_text(&got), "good");
        assert_string_equal(buffer_text(&response->body), "bad");
        request.sink = refuse;
        assert_error(send(&request, http, &response), ERROR_CORRUPT, "no such thing wanted");
}

TEST(http_knows_when_a_body_is_cut) {
        static const char *const answers[] = { "HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\ncut",
                                               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ncut\r\n",
                                               "HTTP/1.1 200 OK\r\nContent-Le", "", NULL };
        AUTO_TEXT char *url = url_on(canned_server_start(answers), "/");
        AUTO(http_free) Http *http = http_new("http", &options);
        const HttpResponse *response;
        for (unsigned i = 0; answers[i]; i++)
                if (i != 2) /* a head without an end may pass for an empty answer */
                        assert_error(send(&(HttpRequest){ .method = "GET", .url = url }, http, &response),
                                     ERROR_TRANSIENT, "127.0.0.1");
                else
                        error_free(send(&(HttpRequest){ .method = "GET", .url = url }, http, &response));
}

TEST(http_follows_on_the_same_host_only_when_asked) {
        static const char moved[] = "HTTP/1.1 301 Moved\r\nLocation: /new/place\r\nContent-Length: 0\r\n\r\n";
        static const char elsewhere[] =
                "HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.2:9/x?secret=1\r\nContent-Length: 0\r\n\r\n";
        static const char *const answers[] = { moved, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", moved,
                                               elsewhere, NULL };
        AUTO_TEXT char *url = url_on(canned_server_start(answers), "/old");
        AUTO(http_free) Http *http = http_new("http", &options);
        const HttpResponse *response;
        HttpRequest request = { .method = "PUT", .url = url, .body = bytes_of("body"), .follows = true };
        assert_ok(send(&request, http, &response));
        assert_int_equal(response->status, 200);
        request.follows = false;
        assert_ok(send(&request, http, &response));
        assert_int_equal(response->status, 301);
        request.follows = true;
        Error *error = send(&request, http, &response);
        assert_null(strstr(error_story(error), "secret"));
        assert_error(error, ERROR_USER, "http://127.0.0.2:9/x");
        AUTO_TEXT char *requests = canned_server_requests();
        assert_non_null(strstr(requests, "PUT /new/place HTTP/1.1\r\n"));
        assert_non_null(strstr(requests, "\r\n\r\nbodyPUT /old"));
}

TEST(http_does_not_follow_in_circles) {
        static const char moved[] = "HTTP/1.1 302 Moved\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n";
        static const char *const answers[] = { moved, moved, moved, moved, moved, moved, NULL };
        AUTO_TEXT char *url = url_on(canned_server_start(answers), "/");
        AUTO(http_free) Http *http = http_new("http", &options);
        const HttpResponse *response;
        assert_error(send(&(HttpRequest){ .method = "GET", .url = url, .follows = true }, http, &response),
                     ERROR_SYSTEM, "without end");
}

TEST(http_leaves_no_scheme_for_another) {
        AUTO(http_free) Http *http = http_new("https", &options);
        const HttpResponse *response;
        assert_error(send(&(HttpRequest){ .method = "GET", .url = "http://127.0.0.1:9/" }, http, &response), ERROR_USER,
                     "correct the URL");
}

TEST(http_goes_through_the_proxy_of_the_environment) {
        static const char *const answers[] = { "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", NULL };
        AUTO_TEXT char *proxy = url_on(canned_server_start(answers), "");
        AUTO(http_free) Http *http = http_new("http", &options);
        const HttpResponse *response;
        assert_int_equal(setenv("http_proxy", proxy, 1), 0);
        Error *error = send(&(HttpRequest){ .method = "GET", .url = "http://storage.invalid/x" }, http, &response);
        assert_int_equal(unsetenv("http_proxy"), 0);
        assert_ok(error);
        AUTO_TEXT char *requests = canned_server_requests();
        assert_non_null(strstr(requests, "GET http://storage.invalid/x HTTP/1.1\r\n"));
}

TEST(http_nobody_listening_may_pass) {
        AUTO(http_free) Http *http = http_new("http", &options);
        const HttpResponse *response;
        assert_error(send(&(HttpRequest){ .method = "GET", .url = "http://127.0.0.1:9/" }, http, &response),
                     ERROR_TRANSIENT, "127.0.0.1");
}
