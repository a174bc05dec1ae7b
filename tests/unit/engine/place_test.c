#include "engine/place.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/memory.h"
#include "engine/tree.h"
#include "support/test.h"
#include "sys/file.h"

static Place *open_place(bool force) {
        Place *place = NULL;
        PlaceOptions options = { .target = "target", .force = force, .numeric_owner = true };
        assert_ok(place_open(&options, &place));
        return place;
}

static Entry entry_of(EntryType type, const char *path) {
        return (Entry){
                .type = type,
                .path = path,
                .modified = 1000,
                .modified_nanoseconds = 5,
                .mode = type == ENTRY_FOLDER ? 0755 : 0644,
                .uid = geteuid(),
                .gid = getegid(),
                .target = "elsewhere",
        };
}

static Error *place_thing(Place *place, EntryType type, const char *path) {
        Entry entry = entry_of(type, path);
        return place_object(place, &entry);
}

static Error *place_file(Place *place, const char *path, const char *content) {
        Entry entry = entry_of(ENTRY_FILE, path);
        int fd;
        TRY(place_begin_file(place, path, &fd));
        TRY(file_write(fd, "file", bytes_of(content)));
        return place_finish_file(place, &entry);
}

static void finish(Place *place) {
        place_finish(place);
        place_close(place);
}

#define assert_file(path, text)                                          \
        do {                                                             \
                AUTO_TEXT char *content_ = test_read_file((path), NULL); \
                assert_string_equal(content_, text);                     \
        } while (0)

static bool exists(const char *path) {
        struct stat status;
        return lstat(path, &status) == 0;
}

static struct stat look(const char *path) {
        struct stat status;
        assert_int_equal(lstat(path, &status), 0);
        return status;
}

/* ---- the target ---- */

TEST(place_makes_the_target_and_what_leads_to_it) {
        PlaceOptions options = { .target = "a/b/target", .numeric_owner = true };
        Place *place = NULL;
        assert_ok(place_open(&options, &place));
        assert_false(exists("a")); /* nothing before there is something to place */
        assert_ok(place_thing(place, ENTRY_FOLDER, ""));
        assert_ok(place_file(place, "f", "x"));
        finish(place);
        assert_file("a/b/target/f", "x");
        assert_int_equal(look("a/b/target").st_mtim.tv_sec, 1000);
}

TEST(place_takes_an_empty_folder_and_refuses_anything_else) {
        Place *place = NULL;
        PlaceOptions options = { .target = "target" };
        tree_folder("target");
        assert_ok(place_open(&options, &place));
        place_close(place);
        tree_file("target/.x", "");
        Error *error = place_open(&options, &place);
        assert_int_equal(error_exit_code(error), EXIT_CODE_RESTORE_TARGET_EXISTS);
        assert_error(error, ERROR_USER, "'target' is there already");
        tree_remove("target");
        tree_file("target", "");
        assert_error(place_open(&options, &place), ERROR_USER, "is there already");
        tree_remove("target");
        tree_link("target", "nowhere");
        assert_error(place_open(&options, &place), ERROR_USER, "is there already");
}

TEST(place_finds_a_full_folder_behind_one_that_is_missing) {
        Place *place = NULL;
        PlaceOptions options = { .target = "missing/../full", .numeric_owner = true };
        assert_int_equal(mkdir("full", 0755), 0);
        test_write_file("full/mine", bytes_of("mine"));
        assert_error(place_open(&options, &place), ERROR_USER, "write the path without '..'");
        assert_false(exists("missing"));
        assert_int_equal(mkdir("there", 0755), 0);
        options.target = "there/../full";
        assert_error(place_open(&options, &place), ERROR_USER, "not an empty folder");
        options.target = "there/../new";
        assert_ok(place_open(&options, &place));
        assert_ok(place_file(place, "a", "a"));
        finish(place);
        assert_file("new/a", "a");
}

TEST(place_looks_again_before_it_puts_anything) {
        Place *place = open_place(false);
        assert_int_equal(mkdir("target", 0755), 0);
        test_write_file("target/mine", bytes_of("mine"));
        assert_error(place_file(place, "a", "a"), ERROR_USER, "not an empty folder");
        place_close(place);
        assert_false(exists("target/a"));
}

