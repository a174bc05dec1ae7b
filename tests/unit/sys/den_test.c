#include "sys/den.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>

#include "base/memory.h"
#include "support/test.h"

TEST(den_is_private_and_gone_when_closed) {
        AUTO(den_close) Den *den = NULL;
        struct stat status;
        assert_ok(den_open(".", &den));
        AUTO_TEXT char *path = memory_text(den_path(den)), *below = memory_print("%s/folder", path);
        AUTO_TEXT char *file = memory_print("%s/file", below);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 07777, 0700);
        assert_int_equal(mkdir(below, 0700), 0);
        test_write_file(file, bytes_of("1"));
        den_empty(den);
        assert_int_not_equal(access(below, F_OK), 0);
        assert_int_equal(access(path, F_OK), 0);
        assert_int_equal(mkdir(below, 0700), 0);
        den_close(TAKE(den));
        assert_int_not_equal(access(path, F_OK), 0);
}

TEST(den_of_a_killed_process_is_cleared_away_later) {
        int ends[2];
        char path[100] = "";
        assert_int_equal(pipe(ends), 0);
        pid_t pid = fork();
        if (pid == 0) {
                Den *den = NULL;
                Error *error = den_open(".", &den);
                if (!error && chdir(den_path(den)) == 0)
                        test_write_file("file", bytes_of("1"));
                if (error || write(ends[1], den_path(den), strlen(den_path(den)) + 1) < 0)
                        _exit(1);
                (void)pause();
                _exit(0);
        }
        assert_true(read(ends[0], path, sizeof path) > 0);
        assert_int_equal(utime(path, &(struct utimbuf){ .actime = 1, .modtime = 1 }), 0);
        AUTO(den_close) Den *first = NULL;
        assert_ok(den_open(".", &first));
        assert_int_equal(access(path, F_OK), 0); /* old, but somebody lives there */
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        AUTO(den_close) Den *second = NULL;
        assert_ok(den_open(".", &second));
        assert_int_not_equal(access(path, F_OK), 0);
        assert_int_equal(access(den_path(first), F_OK), 0);
        (void)close(ends[0]);
        (void)close(ends[1]);
}

TEST(den_needs_a_folder_to_be_in) {
        Den *den = NULL;
        Error *error = den_open("nowhere", &den);
        assert_int_equal(error_exit_code(error), EXIT_CODE_NO_TEMP_SPACE);
        assert_error(error, ERROR_SYSTEM, "'nowhere', see --tempdir");
        assert_null(den);
}
