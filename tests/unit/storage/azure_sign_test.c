#include "storage/azure_sign.h"

#include "support/test.h"

static void assert_signed(const AzureMessage *message, const char *wanted) {
        AUTO_VALUE(buffer_clear) Buffer out;
        buffer_init(&out, 0);
        azure_sign("acc", bytes_of("keykeykey"), message, &out);
        assert_string_equal(buffer_text(&out), wanted);
}

/* The signatures were computed from the strings to sign by another implementation of HMAC. */
TEST(azure_sign_signs_headers_and_parameters_in_order) {
        const char *put[] = { "x-ms-version: 2021-12-02", "X-MS-Date:  Mon, 23 Nov 2026 04:43:46 GMT ",
                              "Content-MD5: MD5==", "Expect: 100-continue", "x-ms-blob-type: BlockBlob" };
        TextList put_headers = { .items = put, .count = ARRAY_LENGTH(put) };
        assert_signed(&(AzureMessage){ .method = "PUT", .path = "/cont/a%20b", .query = "comp=block&BlockID=YmxvY2s%3D",
                                       .headers = &put_headers, .length = 11 },
                      "SharedKey acc:zctUueUCcxKJ4xOUZkh4so6/ypMRvtGtlBg2WvQSHqQ=");
        const char *get[] = { "x-ms-version: 1" };
        TextList get_headers = { .items = get, .count = ARRAY_LENGTH(get) };
        assert_signed(&(AzureMessage){ .method = "GET", .path = "/acc/cont",
                                       .query = "prefix=a%2F%C3%BC&restype=container&comp=list",
                                       .headers = &get_headers },
                      "SharedKey acc:8OPAeUZiAElVWU7mNQaFKgrYJXajQFMpoQ6MX/SfbMQ=");
}
