#include "storage/s3_place.h"

#include "base/memory.h"
#include "support/test.h"

/* A URL, what was given beside it, and the URL of the object "o" that it means in region "r". */
typedef struct Example {
        const char *url;
        StorageOptions options;
        const char *object;
} Example;

static char *object_of(const S3Place *place) {
        AUTO_TEXT char *host = s3_place_host(place, place->region ? place->region : "r");
        AUTO_TEXT char *key = memory_print("%so", place->folder);
        AUTO_TEXT char *path = s3_place_path(place, key);
        return memory_print("%s://%s%s", place->scheme, host, path);
}

TEST(s3_place_tells_hosts_from_buckets) {
        static const Example examples[] = {
                /* a host: the form without slashes, a port, an address, localhost, a dot with a bucket behind it */
                { "s3:minio/bucket/p", { 0 }, "https://minio/bucket/p/o" },
                { "s3:s3.example.com/bucket", { 0 }, "https://s3.example.com/bucket/o" },
                { "s3://minio:9000/bucket/p/q", { 0 }, "https://minio:9000/bucket/p/q/o" },
                { "s3://10.0.0.1/bucket", { 0 }, "https://10.0.0.1/bucket/o" },
                { "s3://[2001:db8::1]/bucket", { 0 }, "https://[2001:db8::1]/bucket/o" },
                { "s3://[::1]:9000/bucket", { 0 }, "https://[::1]:9000/bucket/o" },
                { "s3://localhost/bucket", { 0 }, "https://localhost/bucket/o" },
                { "s3://s3.example.com/bucket//p//", { 0 }, "https://s3.example.com/bucket/p/o" },
                { "s3+http://s3.example.com/bucket", { 0 }, "http://s3.example.com/bucket/o" },
                { "s3+http://127.0.0.1:80/bucket", { 0 }, "http://127.0.0.1:80/bucket/o" },
                { "s3://s3.example.com/bucket", { .s3_unencrypted = true }, "http://s3.example.com/bucket/o" },

                /* a bucket: no dot, nothing behind it, three slashes */
                { "s3://bucket", { 0 }, "https://bucket.s3.r.amazonaws.com/o" },
                { "s3://bucket/p/q", { 0 }, "https://bucket.s3.r.amazonaws.com/p/q/o" },
                { "s3://my.bucket", { 0 }, "https://s3.r.amazonaws.com/my.bucket/o" },
                { "s3://my.bucket/", { 0 }, "https://s3.r.amazonaws.com/my.bucket/o" },
                { "s3:///my.bucket/p", { 0 }, "https://s3.r.amazonaws.com/my.bucket/p/o" },
                { "s3+http://bucket/p", { 0 }, "https://bucket.s3.r.amazonaws.com/p/o" },
                { "boto3+s3://bucket/p", { 0 }, "https://bucket.s3.r.amazonaws.com/p/o" },
                { "boto3+s3://my.bucket/p", { 0 }, "https://s3.r.amazonaws.com/my.bucket/p/o" },
                { "s3://Bucket/p", { 0 }, "https://s3.r.amazonaws.com/Bucket/p/o" },

                /* with an endpoint it is a bucket always */
                { "s3://my.bucket/p",
                  { .s3_endpoint_url = "https://s3.example.com" },
                  "https://s3.example.com/my.bucket/p/o" },
                { "boto3+s3://bucket", { .s3_endpoint_url = "http://minio:9000/" }, "http://minio:9000/bucket/o" },
                { "s3+http://bucket", { .s3_endpoint_url = "https://minio" }, "https://minio/bucket/o" },
                { "boto3+s3://bucket", { .s3_endpoint_url = "https://[::1]:9000" }, "https://[::1]:9000/bucket/o" },

                /* Amazon's own hosts */
                { "s3://s3.amazonaws.com/bucket", { 0 }, "https://bucket.s3.r.amazonaws.com/o" },
                { "s3://s3.eu-west-1.amazonaws.com/bucket/p", { 0 }, "https://bucket.s3.eu-west-1.amazonaws.com/p/o" },
                { "s3:s3-eu-west-1.amazonaws.com/bucket", { 0 }, "https://bucket.s3.eu-west-1.amazonaws.com/o" },
                { "s3://s3.dualstack.eu-west-1.amazonaws.com/b",
                  { 0 },
                  "https://s3.dualstack.eu-west-1.amazonaws.com/b/o" },

                /* where the bucket stands */
                { "s3://s3.example.com/bucket/p", { .s3_uri_style = "virtual" }, "https://bucket.s3.example.com/p/o" },
                { "s3://bucket/p", { .s3_uri_style = "path" }, "https://s3.r.amazonaws.com/bucket/p/o" },

                /* special characters */
                { "s3://h.x/bucket/a%20b%2Bc%25%C3%BC&=#@:",
                  { 0 },
                  "https://h.x/bucket/a%20b%2Bc%25%C3%BC%26%3D%23%40%3A/o" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(examples); i++) {
                AUTO(url_free) Url *url = NULL;
                AUTO(s3_place_free) S3Place *place = NULL;
                assert_ok(url_parse(examples[i].url, &url));
                assert_ok(s3_place_find(url, &examples[i].options, &place));
                AUTO_TEXT char *object = object_of(place);
                assert_string_equal(object, examples[i].object);
        }
}

TEST(s3_place_knows_amazons_hosts_in_china) {
        AUTO(url_free) Url *url = NULL;
        AUTO(s3_place_free) S3Place *place = NULL;
        assert_ok(url_parse("s3://bucket", &url));
        assert_ok(s3_place_find(url, &(StorageOptions){ .retries = 0 }, &place));
        AUTO_TEXT char *host = s3_place_host(place, "cn-north-1");
        assert_string_equal(host, "bucket.s3.cn-north-1.amazonaws.com.cn");
        AUTO_TEXT char *path = s3_place_path(place, NULL);
        assert_string_equal(path, "/");
}

TEST(s3_place_refuses_what_names_no_bucket) {
        static const struct {
                const char *url;
                StorageOptions options;
                ExitCode code;
                const char *why;
        } bad[] = {
                { "s3://", { 0 }, EXIT_CODE_BAD_URL, "names no bucket" },
                { "s3:///", { 0 }, EXIT_CODE_BAD_URL, "names no bucket" },
                { "s3://minio:9000/", { 0 }, EXIT_CODE_BAD_URL, "names no bucket" },
                { "s3:host", { 0 }, EXIT_CODE_BAD_URL, "names no bucket" },
                { "boto3+s3://bucket:80/p", { 0 }, EXIT_CODE_BAD_URL, "no port" },
                { "s3://h.x/a%20b", { .s3_uri_style = "virtual" }, EXIT_CODE_BAD_URL, "host name" },
                { "s3://b", { .s3_endpoint_url = "minio:9000" }, EXIT_CODE_COMMAND_LINE, "--s3-endpoint-url" },
                { "s3://b", { .s3_endpoint_url = "ftp://minio" }, EXIT_CODE_COMMAND_LINE, "--s3-endpoint-url" },
                { "s3://b", { .s3_endpoint_url = "https://minio/path" }, EXIT_CODE_COMMAND_LINE, "--s3-endpoint-url" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
                AUTO(url_free) Url *url = NULL;
                S3Place *place = NULL;
                assert_ok(url_parse(bad[i].url, &url));
                Error *error = s3_place_find(url, &bad[i].options, &place);
                assert_int_equal(error_exit_code(error), bad[i].code);
                assert_error(error, ERROR_USER, bad[i].why);
                assert_null(place);
        }
}
