#include "base/encode.h"
#include "base/memory.h"
#include "contract/network_contract.h"
#include "storage/s3_client.h"
#include "sys/clock.h"
#include "sys/file.h"

static char *url_in(const char *server, const char *keys, const char *bucket) {
        return memory_print("s3+http://%s%s/%s/%s/folder%%20%%40%%3A%%25%%2B%%3D%%26%%23%%C3%%BC", keys, server, bucket,
                            server_unique());
}

static char *url_of(const char *server) {
        return url_in(server, "test%3Atester:testing@", "bucket");
}

static char *wrong_url_of(const char *server) {
        return url_in(server, "test%3Atester:no-such-password@", "bucket");
}

static const Server s3_server = {
        .name = "S3",
        .url = url_of,
        .wrong_url = wrong_url_of,
        .wrong_word = "AWS_SECRET_ACCESS_KEY",
        .cut = 300000,
        .options = { .timeout = 30 },
};

static Storage *open_s3(void) {
        return server_open(url_of(server_variable("S3_SERVER")), &s3_server.options);
}

STORAGE_CONTRACT(s3, open_s3)
NETWORK_CONTRACT(s3, &s3_server)

static void assert_refused(const char *url, ErrorKind kind, const char *story) {
        Storage *storage = NULL;
        Buffer list = { .data = NULL };
        assert_ok(server_try(url, &s3_server.options, &storage));
        assert_error(storage_list(storage, server_note, &list), kind, story);
        storage_close(storage);
        assert_int_equal(list.length, 0);
}

TEST(s3_takes_certificates_of_the_authority_named_only) {
        StorageOptions options = s3_server.options;
        Storage *storage = NULL;
        Buffer list = { .data = NULL };
        AUTO_TEXT char *url = memory_print("s3://test%%3Atester:testing@%s/bucket/%s", server_variable("S3_TLS_SERVER"),
                                           server_unique());
        assert_ok(server_try(url, &options, &storage));
        assert_error(storage_list(storage, server_note, &list), ERROR_DENIED, "--ssl-cacert-file");
        storage_close(storage);
        options.ssl_ca_file = server_variable("S3_AUTHORITY");
        AUTO(storage_close) Storage *trusting = server_open(memory_text(url), &options);
        storage_contract_put(trusting, "some-file", bytes_of("content"));
        storage_contract_assert_holds(trusting, "some-file", bytes_of("content"));
}

TEST(s3_says_what_is_wrong_with_keys_and_buckets) {
        const char *server = server_variable("S3_SERVER");
        AUTO_TEXT char *missing = url_in(server, "test%3Atester:testing@", "no-such-bucket");
        AUTO_TEXT char *stranger = url_in(server, "test%3Areader:reading@", "bucket");
        assert_refused(missing, ERROR_MISSING, "NoSuchBucket");
        assert_refused(stranger, ERROR_DENIED, "AccessDenied");
}

TEST(s3_reaches_buckets_in_host_names_through_a_proxy) {
        StorageOptions options = s3_server.options;
        AUTO_TEXT char *proxy = memory_print("http://%s", server_variable("S3_FAULT_SERVER"));
        options.s3_uri_style = "virtual";
        server_fault(&s3_server, "replace http://bucket.s3.test/ /"); /* what a proxy does */
        server_set("http_proxy", proxy);
        AUTO(storage_close) Storage *storage = server_open(url_of("s3.test"), &options);
        storage_contract_put(storage, "some-file", bytes_of("content"));
        storage_contract_assert_holds(storage, "some-file", bytes_of("content"));
        server_set("http_proxy", NULL);
        AUTO(storage_close) Storage *straight = open_s3();
        storage_contract_assert_holds(straight, "some-file", bytes_of("content"));
}

TEST(s3_waits_as_long_as_it_is_asked_to) {
        StorageOptions options = s3_server.options;
        options.retries = 3;
        options.retry_delay = 0;
        server_fault(&s3_server,
                     "2 answer HTTP/1.1 503 Slow Down\\r\\nRetry-After: 1\\r\\nContent-Length: 0\\r\\n\\r\\n");
        AUTO(storage_close) Storage *storage = server_open_faulty(&s3_server, &options);
        double start = clock_monotonic();
        storage_contract_put(storage, "some-file", bytes_of("content"));
        assert_true(clock_monotonic() - start >= 2);
        storage_contract_assert_holds(storage, "some-file", bytes_of("content"));
}

static Error *append(void *context, Bytes piece) {
        buffer_add(context, piece);
        return NULL;
}

/* The uploads that have begun below the folder of this test, as the server lists them. */
static char *uploads_text(void) {
        AUTO(url_free) Url *url = NULL;
        AUTO(s3_client_free) S3Client *client = NULL;
        AUTO_VALUE(buffer_clear) Buffer query = { .data = NULL };
        const HttpResponse *response;
        AUTO_TEXT char *text = url_of(server_variable("S3_SERVER"));
        Buffer answer = { .data = NULL };
        assert_ok(url_parse(text, &url));
        assert_ok(s3_client_new(url, &s3_server.options, &client));
        buffer_add_text(&query, "prefix=");
        encode_percent(bytes_of(s3_client_place(client)->folder), "", &query);
        buffer_add_text(&query, "&uploads=");
        assert_ok(s3_client_send(client,
                                 &(S3Request){ .method = "GET", .query = buffer_text(&query), .sink = append,
                                               .sink_context = &answer },
                                 &response));
        assert_int_equal(response->status, 200);
        assert_non_null(strstr(buffer_text(&answer), "ListMultipartUploadsResult"));
        return buffer_detach(&answer);
}

static void assert_no_uploads(void) {
        AUTO_TEXT char *text = uploads_text();
        assert_null(strstr(text, "<UploadId>"));
}

TEST(s3_leaves_no_parts_on_the_server) {
        StorageOptions options = s3_server.options;
        AUTO_FD int fd = storage_contract_temporary(bytes_of(""));
        AUTO_VALUE(buffer_clear) Buffer list = { .data = NULL };
        uint8_t *content = test_random_bytes(5 << 20, 3);
        assert_ok(file_write(fd, "large", bytes_make(content, 5 << 20)));
        options.s3_part_size = 1 << 20;
        options.timeout = 2;
        server_fault(&s3_server, "mute 2500000"); /* later libcurls make up for a line that is cut between parts */
        Storage *faulty = server_open_faulty(&s3_server, &options);
        assert_error(storage_put(faulty, "some-file", fd), ERROR_TRANSIENT, "");
        assert_no_uploads();
        storage_close(faulty);
        options.timeout = s3_server.options.timeout;
        AUTO(storage_close) Storage *storage = server_open(url_of(server_variable("S3_SERVER")), &options);
        assert_ok(storage_list(storage, server_note, &list));
        assert_int_equal(list.length, 0);
        assert_ok(storage_put(storage, "some-file", fd));
        storage_contract_assert_holds(storage, "some-file", bytes_make(content, 5 << 20));
        assert_ok(storage_list(storage, server_note, &list));
        assert_string_equal(buffer_text(&list), "some-file=5242880 ");
        assert_no_uploads();
        memory_free(content);
}