TEST(place_follows_a_link_that_the_user_named_as_target) {
        tree_folder("real");
        tree_link("target", "real");
        Place *place = open_place(false);
        assert_ok(place_thing(place, ENTRY_FOLDER, ""));
        assert_ok(place_file(place, "f", "x"));
        finish(place);
        assert_file("real/f", "x");
}

TEST(place_makes_the_root_a_file_when_it_is_one) {
        Place *place = open_place(false);
        assert_ok(place_file(place, "", "root"));
        finish(place);
        assert_file("target", "root");
        assert_int_equal(look("target").st_mtim.tv_sec, 1000);
}

TEST(place_takes_a_target_with_a_slash_behind_it) {
        PlaceOptions options = { .target = "a//target/", .numeric_owner = true };
        Place *place = NULL;
        assert_ok(place_open(&options, &place));
        assert_ok(place_file(place, "", "root"));
        finish(place);
        assert_file("a/target", "root");
}

TEST(place_makes_the_root_a_link_or_fifo_when_it_is_one) {
        Place *place = open_place(false);
        assert_ok(place_thing(place, ENTRY_LINK, ""));
        finish(place);
        assert_true(S_ISLNK(look("target").st_mode));
        tree_remove("target");
        place = open_place(false);
        assert_ok(place_thing(place, ENTRY_FIFO, ""));
        finish(place);
        assert_true(S_ISFIFO(look("target").st_mode));
}

TEST(place_puts_a_root_file_in_place_of_an_empty_folder) {
        tree_folder("target");
        Place *place = open_place(false);
        assert_ok(place_file(place, "", "root"));
        finish(place);
        assert_file("target", "root");
}

TEST(place_replaces_a_root_file_by_force_only_when_the_new_one_is_whole) {
        int fd;
        tree_file("target", "old");
        Place *place = open_place(true);
        assert_ok(place_begin_file(place, "", &fd));
        assert_ok(file_write(fd, "file", bytes_of("half")));
        place_drop_file(place);
        assert_file("target", "old");
        place_close(place);
        place = open_place(true);
        assert_ok(place_file(place, "", "new"));
        finish(place);
        assert_file("target", "new");
}

TEST(place_leaves_a_full_folder_where_the_root_is_a_file) {
        tree_folder("target");
        tree_file("target/x", "x");
        Place *place = open_place(true);
        assert_error(place_file(place, "", "new"), ERROR_SYSTEM, "cannot replace the folder 'target'");
        place_close(place);
        assert_file("target/x", "x");
}

/* ---- metadata ---- */

TEST(place_gives_owner_mode_and_times) {
        if (geteuid() != 0)
                skip(); /* only root gives files away */
        Place *place = open_place(false);
        Entry entry = entry_of(ENTRY_FILE, "f");
        entry.uid = 12345;
        entry.gid = 54321;
        entry.mode = 06751;
        entry.modified = -1000;
        entry.modified_nanoseconds = 999999999;
        int fd;
        assert_ok(place_thing(place, ENTRY_FOLDER, ""));
        assert_ok(place_begin_file(place, "f", &fd));
        assert_ok(place_finish_file(place, &entry));
        entry.type = ENTRY_LINK;
        entry.path = "l";
        assert_ok(place_object(place, &entry));
        finish(place);
        struct stat status = look("target/f");
        assert_int_equal(status.st_uid, 12345);
        assert_int_equal(status.st_gid, 54321);
        assert_int_equal(status.st_mode, S_IFREG | 06751);
        assert_int_equal(status.st_mtim.tv_sec, -1000);
        assert_int_equal(status.st_mtim.tv_nsec, 999999999);
        status = look("target/l");
        assert_int_equal(status.st_uid, 12345);
        assert_int_equal(status.st_mtim.tv_sec, -1000);
        assert_false(exists("target/elsewhere"));
}

TEST(place_maps_owners_by_name_unless_told_otherwise) {
        if (geteuid() != 0)
                skip(); /* only root gives files away */
        Entry entry = entry_of(ENTRY_FIFO, "f");
        entry.uid = entry.gid = 4321;
        entry.user = entry.group = "root";
        for (int i = 0; i < 3; i++) {
                Place *place = NULL;
                PlaceOptions options = { .target = "target", .numeric_owner = i == 1, .no_ownership = i == 2 };
                assert_ok(place_open(&options, &place));
                assert_ok(place_thing(place, ENTRY_FOLDER, ""));
                assert_ok(place_object(place, &entry));
                finish(place);
                assert_int_equal(look("target/f").st_uid, i == 1 ? 4321 : 0);
                tree_remove("target");
        }
}

