#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "support/test.h"

static int open_new(const char *path) {
        int fd = -1;
        assert_ok(file_open(path, O_RDWR | O_CREAT | O_EXCL, 0600, &fd));
        return fd;
}

TEST(file_open_names_the_path_and_sets_cloexec) {
        int fd = -1;
        assert_error(file_open("gone", O_RDONLY, 0, &fd), ERROR_MISSING, "cannot open 'gone': no such file or directory");
        assert_int_equal(fd, -1);
        fd = open_new("new");
        assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
        file_close(&fd);
        assert_int_equal(fd, -1);
        file_close(&fd);
}

TEST(file_reads_short_only_at_the_end) {
        int fd = open_new("f");
        char buffer[8] = "";
        size_t length = 99;
        assert_ok(file_write(fd, "f", bytes_of("0123456789")));
        assert_ok(file_seek(fd, "f", 0));
        assert_ok(file_read(fd, "f", buffer, 8, &length));
        assert_bytes_equal(bytes_make(buffer, length), bytes_of("01234567"));
        assert_ok(file_read(fd, "f", buffer, 8, &length));
        assert_bytes_equal(bytes_make(buffer, length), bytes_of("89"));
        assert_ok(file_read(fd, "f", buffer, 8, &length));
        assert_int_equal(length, 0);
        file_close(&fd);
}

TEST(file_read_at_leaves_the_position_alone) {
        int fd = open_new("f");
        char buffer[8] = "";
        size_t length = 99;
        assert_ok(file_write(fd, "f", bytes_of("0123456789")));
        assert_ok(file_read_at(fd, "f", buffer, 8, 7, &length));
        assert_bytes_equal(bytes_make(buffer, length), bytes_of("789"));
        assert_int_equal(lseek(fd, 0, SEEK_CUR), 10);
        assert_ok(file_read_at(fd, "f", buffer, 8, 10, &length));
        assert_int_equal(length, 0);
        assert_error(file_read_at(fd, "f", buffer, 8, UINT64_MAX, &length), ERROR_SYSTEM, "cannot read 'f'");
        file_close(&fd);
}

/* A pipe gives what is there: read must go on until it is closed. */
TEST(file_read_collects_what_a_pipe_gives_in_pieces) {
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        pid_t pid = fork();
        if (pid == 0) {
                for (int i = 0; i < 5; i++) {
                        (void)!write(ends[1], "ab", 2);
                        usleep(2000);
                }
                _exit(0);
        }
        file_close(&ends[1]);
        char buffer[20];
        size_t length;
        assert_ok(file_read(ends[0], "pipe", buffer, 7, &length));
        assert_bytes_equal(bytes_make(buffer, length), bytes_of("abababa"));
        assert_ok(file_read(ends[0], "pipe", buffer, sizeof buffer, &length));
        assert_bytes_equal(bytes_make(buffer, length), bytes_of("bab"));
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        file_close(&ends[0]);
}

TEST(file_tells_failed_reads_and_writes) {
        char byte = 0;
        size_t length;
        assert_error(file_read(-1, "x", &byte, 1, &length), ERROR_SYSTEM, "cannot read 'x'");
        assert_error(file_write(-1, "x", bytes_of("a")), ERROR_SYSTEM, "cannot write 'x'");
        int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
        assert_true(full >= 0);
        Error *error = file_write(full, "full", bytes_of("a"));
        assert_int_equal(error_errno(error), ENOSPC);
        assert_int_equal(error_exit_code(error), EXIT_CODE_BACKEND_NO_SPACE);
        error_free(error);
        file_close(&full);
}

TEST(file_read_all_keeps_to_the_ceiling) {
        uint8_t *random = test_random_bytes(100000, 1);
        int fd = open_new("f");
        assert_ok(file_write(fd, "f", bytes_make(random, 100000)));
        AUTO_VALUE(buffer_clear) Buffer out;
        buffer_init(&out, 100000);
        assert_ok(file_seek(fd, "f", 0));
        assert_ok(file_read_all(fd, "f", &out));
        assert_bytes_equal(buffer_bytes(&out), bytes_make(random, 100000));
        AUTO_VALUE(buffer_clear) Buffer small;
        buffer_init(&small, 99999);
        assert_ok(file_seek(fd, "f", 0));
        assert_error(file_read_all(fd, "f", &small), ERROR_CORRUPT, "larger than 99999 bytes");
        file_close(&fd);
        memory_free(random);
}

TEST(file_copy_takes_all_from_the_start_and_appends) {
        uint8_t *random = test_random_bytes(100001, 2);
        int from = open_new("from"), to = open_new("to");
        assert_ok(file_write(from, "from", bytes_make(random, 100001)));
        assert_ok(file_write(to, "to", bytes_of("head")));
        assert_ok(file_copy(from, "from", to, "to"));
        assert_int_equal(lseek(to, 0, SEEK_CUR), 100005);
        size_t length;
        char *all = test_read_file("to", &length);
        assert_int_equal(length, 100005);
        assert_memory_equal(all, "head", 4);
        assert_memory_equal(all + 4, random, 100001);
        memory_free(all);
        memory_free(random);
        file_close(&from);
        file_close(&to);
}

/* copy_file_range refuses to append and to write into pipes; the plain copy takes over. */
TEST(file_copy_works_where_the_kernel_cannot) {
        int from = open_new("from");
        int to = open("to", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        assert_ok(file_write(from, "from", bytes_of("content")));
        assert_ok(file_copy(from, "from", to, "to"));
        AUTO_TEXT char *all = test_read_file("to", NULL);
        assert_string_equal(all, "content");
        file_close(&to);
        to = open("/dev/full", O_WRONLY | O_CLOEXEC);
        assert_error(file_copy(from, "from", to, "full"), ERROR_SYSTEM, "cannot write 'full'");
        file_close(&to);
        file_close(&from);
}

TEST(file_size_and_truncate) {
        int fd = open_new("f");
        uint64_t size = 1;
        assert_ok(file_size(fd, "f", &size));
        assert_int_equal(size, 0);
        assert_ok(file_write(fd, "f", bytes_of("12345")));
        assert_ok(file_size(fd, "f", &size));
        assert_int_equal(size, 5);
        assert_ok(file_sync(fd, "f"));
        assert_ok(file_truncate(fd, "f"));
        assert_ok(file_size(fd, "f", &size));
        assert_int_equal(size, 0);
        assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
        file_close(&fd);
        int folder = -1;
        assert_ok(file_open(".", O_RDONLY, 0, &folder));
        assert_error(file_size(folder, ".", &size), ERROR_USER, "not a regular file");
        assert_error(file_truncate(folder, "."), ERROR_SYSTEM, "cannot empty '.'");
        assert_error(file_sync(-1, "x"), ERROR_SYSTEM, "cannot write 'x' to disk");
        file_close(&folder);
}

TEST(file_raise_limit_reaches_the_hard_limit) {
        pid_t pid = fork();
        if (pid == 0) {
                struct rlimit limit = { .rlim_cur = 20, .rlim_max = 40 };
                (void)setrlimit(RLIMIT_NOFILE, &limit);
                file_raise_limit();
                (void)getrlimit(RLIMIT_NOFILE, &limit);
                _exit(limit.rlim_cur == 40 ? 0 : 1);
        }
        int status = -1;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
}
