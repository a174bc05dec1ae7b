#include "storage/s3.h"

#include "base/memory.h"
#include "contract/canned_server.h"
#include "contract/storage_contract.h"
#include "sys/file.h"

#define OK(body) "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" body
#define EMPTY "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
#define SIZED(size) "HTTP/1.1 200 OK\r\nContent-Length: " size "\r\n\r\n"

static Storage *open_on(unsigned port, const StorageOptions *options) {
        AUTO_TEXT char *text = memory_print("s3+http://key:secret@127.0.0.1:%u/bucket/folder", port);
        AUTO(url_free) Url *url = NULL;
        Storage *storage = NULL;
        assert_ok(url_parse(text, &url));
        assert_ok(s3_storage_class.open(url, options, &storage));
        return storage;
}

static Storage *open_canned(const char *const *answers) {
        return open_on(canned_server_start(answers), &(StorageOptions){ .timeout = 10 });
}

static Error *note_file(void *context, const RemoteFile *file) {
        buffer_print(context, "%s=%llu ", file->name, (unsigned long long)file->size);
        return NULL;
}

static Error *list_into(Storage *storage, Buffer *out) {
        buffer_truncate(out, 0);
        return storage_list(storage, note_file, out);
}

#define LAST "<ListBucketResult><IsTruncated>false</IsTruncated>"
#define MORE "<ListBucketResult><IsTruncated>true</IsTruncated>"
#define CONTENTS(key, size) "<Contents><Key>" key "</Key><Size>" size "</Size></Contents>"

TEST(s3_lists_page_by_page_and_only_what_is_in_the_folder) {
        static const char *const answers[] = {
                OK("<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
                   "<IsTruncated>true</IsTruncated>" CONTENTS("folder/", "0") CONTENTS("folder/a&amp;b", "1")
                   CONTENTS("folder/.hidden", "1") CONTENTS("folder/sub/c", "1") CONTENTS("other", "1")
                   "<NextContinuationToken>to/k=n</NextContinuationToken></ListBucketResult>"),
                OK(LAST CONTENTS("folder/d e", "23") "</ListBucketResult>"),
                NULL };
        AUTO(storage_close) Storage *storage = open_canned(answers);
        AUTO_VALUE(buffer_clear) Buffer list = { .data = NULL };
        assert_ok(list_into(storage, &list));
        assert_string_equal(buffer_text(&list), "a&b=1 d e=23 ");
        AUTO_TEXT char *requests = canned_server_requests();
        assert_non_null(strstr(requests, "GET /bucket?delimiter=%2F&list-type=2&prefix=folder%2F HTTP"));
        assert_non_null(strstr(requests, "GET /bucket?continuation-token=to%2Fk%3Dn&delimiter=%2F&list-type=2&pre"));
}

TEST(s3_lists_servers_that_know_the_elder_listing_only) {
        static const char *const answers[] = {
                OK(MORE CONTENTS("folder/a", "1") CONTENTS("folder/b", "2")
                   "</ListBucketResult>"),
                OK(MORE CONTENTS("folder/c", "3")
                   "<NextMarker>folder/sub/</NextMarker></ListBucketResult>"),
                OK(LAST CONTENTS("folder/z", "4") "</ListBucketResult>"),
                NULL };
        AUTO(storage_close) Storage *storage = open_canned(answers);
        AUTO_VALUE(buffer_clear) Buffer list = { .data = NULL };
        assert_ok(list_into(storage, &list));
        assert_string_equal(buffer_text(&list), "a=1 b=2 c=3 z=4 ");
        AUTO_TEXT char *requests = canned_server_requests();
        assert_non_null(strstr(requests, "&marker=folder%2Fb&"));
        assert_non_null(strstr(requests, "&marker=folder%2Fsub%2F&"));
}

TEST(s3_refuses_listings_that_do_not_end_or_are_none) {
        static const char page[] = OK(MORE CONTENTS("folder/a", "1")
                                      "</ListBucketResult>");
        static const char *const answers[] = { page, page, OK("<html><body>proxy</html>"),
                                               OK(LAST),
                                               OK("<ListBucketResult><Contents><Key>folder/x</Key></Contents>"), NULL };
        AUTO(storage_close) Storage *storage = open_canned(answers);
        AUTO_VALUE(buffer_clear) Buffer list = { .data = NULL };
        assert_error(list_into(storage, &list), ERROR_CORRUPT, "does not end");
        assert_error(list_into(storage, &list), ERROR_CORRUPT, "XML");
        assert_error(list_into(storage, &list), ERROR_CORRUPT, "XML");
        assert_error(list_into(storage, &list), ERROR_CORRUPT, "no size for 'folder/x'");
}

