#include "storage/url.h"

#include "base/memory.h"
#include "support/test.h"

typedef struct Example {
        const char *text;
        const char *scheme, *user, *password, *host;
        unsigned port;
        const char *path;
        const char *printable; /* NULL: as typed */
} Example;

static const Example examples[] = {
        { "file:///srv/backup", "file", NULL, NULL, NULL, 0, "/srv/backup", NULL },
        { "file://a/b", "file", NULL, NULL, NULL, 0, "a/b", NULL },
        { "file://user:x@y:1/b%20c", "file", NULL, NULL, NULL, 0, "user:x@y:1/b c", NULL },
        { "FILE:////double", "file", NULL, NULL, NULL, 0, "//double", NULL },
        { "file://", "file", NULL, NULL, NULL, 0, "", NULL },
        { "sftp://host", "sftp", NULL, NULL, "host", 0, "", NULL },
        { "sftp://host/", "sftp", NULL, NULL, "host", 0, "/", NULL },
        { "sftp://user@host:2222//abs/olute", "sftp", "user", NULL, "host", 2222, "//abs/olute", NULL },
        { "sftp://user:secret@host/x", "sftp", "user", "secret", "host", 0, "/x", "sftp://user@host/x" },
        { "sftp://user:s:e@c@host/x@y:z", "sftp", "user", "s:e@c", "host", 0, "/x@y:z", "sftp://user@host/x@y:z" },
        { "ftp://us%40er:s%2Fe%25@host:21/%C3%BC", "ftp", "us@er", "s/e%", "host", 21, "/\xc3\xbc",
          "ftp://us%40er@host:21/%C3%BC" },
        { "ftp://user:@host/x", "ftp", "user", "", "host", 0, "/x", "ftp://user@host/x" },
        { "ftp://:secret@host/x", "ftp", "", "secret", "host", 0, "/x", "ftp://@host/x" },
        { "sftp://user:22/x@y", "sftp", NULL, NULL, "user", 22, "/x@y", NULL },
        { "sftp://[2001:db8::1]:22/x", "sftp", NULL, NULL, "2001:db8::1", 22, "/x", NULL },
        { "sftp://u:p@[::1]/x", "sftp", "u", "p", "::1", 0, "/x", "sftp://u@[::1]/x" },
        { "boto3+s3://bucket/pre/fix", "boto3+s3", NULL, NULL, "bucket", 0, "/pre/fix", NULL },
        { "/srv/back up%20", "file", NULL, NULL, NULL, 0, "/srv/back up%20", NULL },
        { "/user:x@y:1", "file", NULL, NULL, NULL, 0, "/user:x@y:1", NULL },
        { "s3:host.example:9000/bucket/p%2Bre", "s3", NULL, NULL, "host.example", 9000, "/bucket/p+re", NULL },
        { "S3:key:sec%2Fret@host/b", "s3", "key", "sec/ret", "host", 0, "/b", "S3:key@host/b" },
        { "s3:[::1]:80/b", "s3", NULL, NULL, "::1", 80, "/b", NULL },
        { "s3:///bucket/prefix", "s3", NULL, NULL, NULL, 0, "/bucket/prefix", NULL },
        { "rsync://user@host::/module/x", "rsync", "user", NULL, "host", 0, "::/module/x", NULL },
        { "rsync://host:873::/module/x", "rsync", NULL, NULL, "host", 873, "::/module/x", NULL },
        { "sftp://host/a%2fb%zz%", "sftp", NULL, NULL, "host", 0, "/a/b%zz%", NULL },
        { "sftp://host:65535/", "sftp", NULL, NULL, "host", 65535, "/", NULL },
};

static void assert_text(const char *found, const char *wanted) {
        if (!wanted)
                assert_null(found);
        else
                assert_string_equal(found, wanted);
}

