#include "sys/atomic.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "support/test.h"
#include "sys/file.h"

/* The one name in FOLDER, "" for none. */
static char *only_name(const char *folder) {
        char *name = memory_text("");
        DIR *stream = opendir(folder);
        assert_non_null(stream);
        for (struct dirent *entry = readdir(stream); entry; entry = readdir(stream)) {
                if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                        continue;
                assert_string_equal(name, "");
                memory_free(name);
                name = memory_text(entry->d_name);
        }
        closedir(stream);
        return name;
}

static void assert_content(const char *path, const char *wanted) {
        AUTO_TEXT char *content = test_read_file(path, NULL);
        assert_string_equal(content, wanted);
}

static void make_old(const char *path, time_t seconds) {
        struct timespec times[2] = { { .tv_sec = time(NULL) - seconds }, { .tv_sec = time(NULL) - seconds } };
        assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

TEST(atomic_shows_the_old_content_until_finished) {
        Atomic *atomic = NULL;
        test_write_file("f", bytes_of("old"));
        assert_ok(atomic_open(".", "f", 0640, &atomic));
        assert_ok(file_write(atomic_fd(atomic), "f", bytes_of("new")));
        assert_content("f", "old");
        assert_ok(atomic_finish(atomic));
        assert_content("f", "new");
        AUTO_TEXT char *name = only_name(".");
        assert_string_equal(name, "f");
}

TEST(atomic_mode_passes_the_umask) {
        Atomic *atomic = NULL;
        struct stat status;
        mode_t before = umask(027);
        assert_ok(atomic_open(".", "f", 0666, &atomic));
        assert_ok(atomic_finish(atomic));
        umask(before);
        assert_int_equal(stat("f", &status), 0);
        assert_int_equal(status.st_mode & 07777, 0640);
}

TEST(atomic_works_beside_under_a_hidden_name) {
        Atomic *atomic = NULL;
        assert_ok(atomic_open(".", "some.name", 0600, &atomic));
        AUTO_TEXT char *name = only_name(".");
        assert_int_equal(strlen(name), strlen(".some.name.part-XXXXXX"));
        assert_int_equal(strncmp(name, ".some.name.part-", 16), 0);
        atomic_abandon(atomic);
}

TEST(atomic_abandon_leaves_nothing) {
        Atomic *atomic = NULL;
        assert_ok(atomic_open(".", "f", 0600, &atomic));
        assert_ok(file_write(atomic_fd(atomic), "f", bytes_of("new")));
        atomic_abandon(atomic);
        atomic_abandon(NULL);
        AUTO_TEXT char *name = only_name(".");
        assert_string_equal(name, "");
}

TEST(atomic_failures_leave_the_final_name_as_it_was) {
        Atomic *atomic = NULL;
        assert_error(atomic_open("gone", "f", 0600, &atomic), ERROR_MISSING, "cannot open 'gone'");
        assert_null(atomic);
        assert_int_equal(mkdir("f", 0700), 0);
        assert_ok(atomic_open(".", "f", 0600, &atomic));
        assert_error(atomic_finish(atomic), ERROR_SYSTEM, "cannot put './f' in place: is a directory");
        AUTO_TEXT char *name = only_name(".");
        assert_string_equal(name, "f");
}

TEST(atomic_takes_the_longest_names) {
        char name[NAME_MAX + 1];
        for (size_t length = NAME_MAX - 20; length <= NAME_MAX; length++) {
                Atomic *atomic = NULL;
                memset(name, 'n', length);
                name[length] = '\0';
                assert_ok(atomic_open(".", name, 0600, &atomic));
                assert_ok(atomic_finish(atomic));
                assert_int_equal(unlink(name), 0);
        }
        AUTO_TEXT char *left = only_name(".");
        assert_string_equal(left, "");
}

/* 127 two-byte characters, then the same behind one byte: one of the two would be cut within a character. */
TEST(atomic_cuts_long_names_between_characters) {
        char name[NAME_MAX + 1] = "x";
        for (size_t i = 1; i < NAME_MAX; i += 2)
                memcpy(name + i, "\xC3\xA4", 3);
        for (size_t start = 0; start < 2; start++) {
                Atomic *atomic = NULL;
                assert_ok(atomic_open(".", name + start, 0600, &atomic));
                AUTO_TEXT char *part = only_name(".");
                size_t length = strlen(part) - strlen(".part-XXXXXX");
                assert_int_equal((uint8_t)part[length - 1], 0xA4);
                atomic_abandon(atomic);
        }
}

/* A child that dies in the middle of a write, as by SIGKILL. */
static void die_while_writing(const char *name) {
        pid_t pid = fork();
        if (pid == 0) {
                Atomic *atomic = NULL;
                if (!atomic_open(".", name, 0600, &atomic))
                        raise(SIGKILL);
                _exit(1);
        }
        int status = 0;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
}

TEST(atomic_sweep_removes_what_the_killed_left_a_day_ago) {
        die_while_writing("f");
        AUTO_TEXT char *part = only_name(".");
        atomic_sweep(".");
        assert_int_equal(access(part, F_OK), 0); /* too young */
        make_old(part, 23 * 60 * 60);
        atomic_sweep(".");
        assert_int_equal(access(part, F_OK), 0);
        make_old(part, 25 * 60 * 60);
        atomic_sweep(".");
        assert_int_not_equal(access(part, F_OK), 0);
        atomic_sweep("gone");
}

TEST(atomic_sweep_spares_the_living) {
        Atomic *atomic = NULL;
        assert_ok(atomic_open(".", "f", 0600, &atomic));
        AUTO_TEXT char *part = only_name(".");
        make_old(part, 25 * 60 * 60);
        atomic_sweep(".");
        assert_int_equal(access(part, F_OK), 0);
        assert_ok(atomic_finish(atomic));
        assert_content("f", "");
}

TEST(atomic_sweep_spares_other_names) {
        static const char *const names[] = { "f.part-abcdef",   ".f.part-abcde", ".f.part-abcdefg",
                                             ".f.part-ABCDEF", ".f",            ".fpart-abcdef" };
        for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
                test_write_file(names[i], bytes_of(""));
                make_old(names[i], 100 * 60 * 60);
        }
        test_write_file(".f.part-abc123", bytes_of(""));
        make_old(".f.part-abc123", 100 * 60 * 60);
        assert_int_equal(mkdir(".d.part-abcdef", 0700), 0);
        make_old(".d.part-abcdef", 100 * 60 * 60);
        atomic_sweep(".");
        for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
                assert_int_equal(access(names[i], F_OK), 0);
        assert_int_equal(access(".d.part-abcdef", F_OK), 0);
        assert_int_not_equal(access(".f.part-abc123", F_OK), 0);
}