TEST(s3_goes_to_the_region_where_the_bucket_lies) {
        static const char *const answers[] = {
                "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n<Error><Code>AuthorizationHeaderMalformed</Code>"
                "<Region>eu-west-3</Region></Error>",
                "HTTP/1.1 301 Moved\r\nx-amz-bucket-region: ap-east-1\r\nContent-Length: 0\r\n\r\n",
                "HTTP/1.1 301 Moved\r\nx-amz-bucket-region: ap-east-1\r\nContent-Length: 0\r\n\r\n",
                "HTTP/1.1 301 Moved\r\nx-amz-bucket-region: e.vil/\r\nContent-Length: 0\r\n\r\n", NULL };
        AUTO(storage_close) Storage *storage = open_canned(answers);
        AUTO_VALUE(buffer_clear) Buffer list = { .data = NULL };
        assert_error(list_into(storage, &list), ERROR_SYSTEM, "301"); /* moved once, and no further in one request */
        assert_error(list_into(storage, &list), ERROR_SYSTEM, "301");
        AUTO_TEXT char *requests = canned_server_requests();
        assert_non_null(strstr(requests, "/us-east-1/s3/aws4_request"));
        assert_non_null(strstr(requests, "/eu-west-3/s3/aws4_request"));
        assert_non_null(strstr(requests, "/ap-east-1/s3/aws4_request"));
        assert_null(strstr(requests, "e.vil/s3"));
}

TEST(s3_tells_a_server_that_is_none_of_s3) {
        static const char *const answers[] = { "HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n<html>", NULL };
        AUTO(storage_close) Storage *storage = open_canned(answers);
        AUTO_VALUE(buffer_clear) Buffer list = { .data = NULL };
        assert_error(list_into(storage, &list), ERROR_MISSING, "not in words of S3's: correct the host in the URL");
}

TEST(s3_names_the_variable_of_an_authority_that_cannot_be_read) {
        AUTO(url_free) Url *url = NULL, *without_tls = NULL;
        Storage *storage = NULL;
        assert_ok(url_parse("s3://key:secret@127.0.0.1:9/bucket", &url));
        assert_int_equal(setenv("AWS_CA_BUNDLE", "/no/such/bundle", 1), 0);
        Error *error = s3_storage_class.open(url, &(StorageOptions){ .timeout = 10 }, &storage);
        assert_ok(url_parse("s3+http://key:secret@127.0.0.1:9/bucket", &without_tls));
        assert_ok(
                s3_storage_class.open(without_tls, &(StorageOptions){ .timeout = 10 }, &storage)); /* nobody needs it */
        storage_close(storage);
        assert_int_equal(setenv("AWS_CA_BUNDLE", "", 1), 0);
        assert_error(error, ERROR_USER, "cannot read '/no/such/bundle' of AWS_CA_BUNDLE");
        assert_ok(s3_storage_class.open(url, &(StorageOptions){ .timeout = 10 }, &storage)); /* empty is none */
        storage_close(storage);
}

