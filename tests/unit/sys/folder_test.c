#include "sys/folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "support/test.h"
#include "sys/clock.h"
#include "sys/file.h"

static bool is_folder(const char *path) {
        struct stat status;
        return lstat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

TEST(folder_make_path_makes_all_that_is_missing) {
        assert_ok(folder_make_path("a", 0700));
        assert_ok(folder_make_path("a/b/c/d", 0750));
        assert_true(is_folder("a/b/c/d"));
        struct stat status;
        assert_int_equal(stat("a/b", &status), 0);
        assert_int_equal(status.st_mode & 07777, 0750);
        assert_ok(folder_make_path("a/b/c/d", 0700));
        assert_ok(folder_make_path("x//y/", 0700));
        assert_true(is_folder("x/y"));
        AUTO_TEXT char *here = getcwd(NULL, 0);
        AUTO_TEXT char *absolute = memory_print("%s/p/q", here);
        assert_ok(folder_make_path(absolute, 0700));
        assert_true(is_folder("p/q"));
        assert_ok(folder_make_path("/", 0700));
        assert_int_equal(symlink("a", "link"), 0);
        assert_ok(folder_make_path("link/e", 0700));
        assert_true(is_folder("a/e"));
}

TEST(folder_make_path_refuses_what_is_no_folder) {
        test_write_file("file", bytes_of(""));
        assert_error(folder_make_path("file", 0700), ERROR_SYSTEM, "cannot make the folder 'file': file exists");
        assert_error(folder_make_path("file/a", 0700), ERROR_SYSTEM, "cannot make the folder 'file': file exists");
        assert_error(folder_make_path("/proc/a/b", 0700), ERROR_MISSING, "cannot make the folder '/proc/a'");
}

TEST(folder_sync_wants_a_folder) {
        assert_ok(folder_sync("."));
        assert_error(folder_sync("gone"), ERROR_MISSING, "cannot open 'gone'");
        test_write_file("file", bytes_of(""));
        assert_error(folder_sync("file"), ERROR_MISSING, "cannot open 'file': not a directory");
}

static Listing *list(const char *path, Scratch *scratch, size_t memory) {
        AUTO_FD int fd = -1;
        Listing *listing = NULL;
        assert_ok(file_open(path, O_RDONLY | O_DIRECTORY, 0, &fd));
        assert_ok(listing_open(fd, path, scratch, memory, &listing));
        return listing;
}

TEST(listing_gives_all_names_in_byte_order) {
        static const char *const names[] = { " ",   "!",   "-",   ".a", "0", "A",    "a",        "a b",
                                             "a!", "a-b", "a.b", "a0", "b", "\x7F", "\xC3\xA4", "\xFF" };
        AUTO(scratch_close) Scratch *scratch = NULL;
        assert_ok(scratch_open(NULL, &scratch));
        assert_int_equal(mkdir("f", 0700), 0);
        assert_int_equal(chdir("f"), 0);
        for (size_t i = ARRAY_LENGTH(names); i-- > 0;)
                test_write_file(names[i], bytes_of(""));
        AUTO(listing_close) Listing *listing = list(".", scratch, 1 << 20);
        const char *name = NULL;
        for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
                assert_ok(listing_next(listing, &name));
                assert_string_equal(name, names[i]);
        }
        assert_ok(listing_next(listing, &name));
        assert_null(name);
        assert_ok(listing_next(listing, &name));
        assert_null(name);
}

TEST(listing_of_an_empty_folder_is_empty) {
        AUTO(scratch_close) Scratch *scratch = NULL;
        assert_ok(scratch_open(NULL, &scratch));
        AUTO(listing_close) Listing *listing = list(".", scratch, 1 << 20);
        const char *name = "";
        assert_ok(listing_next(listing, &name));
        assert_null(name);
}

TEST(listing_reads_from_the_start_and_leaves_the_descriptor_open) {
        AUTO(scratch_close) Scratch *scratch = NULL;
        AUTO_FD int fd = -1;
        assert_ok(scratch_open(NULL, &scratch));
        test_write_file("a", bytes_of(""));
        assert_ok(file_open(".", O_RDONLY | O_DIRECTORY, 0, &fd));
        for (int i = 0; i < 3; i++) {
                AUTO(listing_close) Listing *listing = NULL;
                const char *name = NULL;
                assert_ok(listing_open(fd, ".", scratch, 1 << 20, &listing));
                assert_ok(listing_next(listing, &name));
                assert_string_equal(name, "a");
        }
}

