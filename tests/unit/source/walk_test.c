#include "source/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/path.h"
#include "support/test.h"
#include "sys/file.h"

#define NOBODY 65534

/* A walk and what it needs, with the item given last. */
typedef struct Fixture {
        Scratch *scratch;
        Walk *walk;
        const WalkItem *item;
} Fixture;

static Fixture begin(const char *root) {
        Fixture fixture = { .walk = NULL };
        assert_ok(scratch_open("/tmp", &fixture.scratch));
        assert_ok(walk_open(root, NULL, fixture.scratch, &fixture.walk));
        return fixture;
}

static void end(Fixture *fixture) {
        walk_close(fixture->walk);
        scratch_close(fixture->scratch);
}

/* The next item, which must be of PATH, or the end for NULL. */
static const Entry *expect(Fixture *fixture, const char *path) {
        assert_ok(walk_next(fixture->walk, &fixture->item));
        if (!path) {
                if (fixture->item)
                        fail_msg("there is more: '%s'", fixture->item->entry->path);
                return NULL;
        }
        assert_non_null(fixture->item);
        assert_string_equal(fixture->item->entry->path, path);
        return fixture->item->entry;
}

static void expect_problem(Fixture *fixture, const char *path, bool has_entry, const char *problem) {
        expect(fixture, path);
        assert_int_equal(fixture->item->state, WALK_UNREADABLE);
        assert_int_equal(fixture->item->has_entry, has_entry);
        assert_string_equal(fixture->item->problem, problem);
}

static void make_file(const char *path) {
        test_write_file(path, bytes_of("content"));
}

static void make_folder(const char *path) {
        assert_int_equal(mkdir(path, 0755), 0);
}

TEST(walk_gives_archive_order) {
        static const char *const order[] = { "", "a", "a/x", "a/x/y", "a!", "a-b", "a.b", "a0", "aa" };
        make_folder("r");
        assert_int_equal(chdir("r"), 0);
        make_folder("a");
        make_folder("a/x");
        make_file("a/x/y");
        for (size_t i = ARRAY_LENGTH(order); i-- > 4;)
                make_file(order[i]);
        Fixture f = begin(".");
        for (size_t i = 0; i < ARRAY_LENGTH(order); i++) {
                expect(&f, order[i]);
                assert_true(i == 0 || path_compare(order[i - 1], order[i]) < 0);
        }
        expect(&f, NULL);
        expect(&f, NULL);
        end(&f);
}

TEST(walk_fills_entries) {
        make_folder("r");
        make_file("r/f");
        struct timespec times[2] = { { .tv_sec = -3, .tv_nsec = 250000000 }, { .tv_sec = -3, .tv_nsec = 250000000 } };
        assert_int_equal(chmod("r/f", 04751), 0);
        assert_int_equal(utimensat(AT_FDCWD, "r/f", times, 0), 0);
        assert_int_equal(mkfifo("r/p", 0600), 0);
        assert_int_equal(symlink("no/such thing", "r/l"), 0);
        Fixture f = begin("r");
        const Entry *entry = expect(&f, "");
        assert_int_equal(entry->type, ENTRY_FOLDER);
        assert_int_equal(entry->size, 0);
        entry = expect(&f, "f");
        assert_int_equal(f.item->state, WALK_ENTRY);
        assert_true(f.item->has_entry);
        assert_null(f.item->problem);
        assert_int_equal(entry->type, ENTRY_FILE);
        assert_int_equal(entry->size, 7);
        assert_int_equal(entry->mode, 04751);
        assert_int_equal(entry->modified, -3);
        assert_int_equal(entry->modified_nanoseconds, 250000000);
        assert_int_equal(entry->uid, geteuid());
        assert_int_equal(entry->gid, getegid());
        if (geteuid() == 0)
                assert_string_equal(entry->user, "root");
        entry = expect(&f, "l");
        assert_int_equal(entry->type, ENTRY_LINK);
        assert_string_equal(entry->target, "no/such thing");
        assert_int_equal(entry->size, 0);
        entry = expect(&f, "p");
        assert_int_equal(entry->type, ENTRY_FIFO);
        assert_null(entry->target);
        expect(&f, NULL);
        end(&f);
}

