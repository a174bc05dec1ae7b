#include "contract/network_contract.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "sys/cancel.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/task.h"

static Storage *open_straight(const Server *server) {
        return server_open(server->url(server_variable_of(server, "SERVER")), &server->options);
}

enum { MEBIBYTE = 1 << 20 };

/* What all these tests send; lives as long as the process. */
static Bytes mebibyte(void) {
        static uint8_t *bytes;
        if (!bytes)
                bytes = test_random_bytes(MEBIBYTE, 7);
        return bytes_make(bytes, MEBIBYTE);
}

static Error *ignore_file(UNUSED void *context, UNUSED const RemoteFile *file) {
        return NULL;
}

static Error *try_list(Storage *storage) {
        return storage_list(storage, ignore_file, NULL);
}

static StorageOptions patient(const Server *server) {
        StorageOptions options = server->options;
        options.retries = 5;
        options.retry_delay = 0.1;
        return options;
}

/* Puts what all send, through the proxy, which does what LINE says; the failure is the caller's. */
static Error *try_put(const Server *server, const StorageOptions *options, const char *line) {
        Storage *storage = NULL;
        AUTO_FD int fd = storage_contract_temporary(mebibyte());
        AUTO_TEXT char *url = server->url(server_variable_of(server, "FAULT_SERVER"));
        server_fault(server, line);
        Error *error = server_try(url, options, &storage);
        if (!error)
                error = storage_put(storage, "some-file", fd);
        storage_close(storage);
        server_fault(server, "");
        return error;
}

/* Where the line is gone nobody can clear away what the server has got; its name begins with a dot then. */
void network_contract_tells_of_a_cut_upload_and_lists_nothing_unfinished(const Server *server) {
        AUTO(storage_close) Storage *straight = open_straight(server);
        AUTO_TEXT char *line = memory_print("cut-up %u", server->cut);
        assert_error(try_put(server, &server->options, line), ERROR_TRANSIENT, "");
        assert_int_equal(storage_contract_count(straight), 0);
        storage_contract_put(straight, "some-file", bytes_of("content"));
        storage_contract_assert_holds(straight, "some-file", bytes_of("content"));
        assert_int_equal(storage_contract_count(straight), 1);
}

void network_contract_uploads_again_after_a_cut(const Server *server) {
        StorageOptions options = patient(server);
        AUTO_TEXT char *line = memory_print("2 cut-up %u", server->cut);
        server_fault(server, line);
        AUTO(storage_close) Storage *storage = server_open_faulty(server, &options);
        storage_contract_put(storage, "some-file", mebibyte());
        storage_contract_assert_holds(storage, "some-file", mebibyte());
        assert_int_equal(storage_contract_count(storage), 1);
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

/* The pauses are 0.1 s, 0.2 s and so on, a quarter more or less. */
void network_contract_waits_for_a_server_that_is_gone_for_5_seconds(const Server *server) {
        StorageOptions options = server->options;
        options.retries = 8;
        options.retry_delay = 0.1;
        server_fault(server, "gone 5");
        double start = clock_monotonic();
        AUTO(storage_close) Storage *storage = server_open_faulty(server, &options);
        storage_contract_put(storage, "some-file", bytes_of("content"));
        assert_true(clock_monotonic() - start > 4.9);
        storage_contract_assert_holds(storage, "some-file", bytes_of("content"));
}

void network_contract_gives_up_a_server_that_never_answers(const Server *server) {
        StorageOptions options = server->options;
        Storage *storage = NULL;
        AUTO_TEXT char *url = server->url(server_variable_of(server, "FAULT_SERVER"));
        options.timeout = 1;
        server_fault(server, "hang");
        Error *error = server_try(url, &options, &storage);
        if (!error)
                error = try_list(storage);
        storage_close(storage);
        server_fault(server, "");
        assert_error(error, ERROR_TRANSIENT, "ime"); /* timeout, Timeout, timed out */
}

void network_contract_gives_up_an_upload_whose_answer_never_comes(const Server *server) {
        StorageOptions options = server->options;
        AUTO_TEXT char *line = memory_print("mute %u", server->cut);
        options.timeout = 2;
        assert_error(try_put(server, &options, line), ERROR_TRANSIENT, "ime"); /* timeout, Timeout, timed out */
}

/* It takes longer than an answer may. */
void network_contract_bears_a_slow_server(const Server *server) {
        StorageOptions options = server->options;
        Bytes content = bytes_slice(mebibyte(), 0, 100000);
        AUTO(storage_close) Storage *straight = open_straight(server);
        storage_contract_put(straight, "some-file", content);
        options.timeout = 4; /* a busy machine may need some of it */
        server_fault(server, "slow 20000");
        double start = clock_monotonic();
        AUTO(storage_close) Storage *storage = server_open_faulty(server, &options);
        storage_contract_assert_holds(storage, "some-file", content);
        assert_true(clock_monotonic() - start > options.timeout);
        server_fault(server, "");
}

/* Tried again, this would take hours. */
void network_contract_refuses_a_wrong_password_at_once(const Server *server) {
        StorageOptions options = server->options;
        AUTO_TEXT char *url = server->wrong_url(server_variable_of(server, "SERVER"));
        Storage *storage = NULL;
        options.retries = 100;
        options.retry_delay = 600;
        Error *error = server_try(url, &options, &storage);
        if (!error)
                error = try_list(storage);
        storage_close(storage);
        assert_null(strstr(error_story(error), "no-such-password"));
        assert_error(error, ERROR_DENIED, server->wrong_word);
}

/* The name server that would know it may be out of reach; then trying again is right. */
void network_contract_does_not_know_every_host(const Server *server) {
        AUTO_TEXT char *url = server->url("no-such-host.invalid:99");
        Storage *storage = NULL;
        Error *error = server_try(url, &server->options, &storage);
        if (!error)
                error = try_list(storage);
        storage_close(storage);
        ErrorKind kind = error_kind(error);
        assert_true(kind == ERROR_TRANSIENT || kind == ERROR_MISSING || kind == ERROR_USER);
        assert_error(error, kind, "no-such-host.invalid");
}

static bool has_ipv6(void) {
        struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback };
        AUTO_FD int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
        return fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
}