TEST(place_makes_fifos_and_devices) {
        if (geteuid() != 0)
                skip(); /* only root makes devices */
        Place *place = open_place(false);
        Entry device = entry_of(ENTRY_CHAR_DEVICE, "c");
        device.major = 1;
        device.minor = 3;
        assert_ok(place_thing(place, ENTRY_FOLDER, ""));
        AUTO(error_free) Error *refused = place_object(place, &device); /* where devices may be made at all */
        assert_ok(place_thing(place, ENTRY_FIFO, "p"));
        finish(place);
        assert_int_equal(look("target/p").st_mode, S_IFIFO | 0644);
        if (refused)
                return;
        assert_int_equal(look("target/c").st_mode, S_IFCHR | 0644);
        assert_int_equal(major(look("target/c").st_rdev), 1);
        assert_int_equal(minor(look("target/c").st_rdev), 3);
}

TEST(place_gives_folders_their_metadata_when_they_are_left) {
        tree_as_nobody(); /* whom the mode of a folder hinders */
        Place *place = open_place(false);
        Entry closed = entry_of(ENTRY_FOLDER, "a");
        closed.mode = 0500;
        assert_ok(place_thing(place, ENTRY_FOLDER, ""));
        assert_ok(place_object(place, &closed));
        closed.path = "a/b";
        assert_ok(place_object(place, &closed));
        assert_ok(place_file(place, "a/b/f", "x"));
        assert_int_equal(look("target/a/b").st_mode, S_IFDIR | 0700);
        assert_ok(place_file(place, "a/c", "x"));
        assert_int_equal(look("target/a/b").st_mode, S_IFDIR | 0500);
        assert_int_equal(look("target/a/b").st_mtim.tv_sec, 1000);
        finish(place);
        assert_int_equal(look("target/a").st_mode, S_IFDIR | 0500);
        assert_int_equal(look("target/a").st_mtim.tv_sec, 1000);
        assert_int_equal(look("target").st_mtim.tv_sec, 1000);
        tree_as_before();
}

TEST(place_makes_missing_parents_private) {
        Place *place = open_place(false);
        assert_ok(place_file(place, "a/b/f", "x"));
        finish(place);
        assert_int_equal(look("target/a").st_mode, S_IFDIR | 0700);
        assert_int_equal(look("target/a/b").st_mode, S_IFDIR | 0700);
        assert_file("target/a/b/f", "x");
}

TEST(place_reaches_paths_beyond_path_max) {
        enum { DEPTH = 60 };
        char path[DEPTH * 100 + 1];
        Place *place = open_place(false);
        assert_ok(place_thing(place, ENTRY_FOLDER, ""));
        memset(path, 'x', sizeof path);
        for (size_t depth = 1; depth <= DEPTH; depth++) {
                path[depth * 100 - 1] = '\0';
                assert_ok(place_thing(place, ENTRY_FOLDER, path));
                path[depth * 100 - 1] = '/';
        }
        path[sizeof path - 1] = '\0';
        memcpy(path + sizeof path - 2, "f", 2);
        path[sizeof path - 3] = '/';
        assert_ok(place_file(place, path, "deep"));
        finish(place);
}

/* ---- never outside ---- */

TEST(place_refuses_paths_that_lead_out) {
        static const char *const paths[] = { "..", "../x", "a/../../x", "/x", "a//b", ".", "a/." };
        Place *place = open_place(false);
        assert_ok(place_thing(place, ENTRY_FOLDER, ""));
        for (size_t i = 0; i < ARRAY_LENGTH(paths); i++) {
                assert_error(place_file(place, paths[i], "x"), ERROR_CORRUPT, "leads out");
                assert_error(place_thing(place, ENTRY_LINK, paths[i]), ERROR_CORRUPT, "leads out");
                assert_error(place_thing(place, ENTRY_FOLDER, paths[i]), ERROR_CORRUPT, "leads out");
        }
        finish(place);
        assert_false(exists("x"));
}