TEST(walk_tells_devices) {
        make_folder("r");
        if (mknod("r/c", S_IFCHR | 0600, makedev(1, 3)) < 0 || mknod("r/b", S_IFBLK | 0600, makedev(259, 300)) < 0)
                skip(); /* only root makes devices */
        Fixture f = begin("r");
        expect(&f, "");
        const Entry *entry = expect(&f, "b");
        assert_int_equal(entry->type, ENTRY_BLOCK_DEVICE);
        assert_int_equal(entry->major, 259);
        assert_int_equal(entry->minor, 300);
        entry = expect(&f, "c");
        assert_int_equal(entry->type, ENTRY_CHAR_DEVICE);
        assert_int_equal(entry->major, 1);
        assert_int_equal(entry->minor, 3);
        end(&f);
}

TEST(walk_tells_sockets_apart) {
        AUTO_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "r/s" };
        make_folder("r");
        assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
        Fixture f = begin("r");
        expect(&f, "");
        expect(&f, "s");
        assert_int_equal(f.item->state, WALK_SOCKET);
        assert_false(f.item->has_entry);
        expect(&f, NULL);
        end(&f);
}

TEST(walk_reads_the_longest_targets) {
        char target[PATH_MAX];
        memset(target, 't', sizeof target);
        target[sizeof target - 1] = '\0';
        make_folder("r");
        assert_int_equal(symlink(target, "r/l"), 0);
        Fixture f = begin("r");
        expect(&f, "");
        assert_string_equal(expect(&f, "l")->target, target);
        end(&f);
}

TEST(walk_takes_names_of_any_bytes) {
        static const char *const names[] = { "\x01\n", " ", "\\", "\xC3\xA4", "\xFF\xFE" };
        make_folder("r");
        for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
                AUTO_TEXT char *path = memory_print("r/%s", names[i]);
                make_file(path);
        }
        Fixture f = begin("r");
        expect(&f, "");
        for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
                expect(&f, names[i]);
        expect(&f, NULL);
        end(&f);
}

TEST(walk_root_may_be_a_file_or_a_link) {
        make_file("file");
        make_folder("folder");
        make_file("folder/inside");
        assert_int_equal(symlink("folder", "link"), 0);
        Fixture f = begin("file");
        assert_int_equal(expect(&f, "")->type, ENTRY_FILE);
        int fd = -1;
        assert_ok(walk_open_file(f.walk, &fd));
        file_close(&fd);
        expect(&f, NULL);
        end(&f);
        f = begin("link");
        const Entry *entry = expect(&f, "");
        assert_int_equal(entry->type, ENTRY_LINK);
        assert_string_equal(entry->target, "folder");
        expect(&f, NULL);
        end(&f);
}

TEST(walk_root_must_exist) {
        AUTO(scratch_close) Scratch *scratch = NULL;
        Walk *walk = NULL;
        assert_ok(scratch_open("/tmp", &scratch));
        Error *error = walk_open("gone", NULL, scratch, &walk);
        assert_int_equal(error_exit_code(error), EXIT_CODE_SOURCE_MISSING);
        assert_error(error, ERROR_MISSING, "cannot read 'gone': no such file or directory");
        assert_null(walk);
        walk_close(NULL);
}

TEST(walk_full_path_is_as_typed) {
        static const char *const rows[][3] = {
                { ".", "", "." }, { ".", "a/b", "./a/b" }, { "/", "a", "/a" }, { "./", "a", "./a" }
        };
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                Fixture f = begin(rows[i][0]);
                AUTO_TEXT char *path = walk_full_path(f.walk, rows[i][1]);
                assert_string_equal(path, rows[i][2]);
                end(&f);
        }
}