/* The proxy listens there too. */
void network_contract_goes_to_addresses_of_ipv6(const Server *server) {
        if (!has_ipv6())
                skip();
        AUTO_TEXT char *address = memory_print("[::1]%s", strrchr(server_variable_of(server, "FAULT_SERVER"), ':'));
        server_fault(server, "");
        AUTO(storage_close) Storage *storage = server_open(server->url(address), &server->options);
        storage_contract_put(storage, "some-file", mebibyte());
        storage_contract_assert_holds(storage, "some-file", mebibyte());
        assert_int_equal(storage_contract_count(storage), 1);
}

void network_contract_carries_300_megabytes(const Server *server) {
        AUTO(storage_close) Storage *storage = open_straight(server);
        storage_contract_carry_300_megabytes(storage);
}

/* Seconds that a MiB must take at half a MiB each, with room for what the first burst carries. */
static const double LIMITED = 0.8 * 2;

void network_contract_keeps_to_the_limits(const Server *server) {
        StorageOptions options = server->options;
        options.limit_upload = options.limit_download = MEBIBYTE / 2;
        AUTO_TEXT char *url = server->url(server_variable_of(server, "SERVER"));
        AUTO(storage_close) Storage *storage = server_open(TAKE(url), &options);
        double start = clock_monotonic();
        storage_contract_put(storage, "some-file", mebibyte());
        double half = clock_monotonic();
        storage_contract_assert_holds(storage, "some-file", mebibyte());
        assert_true(half - start > LIMITED);
        assert_true(clock_monotonic() - half > LIMITED);
}

static Error *cancel_soon(UNUSED void *context) {
        usleep(300 * 1000);
        cancel_request();
        return NULL;
}

/* At this speed the upload would take a minute. */
void network_contract_ends_when_cancelled_in_the_middle(const Server *server) {
        StorageOptions options = server->options;
        options.limit_upload = MEBIBYTE / 64;
        AUTO_TEXT char *url = server->url(server_variable_of(server, "SERVER"));
        AUTO(storage_close) Storage *storage = server_open(TAKE(url), &options);
        AUTO_FD int fd = storage_contract_temporary(mebibyte());
        Task *canceller = NULL;
        double start = clock_monotonic();
        assert_ok(task_start(cancel_soon, NULL, &canceller));
        Error *error = storage_put(storage, "some-file", fd);
        double end = clock_monotonic();
        assert_ok(task_join(canceller));
        cancel_clear();
        assert_error(error, ERROR_CANCELLED, "interrupted");
        assert_true(end - start < 30);
}

void network_contract_ends_when_cancelled(const Server *server) {
        AUTO(storage_close) Storage *storage = open_straight(server);
        AUTO_FD int fd = storage_contract_temporary(mebibyte());
        assert_int_equal(storage_contract_count(storage), 0);
        cancel_request();
        Error *error = storage_put(storage, "some-file", fd);
        cancel_clear();
        assert_error(error, ERROR_CANCELLED, "interrupted");
        assert_int_equal(storage_contract_count(storage), 0);
}
