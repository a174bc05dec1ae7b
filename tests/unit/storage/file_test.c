#include "storage/file.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "contract/storage_contract.h"
#include "sys/file.h"

static const StorageOptions options = { .retries = 0 };

static Storage *open_url(const char *text) {
        AUTO(url_free) Url *url = NULL;
        Storage *storage = NULL;
        assert_ok(url_parse(text, &url));
        assert_ok(file_storage_class.open(url, &options, &storage));
        return storage;
}

static Storage *open_file_storage(void) {
        return open_url("file://repository/deep");
}

STORAGE_CONTRACT(file, open_file_storage)

/* Runs TEST as somebody without rights, and says whether it went well. Nothing is asserted in the child: cmocka would
 * run on in it. */
static bool passes_as_nobody(bool (*test)(void)) {
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
                        _exit(2);
                _exit(test() ? 0 : 1);
        }
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool is_denied(Error *error) {
        bool denied = error_kind(error) == ERROR_DENIED && error_exit_code(error) == EXIT_CODE_BACKEND_DENIED;
        error_free(error);
        return denied;
}

TEST(file_url_with_three_slashes_is_absolute) {
        AUTO_TEXT char *here = getcwd(NULL, 0);
        AUTO_TEXT char *url = memory_print("file://%s/re%%70o", here);
        AUTO(storage_close) Storage *storage = open_url(url);
        storage_contract_put(storage, "some-file", bytes_of("1"));
        assert_int_equal(access("repo/some-file", F_OK), 0);
}

TEST(file_url_with_two_slashes_is_relative_and_has_no_host) {
        AUTO(storage_close) Storage *storage = open_url("file://a/b");
        storage_contract_put(storage, "some-file", bytes_of("1"));
        assert_int_equal(access("a/b/some-file", F_OK), 0);
}

TEST(file_url_without_a_folder_is_refused) {
        AUTO(url_free) Url *url = NULL;
        Storage *storage = NULL;
        assert_ok(url_parse("file://", &url));
        Error *error = file_storage_class.open(url, &options, &storage);
        assert_int_equal(error_exit_code(error), EXIT_CODE_BAD_URL);
        assert_error(error, ERROR_USER, "names no folder");
        assert_null(storage);
}

TEST(file_carries_300_megabytes) {
        AUTO(storage_close) Storage *storage = open_file_storage();
        storage_contract_carry_300_megabytes(storage);
}

TEST(file_opening_makes_no_folder) {
        storage_close(open_file_storage());
        assert_int_not_equal(access("repository", F_OK), 0);
}

TEST(file_is_private) {
        mode_t mask = umask(0);
        AUTO(storage_close) Storage *storage = open_file_storage();
        storage_contract_put(storage, "some-file", bytes_of("1"));
        umask(mask);
        storage_contract_assert_private();
}

TEST(file_lists_regular_finished_files_only) {
        AUTO(storage_close) Storage *storage = open_file_storage();
        storage_contract_put(storage, "some-file", bytes_of("1"));
        test_write_file("repository/deep/.some-file.part-abcdef", bytes_of("1"));
        assert_int_equal(mkdir("repository/deep/folder", 0700), 0);
        test_write_file("repository/deep/folder/below", bytes_of("1"));
        assert_int_equal(mkfifo("repository/deep/fifo", 0600), 0);
        assert_int_equal(symlink("nowhere", "repository/deep/dangling"), 0);
        assert_int_equal(storage_contract_count(storage), 1);
        assert_int_equal(symlink("some-file", "repository/deep/link"), 0);
        assert_int_equal(storage_contract_count(storage), 2);
}

TEST(file_put_leaves_nothing_beside_the_file) {
        AUTO(storage_close) Storage *storage = open_file_storage();
        storage_contract_put(storage, "some-file", bytes_of("1"));
        assert_int_equal(unlink("repository/deep/some-file"), 0);
        assert_int_equal(rmdir("repository/deep"), 0);
}