TEST(listing_tells_what_cannot_be_read) {
        AUTO(scratch_close) Scratch *scratch = NULL;
        Listing *listing = NULL;
        AUTO_FD int fd = -1;
        assert_ok(scratch_open(NULL, &scratch));
        assert_error(listing_open(-1, "x", scratch, 1 << 20, &listing), ERROR_SYSTEM, "cannot list the folder 'x'");
        test_write_file("file", bytes_of(""));
        assert_ok(file_open("file", O_RDONLY, 0, &fd));
        assert_error(listing_open(fd, "file", scratch, 1 << 20, &listing), ERROR_MISSING, "cannot list the folder 'file'");
}

/* More names than fit into MEMORY are sorted all the same. */
TEST(listing_sorts_a_hundred_thousand_names_in_64_kib) {
        AUTO(scratch_close) Scratch *scratch = NULL;
        enum { COUNT = 100000 };
        assert_ok(scratch_open(NULL, &scratch));
        assert_int_equal(mkdir("many", 0700), 0);
        AUTO_FD int folder = open("many", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        for (unsigned i = 0; i < COUNT; i++) {
                char name[32];
                snprintf(name, sizeof name, "name-%06u", (i * 7919u) % COUNT);
                int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
                assert_true(fd >= 0);
                file_close(&fd);
        }
        AUTO(listing_close) Listing *listing = list("many", scratch, 64 * 1024);
        const char *name = NULL;
        for (unsigned i = 0; i < COUNT; i++) {
                char wanted[32];
                snprintf(wanted, sizeof wanted, "name-%06u", i);
                assert_ok(listing_next(listing, &name));
                assert_string_equal(name, wanted);
        }
        assert_ok(listing_next(listing, &name));
        assert_null(name);
}

/* What an agent of GnuPG does that starts, and ends, in a folder that goes away. */
static void meddle(void) {
        for (unsigned i = 0; i < 3000; i++) {
                enum { NAMES = 64 };
                char path[32];
                unsigned number = i / 2 % NAMES;
                snprintf(path, sizeof path, "folder/deep/%u", number);
                int fd = i % 3 || number == 0 ? open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600) : -1;
                if (fd >= 0)
                        close(fd);
                else
                        (void)unlink(path);
        }
        _exit(0);
}

TEST(a_folder_that_others_still_use_is_removed) {
        for (unsigned round = 0; round < 20; round++) {
                assert_ok(folder_make_path("folder/deep", 0755));
                pid_t pid = fork();
                assert_true(pid >= 0);
                if (pid == 0)
                        meddle();
                while (access("folder/deep/0", F_OK) != 0) /* it is at work */
                        clock_sleep(0.0001);
                Error *error = folder_remove("folder");
                assert_int_equal(waitpid(pid, NULL, 0), pid);
                assert_ok(error);
                assert_int_equal(access("folder", F_OK), -1);
        }
        assert_ok(folder_remove("folder"));
}

TEST(a_folder_that_cannot_go_is_named) {
        assert_ok(folder_make_path("folder", 0755));
        test_write_file("file", bytes_of("x"));
        assert_error(folder_remove("file/folder"), ERROR_MISSING, "cannot remove the folder 'file/folder'");
}

TEST(a_folder_is_emptied_without_following_links) {
        test_write_file("outside", bytes_of("kept"));
        assert_ok(folder_make_path("folder/a/b", 0755));
        test_write_file("folder/a/b/file", bytes_of("x"));
        assert_int_equal(symlink("../outside", "folder/link"), 0);
        assert_int_equal(symlink("..", "folder/a/up"), 0);
        assert_ok(folder_remove_content("folder"));
        assert_int_equal(rmdir("folder"), 0); /* it was empty */
        assert_int_equal(access("outside", F_OK), 0);
        assert_ok(folder_remove_content("folder"));
}