/* Makes LEVELS folders, one in the other, in FD's; with a file "z" in each, which is given on the way back up. */
static void make_deep(int top, const char *name, unsigned levels) {
        int fd = dup(top);
        for (unsigned i = 0; i < levels; i++) {
                assert_int_equal(mkdirat(fd, name, 0700), 0);
                int inner = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                assert_true(inner >= 0);
                file_close(&fd);
                fd = inner;
                int file = openat(fd, "z", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
                assert_ok(file_write(file, "z", bytes_of("deep")));
                file_close(&file);
        }
        file_close(&fd);
}

static unsigned count_open_files(void) {
        unsigned count = 0;
        DIR *stream = opendir("/proc/self/fd");
        while (readdir(stream))
                count++;
        closedir(stream);
        return count;
}

static void assert_deep_content(Walk *walk) {
        char content[8];
        size_t length;
        AUTO_FD int fd = -1;
        assert_ok(walk_open_file(walk, &fd));
        assert_ok(file_read(fd, "z", content, sizeof content, &length));
        assert_bytes_equal(bytes_make(content, length), bytes_of("deep"));
}

/* Expects what make_deep makes; returns how many files were open at most. */
static unsigned expect_deep(Fixture *f, const char *name, unsigned levels) {
        unsigned most = 0;
        AUTO_VALUE(buffer_clear) Buffer path = { .data = NULL };
        expect(f, "");
        for (unsigned i = 0; i < levels; i++) {
                (void)buffer_print(&path, "%s%s", i ? "/" : "", name);
                expect(f, buffer_text(&path));
                most = MAX(most, count_open_files());
        }
        for (unsigned i = levels; i-- > 0;) {
                size_t length = path.length;
                (void)buffer_add_text(&path, "/z");
                assert_int_equal(expect(f, buffer_text(&path))->size, 4);
                assert_deep_content(f->walk);
                most = MAX(most, count_open_files());
                buffer_truncate(&path, i ? length - strlen(name) - 1 : 0);
        }
        expect(f, NULL);
        return most;
}

TEST(walk_goes_beyond_path_max) {
        char name[251] = "";
        memset(name, 'n', 250);
        AUTO_FD int top = open(".", O_RDONLY | O_CLOEXEC);
        make_deep(top, name, 25);
        Fixture f = begin(".");
        (void)expect_deep(&f, name, 25); /* not about open files */
        end(&f);
}

TEST(walk_goes_600_levels_deep_with_256_open) {
        AUTO_FD int top = open(".", O_RDONLY | O_CLOEXEC);
        make_deep(top, "d", 600);
        unsigned before = count_open_files();
        Fixture f = begin(".");
        unsigned most = expect_deep(&f, "d", 600);
        assert_int_equal(most, before + 257); /* and the root */
        assert_int_equal(count_open_files(), before);
        end(&f);
}

static void expect_levels(Fixture *f, unsigned levels) {
        for (unsigned i = 0; i < levels; i++)
                assert_ok(walk_next(f->walk, &f->item));
}

/* The folder at level 300 of 600 is moved while we are at the bottom: what is left of it and of those below, up to where folders
 * are still open, cannot be had. All above can. */
TEST(walk_says_when_a_folder_was_moved_while_it_was_deep_beneath) {
        AUTO_FD int top = open(".", O_RDONLY | O_CLOEXEC);
        make_folder("r");
        AUTO_FD int root = open("r", O_RDONLY | O_CLOEXEC);
        make_deep(root, "d", 600);
        Fixture f = begin("r");
        expect_levels(&f, 601);
        AUTO_FD int fd = dup(root);
        for (unsigned i = 1; i < 300; i++) {
                int inner = openat(fd, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                file_close(&fd);
                fd = inner;
        }
        assert_int_equal(renameat(fd, "d", top, "moved"), 0);
        assert_int_equal(mkdirat(fd, "d", 0700), 0); /* another one in its place */
        for (unsigned level = 600; level > 0; level--) {
                assert_ok(walk_next(f.walk, &f.item));
                bool lost = level >= 300 && level <= 600 - 256;
                size_t length = strlen(f.item->entry->path);
                assert_int_equal(f.item->state, lost ? WALK_UNREADABLE : WALK_ENTRY);
                assert_int_equal(length, 2 * level - 1 + (lost ? 0 : 2));
                if (lost) {
                        assert_false(f.item->has_entry);
                        assert_string_equal(f.item->problem, "moved while it was read");
                } else
                        assert_deep_content(f.walk);
        }
        expect(&f, NULL);
        end(&f);
}

TEST(walk_skips_what_vanished) {
        make_folder("r");
        make_file("r/a");
        make_file("r/b");
        make_folder("r/c");
        make_file("r/d");
        Fixture f = begin("r");
        expect(&f, "");
        expect(&f, "a");
        assert_int_equal(unlink("r/b"), 0);
        assert_int_equal(rmdir("r/c"), 0);
        make_file("r/e"); /* came too late */
        expect(&f, "d");
        expect(&f, NULL);
        end(&f);
}

TEST(walk_takes_what_is_there_when_it_comes) {
        make_folder("r");
        make_file("r/a");
        make_folder("r/b");
        make_folder("other");
        make_file("other/x");
        Fixture f = begin("r");
        expect(&f, "");
        assert_int_equal(rmdir("r/b"), 0);
        assert_int_equal(symlink("../other", "r/b"), 0);
        assert_int_equal(unlink("r/a"), 0);
        assert_int_equal(rename("other", "r/a"), 0);
        assert_int_equal(expect(&f, "a")->type, ENTRY_FOLDER);
        expect(&f, "a/x");
        assert_int_equal(expect(&f, "b")->type, ENTRY_LINK); /* not entered */
        expect(&f, NULL);
        end(&f);
}

/* Exchanges a folder and a link all the time until it is killed. */
static pid_t start_flipping(const char *a, const char *b) {
        pid_t pid = fork();
        while (pid == 0)
                if (renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) < 0)
                        _exit(1);
        return pid;
}

TEST(walk_is_not_confused_by_a_path_that_changes_all_the_time) {
        make_folder("r");
        make_folder("r/f");
        make_file("r/f/x");
        assert_int_equal(symlink("elsewhere", "link"), 0);
        if (renameat2(AT_FDCWD, "r/f", AT_FDCWD, "link", RENAME_EXCHANGE) < 0)
                skip(); /* this file system cannot */
        pid_t pid = start_flipping("r/f", "link");
        AUTO(scratch_close) Scratch *scratch = NULL;
        assert_ok(scratch_open("/tmp", &scratch));
        for (int i = 0; i < 30000; i++) {
                Fixture f = { .walk = NULL };
                assert_ok(walk_open("r", NULL, scratch, &f.walk));
                expect(&f, "");
                const Entry *entry = expect(&f, "f");
                if (f.item->state == WALK_UNREADABLE)
                        assert_string_equal(f.item->problem, "changed while it was read");
                else if (entry->type == ENTRY_LINK)
                        assert_string_equal(entry->target, "elsewhere");
                else
                        expect(&f, "f/x");
                expect(&f, NULL);
                end(&f);
        }
        int status = 0;
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
}

/* Runs CHECK in a process of a user who may not read everything. A failed assertion in it becomes a bad status. */
static void as_nobody(int (*check)(void)) {
        if (geteuid() != 0)
                skip(); /* the modes are set up for another user */
        int status = -1;
        assert_int_equal(chmod(".", 0755), 0);
        pid_t pid = fork();
        if (pid == 0) {
                if (setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0)
                        _exit(99);
                _exit(check());
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
}

static int check_unreadable(void) {
        Fixture f = begin("r");
        expect(&f, "");
        const Entry *entry = expect(&f, "closed");
        assert_int_equal(entry->type, ENTRY_FOLDER);
        assert_int_equal(entry->mode, 0700);
        assert_int_equal(f.item->state, WALK_UNREADABLE);
        assert_true(f.item->has_entry);
        assert_string_equal(f.item->problem, "permission denied");
        expect(&f, "listable");
        assert_int_equal(f.item->state, WALK_ENTRY);
        expect_problem(&f, "listable/a", false, "permission denied");
        expect_problem(&f, "listable/b", false, "permission denied");
        int fd = -1;
        expect(&f, "secret");
        assert_int_equal(f.item->state, WALK_ENTRY); /* its content is another matter */
        Error *error = walk_open_file(f.walk, &fd);
        assert_int_equal(error_kind(error), ERROR_DENIED);
        assert_string_equal(error_story(error), "permission denied");
        error_free(error);
        expect(&f, "shown");
        assert_ok(walk_open_file(f.walk, &fd)); /* though it is not ours, which O_NOATIME would want */
        file_close(&fd);
        expect(&f, NULL);
        end(&f);
        return 0;
}

TEST(walk_tells_what_it_may_not_read) {
        make_folder("r");
        make_folder("r/closed");
        make_file("r/closed/inside");
        make_folder("r/listable");
        make_file("r/listable/a");
        make_file("r/listable/b");
        make_file("r/secret");
        make_file("r/shown");
        assert_int_equal(chmod("r/closed", 0700), 0);
        assert_int_equal(chmod("r/listable", 0744), 0);
        assert_int_equal(chmod("r/secret", 0600), 0);
        assert_int_equal(chmod("r/shown", 0644), 0);
        as_nobody(check_unreadable);
}

static int check_closed_root(void) {
        Fixture f = begin("r");
        expect_problem(&f, "", true, "permission denied");
        expect(&f, NULL);
        end(&f);
        return 0;
}

TEST(walk_tells_a_root_that_it_may_not_enter) {
        assert_int_equal(mkdir("r", 0700), 0);
        make_file("r/inside");
        as_nobody(check_closed_root);
}

static int put_nothing(void) {
        return 0;
}

static int put_link(void) {
        return symlink("../target", "r/f");
}

static int put_fifo(void) {
        return mkfifo("r/f", 0600);
}

static int put_folder(void) {
        return mkdir("r/f", 0700);
}

static int put_socket(void) {
        struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "r/f" };
        AUTO_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        return bind(fd, (struct sockaddr *)&address, sizeof address);
}

/* Something else is in the place of the file after it was given. */
TEST(walk_open_file_is_not_fooled) {
        static const struct {
                int (*put)(void);
                const char *story;
        } rows[] = {
                { put_nothing, "no such file or directory" }, { put_link, "it is no longer a file" },
                { put_fifo, "it is no longer a file" },       { put_folder, "it is no longer a file" },
                { put_socket, "it is no longer a file" },
        };
        make_folder("r");
        make_file("target");
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                int fd = -1;
                make_file("r/f");
                Fixture f = begin("r");
                expect(&f, "");
                expect(&f, "f");
                assert_int_equal(unlink("r/f"), 0);
                assert_int_equal(rows[i].put(), 0);
                Error *error = walk_open_file(f.walk, &fd);
                assert_int_equal(error_kind(error), ERROR_MISSING);
                assert_string_equal(error_story(error), rows[i].story);
                assert_int_equal(fd, -1);
                error_free(error);
                (void)remove("r/f"); /* the first row has none */
                end(&f);
        }
}