/* Tries to write beneath "l", which is no folder. */
static void try_beneath(Place *place, const char *problem) {
        assert_error(place_file(place, "l/f", "x"), ERROR_CORRUPT, problem);
        assert_error(place_thing(place, ENTRY_LINK, "l/g"), ERROR_CORRUPT, problem);
        assert_error(place_thing(place, ENTRY_FOLDER, "l/h"), ERROR_CORRUPT, problem);
        assert_error(place_file(place, "l/i/j", "x"), ERROR_CORRUPT, problem);
}

TEST(place_never_follows_a_link_that_the_archive_brought) {
        for (int force = 0; force < 2; force++) {
                tree_folder("elsewhere");
                Place *place = open_place(force);
                Entry link = entry_of(ENTRY_LINK, "l");
                link.target = "../elsewhere";
                assert_ok(place_thing(place, ENTRY_FOLDER, ""));
                assert_ok(place_object(place, &link));
                try_beneath(place, "'l', which should be its folder, is none");
                finish(place);
                AUTO_TEXT char *outside = tree_text_without_times("elsewhere");
                assert_string_equal(outside, ". 40755\n");
                tree_remove("elsewhere");
                tree_remove("target");
        }
}

TEST(place_never_follows_a_link_that_lies_there) {
        tree_folder("elsewhere");
        tree_folder("target");
        tree_link("target/l", "../elsewhere");
        Place *place = open_place(true);
        assert_ok(place_thing(place, ENTRY_FOLDER, ""));
        try_beneath(place, "is none");
        assert_ok(place_thing(place, ENTRY_FOLDER, "l")); /* now it becomes a folder */
        assert_ok(place_file(place, "l/f", "x"));
        finish(place);
        AUTO_TEXT char *outside = tree_text_without_times("elsewhere");
        assert_string_equal(outside, ". 40755\n");
        assert_file("target/l/f", "x");
}

TEST(place_never_puts_anything_beneath_a_file) {
        Place *place = open_place(false);
        assert_ok(place_thing(place, ENTRY_FOLDER, ""));
        assert_ok(place_file(place, "l", "x"));
        try_beneath(place, "is none");
        finish(place);
        assert_file("target/l", "x");
}

TEST(place_never_puts_anything_beside_a_root_that_is_no_folder) {
        static const EntryType types[] = { ENTRY_LINK, ENTRY_FIFO, ENTRY_FILE };
        for (size_t i = 0; i < ARRAY_LENGTH(types); i++) {
                Place *place = open_place(false);
                if (types[i] == ENTRY_FILE)
                        assert_ok(place_file(place, "", "root"));
                else
                        assert_ok(place_thing(place, types[i], ""));
                assert_error(place_file(place, "f", "x"), ERROR_CORRUPT, "beneath a root that is no folder");
                assert_error(place_thing(place, ENTRY_FOLDER, "d"), ERROR_CORRUPT, "beneath a root that is no folder");
                assert_error(place_thing(place, ENTRY_LINK, "d/l"), ERROR_CORRUPT, "beneath a root that is no folder");
                finish(place);
                assert_false(exists("f"));
                assert_false(exists("d"));
                tree_remove("target");
        }
}

TEST(place_writes_no_file_through_a_link_at_its_place) {
        tree_file("victim", "untouched");
        tree_folder("target");
        tree_link("target/f", "../victim");
        Place *place = open_place(true);
        assert_ok(place_thing(place, ENTRY_FOLDER, ""));
        assert_ok(place_file(place, "f", "new"));
        finish(place);
        assert_file("victim", "untouched");
        assert_file("target/f", "new");
        assert_true(S_ISREG(look("target/f").st_mode));
        assert_int_equal(look("victim").st_mode, S_IFREG | 0644);
}

TEST(place_without_force_replaces_nothing) {
        Place *place = open_place(false);
        assert_ok(place_thing(place, ENTRY_FOLDER, ""));
        tree_file("target/f", "there since then");
        AUTO(error_free) Error *error = place_file(place, "f", "new");
        assert_non_null(error);
        assert_int_equal(error_errno(error), EEXIST);
        place_drop_file(place);
        finish(place);
        assert_file("target/f", "there since then");
}

/* ---- with force ---- */

