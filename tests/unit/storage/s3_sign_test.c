#include "storage/s3_sign.h"

#include "base/digest.h"
#include "base/encode.h"
#include "support/test.h"

static void assert_signed(const S3Signer *signer, const S3Message *message, const char *wanted) {
        AUTO_VALUE(buffer_clear) Buffer out;
        buffer_init(&out, 0);
        s3_sign(signer, message, &out);
        assert_string_equal(buffer_text(&out), wanted);
}

static TextList list_of(const char *const *texts) {
        TextList list = { .items = NULL };
        for (; *texts; texts++)
                text_list_add(&list, *texts);
        return list;
}

static void hash_of(const char *text, char hex[65]) {
        uint8_t hash[DIGEST_SHA256_SIZE];
        digest_once(DIGEST_SHA256, bytes_of(text), hash);
        encode_hex(bytes_make(hash, sizeof hash), hex);
}

#define EMPTY "x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define WELCOME "x-amz-content-sha256: 44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"
#define HOST "Host: examplebucket.s3.amazonaws.com"
#define DATE "x-amz-date: 20130524T000000Z"
#define S3_SCOPE "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders="

/* The examples of the Amazon S3 API Reference. */
TEST(s3_sign_gives_the_signatures_of_the_api_reference) {
        static const struct {
                const char *method, *path, *query, *body;
                const char *headers[6];
                const char *wanted;
        } examples[] = {
                { "GET", "/test.txt", "", "", { HOST, "Range: bytes=0-9", EMPTY, DATE, NULL },
                  "host;range;x-amz-content-sha256;x-amz-date, "
                  "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41" },
                { "PUT", "/test%24file.text", "", "Welcome to Amazon S3.",
                  { "Date: Fri, 24 May 2013 00:00:00 GMT", DATE, HOST, "x-amz-storage-class: REDUCED_REDUNDANCY",
                    WELCOME, NULL },
                  "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class, "
                  "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd" },
                { "GET", "/", "lifecycle", "", { HOST, EMPTY, DATE, NULL },
                  "host;x-amz-content-sha256;x-amz-date, "
                  "Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543" },
                { "GET", "/", "prefix=J&max-keys=2", "", { DATE, EMPTY, HOST, NULL },
                  "host;x-amz-content-sha256;x-amz-date, "
                  "Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7" },
        };
        const S3Signer signer = {
                .access_key = "AKIAIOSFODNN7EXAMPLE",
                .secret_key = bytes_of("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
                .region = "us-east-1",
                .service = "s3",
                .now = { 1369353600 },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(examples); i++) {
                AUTO_VALUE(text_list_clear) TextList headers = list_of(examples[i].headers);
                char hash[65], wanted[400];
                hash_of(examples[i].body, hash);
                snprintf(wanted, sizeof wanted, S3_SCOPE "%s", examples[i].wanted);
                assert_signed(&signer,
                              &(S3Message){ .method = examples[i].method, .path = examples[i].path,
                                            .query = examples[i].query, .headers = &headers, .payload = hash },
                              wanted);
        }
}

#define SUITE_HOST "Host:example.amazonaws.com"
#define SUITE_DATE "X-Amz-Date:20150830T123600Z"
#define SUITE_SCOPE "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders="

/* Cases of AWS's Signature Version 4 test suite; those of normalised paths are left out, S3 does not normalise.
 * One is ours, signed by another program. */
TEST(s3_sign_gives_the_signatures_of_the_test_suite) {
        static const struct {
                const char *method, *path, *query;
                const char *headers[5];
                const char *wanted;
        } cases[] = {
                { "GET", "/", "", { SUITE_HOST, SUITE_DATE, NULL }, /* get-vanilla */
                  "host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
                { "POST", "/", "", { SUITE_HOST, SUITE_DATE, NULL }, /* post-vanilla */
                  "host;x-amz-date, Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b" },
                { "GET", "/", "Param2=value2&Param1=value1", { SUITE_HOST, SUITE_DATE, NULL }, /* query-order */
                  "host;x-amz-date, Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500" },
                { "GET", "/", "a1=3&a-b=1&a=2&a", { SUITE_HOST, SUITE_DATE, NULL }, /* ours */
                  "host;x-amz-date, Signature=499808c10e5220c61954bc2f21e1ee07d065ede49eeab2ec5efc12eb8b3e996c" },
                { "GET", "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", "", /* get-unreserved */
                  { SUITE_HOST, SUITE_DATE, NULL },
                  "host;x-amz-date, Signature=07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f" },
                { "GET", "/", "", /* get-header-value-trim */
                  { SUITE_HOST, "My-Header1: value1", "My-Header2: \"a   b   c\"", SUITE_DATE, NULL },
                  "host;my-header1;my-header2;x-amz-date, "
                  "Signature=acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736" },
                { "POST", "/", "", { SUITE_HOST, "My-Header1:VALUE1", SUITE_DATE, NULL }, /* post-header-value-case */
                  "host;my-header1;x-amz-date, "
                  "Signature=cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d" },
        };
        const S3Signer signer = {
                .access_key = "AKIDEXAMPLE",
                .secret_key = bytes_of("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
                .region = "us-east-1",
                .service = "service",
                .now = { 1440938160 },
        };
        char hash[65], wanted[400];
        hash_of("", hash);
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                AUTO_VALUE(text_list_clear) TextList headers = list_of(cases[i].headers);
                snprintf(wanted, sizeof wanted, SUITE_SCOPE "%s", cases[i].wanted);
                assert_signed(&signer,
                              &(S3Message){ .method = cases[i].method, .path = cases[i].path, .query = cases[i].query,
                                            .headers = &headers, .payload = hash },
                              wanted);
        }
}
