#include "storage/content.h"

#include "contract/storage_contract.h"
#include "sys/file.h"

TEST(content_digests_a_part_of_a_file) {
        ContentDigests digests;
        AUTO_FD int fd = storage_contract_temporary(bytes_of("xxxWelcome to Amazon S3.yyy"));
        assert_ok(content_digest(fd, 3, 21, &digests));
        assert_string_equal(digests.sha256, "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072");
        assert_ok(content_digest(fd, 0, 0, &digests));
        assert_string_equal(digests.sha256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_string_equal(digests.md5, "d41d8cd98f00b204e9800998ecf8427e");
        assert_string_equal(digests.md5_base64, "1B2M2Y8AsgTpgAmY7PhCfg==");
        assert_error(content_digest(fd, 20, 100, &digests), ERROR_SYSTEM, "shorter");
}

TEST(content_md5_is_that_of_the_header) {
        char text[25];
        content_md5(bytes_of(""), text);
        assert_string_equal(text, "1B2M2Y8AsgTpgAmY7PhCfg==");
}

TEST(content_sizes_have_to_be_equal) {
        assert_ok(content_compare_size(7, 7));
        Error *error = content_compare_size(6, 7);
        assert_int_equal(error_exit_code(error), EXIT_CODE_WRONG_UPLOAD_SIZE);
        assert_error(error, ERROR_TRANSIENT, "6 bytes arrived instead of 7");
}