TEST(walk_open_file_leaves_the_access_time_alone) {
        char byte;
        struct stat status;
        struct timespec times[2] = { { .tv_sec = 1000 }, { .tv_sec = 2000 } };
        make_folder("r");
        make_file("r/f");
        assert_int_equal(utimensat(AT_FDCWD, "r/f", times, 0), 0);
        Fixture f = begin("r");
        expect(&f, "");
        expect(&f, "f");
        AUTO_FD int fd = -1;
        assert_ok(walk_open_file(f.walk, &fd));
        assert_int_equal(read(fd, &byte, 1), 1);
        assert_int_equal(fstat(fd, &status), 0);
        assert_int_equal(status.st_atim.tv_sec, 1000);
        assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
        end(&f);
}

TEST(walk_fails_when_no_more_files_can_be_opened) {
        make_folder("r");
        make_folder("r/a");
        make_folder("r/a/b");
        Fixture f = begin("r");
        expect(&f, "");
        struct rlimit before, none;
        getrlimit(RLIMIT_NOFILE, &before);
        none = before;
        none.rlim_cur = 3;
        setrlimit(RLIMIT_NOFILE, &none);
        Error *error = walk_next(f.walk, &f.item);
        setrlimit(RLIMIT_NOFILE, &before);
        assert_non_null(error);
        assert_int_equal(error_exit_code(error), EXIT_CODE_TOO_FEW_OPEN_FILES);
        error_free(error);
        end(&f);
}

