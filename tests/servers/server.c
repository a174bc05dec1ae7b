#include "servers/server.h"

#include <unistd.h>

#include "base/memory.h"
#include "storage/registry.h"
#include "sys/cancel.h"
#include "sys/clock.h"
#include "sys/file.h"

const char *server_variable(const char *name) {
        const char *value = getenv(name);
        if (!value)
                fail_msg("%s is not set: run the tests by tests/servers/run", name);
        if (strcmp(value, "none") == 0)
                skip(); /* the server cannot run on this machine, as was said */
        return value;
}

const char *server_unique(void) {
        static char folder[4096];
        assert_non_null(getcwd(folder, sizeof folder));
        return strrchr(folder, '/') + 1;
}

Error *server_try(const char *url, const StorageOptions *options, Storage **ret_storage) {
        AUTO(url_free) Url *parsed = NULL;
        TRY(url_parse(url, &parsed));
        return registry_open(parsed, options, ret_storage);
}

Storage *server_open(char *url, const StorageOptions *options) {
        AUTO_TEXT char *text = url;
        Storage *storage = NULL;
        assert_ok(server_try(text, options, &storage));
        return storage;
}

void server_set(const char *name, const char *value) {
        assert_int_equal(value ? setenv(name, value, 1) : unsetenv(name), 0);
}

static const char *variable_of(const Server *server, const char *what) {
        AUTO_TEXT char *name = memory_print("%s_%s", server->name, what);
        return server_variable(name);
}

void server_fault(const Server *server, const char *line) {
        test_write_file(variable_of(server, "FAULTS"), bytes_of(line));
}

Storage *server_open_faulty(const Server *server, const StorageOptions *options) {
        return server_open(server->url(variable_of(server, "FAULT_SERVER")), options);
}

static Storage *open_straight(const Server *server) {
        return server_open(server->url(variable_of(server, "SERVER")), &server->options);
}

Error *server_note(void *context, const RemoteFile *file) {
        buffer_print(context, "%s=%llu ", file->name, (unsigned long long)file->size);
        return NULL;
}

static Error *count_file(void *context, UNUSED const RemoteFile *file) {
        ++*(size_t *)context;
        return NULL;
}

static size_t count_files(Storage *storage) {
        size_t count = 0;
        assert_ok(storage_list(storage, count_file, &count));
        return count;
}

enum { MEBIBYTE = 1 << 20 };

/* What all these tests send; lives as long as the process. */
static Bytes mebibyte(void) {
        static uint8_t *bytes;
        if (!bytes)
                bytes = test_random_bytes(MEBIBYTE, 7);
        return bytes_make(bytes, MEBIBYTE);
}

static StorageOptions patient(const Server *server) {
        StorageOptions options = server->options;
        options.retries = 5;
        options.retry_delay = 0.1;
        return options;
}

void network_contract_tells_of_a_cut_upload_and_leaves_nothing(const Server *server) {
        AUTO(storage_close) Storage *straight = open_straight(server);
        AUTO_FD int fd = storage_contract_temporary(mebibyte());
        AUTO_TEXT char *line = memory_print("cut-up %u", server->cut);
        Storage *storage = NULL;
        AUTO_TEXT char *url = server->url(variable_of(server, "FAULT_SERVER"));
        server_fault(server, line);
        Error *error = server_try(url, &server->options, &storage);
        if (!error)
                error = storage_put(storage, "some-file", fd);
        storage_close(storage);
        server_fault(server, "");
        assert_error(error, ERROR_TRANSIENT, "");
        assert_int_equal(count_files(straight), 0);
}

void network_contract_uploads_again_after_a_cut(const Server *server) {
        StorageOptions options = patient(server);
        AUTO_TEXT char *line = memory_print("2 cut-up %u", server->cut);
        server_fault(server, line);
        AUTO(storage_close) Storage *storage = server_open_faulty(server, &options);
        storage_contract_put(storage, "some-file", mebibyte());
        storage_contract_assert_holds(storage, "some-file", mebibyte());
        assert_int_equal(count_files(storage), 1);
}

void network_contract_downloads_again_after_a_cut(const Server *server) {
        StorageOptions options = patient(server);
        AUTO_TEXT char *line = memory_print("2 cut-down %u", server->cut);
        AUTO(storage_close) Storage *straight = open_straight(server);
        storage_contract_put(straight, "some-file", mebibyte());
        server_fault(server, line);
        AUTO(storage_close) Storage *storage = server_open_faulty(server, &options);
        storage_contract_assert_holds(storage, "some-file", mebibyte());
}

void network_contract_waits_for_a_server_that_is_gone(const Server *server) {
        StorageOptions options = patient(server);
        server_fault(server, "3 refuse");
        AUTO(storage_close) Storage *storage = server_open_faulty(server, &options);
        storage_contract_put(storage, "some-file", bytes_of("content"));
        storage_contract_assert_holds(storage, "some-file", bytes_of("content"));
}

