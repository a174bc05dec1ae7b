#include "base/bytes.h"

#include "support/test.h"

static const Bytes empty = { NULL, 0 };

TEST(views_of_text_have_no_nul) {
        assert_int_equal(bytes_of("abc").length, 3);
        assert_int_equal(bytes_of("").length, 0);
        assert_int_equal(bytes_of(NULL).length, 0);
        assert_null(bytes_of(NULL).at);
}

TEST(views_are_equal_by_content) {
        char other[] = "abc";
        assert_true(bytes_equal(bytes_of("abc"), bytes_of(other)));
        assert_false(bytes_equal(bytes_of("abc"), bytes_of("abd")));
        assert_false(bytes_equal(bytes_of("abc"), bytes_of("ab")));
        assert_true(bytes_equal(empty, bytes_of("")));
        assert_true(bytes_equal_text(bytes_make("abcd", 3), "abc"));
        assert_false(bytes_equal_text(bytes_make("a\0b", 3), "a"));
}

TEST(a_view_is_one_of_several_texts) {
        static const char *const words[] = { "auto", "full", NULL };
        assert_true(bytes_equal_any(bytes_of("auto"), words));
        assert_true(bytes_equal_any(bytes_of("full"), words));
        assert_false(bytes_equal_any(bytes_of("ful"), words));
        assert_false(bytes_equal_any(bytes_of(""), words));
        assert_false(bytes_equal_any(bytes_of("auto"), words + 2));
}

TEST(views_start_and_end) {
        Bytes bytes = bytes_of("volume.gz");
        assert_true(bytes_start_with(bytes, "vol"));
        assert_true(bytes_start_with(bytes, ""));
        assert_true(bytes_start_with(bytes, "volume.gz"));
        assert_false(bytes_start_with(bytes, "volume.gzip"));
        assert_false(bytes_start_with(bytes, "ol"));
        assert_true(bytes_end_with(bytes, ".gz"));
        assert_true(bytes_end_with(bytes, ""));
        assert_true(bytes_end_with(bytes, "volume.gz"));
        assert_false(bytes_end_with(bytes, "a volume.gz"));
        assert_false(bytes_end_with(bytes, ".g"));
        assert_true(bytes_end_with(empty, ""));
        assert_false(bytes_start_with(empty, "a"));
}

TEST(slices_are_clipped) {
        Bytes bytes = bytes_of("abcdef");
        assert_true(bytes_equal_text(bytes_slice(bytes, 2, 3), "cde"));
        assert_true(bytes_equal_text(bytes_slice(bytes, 2, SIZE_MAX), "cdef"));
        assert_true(bytes_equal_text(bytes_slice(bytes, 5, 1), "f"));
        assert_int_equal(bytes_slice(bytes, 6, 1).length, 0);
        assert_int_equal(bytes_slice(bytes, SIZE_MAX, SIZE_MAX).length, 0);
        assert_int_equal(bytes_slice(bytes, 3, 0).length, 0);
        assert_int_equal(bytes_slice(empty, 0, 4).length, 0);
}

TEST(cuts_tell_whether_there_was_a_separator) {
        Bytes rest;
        assert_true(bytes_equal_text(bytes_cut(bytes_of("a:b:c"), ':', &rest), "a"));
        assert_true(bytes_equal_text(rest, "b:c"));
        assert_true(bytes_equal_text(bytes_cut(bytes_of("abc"), ':', &rest), "abc"));
        assert_null(rest.at);
        assert_true(bytes_equal_text(bytes_cut(bytes_of("abc:"), ':', &rest), "abc"));
        assert_non_null(rest.at);
        assert_int_equal(rest.length, 0);
        assert_int_equal(bytes_cut(bytes_of(":b"), ':', &rest).length, 0);
        assert_true(bytes_equal_text(rest, "b"));
        assert_int_equal(bytes_cut(empty, ':', &rest).length, 0);
        assert_null(rest.at);
}

TEST(cuts_may_go_into_their_own_rest) {
        Bytes rest = bytes_of("a/b");
        Bytes first = bytes_cut(rest, '/', &rest);
        Bytes second = bytes_cut(rest, '/', &rest);
        assert_true(bytes_equal_text(first, "a"));
        assert_true(bytes_equal_text(second, "b"));
        assert_null(rest.at);
}