TEST(url_parses_every_form) {
        for (size_t i = 0; i < ARRAY_LENGTH(examples); i++) {
                const Example *wanted = &examples[i];
                AUTO(url_free) Url *url = NULL;
                assert_ok(url_parse(wanted->text, &url));
                assert_string_equal(url->text, wanted->text);
                assert_string_equal(url->scheme, wanted->scheme);
                assert_text(url->user, wanted->user);
                assert_text(url->host, wanted->host);
                assert_int_equal(url->port, wanted->port);
                assert_string_equal(url->path, wanted->path);
                assert_int_equal(url->password != NULL, wanted->password != NULL);
                if (wanted->password)
                        assert_bytes_equal(secret_reveal(url->password), bytes_of(wanted->password));
                AUTO_TEXT char *printable = url_printable(url);
                assert_string_equal(printable, wanted->printable ? wanted->printable : wanted->text);
        }
}

TEST(url_refuses_what_is_none) {
        static const struct {
                const char *text, *why;
        } bad[] = {
                { "", "scheme" },
                { "srv/backup", "scheme" },
                { "s3:/bucket", "scheme" },
                { "s3:", "scheme" },
                { "s4:host/bucket", "scheme" },
                { "://x", "scheme" },
                { "1a://x", "scheme" },
                { "a b://x", "scheme" },
                { "file:/srv", "scheme" },
                { "sftp://host:0/", "port" },
                { "sftp://host:65536/", "port" },
                { "sftp://host:/", "port" },
                { "sftp://host:22x/", "port" },
                { "sftp://host:99999999999999999999/", "port" },
                { "sftp://[::1/", "']'" },
                { "sftp://[::1]x/", "port" },
                { "sftp://[]/", "host is missing" },
                { "sftp://user@/x", "host is missing" },
                { "sftp://:22/x", "host is missing" },
                { "sftp://ho st/x", "host name" },
                { "sftp://ho\nst/x", "host name" },
                { "sftp://h/a%00b", "%00" },
                { "sftp://a%00:b@h/", "%00" },
                { "sftp://a:b%00@h/", "%00" },
                { "file://%00", "%00" },
                { "sftp://user:pass/word@host/x", "'/' is written %2F" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
                Url *url = NULL;
                Error *error = url_parse(bad[i].text, &url);
                assert_int_equal(error_exit_code(error), EXIT_CODE_BAD_URL);
                assert_non_null(strstr(error_story(error), "for example 'file:///"));
                assert_error(error, ERROR_USER, bad[i].why);
                assert_null(url);
        }
}

TEST(url_errors_show_no_password) {
        static const char *const bad[] = {
                "sftp://user:hush@host:0/x",      "sftp://user:hu/sh@host/x",
                "sftp://user:hu/hush@@host:22x/", "user:hush@host",
                "sftp:/user:hush@host/x",         "sftp://user:%00hush@host/",
                "sftp:user:hush@host/folder",
        };
        for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
                AUTO(url_free) Url *url = NULL;
                AUTO(error_free) Error *error = url_parse(bad[i], &url);
                assert_non_null(error);
                assert_null(strstr(error_story(error), "hu"));
                assert_null(strstr(error_story(error), "sh@"));
                assert_non_null(strstr(error_story(error), "@host"));
        }
}

TEST(url_is_told_from_a_path) {
        static const char *const urls[] = { "file:///x", "s3://", "boto3+s3://b", "a.b-c+d://x", "SFTP://h", "s3:h/b" };
        static const char *const others[] = { "",    "/",     "x",      "/a://b",  "://",        "a:/b",
                                              "a:b", "C:\\x", "7z://x", "a_b://c", "./file://x", "\xc3\xa9://x" };
        for (size_t i = 0; i < ARRAY_LENGTH(urls); i++)
                assert_true(url_is_one(urls[i]));
        for (size_t i = 0; i < ARRAY_LENGTH(others); i++)
                assert_false(url_is_one(others[i]));
}

TEST(url_authority_brackets_addresses_of_ipv6) {
        static const struct {
                const char *host;
                unsigned port;
                const char *wanted;
        } hosts[] = { { "h", 0, "h" }, { "h", 80, "h:80" }, { "::1", 0, "[::1]" }, { "::1", 80, "[::1]:80" } };
        for (size_t i = 0; i < ARRAY_LENGTH(hosts); i++) {
                AUTO_TEXT char *authority = url_authority(hosts[i].host, hosts[i].port);
                assert_string_equal(authority, hosts[i].wanted);
        }
}

TEST(url_free_welcomes_null) {
        url_free(NULL);
}
