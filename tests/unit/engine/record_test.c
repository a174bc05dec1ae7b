#include "engine/record.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/trial.h"

static void assert_problem(size_t number, const char *text) {
        if (number >= trial_summary.problem_count)
                fail_msg("only %zu problems", (size_t)trial_summary.problem_count);
        assert_string_equal(trial_summary.problems.items[number], text);
}

static void assert_manifest(int64_t at, const char *list) {
        char time[17];
        when_print_compact((Moment){ at }, time);
        AUTO_TEXT char *part = memory_print("%s.manifest", time);
        Bytes manifest = memory_storage_content(memory_storage_find(part));
        const char *found = strstr((const char *)manifest.at, "Filelist ");
        assert_non_null(found);
        assert_string_equal(found, list);
}

TEST(record_counts_as_duplicity_does) {
        trial_begin();
        tree_folder("src/d");
        tree_random_file("src/d/x", 100000, 1);
        tree_random_file("src/gone", 50, 1);
        tree_link("src/l", "x");
        trial_backup(100);
        assert_true(trial_summary.full);
        assert_int_equal(trial_summary.set_time.seconds, 100);
        assert_int_equal(trial_summary.source_files, 5);
        assert_int_equal(trial_summary.source_bytes, 100050);
        assert_int_equal(trial_summary.new_files, 5);
        assert_int_equal(trial_summary.new_bytes, 100050);
        assert_int_equal(trial_summary.changed_files, 0);
        assert_int_equal(trial_summary.delta_entries, 5);
        assert_int_equal(trial_summary.volume_count, 1);
        assert_true(trial_summary.stored_bytes > 100000);
        assert_manifest(100, "Filelist 2\n    new      d/x\n    new      gone\n");

        tree_remove("src/gone");
        tree_random_file("src/d/x", 100010, 1);
        tree_file("src/d/y", "new");
        trial_backup(200);
        assert_int_equal(trial_summary.source_files, 5);
        assert_int_equal(trial_summary.source_bytes, 100013);
        assert_int_equal(trial_summary.new_files, 3); /* y, and both folders, of which there are no deltas */
        assert_int_equal(trial_summary.new_bytes, 3);
        assert_int_equal(trial_summary.changed_files, 1);
        assert_int_equal(trial_summary.changed_bytes, 100010);
        assert_int_equal(trial_summary.deleted_files, 1);
        assert_int_equal(trial_summary.delta_entries, 5);
        assert_in_range(trial_summary.delta_bytes, 10, 1500);
        assert_manifest(200, "Filelist 3\n    changed  d/x\n    new      d/y\n    deleted  gone\n");

        trial_backup(300);
        assert_int_equal(trial_summary.delta_entries, 0);
        assert_int_equal(trial_summary.volume_count, 1);
        assert_manifest(300, "Filelist 0\n");
}

TEST(record_in_a_dry_run_counts_and_stores_nothing) {
        trial_begin();
        tree_random_file("src/x", 1000, 1);
        trial_job.dry_run = true;
        trial_backup(100);
        assert_int_equal(trial_summary.new_files, 2);
        assert_int_equal(trial_summary.new_bytes, 1000);
        assert_int_equal(memory_storage_matches(""), 0);
        assert_string_equal(memory_storage_puts(), "");
}