/* ---- selected, and with links followed ---- */

static Selection *select_by(const char *include, const char *exclude, const char *root) {
        SelectionOptionList options = { .items = NULL };
        Selection *selection = NULL;
        if (include)
                selection_option_list_add(&options, (SelectionOption){ .kind = SELECTION_INCLUDE, .value = include });
        selection_option_list_add(&options, (SelectionOption){ .kind = SELECTION_EXCLUDE, .value = exclude });
        assert_ok(selection_open(&options, false, root, &selection));
        selection_option_list_clear(&options);
        return selection;
}

static Fixture begin_with(const char *root, WalkOptions options) {
        Fixture fixture = { .walk = NULL };
        assert_ok(scratch_open("/tmp", &fixture.scratch));
        assert_ok(walk_open(root, &options, fixture.scratch, &fixture.walk));
        return fixture;
}

static void expect_all(Fixture *f, const char *const *paths, size_t count) {
        for (size_t i = 0; i < count; i++)
                expect(f, paths[i]);
        expect(f, NULL);
}

static void make_selectable_tree(void) {
        static const char *const folders[] = { "r", "r/a", "r/a/b", "r/a/b/c", "r/a/empty", "r/d", "r/d/e" };
        static const char *const files[] = { "r/a/b/c/x", "r/a/b/c/y", "r/a/b/z", "r/a/f", "r/d/e/x", "r/x" };
        for (size_t i = 0; i < ARRAY_LENGTH(folders); i++)
                make_folder(folders[i]);
        for (size_t i = 0; i < ARRAY_LENGTH(files); i++)
                make_file(files[i]);
}

