#include "storage/s3_login.h"

#include <unistd.h>

#include "base/memory.h"
#include "support/test.h"

static void set(const char *name, const char *value) {
        assert_int_equal(value ? setenv(name, value, 1) : unsetenv(name), 0);
}

/* An environment with nothing of S3 in it, and the home folder in the test's own. */
static void begin(void) {
        static const char *const names[] = { "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
                                             "AWS_PROFILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE",
                                             "AWS_REGION", "AWS_DEFAULT_REGION" };
        char folder[4096];
        for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
                set(names[i], NULL);
        assert_non_null(getcwd(folder, sizeof folder));
        set("HOME", folder);
}

static const StorageOptions none;

static S3Login *find(const char *text) {
        AUTO(url_free) Url *url = NULL;
        S3Login *login = NULL;
        assert_ok(url_parse(text, &url));
        assert_ok(s3_login_find(url, &none, &login));
        return login;
}

static void assert_keys(const S3Login *login, const char *access, const char *secret, const char *token) {
        assert_string_equal(login->access_key, access);
        assert_bytes_equal(secret_reveal(login->secret_key), bytes_of(secret));
        if (token)
                assert_string_equal(login->session_token, token);
        else
                assert_null(login->session_token);
}

TEST(s3_login_takes_variables) {
        begin();
        set("AWS_ACCESS_KEY_ID", "access");
        set("AWS_SECRET_ACCESS_KEY", "se/cr+et");
        AUTO(s3_login_free) S3Login *login = find("s3://bucket");
        assert_keys(login, "access", "se/cr+et", NULL);
        assert_null(login->region);
        set("AWS_SESSION_TOKEN", "token");
        set("AWS_DEFAULT_REGION", "eu-west-1");
        AUTO(s3_login_free) S3Login *further = find("s3://bucket");
        assert_keys(further, "access", "se/cr+et", "token");
        assert_string_equal(further->region, "eu-west-1");
        set("AWS_REGION", "eu-west-2");
        AUTO(s3_login_free) S3Login *regional = find("s3://bucket");
        assert_string_equal(regional->region, "eu-west-2");
}

TEST(s3_login_takes_the_url_first) {
        begin();
        set("AWS_ACCESS_KEY_ID", "access");
        set("AWS_SECRET_ACCESS_KEY", "secret");
        set("AWS_SESSION_TOKEN", "token");
        AUTO(s3_login_free) S3Login *login = find("s3://us%3Aer:pa%2Fss@host:80/bucket");
        assert_keys(login, "us:er", "pa/ss", NULL);
}

TEST(s3_login_reads_profiles) {
        begin();
        test_write_file("credentials", bytes_of("# aws_access_key_id = none\n[other]\naws_access_key_id=o\n"
                                                "aws_secret_access_key=os\n\n[default]\r\naws_access_key_id = d \r\n"
                                                "aws_secret_access_key = d=s\r\n[third]\naws_access_key_id = half\n"));
        test_write_file("config", bytes_of("[default]\nregion = r1\n[profile other]\nregion = r2\ns3 =\n"
                                           "  region = nested\n[profile third]\naws_access_key_id = t\n"
                                           "aws_secret_access_key = ts\naws_session_token = tt\n"));
        set("AWS_SHARED_CREDENTIALS_FILE", "credentials");
        set("AWS_CONFIG_FILE", "config");
        AUTO(s3_login_free) S3Login *usual = find("s3://bucket");
        assert_keys(usual, "d", "d=s", NULL);
        assert_string_equal(usual->region, "r1");
        set("AWS_PROFILE", "other");
        AUTO(s3_login_free) S3Login *other = find("s3://bucket");
        assert_keys(other, "o", "os", NULL);
        assert_string_equal(other->region, "r2");
        set("AWS_PROFILE", "third"); /* half a pair in one file does not mix with the other's */
        AUTO(s3_login_free) S3Login *third = find("s3://bucket");
        assert_keys(third, "t", "ts", "tt");
        assert_null(third->region);
}

TEST(s3_keys_that_are_given_count_before_all_others) {
        AUTO(url_free) Url *url = NULL;
        AUTO(s3_login_free) S3Login *login = NULL;
        AUTO(secret_free) Secret *key = secret_new(bytes_of("s"));
        const StorageOptions given = { .s3_access_key = "a", .s3_secret_key = key };
        begin();
        set("AWS_ACCESS_KEY_ID", "other");
        set("AWS_SECRET_ACCESS_KEY", "other");
        set("AWS_SESSION_TOKEN", "other");
        assert_ok(url_parse("s3://u:p@host/bucket", &url));
        assert_ok(s3_login_find(url, &given, &login));
        assert_keys(login, "a", "s", NULL);
}

TEST(s3_keys_may_have_left_the_environment_before) {
        AUTO(url_free) Url *url = NULL;
        AUTO(s3_login_free) S3Login *login = NULL;
        AUTO(secret_free) Secret *key = secret_new(bytes_of("s")), *token = secret_new(bytes_of("t"));
        const StorageOptions taken = { .aws_secret_key = key, .aws_session_token = token };
        begin();
        set("AWS_ACCESS_KEY_ID", "a");
        assert_ok(url_parse("s3://bucket", &url));
        assert_ok(s3_login_find(url, &taken, &login));
        assert_keys(login, "a", "s", "t");
}

TEST(s3_login_says_where_keys_may_be) {
        AUTO(url_free) Url *url = NULL;
        S3Login *login = NULL;
        begin();
        assert_ok(url_parse("s3://bucket", &url));
        assert_error(s3_login_find(url, &none, &login), ERROR_USER, "AWS_SECRET_ACCESS_KEY");
        set("AWS_ACCESS_KEY_ID", "access");
        assert_error(s3_login_find(url, &none, &login), ERROR_USER, "~/.aws/credentials");
        assert_null(login);
}
