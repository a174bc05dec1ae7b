#include "base/memory.h"
#include "contract/network_contract.h"
#include "servers/leftovers.h"
#include "sys/file.h"

#define USER "us%2Fer%20%40x%25%2B%3D%26%23%C3%BC"
#define PASSWORD "p%40ss%3Aw%2Frd%20%231%25%2B%3D%26%C3%BC"

static char *url_in(const char *server, const char *password) {
        return memory_print("ftp://%s:%s@%s/%s/folder%%20%%40%%3A%%25%%2B%%3D%%26%%23%%C3%%BC/deep", USER, password,
                            server, server_unique());
}

static char *url_of(const char *server) {
        return url_in(server, PASSWORD);
}

static char *wrong_url_of(const char *server) {
        return url_in(server, "no-such-password");
}

static const Server ftp_server = {
        .name = "FTP",
        .url = url_of,
        .wrong_url = wrong_url_of,
        .wrong_word = "password",
        .cut = 300000,
        .options = { .timeout = 30 },
};

static Storage *open_ftp(void) {
        return server_open(url_of(server_variable("FTP_SERVER")), &ftp_server.options);
}

STORAGE_CONTRACT(ftp, open_ftp)
NETWORK_CONTRACT(ftp, &ftp_server)

static Error *try_server(const char *scheme, const char *user, const char *server, const char *path,
                         const StorageOptions *options, Storage **ret_storage) {
        AUTO_TEXT char *url = memory_print("%s://%s:%s@%s/%s", scheme, user, PASSWORD, server, path);
        return server_try(url, options, ret_storage);
}

static void assert_works(Storage *storage) {
        AUTO_VALUE(buffer_clear) Buffer list = { .data = NULL };
        storage_contract_put(storage, "some-file", bytes_of("content"));
        storage_contract_assert_holds(storage, "some-file", bytes_of("content"));
        assert_ok(storage_list(storage, server_note, &list));
        assert_string_equal(buffer_text(&list), "some-file=7 ");
        assert_ok(storage_remove(storage, "some-file"));
}

TEST(ftp_secures_both_connections_with_tls) {
        static const struct {
                const char *scheme, *server;
        } ways[] = {
                { "ftps", "FTPS_SERVER" },  /* TLS from the first byte */
                { "ftps", "FTP_SERVER" },   /* the server turns out to want AUTH TLS */
                { "ftpes", "FTP_SERVER" },
        };
        StorageOptions options = ftp_server.options;
        AUTO_TEXT char *authority = memory_print("%s/ftp/ca.pem", server_variable("SERVERS"));
        for (size_t i = 0; i < ARRAY_LENGTH(ways); i++) {
                Storage *storage = NULL;
                const char *server = server_variable(ways[i].server);
                options.ssl_ca_file = NULL;
                assert_error(try_server(ways[i].scheme, USER, server, server_unique(), &options, &storage),
                             ERROR_DENIED, "--ssl-cacert-file");
                options.ssl_ca_file = authority;
                assert_ok(try_server(ways[i].scheme, USER, server, server_unique(), &options, &storage));
                assert_works(storage);
                storage_close(storage);
        }
}

TEST(ftp_sends_no_password_where_tls_is_refused) {
        Storage *storage = NULL;
        server_fault(&ftp_server, "replace AUTH NOPE");
        Error *error =
                try_server("ftpes", USER, server_variable("FTP_FAULT_SERVER"), "x", &ftp_server.options, &storage);
        server_fault(&ftp_server, "");
        assert_error(error, ERROR_DENIED, "TLS");
}

TEST(ftp_lists_servers_without_mlsd) {
        server_fault(&ftp_server, "replace MLSD XLSD");
        Storage *storage = server_open_faulty(&ftp_server, &ftp_server.options);
        assert_works(storage);
        storage_contract_put(storage, "blanks  in it", bytes_of("1"));
        AUTO_VALUE(buffer_clear) Buffer list = { .data = NULL };
        assert_ok(storage_list(storage, server_note, &list));
        assert_string_equal(buffer_text(&list), "blanks  in it=1 ");
        storage_close(storage);
        server_fault(&ftp_server, "");
}

TEST(ftp_goes_through_a_proxy_with_both_connections) {
        Storage *storage = NULL;
        AUTO_TEXT char *proxy = memory_print("http://%s", server_variable("FTP_FAULT_SERVER"));
        AUTO_TEXT char *log = memory_print("%s.log", server_variable("FTP_FAULTS"));
        server_fault(&ftp_server, "tunnel");
        server_set("ftp_proxy", proxy);
        Error *error =
                try_server("ftp", USER, server_variable("FTP_SERVER"), server_unique(), &ftp_server.options, &storage);
        assert_ok(error);
        assert_works(storage);
        server_set("ftp_proxy", NULL);
        storage_close(storage);
        server_fault(&ftp_server, "");
        AUTO_TEXT char *lines = test_read_file(log, NULL);
        const char *first = strstr(lines, "tunnel\n");
        assert_non_null(first);
        assert_non_null(strstr(first + 1, "tunnel\n")); /* that for data, too */
}

