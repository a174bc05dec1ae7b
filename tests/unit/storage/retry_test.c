#include "storage/retry.h"

#include "base/log.h"
#include "contract/storage_contract.h"
#include "storage/file.h"
#include "sys/cancel.h"
#include "sys/file.h"

/* A storage whose next calls fail, over a real folder. */
static struct {
        unsigned failures; /* calls still to fail */
        ErrorKind kind;
        unsigned calls;
        bool cancels; /* each failure also asks the run to stop */
        Storage *folder;
} flaky;

static Error *fail_maybe(void) {
        flaky.calls++;
        if (flaky.failures == 0)
                return NULL;
        flaky.failures--;
        if (flaky.cancels)
                cancel_request();
        return error_new(flaky.kind, "the line went dead");
}

static Error *flaky_put(UNUSED Storage *storage, const char *name, int fd) {
        TRY(fail_maybe());
        return storage_put(flaky.folder, name, fd);
}

/* Fails after half of the work was done. */
static Error *flaky_get(UNUSED Storage *storage, const char *name, int fd) {
        TRY(file_truncate(fd, name));
        TRY(file_write(fd, name, bytes_of("half")));
        TRY(fail_maybe());
        return storage_get(flaky.folder, name, fd);
}

static Error *flaky_open_local(UNUSED Storage *storage, const char *name, int *ret_fd) {
        TRY(fail_maybe());
        return storage_open_local(flaky.folder, name, ret_fd);
}

static Error *flaky_list(UNUSED Storage *storage, RemoteFileSink *sink, void *context) {
        TRY(storage_list(flaky.folder, sink, context));
        return fail_maybe();
}

static Error *flaky_remove(UNUSED Storage *storage, const char *name) {
        TRY(fail_maybe());
        return storage_remove(flaky.folder, name);
}

static void flaky_close(UNUSED Storage *storage) {
        storage_close(TAKE(flaky.folder));
}

static const StorageClass flaky_class = {
        .scheme = "flaky",
        .atomic_put = true,
        .put = flaky_put,
        .get = flaky_get,
        .open_local = flaky_open_local,
        .list = flaky_list,
        .remove = flaky_remove,
        .close = flaky_close,
};

static Storage flaky_storage = { .class = &flaky_class };
static const StorageOptions options = { .retries = 3, .retry_delay = 0 };

static Error *make_flaky(const void *context, Storage **ret_storage) {
        AUTO(url_free) Url *url = NULL;
        TRY(fail_maybe());
        TRY(url_parse(context, &url));
        TRY(file_storage_class.open(url, &options, &flaky.folder));
        *ret_storage = &flaky_storage;
        return NULL;
}

static Storage *open_flaky(void) {
        Storage *storage = NULL;
        flaky.failures = 0;
        flaky.cancels = false;
        flaky.kind = ERROR_TRANSIENT;
        assert_ok(retry_open(make_flaky, "file://repository", &options, &storage));
        flaky.calls = 0;
        return storage;
}

static Error *count_file(void *context, UNUSED const RemoteFile *file) {
        ++*(size_t *)context;
        return NULL;
}

TEST(retry_gives_up_no_call_that_fails_thrice) {
        AUTO(storage_close) Storage *storage = open_flaky();
        AUTO_FD int local = -1;
        size_t count = 0;
        flaky.failures = 3;
        storage_contract_put(storage, "some-file", bytes_of("content"));
        assert_int_equal(flaky.calls, 4);
        flaky.failures = 3;
        storage_contract_assert_holds(storage, "some-file", bytes_of("content"));
        flaky.failures = 3;
        assert_ok(storage_open_local(storage, "some-file", &local));
        assert_true(local >= 0);
        flaky.failures = 3;
        assert_ok(storage_list(storage, count_file, &count));
        assert_int_equal(count, 1); /* told once, though four listings were begun */
        flaky.failures = 3;
        assert_ok(storage_remove(storage, "some-file"));
        assert_int_equal(flaky.calls, 20);
}

static bool is_wanted(const void *context, const char *name) {
        return strncmp(name, context, strlen(context)) == 0;
}