TEST(file_get_refuses_what_is_no_file_without_waiting) {
        AUTO(storage_close) Storage *storage = open_url("file://.");
        AUTO_FD int fd = storage_contract_temporary(bytes_of(""));
        AUTO_FD int local = -1;
        assert_int_equal(mkfifo("fifo", 0600), 0);
        (void)alarm(60); /* ends the program instead of waiting forever */
        assert_error(storage_get(storage, "fifo", fd), ERROR_MISSING, "not a regular file");
        assert_error(storage_open_local(storage, "fifo", &local), ERROR_MISSING, "not a regular file");
        assert_int_equal(local, -1);
        (void)alarm(0);
}

TEST(file_put_fails_where_a_file_stands_in_the_way) {
        AUTO(storage_close) Storage *storage = open_file_storage();
        AUTO_FD int fd = storage_contract_temporary(bytes_of("1"));
        test_write_file("repository", bytes_of("no folder"));
        Error *error = storage_put(storage, "some-file", fd);
        assert_non_null(error);
        assert_non_null(strstr(error_story(error), "cannot store 'some-file'"));
        error_free(error);
}

TEST(file_put_that_fails_midway_keeps_the_old_content) {
        AUTO(storage_close) Storage *storage = open_file_storage();
        storage_contract_put(storage, "some-file", bytes_of("old"));
        uint8_t *content = test_random_bytes(1 << 20, 1);
        AUTO_FD int fd = storage_contract_temporary(bytes_make(content, 1 << 20));
        memory_free(content);
        struct rlimit before, small;
        assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
        small = before;
        small.rlim_cur = 1 << 16; /* stands for a full disk: writes fail with EFBIG */
        void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        Error *error = storage_put(storage, "some-file", fd);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        (void)signal(SIGXFSZ, handler);
        assert_error(error, ERROR_SYSTEM, "some-file");
        storage_contract_assert_holds(storage, "some-file", bytes_of("old"));
        assert_int_equal(unlink("repository/deep/some-file"), 0);
        assert_int_equal(rmdir("repository/deep"), 0); /* nothing unfinished is left */
}

static bool put_is_denied(void) {
        AUTO(url_free) Url *url = NULL;
        AUTO(storage_close) Storage *storage = NULL;
        int fd = memfd_create("content", 0);
        Error *error = url_parse("file://locked", &url);
        if (!error)
                error = file_storage_class.open(url, &options, &storage);
        return !error && fd >= 0 && is_denied(storage_put(storage, "some-file", fd));
}

static Error *note_call(void *context, UNUSED const RemoteFile *file) {
        *(bool *)context = true;
        return NULL;
}

static bool reading_is_denied(void) {
        AUTO(url_free) Url *url = NULL;
        AUTO(storage_close) Storage *storage = NULL;
        int fd = memfd_create("content", 0), local = -1;
        bool listed = false;
        Error *error = url_parse("file://locked", &url);
        if (!error)
                error = file_storage_class.open(url, &options, &storage);
        return !error && fd >= 0 && is_denied(storage_list(storage, note_call, &listed)) &&
               is_denied(storage_get(storage, "some-file", fd)) &&
               is_denied(storage_open_local(storage, "some-file", &local)) &&
               is_denied(storage_remove(storage, "some-file")) && !listed;
}

TEST(file_put_is_denied_without_permission) {
        assert_int_equal(chmod(".", 0755), 0);
        assert_int_equal(mkdir("locked", 0555), 0);
        assert_int_equal(chmod("locked", 0555), 0);
        assert_true(passes_as_nobody(put_is_denied));
}

TEST(file_reading_is_denied_without_permission) {
        assert_int_equal(chmod(".", 0755), 0);
        assert_int_equal(mkdir("locked", 0700), 0);
        test_write_file("locked/some-file", bytes_of("1"));
        assert_int_equal(chmod("locked", 0), 0);
        bool passes = passes_as_nobody(reading_is_denied);
        assert_int_equal(chmod("locked", 0700), 0);
        assert_true(passes);
}