TEST(s3_explains_what_it_is_refused) {
        static const struct {
                const char *answer;
                ErrorKind kind;
                const char *story;
        } examples[] = {
                { "HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n<Error><Code>InvalidObjectState</Code></Error>",
                  ERROR_DENIED, "aws s3api restore-object" },
                { "HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n<Error><Code>RequestTimeTooSkewed</Code></Error>",
                  ERROR_DENIED, "clock" },
                { "HTTP/1.1 404 No\r\nConnection: close\r\n\r\n<Error><Code>NoSuchBucket</Code></Error>", ERROR_MISSING,
                  "create the bucket" },
                { "HTTP/1.1 503 Slow\r\nConnection: close\r\n\r\n<Error><Code>SlowDown</Code></Error>", ERROR_TRANSIENT,
                  "SlowDown" },
                { "HTTP/1.1 307 Elsewhere\r\nConnection: close\r\n\r\n<Error><Code>TemporaryRedirect</Code></Error>",
                  ERROR_TRANSIENT, "TemporaryRedirect" },
                { "HTTP/1.1 400 Bad\r\nConnection: close\r\n\r\n<Error><Code>EntityTooSmall</Code></Error>", ERROR_USER,
                  "--s3-multipart-chunk-size" },
                { "HTTP/1.1 400 Bad\r\nConnection: close\r\n\r\n<Error><Code>RequestTimeout</Code></Error>",
                  ERROR_TRANSIENT, "RequestTimeout" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(examples); i++) {
                const char *answers[] = { examples[i].answer, NULL };
                AUTO(storage_close) Storage *storage = open_canned(answers);
                AUTO_FD int fd = storage_contract_temporary(bytes_of("old"));
                assert_error(storage_get(storage, "some-file", fd), examples[i].kind, examples[i].story);
        }
}

TEST(s3_believes_no_put_whose_checksum_differs) {
        static const char *const answers[] = {
                "HTTP/1.1 200 OK\r\nETag: \"d41d8cd98f00b204e9800998ecf8427e\"\r\nContent-Length: 0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nETag: \"9A0364B9E99BB480DD25E1F0284C8555\"\r\nContent-Length: 0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nETag: \"d41d8cd98f00b204e9800998ecf8427e\"\r\n"
                "x-amz-server-side-encryption: aws:kms\r\nContent-Length: 0\r\n\r\n", SIZED("7"),
                "HTTP/1.1 200 OK\r\nETag: other\r\nContent-Length: 0\r\n\r\n", SIZED("6"), NULL };
        AUTO(storage_close) Storage *storage = open_canned(answers);
        AUTO_FD int fd = storage_contract_temporary(bytes_of("content"));
        assert_error(storage_put(storage, "a", fd), ERROR_TRANSIENT, "checksum");
        assert_ok(storage_put(storage, "b", fd)); /* proven: nothing more is asked */
        assert_ok(storage_put(storage, "c", fd));
        assert_error(storage_put(storage, "d", fd), ERROR_TRANSIENT, "6 bytes arrived instead of 7");
        AUTO_TEXT char *requests = canned_server_requests();
        assert_non_null(strstr(requests, "Content-MD5: mgNkuembtIDdJeHwKEyFVQ==\r\n"));
        assert_non_null(strstr(requests, "x-amz-content-sha256: "
                                         "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73\r\n"));
        assert_null(strstr(requests, "x-amz-storage-class"));
        assert_null(strstr(requests, "x-amz-server-side-encryption:"));
        assert_null(strstr(requests, "HEAD /bucket/folder/b "));
        assert_non_null(strstr(requests, "HEAD /bucket/folder/c "));
}

TEST(s3_stores_volumes_only_in_other_classes) {
        static const char *const answers[] = { EMPTY, SIZED("1"), EMPTY, SIZED("1"), NULL };
        const StorageOptions options = { .timeout = 10, .s3_storage_class = "GLACIER", .s3_sse_kms = true,
                                         .s3_kms_key = "the-key", .s3_kms_grant = "id=0" };
        AUTO(storage_close) Storage *storage = open_on(canned_server_start(answers), &options);
        AUTO_FD int fd = storage_contract_temporary(bytes_of("1"));
        assert_ok(storage_put(storage, "duplicity-full.20261123T044346Z.manifest.gpg", fd));
        AUTO_TEXT char *manifest = canned_server_requests();
        assert_null(strstr(manifest, "x-amz-storage-class"));
        assert_non_null(strstr(manifest, "x-amz-server-side-encryption: aws:kms\r\n"));
        assert_non_null(strstr(manifest, "x-amz-server-side-encryption-aws-kms-key-id: the-key\r\n"));
        assert_non_null(strstr(manifest, "x-amz-grant-full-control: id=0\r\n"));
        assert_ok(storage_put(storage, "duplicity-full.20261123T044346Z.vol1.difftar.gpg", fd));
        AUTO_TEXT char *volume = canned_server_requests();
        assert_non_null(strstr(volume, "x-amz-storage-class: GLACIER\r\n"));
}

#define BEGUN OK("<InitiateMultipartUploadResult><UploadId>i/d</UploadId></InitiateMultipartUploadResult>")
#define NONE_LEFT OK("<ListMultipartUploadsResult></ListMultipartUploadsResult>")
#define PART "HTTP/1.1 200 OK\r\nETag: \"part\"\r\nContent-Length: 0\r\n\r\n"
#define GONE "HTTP/1.1 204 No Content\r\n\r\n"

static Error *put_in_parts(const char *const *answers, const char *content) {
        const StorageOptions options = { .timeout = 10, .s3_part_size = 4 };
        AUTO(storage_close) Storage *storage = open_on(canned_server_start(answers), &options);
        AUTO_FD int fd = storage_contract_temporary(bytes_of(content));
        return storage_put(storage, "some-file", fd);
}

TEST(s3_sends_large_files_in_parts) {
        static const char *const answers[] = { NONE_LEFT, NONE_LEFT, BEGUN, PART, PART, PART,
                                               OK("<CompleteMultipartUploadResult/>"), SIZED("10"), NULL };
        assert_ok(put_in_parts(answers, "0123456789"));
        AUTO_TEXT char *requests = canned_server_requests();
        assert_non_null(strstr(requests, "POST /bucket/folder/some-file?uploads= HTTP"));
        assert_non_null(strstr(requests, "\r\n\r\n0123PUT /bucket/folder/some-file?partNumber=2&uploadId=i%2Fd HTTP"));
        assert_non_null(strstr(requests, "\r\n\r\n89POST /bucket/folder/some-file?uploadId=i%2Fd HTTP"));
        assert_non_null(strstr(requests, "<PartNumber>3</PartNumber><ETag>&quot;part&quot;</ETag></Part></Complete"));
}

TEST(s3_leaves_no_parts_behind) {
        static const char *const broken[] = { NONE_LEFT, NONE_LEFT, BEGUN, PART,
                                              "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", GONE, NULL };
        static const char *const late[] = { NONE_LEFT, NONE_LEFT, BEGUN, PART, PART,
                                            OK("<Error><Code>InternalError</Code></Error>"), GONE, NULL };
        assert_error(put_in_parts(broken, "01234567"), ERROR_TRANSIENT, "500");
        AUTO_TEXT char *of_broken = canned_server_requests();
        assert_non_null(strstr(of_broken, "DELETE /bucket/folder/some-file?uploadId=i%2Fd HTTP"));
        assert_error(put_in_parts(late, "01234567"), ERROR_TRANSIENT, "InternalError");
        AUTO_TEXT char *of_late = canned_server_requests();
        assert_non_null(strstr(of_late, "DELETE /bucket/folder/some-file?uploadId=i%2Fd HTTP"));
}

#define UPLOAD(key, id, when)                                                                                          \
        "<Upload><Key>" key "</Key><UploadId>" id "</UploadId><Initiated>" when "</Initiated></Upload>"

TEST(s3_discards_what_killed_runs_left) {
        static const char *const answers[] = {
                OK("<ListMultipartUploadsResult>"
                   UPLOAD("folder/duplicity-full.vol1.difftar", "old", "2020-01-01T00:00:00.000Z")
                   UPLOAD("folder/duplicity-full.vol2.difftar", "young", "2999-01-01T00:00:00.000Z")
                   UPLOAD("folder/foreign", "foreign", "2020-01-01T00:00:00.000Z")
                   UPLOAD("folder/sub/duplicity-full.vol1.difftar", "deeper", "2020-01-01T00:00:00.000Z")
                   "</ListMultipartUploadsResult>"),
                GONE,
                OK("<ListMultipartUploadsResult>" UPLOAD("folder/some-file", "mine", "2999-01-01T00:00:00.000Z")
                   UPLOAD("folder/some-file-else", "else", "2020-01-01T00:00:00.000Z") "</ListMultipartUploadsResult>"),
                GONE, BEGUN, PART, PART, OK("<CompleteMultipartUploadResult/>"), SIZED("8"), NULL };
        assert_ok(put_in_parts(answers, "01234567"));
        AUTO_TEXT char *requests = canned_server_requests();
        assert_non_null(strstr(requests, "DELETE /bucket/folder/duplicity-full.vol1.difftar?uploadId=old HTTP"));
        assert_non_null(strstr(requests, "DELETE /bucket/folder/some-file?uploadId=mine HTTP"));
        assert_null(strstr(requests, "uploadId=young"));
        assert_null(strstr(requests, "uploadId=foreign"));
        assert_null(strstr(requests, "uploadId=deeper"));
        assert_null(strstr(requests, "uploadId=else"));
}