TEST(place_replaces_by_force_what_is_of_another_type) {
        tree_folder("target");
        tree_file("target/file to folder", "x");
        tree_folder("target/folder to file");
        tree_folder("target/folder to link");
        tree_link("target/link to folder", "/");
        tree_file("target/file to fifo", "x");
        tree_file("target/not in the backup", "stays");
        Place *place = open_place(true);
        assert_ok(place_thing(place, ENTRY_FOLDER, ""));
        assert_ok(place_thing(place, ENTRY_FIFO, "file to fifo"));
        assert_ok(place_thing(place, ENTRY_FOLDER, "file to folder"));
        assert_ok(place_file(place, "folder to file", "new"));
        assert_ok(place_thing(place, ENTRY_LINK, "folder to link"));
        assert_ok(place_thing(place, ENTRY_FOLDER, "link to folder"));
        finish(place);
        AUTO_TEXT char *text = tree_text_without_times("target");
        assert_string_equal(text, ". 40755\n/file to fifo 10644\n/file to folder 40755\n"
                                  "/folder to file 100644 3 c2a6b03f190dfb2b4aa91f8af8d477a9bc3401dc\n"
                                  "/folder to link 120777 -> elsewhere\n/link to folder 40755\n"
                                  "/not in the backup 100644 5 f35dac5c7241a13b847b2601339f47c43f0f6b57\n");
}

TEST(place_never_removes_a_folder_that_holds_something) {
        tree_folder("target");
        tree_folder("target/d");
        tree_file("target/d/x", "precious");
        Place *place = open_place(true);
        assert_ok(place_thing(place, ENTRY_FOLDER, ""));
        AUTO(error_free) Error *as_link = place_thing(place, ENTRY_LINK, "d");
        AUTO(error_free) Error *as_file = place_file(place, "d", "new");
        assert_non_null(as_link);
        assert_non_null(as_file);
        assert_non_null(strstr(error_story(as_file), "cannot replace what is there"));
        place_drop_file(place);
        finish(place);
        assert_file("target/d/x", "precious");
        AUTO_TEXT char *text = tree_text_without_times("target");
        assert_null(strstr(text, "restored-"));
}

TEST(place_drops_a_begun_file) {
        int fd;
        Place *place = open_place(false);
        assert_ok(place_thing(place, ENTRY_FOLDER, ""));
        assert_ok(place_begin_file(place, "f", &fd));
        place_drop_file(place);
        place_drop_file(place); /* nothing to drop */
        assert_false(exists("target/f"));
        assert_ok(place_begin_file(place, "g", &fd));
        place_close(place);
        assert_false(exists("target/g"));
}

TEST(place_gives_folders_their_mode_and_time_back_when_they_are_entered_again) {
        tree_as_nobody();
        Place *place = open_place(false);
        assert_ok(place_thing(place, ENTRY_FOLDER, ""));
        Entry folder = entry_of(ENTRY_FOLDER, "a");
        folder.mode = 0555;
        folder.modified_nanoseconds = 0;
        assert_ok(place_object(place, &folder));
        assert_ok(place_file(place, "a/x", "x"));
        assert_ok(place_file(place, "b", "b"));
        assert_int_equal(look("target/a").st_mode & 07777, 0555);
        assert_ok(place_file(place, "a/late", "late"));
        assert_ok(place_file(place, "a/new/deep", "deep"));
        finish(place);
        tree_as_before();
        assert_int_equal(look("target/a").st_mode & 07777, 0555);
        assert_int_equal(look("target/a").st_mtim.tv_sec, 1000);
        assert_file("target/a/late", "late");
        assert_file("target/a/new/deep", "deep");
}

/* ---- small files ---- */

/* What place told, in its order: "PATH SIZE", or "PATH: STORY", each with a newline. */
static Buffer told;

static void note_placed(UNUSED void *context, const char *path, uint64_t size, Error *error) {
        AUTO(error_free) Error *owned = error;
        if (owned)
                buffer_print(&told, "%s: %s\n", path, error_story(owned));
        else
                buffer_print(&told, "%s %ju\n", path, (uintmax_t)size);
}

static void note_problem(UNUSED void *context, const char *text) {
        buffer_print(&told, "problem: %s\n", text);
}

static Place *open_with_threads(bool force, unsigned threads) {
        Place *place = NULL;
        PlaceOptions options = { .target = "target",
                                 .force = force,
                                 .numeric_owner = true,
                                 .threads = threads,
                                 .problem = note_problem,
                                 .placed = note_placed };
        buffer_clear(&told);
        assert_ok(place_open(&options, &place));
        return place;
}

