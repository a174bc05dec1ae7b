#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "contract/network_contract.h"
#include "servers/leftovers.h"
#include "sys/file.h"

#define USER "us%2Fer%20%40x%25%2B%3D%26%23%C3%BC"
#define PASSWORD "p%40ss%3Aw%2Frd%20%231%25%2B%3D%26%C3%BC"

static char *url_in(const char *server, const char *password, const char *folder) {
        return memory_print("webdav://%s:%s@%s/%s/%s/folder%%20%%40%%3A%%25%%2B%%3D%%26%%23%%C3%%BC/deep", USER,
                            password, server, folder, server_unique());
}

static char *url_of(const char *server) {
        return url_in(server, PASSWORD, "dav");
}

static char *wrong_url_of(const char *server) {
        return url_in(server, "no-such-password", "dav");
}

static const Server webdav_server = {
        .name = "WEBDAV",
        .url = url_of,
        .wrong_url = wrong_url_of,
        .wrong_word = "password",
        .cut = 300000,
        .options = { .timeout = 30 },
};

static Storage *open_webdav(void) {
        return server_open(url_of(server_variable("WEBDAV_SERVER")), &webdav_server.options);
}

STORAGE_CONTRACT(webdav, open_webdav)
NETWORK_CONTRACT(webdav, &webdav_server)

static Error *try_server(const char *scheme, const char *server, const char *folder, const StorageOptions *options,
                         Storage **ret_storage) {
        AUTO_TEXT char *url =
                memory_print("%s://%s:%s@%s/%s/%s", scheme, USER, PASSWORD, server, folder, server_unique());
        return server_try(url, options, ret_storage);
}

TEST(webdav_takes_basic_and_no_login) {
        static const char *const folders[] = { "basic", "open" };
        for (size_t i = 0; i < ARRAY_LENGTH(folders); i++) {
                AUTO(storage_close) Storage *storage = NULL;
                assert_ok(try_server("webdav", server_variable("WEBDAV_SERVER"), folders[i], &webdav_server.options,
                                     &storage));
                storage_contract_put(storage, "some-file", bytes_of("content"));
                storage_contract_assert_holds(storage, "some-file", bytes_of("content"));
        }
}

TEST(webdav_needs_permission) {
        Storage *storage = NULL;
        assert_error(try_server("webdav", server_variable("WEBDAV_SERVER"), "shut", &webdav_server.options, &storage),
                     ERROR_DENIED, "give the user 'us/er @x%+=&#\xc3\xbc' the right");
}

TEST(webdav_says_that_a_file_stands_in_the_folders_place) {
        Storage *storage = NULL;
        AUTO_FD int fd = storage_contract_temporary(bytes_of("1"));
        AUTO_TEXT char *below = memory_print("dav/%s/some-file", server_unique());
        assert_ok(try_server("webdav", server_variable("WEBDAV_SERVER"), "dav", &webdav_server.options, &storage));
        storage_contract_put(storage, "some-file", bytes_of("content"));
        storage_close(storage);
        storage = NULL;
        Error *error = try_server("webdav", server_variable("WEBDAV_SERVER"), below, &webdav_server.options, &storage);
        if (!error)
                error = storage_put(storage, "some-file", fd);
        storage_close(storage);
        assert_error(error, ERROR_USER, "a file may stand where the URL has a folder: correct the URL");
}

TEST(webdav_trusts_only_certificates_by_known_authorities_for_this_host_and_time) {
        StorageOptions options = webdav_server.options;
        AUTO_TEXT char *authority = memory_print("%s/webdav/ca.pem", server_variable("SERVERS"));
        const char *server = server_variable("WEBDAVS_SERVER");
        Storage *storage = NULL;
        assert_error(try_server("webdavs", server, "dav", &options, &storage), ERROR_DENIED, "--ssl-cacert-file");
        options.ssl_ca_file = authority;
        assert_ok(try_server("webdavs", server, "dav", &options, &storage));
        storage_contract_put(storage, "some-file", bytes_of("content"));
        storage_contract_assert_holds(storage, "some-file", bytes_of("content"));
        storage_close(storage);
        AUTO_TEXT char *other_name = memory_print("127.0.0.2:%s", strrchr(server, ':') + 1);
        AUTO_TEXT char *expired = memory_print("127.0.0.3:%s", strrchr(server, ':') + 1);
        assert_error(try_server("webdavs", other_name, "dav", &options, &storage), ERROR_DENIED,
                     "correct the host in the URL");
        assert_error(try_server("webdavs", expired, "dav", &options, &storage), ERROR_DENIED,
                     "the server's certificate expired");
        options.ssl_ca_file = "no-such-file.pem";
        assert_error(try_server("webdavs", server, "dav", &options, &storage), ERROR_USER, "--ssl-cacert-file");
}