TEST(walk_gives_scanned_folders_when_something_in_them_is_given) {
        static const char *const paths[] = { "", "a", "a/b", "a/b/c", "a/b/c/x", "d", "d/e", "d/e/x", "x" };
        make_selectable_tree();
        AUTO(selection_close) Selection *selection = select_by("**/x", "**", "r");
        Fixture f = begin_with("r", (WalkOptions){ .selection = selection });
        assert_ptr_equal(walk_options(f.walk)->selection, selection);
        expect(&f, "");
        const Entry *folder = expect(&f, "a");
        assert_int_equal(folder->type, ENTRY_FOLDER);
        assert_int_equal(folder->mode, 0755);
        assert_true(f.item->has_entry && f.item->state == WALK_ENTRY);
        expect(&f, "a/b");
        expect(&f, "a/b/c");
        AUTO_FD int fd = -1;
        assert_int_equal(expect(&f, "a/b/c/x")->size, 7);
        assert_ok(walk_open_file(f.walk, &fd));
        for (size_t i = 5; i < ARRAY_LENGTH(paths); i++)
                expect(&f, paths[i]);
        expect(&f, NULL);
        end(&f);
}

TEST(walk_gives_the_root_whatever_is_excluded) {
        static const char *const paths[] = { "" };
        make_selectable_tree();
        AUTO(selection_close) Selection *selection = select_by(NULL, "**", "r");
        Fixture f = begin_with("r", (WalkOptions){ .selection = selection });
        expect_all(&f, paths, ARRAY_LENGTH(paths));
        end(&f);
}

static int check_excluded(void) {
        static const char *const paths[] = { "", "d", "d/e", "d/e/x", "x" };
        AUTO(selection_close) Selection *selection = select_by(NULL, "r/a", "r");
        Fixture f = begin_with("r", (WalkOptions){ .selection = selection });
        expect_all(&f, paths, ARRAY_LENGTH(paths)); /* and tells no problem */
        end(&f);
        return 0;
}

