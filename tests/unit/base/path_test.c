#include "base/path.h"

#include "base/memory.h"
#include "support/test.h"

static int sign(int number) {
        return (number > 0) - (number < 0);
}

TEST(paths_are_compared_by_components) {
        static const char *const ascending[] = { "",      "\x01", "a",    "a/\x01", "a/x",     "a/x/y", "a/x!",
                                                 "a\x01", "a!",   "a-b",  "a.b",    "a0",      "b",     "b/a",
                                                 "\x7f",  "\x80", "\xff", "\xff/a", "\xff\xff" };
        for (size_t i = 0; i < ARRAY_LENGTH(ascending); i++)
                for (size_t k = 0; k < ARRAY_LENGTH(ascending); k++)
                        assert_int_equal(sign(path_compare(ascending[i], ascending[k])), (i > k) - (i < k));
}

TEST(a_path_lies_within_itself_and_its_parents) {
        assert_true(path_is_within("a/b", "a"));
        assert_true(path_is_within("a/b", "a/b"));
        assert_true(path_is_within("a/b", ""));
        assert_true(path_is_within("", ""));
        assert_false(path_is_within("ab", "a"));
        assert_false(path_is_within("a", "a/b"));
        assert_false(path_is_within("", "a"));
}

TEST(the_part_below_a_base) {
        assert_string_equal(path_below("a/b/c", "a"), "b/c");
        assert_string_equal(path_below("a/b", "a/b"), "");
        assert_string_equal(path_below("a/b", ""), "a/b");
}

TEST(names_and_parents) {
        assert_string_equal(path_name("a/b/c"), "c");
        assert_string_equal(path_name("c"), "c");
        assert_string_equal(path_name(""), "");
        assert_int_equal(path_parent_length("a/b/c"), 3);
        assert_int_equal(path_parent_length("c"), 0);
        assert_int_equal(path_parent_length(""), 0);
}

TEST(unsafe_paths_are_told) {
        static const char *const safe[] = { "", "a", "a/b", "...", "..a", ".hidden/..b", "a b\n", "\xff" };
        static const char *const unsafe[] = { "/",    "/a",     ".",   "..", "./a",  "../a",
                                              "a/..", "a/../b", "a/.", "a/", "a//b", "//" };
        for (size_t i = 0; i < ARRAY_LENGTH(safe); i++)
                assert_true(path_is_safe(safe[i]));
        for (size_t i = 0; i < ARRAY_LENGTH(unsafe); i++)
                assert_false(path_is_safe(unsafe[i]));
}

TEST(printable_paths_show_what_terminals_would_not) {
        static const struct {
                const char *path, *text;
        } paths[] = {
                { "a b'c\"d", "a b'c\"d" },           { "tab\there\n\x1b[31m\x7f", "tab\\x09here\\x0a\\x1b[31m\\x7f" },
                { "back\\slash", "back\\x5cslash" },  { "h\xc3\xa9llo", "h\xc3\xa9llo" },
                { "h\xc3llo\xff", "h\\xc3llo\\xff" }, { "", "" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(paths); i++) {
                AUTO_TEXT char *text = path_printable(paths[i].path);
                assert_string_equal(text, paths[i].text);
        }
}

/* As stock writes these names. */
TEST(path_is_quoted_for_programs) {
        static const struct {
                const char *path, *quoted;
        } names[] = {
                { "", "''" },
                { "sp ace\"", "'sp ace\"'" },
                { "q'uo\\te", "'q\\x27uo\\\\te'" },
                { "c\x01\x7f", "'c\\x01\\x7f'" },
                { "n\nl\tt\rr", "'n\\nl\\tt\\rr'" },
                { "h\xc3\xa9\xc2\x85", "'h\\xe9\\x85'" },
                { "\xe6\x97\xa5\xe6\x9c\xac", "'\\u65e5\\u672c'" },
                { "\xf0\x9f\x98\x80", "'\\U0001f600'" },
                { "bad\xff\xc3", "'bad\\udcff\\udcc3'" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
                AUTO_TEXT char *quoted = path_quoted(names[i].path);
                assert_string_equal(quoted, names[i].quoted);
        }
}
