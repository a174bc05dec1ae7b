#include "base/buffer.h"

#include "base/memory.h"
#include "support/test.h"

TEST(a_zeroed_buffer_is_empty_text) {
        AUTO_VALUE(buffer_clear) Buffer buffer = { 0 };
        assert_string_equal(buffer_text(&buffer), "");
        assert_int_equal(buffer_bytes(&buffer).length, 0);
        buffer_truncate(&buffer, 0);
        buffer_consume(&buffer, 5);
        assert_int_equal(buffer.length, 0);
}

TEST(appending_grows_and_terminates) {
        AUTO_VALUE(buffer_clear) Buffer buffer;
        buffer_init(&buffer, 0);
        assert_true(buffer_add_text(&buffer, "ab"));
        assert_true(buffer_add_byte(&buffer, 'c'));
        assert_true(buffer_add(&buffer, bytes_make("d\0", 2)));
        assert_true(buffer_print(&buffer, "%d", 42));
        assert_true(buffer_add_zeros(&buffer, 2));
        assert_bytes_equal(buffer_bytes(&buffer), bytes_make("abcd\0"
                                                             "42\0\0",
                                                             9));
        assert_int_equal(buffer.data[buffer.length], '\0');
        for (int i = 0; i < 10000; i++)
                assert_true(buffer_add_text(&buffer, "0123456789"));
        assert_int_equal(buffer.length, 100009);
        assert_int_equal(buffer.data[buffer.length], '\0');
}

TEST(a_ceiling_refuses_and_remembers) {
        AUTO_VALUE(buffer_clear) Buffer buffer;
        buffer_init(&buffer, 5);
        assert_true(buffer_add_text(&buffer, "12345"));
        assert_false(buffer.overflowed);
        assert_false(buffer_add_byte(&buffer, '6'));
        assert_true(buffer.overflowed);
        assert_string_equal(buffer_text(&buffer), "12345");
        assert_null(buffer_reserve(&buffer, SIZE_MAX));
        assert_false(buffer_add_zeros(&buffer, 1));
        assert_false(buffer_print(&buffer, "%s", "x"));
        buffer_truncate(&buffer, 4);
        assert_true(buffer_add_byte(&buffer, 'x'));
        assert_string_equal(buffer_text(&buffer), "1234x");
}

TEST(reserved_room_may_be_written) {
        AUTO_VALUE(buffer_clear) Buffer buffer = { 0 };
        char *room = buffer_reserve(&buffer, 1000);
        assert_non_null(room);
        assert_string_equal(buffer_text(&buffer), "");
        memset(room, 'x', 1000);
        buffer.length += 1000;
        assert_true(buffer_add_byte(&buffer, 'y'));
        assert_int_equal(buffer.length, 1001);
        assert_int_equal(buffer.data[999], 'x');
        assert_null(buffer_reserve(&buffer, SIZE_MAX));
}

TEST(content_goes_from_the_front_and_from_the_end) {
        AUTO_VALUE(buffer_clear) Buffer buffer = { 0 };
        buffer_add_text(&buffer, "abcdef");
        buffer_consume(&buffer, 2);
        assert_string_equal(buffer_text(&buffer), "cdef");
        buffer_truncate(&buffer, 10);
        buffer_truncate(&buffer, 3);
        assert_string_equal(buffer_text(&buffer), "cde");
        buffer_consume(&buffer, 0);
        buffer_consume(&buffer, 99);
        assert_string_equal(buffer_text(&buffer), "");
}

TEST(a_detached_buffer_is_empty_and_keeps_its_ceiling) {
        AUTO_VALUE(buffer_clear) Buffer buffer;
        buffer_init(&buffer, 3);
        buffer_add_text(&buffer, "abc");
        AUTO_TEXT char *text = buffer_detach(&buffer);
        assert_string_equal(text, "abc");
        assert_int_equal(buffer.length, 0);
        assert_false(buffer_add_text(&buffer, "abcd"));
        AUTO_TEXT char *nothing = buffer_detach(&buffer);
        assert_string_equal(nothing, "");
}

TEST(a_cleared_buffer_can_be_used_again) {
        Buffer buffer = { 0 };
        buffer_add_text(&buffer, "abc");
        buffer_clear(&buffer);
        assert_string_equal(buffer_text(&buffer), "");
        assert_true(buffer_add_text(&buffer, "x"));
        assert_string_equal(buffer_text(&buffer), "x");
        buffer_clear(&buffer);
}

TEST(buffer_set_text_leaves_nothing_of_what_was) {
        AUTO_VALUE(buffer_clear) Buffer buffer;
        buffer_init(&buffer, 8);
        assert_true(buffer_set_text(&buffer, "longer"));
        assert_true(buffer_set_text(&buffer, "new"));
        assert_string_equal(buffer_text(&buffer), "new");
        assert_false(buffer_set_text(&buffer, "much too long"));
}