TEST(ftp_takes_relative_and_absolute_paths) {
        const char *server = server_variable("FTP_SERVER");
        AUTO_TEXT char *relative = memory_print("%s/deep", server_unique());
        AUTO_TEXT char *absolute = memory_print("/%s/deep", server_unique());
        Storage *storage = NULL;
        assert_ok(try_server("ftp", USER, server, relative, &ftp_server.options, &storage));
        storage_contract_put(storage, "some-file", bytes_of("content"));
        storage_close(storage);
        assert_ok(try_server("ftp", USER, server, absolute, &ftp_server.options, &storage));
        storage_contract_assert_holds(storage, "some-file", bytes_of("content"));
        storage_close(storage);
}

TEST(ftp_says_that_the_disk_is_full) {
        Storage *storage = NULL;
        AUTO_FD int fd = storage_contract_temporary(bytes_of(""));
        AUTO_VALUE(buffer_clear) Buffer list = { .data = NULL };
        uint8_t *content = test_random_bytes(4 << 20, 3);
        assert_ok(file_write(fd, "large", bytes_make(content, 4 << 20)));
        memory_free(content);
        assert_ok(try_server("ftp", "small", server_variable("FTP_SERVER"), "", &ftp_server.options, &storage));
        Error *error = storage_put(storage, "some-file", fd);
        assert_int_equal(error_exit_code(error), EXIT_CODE_BACKEND_NO_SPACE);
        assert_error(error, ERROR_SYSTEM, "full");
        assert_ok(storage_list(storage, server_note, &list));
        assert_int_equal(list.length, 0);
        storage_close(storage);
}

TEST(ftp_needs_permission) {
        Storage *storage = NULL;
        AUTO_FD int fd = storage_contract_temporary(bytes_of("1"));
        assert_ok(try_server("ftp", "small", server_variable("FTP_SERVER"), "shut/x", &ftp_server.options, &storage));
        Error *error = storage_put(storage, "some-file", fd);
        assert_non_null(strstr(error_story(error), "ermission denied"));
        assert_non_null(strstr(error_story(error), "/shut/x/"));
        assert_error(error, ERROR_DENIED, "to the account 'small'; give the account the right");
        storage_close(storage);
}

/* Servers quote the path beside their words. */
TEST(ftp_takes_names_that_sound_like_refusals) {
        static const char *const names[] = { "permission-files", "denied", "quota-reports", "not%20allowed",
                                             "no%20space", "prohibited", "no%20such%20file" };
        for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
                Storage *storage = NULL;
                AUTO_FD int fd = storage_contract_temporary(bytes_of(""));
                AUTO_TEXT char *path = memory_print("%s/%s/deep", server_unique(), names[i]);
                AUTO_TEXT char *file = memory_print("%s-file", names[i]);
                assert_ok(try_server("ftp", USER, server_variable("FTP_SERVER"), path, &ftp_server.options, &storage));
                assert_works(storage);
                assert_error(storage_get(storage, file, fd), ERROR_MISSING, file);
                assert_ok(storage_remove(storage, file));
                storage_close(storage);
        }
}

TEST(ftp_clears_away_what_killed_runs_left) {
        Storage *storage = NULL;
        AUTO_VALUE(buffer_clear) Buffer list = { .data = NULL };
        AUTO_TEXT char *folder = memory_print("%s/ftp/home/%s", server_variable("SERVERS"), server_unique());
        assert_ok(
                try_server("ftp", USER, server_variable("FTP_SERVER"), server_unique(), &ftp_server.options, &storage));
        storage_contract_put(storage, "some-file", bytes_of("content"));
        leftovers_make(folder);
        assert_ok(storage_list(storage, server_note, &list));
        assert_string_equal(buffer_text(&list), "some-file=7 ");
        assert_true(leftovers_are_there(folder, ".old.part-1")); /* reading changes nothing */
        storage_contract_put(storage, "some-file", bytes_of("content"));
        assert_false(leftovers_are_there(folder, ".old.part-1"));
        assert_true(leftovers_are_there(folder, ".young.part-1"));
        assert_true(leftovers_are_there(folder, ".foreign"));
        storage_close(storage);
}
