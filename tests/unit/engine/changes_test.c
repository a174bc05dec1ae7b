#include "engine/changes.h"

#include <unistd.h>

#include "engine/trial.h"

static Buffer told;

static const char *name_of(FileChange change) {
        static const char *const names[] = {
                [FILE_CHANGE_NEW] = "new", [FILE_CHANGE_CHANGED] = "changed", [FILE_CHANGE_DELETED] = "deleted"
        };
        return names[change];
}

static void note_history(UNUSED void *context, const FileHistory *history) {
        for (size_t i = 0; i < history->count; i++)
                buffer_print(&told, "%jd:%s ", (intmax_t)history->rows[i].set->end.seconds,
                             name_of(history->rows[i].change));
}

static const char *history_of(const char *path) {
        Job job = trial_job;
        job.changed_path = path;
        buffer_clear(&told);
        assert_ok(changes_of_file(&job, note_history, NULL));
        return buffer_text(&told);
}

static void begin(UNUSED void *context, const SetChanges *changes) {
        if (changes->set)
                buffer_print(&told, "%jd: %ju, %zu: ", (intmax_t)changes->set->end.seconds,
                             (uintmax_t)changes->count, changes->widest);
}

static Error *note_change(UNUSED void *context, FileChange change, const char *path) {
        buffer_print(&told, "%s:%s ", path, name_of(change));
        return NULL;
}

static void end(UNUSED void *context) {
        buffer_print(&told, ".");
}

static Error *try_set(unsigned number) {
        Job job = trial_job;
        job.has_changes_in_set = true;
        job.changes_in_set = number;
        buffer_clear(&told);
        return changes_in_set(&job, &(SetChangesSinks){ .begin = begin, .change = note_change, .end = end });
}

static const char *set(unsigned number) {
        assert_ok(try_set(number));
        return buffer_text(&told);
}

static void make_chains(void) {
        trial_begin();
        trial_job.name = "trial";
        tree_file("src/old", "old");
        trial_backup(50);
        trial_job.kind = BACKUP_FULL;
        tree_file("src/a", "a");
        tree_file("src/b \xc3\xa9", "b");
        trial_backup(100);
        trial_job.kind = BACKUP_AUTO;
        tree_file("src/a", "changed");
        tree_remove("src/old");
        trial_backup(200);
        trial_backup(300);
        tree_remove("src/a");
        trial_backup(400);
        buffer_clear(&told);
}

TEST(changes_of_a_file_are_those_of_the_newest_chain) {
        make_chains();
        assert_string_equal(history_of("a"), "100:new 200:changed 400:deleted ");
        assert_string_equal(history_of("old"), "100:new 200:deleted ");
        assert_string_equal(history_of("b \xc3\xa9"), "100:new ");
        assert_string_equal(history_of("none"), "");
        trial_drop_cache(); /* the manifests are fetched, then */
        assert_string_equal(history_of("a"), "100:new 200:changed 400:deleted ");
}

TEST(changes_in_a_set_are_counted_from_the_newest) {
        make_chains();
        assert_string_equal(set(0), "400: 1, 1: a:deleted .");
        assert_string_equal(set(1), "300: 0, 0: .");
        trial_drop_cache();
        assert_string_equal(set(2), "200: 2, 3: a:changed old:deleted .");
        assert_string_equal(set(3), "100: 3, 8: a:new b \xc3\xa9:new old:new ."); /* "b\x20é" */
        assert_string_equal(set(4), "50: 1, 3: old:new .");
        Error *error = try_set(5);
        assert_int_equal(error_exit_code(error), EXIT_CODE_COMMAND_LINE);
        assert_error(error, ERROR_USER, "from 0, the newest, to 4");
}

TEST(changes_are_read_anew_when_the_local_copy_is_damaged) {
        make_chains();
        static const char path[] = "archive/trial/duplicity-inc.19700101T000140Z.to.19700101T000320Z.manifest";
        test_write_file(path, bytes_of("Volume x:\n"));
        assert_string_equal(set(2), "200: 2, 3: a:changed old:deleted .");
        memory_storage_truncate(memory_storage_find("Z.to.19700101T000320Z.manifest"), 10);
        assert_int_equal(unlink(path), 0);
        assert_error(try_set(2), ERROR_CORRUPT, "Z.to.19700101T000320Z.manifest");
        assert_string_equal(buffer_text(&told), ""); /* nothing was told of what is not whole */
}

TEST(changes_of_nothing_are_none) {
        trial_begin();
        assert_string_equal(history_of("a"), "");
        assert_string_equal(set(0), ".");
        assert_int_equal(changes_width("a\xc3\xa9\xe2\x82\xac"), 3);
        buffer_clear(&told);
}