TEST(retry_lists_what_is_wanted_only) {
        StorageOptions picky = options;
        Storage *storage = open_flaky();
        size_t count = 0;
        storage_contract_put(storage, "ours-1", bytes_of("1"));
        storage_contract_put(storage, "ours-2", bytes_of("2"));
        storage_contract_put(storage, "theirs", bytes_of("3"));
        storage_close(storage);
        picky.lists = is_wanted;
        picky.lists_context = "ours-";
        assert_ok(retry_open(make_flaky, "file://repository", &picky, &storage));
        flaky.failures = 1;
        assert_ok(storage_list(storage, count_file, &count));
        assert_int_equal(count, 2);
        storage_close(storage);
}

TEST(retry_tells_the_error_after_the_last_try) {
        AUTO(storage_close) Storage *storage = open_flaky();
        flaky.failures = 4;
        assert_error(storage_remove(storage, "some-file"), ERROR_TRANSIENT, "the line went dead");
        assert_int_equal(flaky.calls, 4);
}

TEST(retry_tries_final_failures_once) {
        static const ErrorKind final[] = { ERROR_USER,    ERROR_MISSING, ERROR_DENIED,
                                           ERROR_CORRUPT, ERROR_SYSTEM,  ERROR_CANCELLED };
        AUTO(storage_close) Storage *storage = open_flaky();
        for (size_t i = 0; i < ARRAY_LENGTH(final); i++) {
                flaky.calls = 0;
                flaky.failures = 1;
                flaky.kind = final[i];
                assert_error(storage_remove(storage, "some-file"), final[i], "the line went dead");
                assert_int_equal(flaky.calls, 1);
        }
}

TEST(retry_tries_to_open_again) {
        Storage *storage = NULL;
        flaky.kind = ERROR_TRANSIENT;
        flaky.failures = 3;
        flaky.calls = 0;
        assert_ok(retry_open(make_flaky, "file://repository", &options, &storage));
        assert_int_equal(flaky.calls, 4);
        storage_close(storage);
        storage = NULL;
        flaky.failures = 4;
        assert_error(retry_open(make_flaky, "file://repository", &options, &storage), ERROR_TRANSIENT, "dead");
        assert_null(storage);
}

TEST(retry_stops_when_cancelled) {
        AUTO(storage_close) Storage *storage = open_flaky();
        flaky.failures = 2;
        flaky.cancels = true;
        Error *error = storage_remove(storage, "some-file");
        cancel_clear();
        assert_error(error, ERROR_CANCELLED, "interrupted");
        assert_int_equal(flaky.calls, 1);
}

static void count_warning(void *context, const LogRecord *record) {
        static const char *const wanted[] = { "the line went dead; trying again in 0 s (1 of 3)",
                                              "the line went dead; trying again in 0 s (2 of 3)" };
        size_t *count = context;
        assert_int_equal(record->level, LOG_WARNING);
        assert_true(*count < ARRAY_LENGTH(wanted));
        assert_string_equal(record->text, wanted[(*count)++]);
}

TEST(retry_warns_of_each_further_try) {
        AUTO(storage_close) Storage *storage = open_flaky();
        size_t count = 0;
        flaky.failures = 2;
        log_open(count_warning, &count, LOG_WARNING);
        Error *error = storage_remove(storage, "some-file");
        log_open(NULL, NULL, 0);
        assert_ok(error);
        assert_int_equal(count, 2);
}

TEST(retry_says_of_puts_what_the_storage_beneath_says) {
        AUTO(storage_close) Storage *storage = open_flaky();
        assert_true(storage->class->atomic_put);
        assert_string_equal(storage->class->scheme, "flaky");
}

TEST(retry_pauses_grow_up_to_ten_minutes) {
        static const struct {
                double first;
                unsigned number;
                double chance, pause;
        } wanted[] = {
                { 30, 1, 0.5, 30 }, { 30, 2, 0.5, 60 }, { 30, 4, 0.5, 240 }, { 30, 1, 0, 22.5 }, { 30, 1, 1, 37.5 },
                { 30, 9, 0.5, 600 }, { 30, 4000000000, 1, 600 }, { 5000, 1, 0.5, 600 }, { 0, 7, 1, 0 },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(wanted); i++) {
                double pause = retry_pause(wanted[i].first, wanted[i].number, wanted[i].chance);
                assert_true(pause > wanted[i].pause - 1e-9 && pause < wanted[i].pause + 1e-9);
        }
}