TEST(record_keeps_what_cannot_be_read) {
        if (geteuid() != 0)
                skip(); /* the tree is made as root */
        trial_begin();
        tree_folder("src/d");
        tree_file("src/d/x", "x");
        tree_file("src/f", "old");
        tree_file("src/same", "same");
        AUTO_TEXT char *file = tree_text("src/f");
        AUTO_TEXT char *folder = tree_text("src/d");
        tree_as_nobody();
        trial_backup(1795408000);
        tree_as_before();
        tree_file("src/f", "new");
        tree_mode("src/f", 0600);
        tree_file("src/never", "read");
        tree_mode("src/never", 0600);
        tree_mode("src/same", 0); /* its mode has changed, so it would be stored again */
        tree_mode("src/d", 0700);
        tree_folder("src/e");
        tree_mode("src/e", 0700);
        tree_as_nobody();
        assert_ok(trial_try_backup(1795409000));
        assert_int_equal(trial_summary.problem_count, 5);
        assert_problem(0, "cannot read 'src/d': permission denied (content kept at its version of 2026-11-23)");
        assert_problem(1, "cannot read 'src/e': permission denied (content not in this backup)");
        assert_problem(2, "cannot read 'src/f': permission denied (file kept at its version of 2026-11-23)");
        assert_problem(3, "cannot read 'src/never': permission denied (file not in this backup)");
        assert_problem(4, "cannot read 'src/same': permission denied (file kept at its version of 2026-11-23)");
        trial_restore(1795409000, "r");
        tree_as_before();
        assert_tree("r/f", file);
        tree_mode("r/d", 0755);
        assert_tree("r/d", folder);
        assert_int_equal(access("r/never", F_OK), -1);
        assert_int_equal(access("r/e", F_OK), 0);
        /* once it can be read, it is stored */
        tree_mode("src/never", 0644);
        tree_mode("src/same", 0644);
        tree_mode("src/f", 0644);
        tree_mode("src/d", 0755);
        tree_mode("src/e", 0755);
        AUTO_TEXT char *all = tree_text("src");
        trial_backup(1795410000);
        trial_check(1795410000, all);
}

/* ---- files that change while they are read ---- */

typedef struct Meddler {
        const char *path;
        uint64_t after; /* bytes of the backup */
        void (*meddle)(void);
} Meddler;

static void watch(void *context, const Progress *progress) {
        Meddler *meddler = context;
        if (!meddler->meddle || !progress->path || strcmp(progress->path, meddler->path) != 0 ||
            progress->bytes < meddler->after)
                return;
        meddler->meddle();
        meddler->meddle = NULL;
}

static void remove_file(void) {
        assert_int_equal(unlink("src/f"), 0);
}

static void shrink_file(void) {
        assert_int_equal(truncate("src/f", 150000), 0);
}

static void empty_file(void) {
        assert_int_equal(truncate("src/f", 0), 0);
}

static void grow_file(void) {
        int fd = open("src/f", O_WRONLY | O_APPEND);
        assert_int_equal(write(fd, "more", 4), 4);
        close(fd);
}

static void replace_by_link(void) {
        remove_file();
        assert_int_equal(symlink("../secret", "src/f"), 0);
}

/* Backs up at AT while MEDDLER is at work. */
static void back_up_meddled(int64_t at, Meddler meddler) {
        trial_job.progress = watch;
        trial_job.progress_context = &meddler;
        assert_ok(trial_try_backup(at));
        assert_null(meddler.meddle); /* it had its moment */
        trial_job.progress = NULL;
}

TEST(record_of_a_changing_file_is_sound_and_is_stored_again) {
        static const struct {
                void (*meddle)(void);
                size_t size;
        } cases[] = { { shrink_file, 150000 }, { empty_file, 65536 }, { grow_file, 200000 } };
        for (size_t i = 0; i < 2 * ARRAY_LENGTH(cases); i++) {
                bool incremental = i >= ARRAY_LENGTH(cases);
                size_t number = i % ARRAY_LENGTH(cases), length;
                trial_begin();
                trial_drop_cache();
                tree_random_file("src/f", 199999, 1);
                tree_file("src/g", "g");
                if (incremental)
                        trial_backup(100);
                tree_random_file("src/f", 200000, 1);
                back_up_meddled(200, (Meddler){ .path = "f", .after = 1, .meddle = cases[number].meddle });
                assert_int_equal(trial_summary.problem_count, 1);
                assert_problem(
                        0,
                        "'src/f' changed while it was read (stored as it was read; the next backup stores it again)");
                trial_restore(200, "r");
                AUTO_TEXT char *restored = test_read_file("r/f", &length);
                AUTO_TEXT char *content = (char *)test_random_bytes(200000, 1);
                assert_bytes_equal(bytes_make(restored, length), bytes_make(content, cases[number].size));
                assert_int_equal(access("r/g", F_OK), 0);
                tree_remove("r");
                trial_backup(300);
                AUTO_TEXT char *tree = tree_text("src");
                trial_check(300, tree);
                tree_remove("src");
        }
}

