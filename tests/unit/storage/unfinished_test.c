#include "storage/unfinished.h"

#include "base/memory.h"
#include "support/test.h"
#include "sys/clock.h"

TEST(unfinished_names_are_hidden_short_enough_and_known_again) {
        char first[UNFINISHED_MARK_SIZE], second[UNFINISHED_MARK_SIZE], name[256];
        unfinished_mark(first);
        unfinished_mark(second);
        assert_string_not_equal(first, second);
        AUTO_TEXT char *plain = unfinished_name("some-file", "0123");
        assert_string_equal(plain, ".some-file.part-0123");
        memset(name, 'n', 255);
        name[255] = '\0';
        AUTO_TEXT char *longest = unfinished_name(name, first);
        assert_int_equal(strlen(longest), 255);
        assert_true(unfinished_is_one(longest));
        assert_true(unfinished_is_one(plain));
        assert_false(unfinished_is_one("some.part-0123"));
        assert_false(unfinished_is_one(".hidden"));
}

TEST(unfinished_files_are_abandoned_after_a_day) {
        UnfinishedLeftovers leftovers = { .arena = NULL };
        int64_t now = clock_real().seconds;
        unfinished_note(&leftovers, ".young.part-1", now - 86300);
        unfinished_note(&leftovers, ".old.part-1", now - 86500);
        unfinished_note(&leftovers, ".foreign", 0);
        unfinished_note(&leftovers, "some.part-1", 0);
        assert_int_equal(leftovers.names.count, 1);
        assert_string_equal(leftovers.names.items[0], ".old.part-1");
        for (unsigned i = 0; i < 1100; i++)
                unfinished_note(&leftovers, ".old.part-2", 0);
        assert_int_equal(leftovers.names.count, 1000);
        unfinished_clear(&leftovers);
        assert_int_equal(leftovers.names.count, 0);
        unfinished_clear(&leftovers);
}
