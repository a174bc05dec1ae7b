#include "source/regexp.h"

#include "support/test.h"

static bool found(const char *pattern, bool ignore_case, Bytes text) {
        AUTO(regexp_free) Regexp *regexp = NULL;
        AUTO(regexp_room_free) RegexpRoom *room = regexp_room_new();
        bool is_found = false;
        assert_ok(regexp_compile(pattern, ignore_case, &regexp));
        assert_ok(regexp_search(regexp, room, text, &is_found));
        return is_found;
}

/* As Python 3.11 answers. */
TEST(regexp_searches_as_python_does) {
        static const struct {
                const char *pattern, *text;
                bool is_found;
        } rows[] = {
                { "b", "abc", true },           { "^b", "abc", false },          { "", "", true },
                { "c$", "abc", true },          { "c$", "abc\n", true },         { "c\\Z", "abc\n", false },
                { "c\\Z", "abc", true },        { "a.c", "a\nc", false },        { "(?s)a.c", "a\nc", true },
                { "^c", "a\nc", false },        { "(?m)^c", "a\nc", true },      { "\\d{,2}x", "x", true },
                { "^a{,2}$", "aaa", false },    { "^a{,2}$", "aa", true },       { "[{,3}]", "0", false },
                { "[]{,3}]", "0", false },      { "[^]{,3}]", "0", true },       { "\\[{,3}$", "[[[", true },
                { "[\\]{,3}]", "0", false },    { "a{,}", "b", true },
                { "\\w", "\xC3\xA4", true },    { "^.$", "\xC3\xA4", true },     { "^..$", "\xC3\xA4", false },
                { "^.$", "\xFF", true },        { "\\w", "\xFF", false },        { "x.y", "x\xFFy", true },
                { "\xC3\xA4.", "\xC3\xA4\xC3", true },
                { "(?P<q>.)(?P=q)", "abba", true }, { "(?<!a)b", "ab", false },  { "[[:alpha:]", "a", true },
                { "^[[:alpha:]]$", "a", false }, { "^[[:alpha:]]$", "a]", true }, { "^[[:alpha:]]$", "b]", false },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
                if (found(rows[i].pattern, false, bytes_of(rows[i].text)) != rows[i].is_found)
                        fail_msg("'%s' of '%s'", rows[i].pattern, rows[i].text);
        assert_true(found("a\xC3\x84", true, bytes_of("xA\xC3\xA4")));
        assert_false(found("a", false, bytes_of("A")));
        assert_true(found("^a\\x00b$", false, bytes_make("a\0b", 3)));
}

TEST(regexp_errors_say_where) {
        static const char *const rows[][2] = {
                { "(a", "missing closing parenthesis" }, { "[", "missing terminating ]" },
                { "a{3,2}", "numbers out of order" }, { "\xFF", "not UTF-8" }, { "\\C", "\\C" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                Regexp *regexp = NULL;
                Error *error = regexp_compile(rows[i][0], false, &regexp);
                assert_int_equal(error_exit_code(error), EXIT_CODE_GLOB_SYNTAX);
                assert_error(error, ERROR_USER, rows[i][1]);
                assert_null(regexp);
        }
        Regexp *regexp = NULL;
        assert_error(regexp_compile("ab[", false, &regexp), ERROR_USER, "at character 4");
}

TEST(regexp_comes_to_an_end) {
        AUTO(regexp_free) Regexp *regexp = NULL;
        AUTO(regexp_room_free) RegexpRoom *room = regexp_room_new();
        bool is_found = true;
        assert_ok(regexp_compile("^(a+)+b?$", false, &regexp));
        Error *error = regexp_search(regexp, room, bytes_of("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"),
                                     &is_found);
        assert_int_equal(error_exit_code(error), EXIT_CODE_GLOB_SYNTAX);
        assert_error(error, ERROR_USER, "takes too long");
        assert_true(is_found);
        assert_ok(regexp_search(regexp, room, bytes_of("aab"), &is_found)); /* and can be used again */
        assert_true(is_found);
}
