#include "engine/new_file.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/memory.h"
#include "engine/tree.h"
#include "support/test.h"
#include "sys/file.h"

static Metadata metadata(void) {
        return (Metadata){ .uid = geteuid(),
                           .gid = getegid(),
                           .mode = 0751,
                           .times = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = 1000, .tv_nsec = 5 } } };
}

static int here(void) {
        int fd = -1;
        assert_ok(file_open(".", O_RDONLY | O_DIRECTORY, 0, &fd));
        return fd;
}

static struct stat look(const char *path) {
        struct stat status;
        assert_int_equal(lstat(path, &status), 0);
        return status;
}

TEST(new_file_is_private_until_it_is_finished) {
        AUTO_FD int parent = here();
        AUTO_VALUE(new_file_drop) NewFile file = NEW_FILE_NONE;
        Metadata wanted = metadata();
        assert_ok(new_file_create(parent, "f", false, &file));
        assert_int_equal(look("f").st_mode & 07777, 0600);
        assert_ok(file_write(file.fd, "f", bytes_of("text")));
        assert_ok(new_file_finish(&file, &wanted));
        assert_int_equal(file.fd, -1);
        assert_int_equal(look("f").st_mode & 07777, 0751);
        assert_int_equal(look("f").st_mtim.tv_sec, 1000);
        assert_int_equal(look("f").st_mtim.tv_nsec, 5);
}

TEST(new_file_leaves_nothing_when_it_is_dropped) {
        AUTO_FD int parent = here();
        NewFile file = NEW_FILE_NONE;
        new_file_drop(&file);
        assert_ok(new_file_create(parent, "f", false, &file));
        new_file_drop(&file);
        assert_int_equal(access("f", F_OK), -1);
        assert_int_equal(file.fd, -1);
        new_file_drop(&file);
}

TEST(new_file_replaces_by_force_only_and_only_when_it_is_whole) {
        AUTO_FD int parent = here();
        NewFile file = NEW_FILE_NONE;
        Metadata wanted = metadata();
        tree_file("f", "former");
        assert_error(new_file_create(parent, "f", false, &file), ERROR_SYSTEM, "cannot create it");
        assert_ok(new_file_create(parent, "f", true, &file));
        assert_ok(file_write(file.fd, "f", bytes_of("new")));
        AUTO_TEXT char *before = test_read_file("f", NULL);
        assert_string_equal(before, "former");
        assert_ok(new_file_finish(&file, &wanted));
        AUTO_TEXT char *after = test_read_file("f", NULL);
        assert_string_equal(after, "new");
        assert_ok(new_file_create(parent, "f", true, &file));
        new_file_drop(&file);
        AUTO_TEXT char *kept = test_read_file("f", NULL);
        assert_string_equal(kept, "new");
}

TEST(new_file_follows_no_link) {
        AUTO_FD int parent = here();
        NewFile file = NEW_FILE_NONE;
        Metadata wanted = metadata();
        tree_link("f", "elsewhere");
        assert_error(new_file_create(parent, "f", false, &file), ERROR_SYSTEM, "cannot create it");
        assert_ok(new_file_create(parent, "f", true, &file));
        assert_ok(new_file_finish(&file, &wanted));
        assert_true(S_ISREG(look("f").st_mode));
        assert_int_equal(access("elsewhere", F_OK), -1);
}

TEST(metadata_keeps_set_id_bits_from_another_owners_file) {
        AUTO_FD int parent = here();
        NewFile file = NEW_FILE_NONE;
        Metadata wanted = metadata();
        wanted.mode = 06755;
        assert_ok(new_file_create(parent, "own", false, &file));
        assert_ok(new_file_finish(&file, &wanted));
        assert_int_equal(look("own").st_mode & 07777, 06755);
        wanted.uid++;
        assert_ok(new_file_create(parent, "other", false, &file));
        assert_ok(new_file_finish(&file, &wanted)); /* may_chown is false: that is no failure */
        assert_int_equal(look("other").st_mode & 07777, 0755);
}