static Error *place_small(Place *place, const char *path, const char *content) {
        Entry entry = entry_of(ENTRY_FILE, path);
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        buffer_add_text(&text, content);
        return place_small_file(place, &entry, &text);
}

TEST(place_writes_small_files_in_threads_and_on_the_spot) {
        for (unsigned threads = 0; threads < 4; threads++) {
                Place *place = open_with_threads(false, threads);
                for (int folder = 0; folder < 40; folder++) {
                        AUTO_TEXT char *name = memory_print("d%02d", folder);
                        assert_ok(place_thing(place, ENTRY_FOLDER, name));
                        for (int i = 0; i < folder; i++) {
                                AUTO_TEXT char *path = memory_print("%s/f%02d", name, i);
                                assert_ok(place_small(place, path, path));
                        }
                }
                finish(place);
                size_t lines = 0;
                for (size_t i = 0; i < told.length; i++)
                        lines += told.data[i] == '\n';
                assert_int_equal(lines, 40 * 39 / 2);
                assert_memory_equal(told.data, "d01/f00 7\nd02/f00 7\nd02/f01 7\nd03/f00 7\n", 40);
                assert_file("target/d39/f38", "d39/f38");
                assert_int_equal(look("target/d39/f38").st_mtim.tv_sec, 1000);
                assert_int_equal(look("target/d39/f38").st_mode & 07777, 0644);
                assert_int_equal(look("target/d39").st_mtim.tv_sec, 1000); /* set behind the last file in it */
                assert_int_equal(look("target/d00").st_mtim.tv_sec, 1000);
                tree_remove("target");
        }
        buffer_clear(&told);
}

TEST(place_tells_of_small_files_that_cannot_be_made) {
        tree_folder("target");
        tree_file("target/a", "former");
        tree_link("target/b", "a");
        Place *place = NULL;
        PlaceOptions options = { .target = "target", .force = true, .numeric_owner = true, .threads = 2,
                                 .problem = note_problem, .placed = note_placed };
        assert_ok(place_open(&options, &place));
        assert_ok(place_small(place, "a", "new"));
        assert_ok(place_small(place, "b", "new b"));
        assert_ok(place_small(place, "c", ""));
        assert_error(place_small(place, "../d", "x"), ERROR_CORRUPT, "leads out");
        tree_folder("target/e");
        tree_folder("target/e/full");
        assert_ok(place_small(place, "e", "x"));
        finish(place);
        assert_string_equal(buffer_text(&told), "a 3\nb 5\nc 0\n"
                                                "e: cannot replace what is there: directory not empty\n");
        assert_file("target/a", "new");
        assert_false(S_ISLNK(look("target/b").st_mode));
        assert_file("target/b", "new b");
        assert_int_equal(look("target/c").st_size, 0);
        assert_true(exists("target/e/full"));
        AUTO_TEXT char *temporary = memory_print("target/.e.restored-%ld", (long)getpid());
        assert_false(exists(temporary));
        buffer_clear(&told);
}

TEST(place_never_puts_anything_beneath_a_small_file_under_way) {
        for (int i = 0; i < 20; i++) {
                Place *place = open_with_threads(false, 2);
                assert_ok(place_small(place, "f", "x"));
                assert_error(place_small(place, "f/g", "y"), ERROR_CORRUPT, "is none");
                finish(place);
                assert_string_equal(buffer_text(&told), "f 1\n");
                assert_file("target/f", "x");
                tree_remove("target");
        }
        buffer_clear(&told);
}

TEST(place_closed_early_leaves_no_half_of_a_small_file) {
        Place *place = open_with_threads(false, 2);
        for (int i = 0; i < 60; i++) {
                AUTO_TEXT char *path = memory_print("f%02d", i);
                assert_ok(place_small(place, path, "whole"));
        }
        place_close(place);
        for (int i = 0; i < 60; i++) {
                AUTO_TEXT char *path = memory_print("target/f%02d", i);
                if (exists(path))
                        assert_file(path, "whole");
        }
        buffer_clear(&told);
}

TEST(place_makes_the_root_a_small_file) {
        Place *place = open_with_threads(false, 2);
        assert_ok(place_small(place, "", "root"));
        finish(place);
        assert_string_equal(buffer_text(&told), " 4\n");
        assert_file("target", "root");
        buffer_clear(&told);
}