/* What happens to src/f between the look at it and its opening. Its opening goes through what stands here in place of
 * the C library's functions. */
static void (*before_opening)(void);

static int open_after_meddling(int folder, const char *name, int flags, mode_t mode) {
        bool is_content = (flags & (O_NOATIME | O_NONBLOCK)) == (O_NOATIME | O_NONBLOCK);
        if (before_opening && is_content && strcmp(name, "f") == 0) {
                void (*meddle)(void) = before_opening;
                before_opening = NULL;
                meddle();
        }
        return (int)syscall(SYS_openat, folder, name, flags, mode);
}

int checked_openat(int folder, const char *name, int flags) __asm__("__openat64_2");
int checked_openat(int folder, const char *name, int flags) {
        return open_after_meddling(folder, name, flags, 0);
}

int plain_openat(int folder, const char *name, int flags, ...) __asm__("openat64");
int plain_openat(int folder, const char *name, int flags, ...) {
        va_list arguments;
        va_start(arguments, flags);
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
        va_end(arguments);
        return open_after_meddling(folder, name, flags, mode);
}

static void back_up_with(int64_t at, void (*meddle)(void)) {
        before_opening = meddle;
        assert_ok(trial_try_backup(at));
        assert_null(before_opening); /* it had its moment */
}

TEST(record_of_a_file_that_vanished_is_a_deletion) {
        trial_begin();
        tree_file("src/f", "f");
        trial_backup(100);
        tree_file("src/f", "changed");
        back_up_with(200, remove_file);
        assert_problem(0, "'src/f' vanished before it could be read");
        trial_restore(200, "r");
        assert_int_equal(access("r/f", F_OK), -1);
        tree_file("src/f", "new");
        back_up_with(300, remove_file);
        trial_restore(300, "s");
        assert_int_equal(access("s/f", F_OK), -1);
}

TEST(record_never_follows_a_link_that_took_a_file_s_place) {
        trial_begin();
        tree_file("secret", "secret");
        tree_file("src/f", "f");
        back_up_with(100, replace_by_link);
        assert_problem(0, "'src/f' vanished before it could be read");
        trial_restore(100, "r");
        assert_int_equal(access("r/f", F_OK), -1);
        trial_backup(200);
        AUTO_TEXT char *tree = tree_text("src");
        trial_check(200, tree);
}

TEST(record_stores_small_or_shrunken_files_whole) {
        trial_begin();
        tree_random_file("src/f", 100000, 1);
        trial_backup(100);
        tree_file("src/f", "small");
        AUTO_TEXT char *tree = tree_text("src");
        trial_backup(200);
        trial_check(200, tree);
        tree_random_file("src/f", 100000, 1);
        AUTO_TEXT char *large = tree_text("src");
        trial_backup(300);
        trial_check(300, large);
}

TEST(record_survives_names_of_any_bytes) {
        static const char *const names[] = {
                "new\nline", "\"quoted\"", "back\\slash", "trailing blank ", " leading", "\xff\xfe invalid", "\xc3\xa4",
                "-dash",     "%41",        "a:b",
        };
        trial_begin();
        for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
                AUTO_TEXT char *path = memory_print("src/%s", names[i]);
                tree_file(path, names[i]);
        }
        char longest[256];
        memset(longest, 'n', sizeof longest - 1);
        longest[255] = '\0';
        AUTO_TEXT char *folder = memory_print("src/%s", longest);
        AUTO_TEXT char *file = memory_print("src/%s/%s", longest, longest);
        tree_folder(folder);
        tree_random_file(file, 70000, 1);
        AUTO_TEXT char *first = tree_text("src");
        trial_backup(100);
        tree_random_file(file, 70001, 1);
        AUTO_TEXT char *second = tree_text("src");
        trial_backup(200);
        trial_check(100, first);
        trial_check(200, second);
}