TEST(blanks_are_trimmed_at_both_ends) {
        assert_true(bytes_equal_text(bytes_trim(bytes_of(" \t\n\v\f\ra b \r\n")), "a b"));
        assert_int_equal(bytes_trim(bytes_of(" \t ")).length, 0);
        assert_int_equal(bytes_trim(empty).length, 0);
        assert_true(bytes_equal_text(bytes_trim(bytes_of("\xa0x\x1f")), "\xa0x\x1f"));
}

TEST(numbers_are_decimal_digits_only) {
        uint64_t number = 77;
        assert_true(bytes_to_number(bytes_of("0"), &number));
        assert_int_equal(number, 0);
        assert_true(bytes_to_number(bytes_of("00042"), &number));
        assert_int_equal(number, 42);
        assert_true(bytes_to_number(bytes_of("18446744073709551615"), &number));
        assert_true(number == UINT64_MAX);
        static const char *const wrong[] = {
                "", " 1", "1 ", "-1", "+1", "0x1", "1a", "18446744073709551616", "99999999999999999999"
        };
        number = 77;
        for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++)
                assert_false(bytes_to_number(bytes_of(wrong[i]), &number));
        assert_int_equal(number, 77);
}

TEST(zero_bytes_are_told_from_others) {
        uint8_t block[512] = { 0 };
        assert_true(bytes_are_zero(bytes_make(block, sizeof block)));
        assert_true(bytes_are_zero(bytes_make(block, 1)));
        assert_true(bytes_are_zero(empty));
        for (size_t i = 0; i < sizeof block; i += 73) {
                block[i] = 1;
                assert_false(bytes_are_zero(bytes_make(block, sizeof block)));
                block[i] = 0;
        }
        block[511] = 1;
        assert_false(bytes_are_zero(bytes_make(block, sizeof block)));
        memset(block, 1, sizeof block);
        assert_false(bytes_are_zero(bytes_make(block, sizeof block)));
}

TEST(utf8_is_checked_strictly) {
        static const char *const right[] = { "",
                                             "plain",
                                             "\xc2\x80",
                                             "\xdf\xbf",
                                             "\xe0\xa0\x80",
                                             "\xed\x9f\xbf",
                                             "\xee\x80\x80",
                                             "\xef\xbf\xbf",
                                             "\xf0\x90\x80\x80",
                                             "\xf4\x8f\xbf\xbf",
                                             "h\xc3\xa9llo" };
        static const char *const wrong[] = { "\x80",
                                             "\xbf",
                                             "\xc0\xaf",
                                             "\xc1\xbf",
                                             "\xc2",
                                             "\xc3(",
                                             "\xe0\x9f\xbf",
                                             "\xe2\x82",
                                             "\xed\xa0\x80",
                                             "\xed\xbf\xbf",
                                             "\xf0\x8f\xbf\xbf",
                                             "\xf4\x90\x80\x80",
                                             "\xf5\x80\x80\x80",
                                             "\xff",
                                             "\xfe",
                                             "ok\xc3\xa9\xa9" };
        for (size_t i = 0; i < ARRAY_LENGTH(right); i++)
                assert_true(bytes_are_utf8(bytes_of(right[i])));
        for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++)
                assert_false(bytes_are_utf8(bytes_of(wrong[i])));
}

TEST(bytes_take_characters) {
        Bytes rest = bytes_of("a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\xFF\xC3");
        assert_int_equal(bytes_take_character(&rest), 'a');
        assert_int_equal(bytes_take_character(&rest), 0xE4);
        assert_int_equal(bytes_take_character(&rest), 0x20AC);
        assert_int_equal(bytes_take_character(&rest), 0x1F600);
        assert_int_equal(bytes_take_character(&rest), BYTES_NO_CHARACTER + 0xFF);
        assert_int_equal(bytes_take_character(&rest), BYTES_NO_CHARACTER + 0xC3);
        assert_int_equal(rest.length, 0);
        rest = bytes_of("\xED\xA0\x80"); /* a surrogate */
        assert_int_equal(bytes_take_character(&rest), BYTES_NO_CHARACTER + 0xED);
        assert_int_equal(rest.length, 2);
}