void network_contract_gives_up_a_server_that_never_answers(const Server *server) {
        StorageOptions options = server->options;
        Storage *storage = NULL;
        size_t count;
        AUTO_TEXT char *url = server->url(variable_of(server, "FAULT_SERVER"));
        options.timeout = 1;
        server_fault(server, "hang");
        Error *error = server_try(url, &options, &storage);
        if (!error)
                error = storage_list(storage, count_file, &count);
        storage_close(storage);
        server_fault(server, "");
        assert_error(error, ERROR_TRANSIENT, "timeout");
}

void network_contract_bears_a_slow_server(const Server *server) {
        StorageOptions options = server->options;
        Bytes content = bytes_slice(mebibyte(), 0, 50000);
        AUTO(storage_close) Storage *straight = open_straight(server);
        storage_contract_put(straight, "some-file", content);
        options.timeout = 1;
        server_fault(server, "slow 20000");
        AUTO(storage_close) Storage *storage = server_open_faulty(server, &options);
        storage_contract_assert_holds(storage, "some-file", content);
        server_fault(server, "");
}

/* Tried again, this would take hours. */
void network_contract_refuses_a_wrong_password_at_once(const Server *server) {
        StorageOptions options = server->options;
        AUTO_TEXT char *url = server->wrong_url(variable_of(server, "SERVER"));
        Storage *storage = NULL;
        size_t count;
        options.retries = 100;
        options.retry_delay = 600;
        Error *error = server_try(url, &options, &storage);
        if (!error)
                error = storage_list(storage, count_file, &count);
        storage_close(storage);
        assert_null(strstr(error_story(error), "no-such-password"));
        assert_error(error, ERROR_DENIED, server->wrong_word);
}

/* The name server that would know it may be out of reach; then trying again is right. */
void network_contract_does_not_know_every_host(const Server *server) {
        AUTO_TEXT char *url = server->url("no-such-host.invalid:99");
        Storage *storage = NULL;
        size_t count;
        Error *error = server_try(url, &server->options, &storage);
        if (!error)
                error = storage_list(storage, count_file, &count);
        storage_close(storage);
        ErrorKind kind = error_kind(error) == ERROR_TRANSIENT ? ERROR_TRANSIENT : ERROR_MISSING;
        assert_error(error, kind, "no-such-host.invalid");
}

enum { LARGE = 300 };

static int make_large_file(void) {
        AUTO_FD int fd = storage_contract_temporary(bytes_of(""));
        AUTO_TEXT char *piece = memory_copy(mebibyte().at, MEBIBYTE);
        for (unsigned i = 0; i < LARGE; i++) {
                memcpy(piece, &i, sizeof i);
                assert_ok(file_write(fd, "large", bytes_make(piece, MEBIBYTE)));
        }
        return TAKE_FD(fd);
}

static void assert_large_file(int fd) {
        AUTO_TEXT char *wanted = memory_copy(mebibyte().at, MEBIBYTE);
        AUTO_TEXT char *piece = memory_zeroed(MEBIBYTE);
        size_t got;
        for (unsigned i = 0; i < LARGE; i++) {
                memcpy(wanted, &i, sizeof i);
                assert_ok(file_read_at(fd, "large", piece, MEBIBYTE, (uint64_t)i * MEBIBYTE, &got));
                assert_bytes_equal(bytes_make(piece, got), bytes_make(wanted, MEBIBYTE));
        }
}

void network_contract_carries_300_megabytes(const Server *server) {
        AUTO(storage_close) Storage *storage = open_straight(server);
        AUTO_FD int fd = make_large_file();
        uint64_t size;
        assert_ok(storage_put(storage, "large.difftar", fd));
        assert_ok(file_truncate(fd, "large"));
        assert_ok(storage_get(storage, "large.difftar", fd));
        assert_ok(file_size(fd, "large", &size));
        assert_int_equal(size, (uint64_t)LARGE * MEBIBYTE);
        assert_large_file(fd);
        assert_ok(storage_remove(storage, "large.difftar"));
}

/* A MiB at half a MiB a second takes two seconds, less what the first burst carries. */
void network_contract_keeps_to_the_limits(const Server *server) {
        StorageOptions options = server->options;
        options.limit_upload = options.limit_download = MEBIBYTE / 2;
        AUTO_TEXT char *url = server->url(variable_of(server, "SERVER"));
        AUTO(storage_close) Storage *storage = server_open(TAKE(url), &options);
        double start = clock_monotonic();
        storage_contract_put(storage, "some-file", mebibyte());
        double half = clock_monotonic();
        storage_contract_assert_holds(storage, "some-file", mebibyte());
        assert_true(half - start > 0.7);
        assert_true(clock_monotonic() - half > 0.7);
}

void network_contract_ends_when_cancelled(const Server *server) {
        AUTO(storage_close) Storage *storage = open_straight(server);
        AUTO_FD int fd = storage_contract_temporary(mebibyte());
        assert_int_equal(count_files(storage), 0);
        cancel_request();
        Error *error = storage_put(storage, "some-file", fd);
        cancel_clear();
        assert_error(error, ERROR_CANCELLED, "interrupted");
        assert_int_equal(count_files(storage), 0);
}
