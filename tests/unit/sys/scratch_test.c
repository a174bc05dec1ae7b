#include "sys/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/test.h"
#include "sys/file.h"

static unsigned count_names(const char *folder) {
        unsigned count = 0;
        DIR *stream = opendir(folder);
        while (stream && readdir(stream))
                count++;
        if (stream)
                closedir(stream);
        return count - 2;
}

static bool is_private_and_nameless(int fd) {
        struct stat status;
        return fstat(fd, &status) == 0 && (status.st_mode & 07777) == 0600 && status.st_nlink == 0 && status.st_size == 0 &&
               (fcntl(fd, F_GETFD) & FD_CLOEXEC) && (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR;
}

TEST(scratch_files_have_no_names_and_can_be_read_back) {
        AUTO(scratch_close) Scratch *scratch = NULL;
        AUTO_FD int a = -1;
        AUTO_FD int b = -1;
        char buffer[4];
        size_t length;
        assert_ok(scratch_open(".", &scratch));
        assert_string_equal(scratch_folder(scratch), ".");
        assert_ok(scratch_file(scratch, &a));
        assert_ok(scratch_file(scratch, &b));
        assert_true(is_private_and_nameless(a));
        assert_int_equal(count_names("."), 0);
        assert_ok(file_write(a, "a", bytes_of("abc")));
        assert_ok(file_read_at(a, "a", buffer, 4, 0, &length));
        assert_bytes_equal(bytes_make(buffer, length), bytes_of("abc"));
        assert_ok(file_read_at(b, "b", buffer, 4, 0, &length));
        assert_int_equal(length, 0);
}

TEST(scratch_uses_tmp_unless_told_otherwise) {
        AUTO(scratch_close) Scratch *scratch = NULL;
        assert_ok(scratch_open(NULL, &scratch));
        assert_string_equal(scratch_folder(scratch), "/tmp");
}

TEST(scratch_refuses_what_is_no_folder_to_write_to) {
        Scratch *scratch = NULL;
        test_write_file("file", bytes_of(""));
        const char *const bad[] = { "gone", "file", "/proc" };
        for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
                Error *error = scratch_open(bad[i], &scratch);
                assert_int_equal(error_kind(error), ERROR_SYSTEM);
                assert_int_equal(error_exit_code(error), EXIT_CODE_NO_TEMP_SPACE);
                assert_non_null(strstr(error_story(error), bad[i]));
                error_free(error);
                assert_null(scratch);
        }
}

/* From here on this process sees a file system without O_TMPFILE. */
static bool forbid_tmpfile(void) {
        struct sock_filter code[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 3),
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
                BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_TMPFILE & ~O_DIRECTORY, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EOPNOTSUPP),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        struct sock_fprog program = { .len = ARRAY_LENGTH(code), .filter = code };
        return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static int try_without_tmpfile(void) {
        Scratch *scratch = NULL;
        int fd = -1;
        if (!forbid_tmpfile() || open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) >= 0)
                return 2;
        if (scratch_open(".", &scratch) || scratch_file(scratch, &fd))
                return 3;
        return is_private_and_nameless(fd) && count_names(".") == 0 ? 0 : 4;
}

TEST(scratch_does_without_o_tmpfile) {
        int status = -1;
        pid_t pid = fork();
        if (pid == 0)
                _exit(try_without_tmpfile());
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 2)
                skip(); /* no seccomp here */
        assert_int_equal(status, 0);
}
