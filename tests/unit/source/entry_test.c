#include "source/entry.h"

#include <string.h>

#include "support/test.h"

static Entry some_entry(EntryType type) {
        return (Entry){ .type = type, .path = "p", .size = 10, .modified = 100, .modified_nanoseconds = 5, .mode = 0644, .uid = 1,
                        .gid = 2, .target = "t", .major = 3, .minor = 4 };
}

/* What a change of one field means for each type: one letter per type, in the enum's order, 'x' where it counts. */
typedef struct Row {
        const char *field;
        const char *counts;
        Entry now;
} Row;

TEST(entry_change_of_each_field_counts_where_it_must) {
        const Entry base = some_entry(ENTRY_FILE);
        Row rows[] = {
                { "size", "x.....", base },   { "modified", "xx.x..", base }, { "nanoseconds", "x.....", base },
                { "mode", "xx.xxx", base },   { "uid", "xx.xxx", base },      { "gid", "xx.xxx", base },
                { "target", "..x...", base }, { "major", "....xx", base },    { "minor", "....xx", base },
                { "user", "......", base },   { "path", "......", base },
        };
        rows[0].now.size = 11;
        rows[1].now.modified = 101;
        rows[2].now.modified_nanoseconds = 6;
        rows[3].now.mode = 04644;
        rows[4].now.uid = 9;
        rows[5].now.gid = 9;
        rows[6].now.target = "u";
        rows[7].now.major = 9;
        rows[8].now.minor = 9;
        rows[9].now.user = "other";
        rows[10].now.path = "q";
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                for (EntryType type = ENTRY_FILE; type <= ENTRY_BLOCK_DEVICE; type++) {
                        Entry before = some_entry(type);
                        rows[i].now.type = type;
                        if (entry_is_unchanged(&before, &rows[i].now) != (rows[i].counts[type] == '.'))
                                fail_msg("%s of a %s", rows[i].field, entry_type_name(type));
                }
        }
}

TEST(entry_change_of_type_always_counts) {
        for (EntryType a = ENTRY_FILE; a <= ENTRY_BLOCK_DEVICE; a++) {
                for (EntryType b = ENTRY_FILE; b <= ENTRY_BLOCK_DEVICE; b++) {
                        Entry before = some_entry(a), now = some_entry(b);
                        assert_int_equal(entry_is_unchanged(&before, &now), a == b);
                }
        }
}

TEST(entry_times_up_to_1970_are_equal) {
        Entry before = some_entry(ENTRY_FOLDER), now = some_entry(ENTRY_FOLDER);
        before.modified = 0;
        now.modified = -1000000;
        assert_true(entry_is_unchanged(&before, &now));
        before.modified = 1;
        assert_false(entry_is_unchanged(&before, &now));
        assert_false(entry_is_unchanged(&now, &before));
}

TEST(entry_compares_only_what_the_archive_knows) {
        Entry before = some_entry(ENTRY_FILE), now = some_entry(ENTRY_FILE);
        before.size = ENTRY_SIZE_UNKNOWN;
        before.modified_nanoseconds = -1;
        now.size = 77;
        now.modified_nanoseconds = 999999999;
        assert_true(entry_is_unchanged(&before, &now));
        before.modified_nanoseconds = 0;
        assert_false(entry_is_unchanged(&before, &now));
}

TEST(entry_links_without_targets_can_be_compared) {
        Entry before = some_entry(ENTRY_LINK), now = some_entry(ENTRY_LINK);
        before.target = NULL;
        assert_false(entry_is_unchanged(&before, &now));
        now.target = NULL;
        assert_true(entry_is_unchanged(&before, &now));
}

TEST(entry_copy_is_deep) {
        AUTO(arena_free) Arena *arena = arena_new();
        char path[] = "path", user[] = "user", group[] = "group", target[] = "target";
        Entry entry = some_entry(ENTRY_LINK);
        entry.path = path;
        entry.user = user;
        entry.group = group;
        entry.target = target;
        Entry *copy = entry_copy(&entry, arena);
        path[0] = user[0] = group[0] = target[0] = '?';
        assert_string_equal(copy->path, "path");
        assert_string_equal(copy->user, "user");
        assert_string_equal(copy->group, "group");
        assert_string_equal(copy->target, "target");
        assert_int_equal(copy->minor, 4);
        entry.user = NULL;
        assert_null(entry_copy(&entry, arena)->user);
}

TEST(entry_types_have_names) {
        assert_string_equal(entry_type_name(ENTRY_FILE), "file");
        assert_string_equal(entry_type_name(ENTRY_LINK), "symbolic link");
        assert_string_equal(entry_type_name(ENTRY_BLOCK_DEVICE), "block device");
        assert_string_equal(entry_type_code(ENTRY_FILE), "reg");
        assert_string_equal(entry_type_code(ENTRY_FOLDER), "dir");
        assert_string_equal(entry_type_code(ENTRY_LINK), "sym");
        assert_string_equal(entry_type_code(ENTRY_FIFO), "fifo");
        assert_string_equal(entry_type_code(ENTRY_CHAR_DEVICE), "chr");
        assert_string_equal(entry_type_code(ENTRY_BLOCK_DEVICE), "blk");
}