TEST(walk_does_not_enter_what_is_excluded) {
        make_selectable_tree();
        assert_int_equal(chmod("r/a", 0), 0);
        as_nobody(check_excluded);
}

static int check_scanned(void) {
        AUTO(selection_close) Selection *selection = select_by("**/x", "**", "r");
        Fixture f = begin_with("r", (WalkOptions){ .selection = selection });
        expect(&f, "");
        expect(&f, "a");
        expect_problem(&f, "a/b", false, "permission denied");
        expect(&f, "d");
        end(&f);
        return 0;
}

/* What is in there may be selected: the problem counts, though the folder is not given itself. */
TEST(walk_tells_a_scanned_folder_that_cannot_be_read) {
        make_selectable_tree();
        assert_int_equal(chmod("r/a/b", 0), 0);
        as_nobody(check_scanned);
}

TEST(walk_follows_links_on_request) {
        static const char *const links[][2] = {
                { "f", "r/to-file" }, { "d", "r/to-folder" }, { "nowhere", "r/dangling" }, { "loop", "r/loop" },
                { "f/x", "r/not-in-a-file" }, { "../outside", "r/out" }, { "p", "r/to-fifo" },
        };
        static const EntryType types[] = { ENTRY_FOLDER, ENTRY_FOLDER, ENTRY_FILE, ENTRY_FILE, ENTRY_FOLDER, ENTRY_FILE,
                                           ENTRY_FIFO, ENTRY_FIFO, ENTRY_FILE, ENTRY_FOLDER, ENTRY_FILE };
        static const char *const paths[] = { "", "d", "d/g", "f", "out", "out/o", "p", "to-fifo", "to-file", "to-folder",
                                             "to-folder/g" };
        make_folder("r");
        make_folder("r/d");
        make_folder("outside");
        make_file("outside/o");
        make_file("r/d/g");
        make_file("r/f");
        assert_int_equal(mkfifo("r/p", 0600), 0);
        for (size_t i = 0; i < ARRAY_LENGTH(links); i++)
                assert_int_equal(symlink(links[i][0], links[i][1]), 0);
        Fixture f = begin_with("r", (WalkOptions){ .follows_links = true });
        for (size_t i = 0; i < ARRAY_LENGTH(paths); i++) {
                assert_int_equal(expect(&f, paths[i])->type, types[i]);
                AUTO_FD int fd = -1;
                if (types[i] == ENTRY_FILE)
                        assert_ok(walk_open_file(f.walk, &fd));
        }
        expect(&f, NULL);
        end(&f);
}

TEST(walk_follows_the_root) {
        static const char *const paths[] = { "", "f" };
        make_folder("r");
        make_file("r/f");
        assert_int_equal(symlink("r", "link"), 0);
        Fixture f = begin_with("link", (WalkOptions){ .follows_links = true });
        expect_all(&f, paths, ARRAY_LENGTH(paths));
        end(&f);
}

TEST(walk_keeps_links_that_lead_back) {
        static const char *const paths[] = { "", "a", "a/b", "a/b/self", "a/b/top", "a/b/up", "copy", "copy/self",
                                             "copy/top", "copy/up", "copy/up/b", "copy/up/b/self" };
        make_folder("r");
        make_folder("r/a");
        make_folder("r/a/b");
        assert_int_equal(symlink(".", "r/a/b/self") | symlink("../..", "r/a/b/top") | symlink("..", "r/a/b/up") |
                         symlink("a/b", "r/copy"), 0);
        Fixture f = begin_with("r", (WalkOptions){ .follows_links = true });
        for (size_t i = 0; i < 10; i++) {
                const Entry *entry = expect(&f, paths[i]);
                bool is_kept = strlen(paths[i]) > 4 && strcmp(paths[i], "copy/up") != 0;
                assert_int_equal(entry->type, is_kept ? ENTRY_LINK : ENTRY_FOLDER);
        }
        expect(&f, "copy/up/b"); /* the folder we came from by the link 'copy': it is no link itself */
        assert_string_equal(f.item->problem, "it lies in itself, because a link leads back to it");
        expect(&f, NULL);
        end(&f);
}