TEST(webdav_goes_through_a_proxy_with_tls) {
        StorageOptions options = webdav_server.options;
        Storage *storage = NULL;
        AUTO_TEXT char *authority = memory_print("%s/webdav/ca.pem", server_variable("SERVERS"));
        AUTO_TEXT char *proxy = memory_print("http://%s", server_variable("WEBDAV_FAULT_SERVER"));
        AUTO_TEXT char *log = memory_print("%s.log", server_variable("WEBDAV_FAULTS"));
        options.ssl_ca_file = authority;
        server_fault(&webdav_server, "tunnel");
        server_set("https_proxy", proxy);
        assert_ok(try_server("webdavs", server_variable("WEBDAVS_SERVER"), "dav", &options, &storage));
        storage_contract_put(storage, "some-file", bytes_of("content"));
        storage_contract_assert_holds(storage, "some-file", bytes_of("content"));
        server_set("https_proxy", NULL);
        storage_close(storage);
        server_fault(&webdav_server, "");
        AUTO_TEXT char *lines = test_read_file(log, NULL);
        assert_non_null(strstr(lines, "tunnel\n"));
}

TEST(webdav_says_that_the_disk_is_full) {
        enum { SIZE = 3 << 20 };
        Storage *storage = NULL;
        AUTO_VALUE(buffer_clear) Buffer list = { .data = NULL };
        AUTO_TEXT char *folder = memory_print("%s/webdav/files/%s", server_variable("SERVERS"), server_unique());
        if (geteuid() != 0)
                skip();
        uint8_t *content = test_random_bytes(SIZE, 3);
        AUTO_FD int fd = storage_contract_temporary(bytes_make(content, SIZE));
        memory_free(content);
        assert_int_equal(mkdir(folder, 0700), 0);
        assert_int_equal(mount("none", folder, "tmpfs", 0, "size=1m,mode=777"), 0);
        assert_ok(try_server("webdav", server_variable("WEBDAV_SERVER"), "dav", &webdav_server.options, &storage));
        storage_contract_put(storage, "some-file", bytes_of("old"));
        Error *error = storage_put(storage, "some-file", fd);
        storage_contract_assert_holds(storage, "some-file", bytes_of("old"));
        assert_ok(storage_list(storage, server_note, &list));
        storage_close(storage);
        assert_int_equal(umount2(folder, MNT_DETACH), 0);
        assert_string_equal(buffer_text(&list), "some-file=3 ");
        assert_int_equal(error_exit_code(error), EXIT_CODE_BACKEND_NO_SPACE);
        assert_error(error, ERROR_SYSTEM, "507");
}

TEST(webdav_talks_tls_or_not_at_all) {
        Storage *storage = NULL;
        StorageOptions options = webdav_server.options;
        options.timeout = 2;
        assert_error(try_server("webdavs", server_variable("WEBDAV_SERVER"), "dav", &options, &storage), ERROR_USER,
                     "does not begin with TLS there: correct scheme or port");
        assert_error(try_server("webdav", server_variable("WEBDAVS_SERVER"), "dav", &options, &storage),
                     ERROR_TRANSIENT, "127.0.0.1");
}

TEST(webdav_clears_away_what_killed_runs_left) {
        Storage *storage = NULL;
        AUTO_VALUE(buffer_clear) Buffer list = { .data = NULL };
        AUTO_TEXT char *folder = memory_print("%s/webdav/files/%s", server_variable("SERVERS"), server_unique());
        assert_ok(try_server("webdav", server_variable("WEBDAV_SERVER"), "dav", &webdav_server.options, &storage));
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
