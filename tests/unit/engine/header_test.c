#include "engine/header.h"

#include <unistd.h>

#include "support/test.h"
#include "sys/owner.h"

static const Entry file = {
        .type = ENTRY_FILE,
        .path = "a",
        .size = 70000,
        .modified = -5,
        .modified_nanoseconds = 123,
        .mode = 04755,
        .uid = 12,
        .gid = 34,
        .user = "u",
        .group = "g",
};

TEST(header_and_entry_turn_into_each_other) {
        TarMember header = header_with_record(&file);
        Entry entry = header_to_entry(&header, "b");
        assert_int_equal(entry.type, ENTRY_FILE);
        assert_string_equal(entry.path, "b");
        assert_int_equal(entry.size, 70000);
        assert_int_equal(entry.modified, -5);
        assert_int_equal(entry.modified_nanoseconds, 123);
        assert_int_equal(entry.mode, 04755);
        assert_int_equal(entry.uid, 12);
        assert_int_equal(entry.gid, 34);
        assert_string_equal(entry.user, "u");
        assert_string_equal(entry.group, "g");
        assert_null(entry.target);
}

TEST(header_keeps_every_type) {
        static const EntryType types[] = {
                ENTRY_FILE, ENTRY_FOLDER, ENTRY_LINK, ENTRY_FIFO, ENTRY_CHAR_DEVICE, ENTRY_BLOCK_DEVICE,
        };
        for (size_t i = 0; i < ARRAY_LENGTH(types); i++) {
                Entry before = { .type = types[i], .path = "a", .target = "t", .major = 8, .minor = 1 };
                TarMember header = header_of_entry(&before);
                Entry after = header_to_entry(&header, "a");
                assert_int_equal(after.type, types[i]);
                assert_int_equal(after.major, 8);
                assert_int_equal(after.minor, 1);
                assert_int_equal(after.target != NULL, types[i] == ENTRY_LINK); /* no other type has one */
        }
}

TEST(header_without_record_leaves_size_and_nanoseconds_unknown) {
        TarMember header = header_of_entry(&file);
        assert_false(header.has_record);
        Entry entry = header_to_entry(&header, "a");
        assert_true(entry.size == ENTRY_SIZE_UNKNOWN);
        assert_int_equal(entry.modified_nanoseconds, -1);
}

TEST(header_has_a_record_for_files_of_possible_sizes_only) {
        Entry entry = file;
        entry.type = ENTRY_FOLDER;
        assert_false(header_with_record(&entry).has_record);
        entry = file;
        entry.size = (UINT64_C(1) << 56) - 1;
        assert_true(header_with_record(&entry).has_record);
        entry.size++;
        assert_false(header_with_record(&entry).has_record);
        entry = file;
        entry.modified_nanoseconds = -1;
        assert_int_equal(header_with_record(&entry).nanoseconds, 0);
}

TEST(header_maps_known_names_and_leaves_unknown_ones) {
        Entry entry = file;
        entry.user = "root";
        entry.group = "no such group here";
        header_map_owner(&entry);
        assert_int_equal(entry.uid, 0);
        assert_int_equal(entry.gid, 34);
        entry.user = NULL;
        entry.uid = 77;
        header_map_owner(&entry);
        assert_int_equal(entry.uid, 77);
}
