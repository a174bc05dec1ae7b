#include "source/glob.h"

#include "support/test.h"

static GlobAnswer match(const char *pattern, unsigned syntax, const char *path, bool is_folder) {
        AUTO(glob_free) Glob *glob = NULL;
        assert_ok(glob_compile(bytes_of(pattern), syntax, &glob));
        GlobAnswer answer = glob_match(glob, bytes_of(path), is_folder, true);
        GlobAnswer without_leads = glob_match(glob, bytes_of(path), is_folder, false);
        assert_int_equal(without_leads, answer == GLOB_LEADS ? GLOB_NOTHING : answer);
        return answer;
}

typedef struct Row {
        const char *pattern, *path;
        GlobAnswer answer;
} Row;

static void check(const Row *rows, size_t count, unsigned syntax, bool is_folder) {
        for (size_t i = 0; i < count; i++)
                if (match(rows[i].pattern, syntax, rows[i].path, is_folder) != rows[i].answer)
                        fail_msg("'%s' of '%s'", rows[i].pattern, rows[i].path);
}

TEST(glob_matches_whole_paths_and_what_lies_beneath) {
        static const Row rows[] = {
                { "/a/b", "/a/b", GLOB_MATCHES },      { "/a/b", "/a/b/c/d", GLOB_MATCHES },
                { "/a/b", "/a/bc", GLOB_NOTHING },     { "/a/b", "/a", GLOB_LEADS },
                { "/a/b", "", GLOB_LEADS },            { "/a/b", "/b", GLOB_NOTHING },
                { "a/b", "", GLOB_NOTHING },           { "a/b", "a", GLOB_LEADS },
                { "/", "", GLOB_MATCHES },             { "/", "/a", GLOB_MATCHES },
                { "/", "a", GLOB_NOTHING },            { "/ab", "/a", GLOB_NOTHING },
        };
        check(rows, ARRAY_LENGTH(rows), GLOB_PATTERN, true);
        check(rows, ARRAY_LENGTH(rows), GLOB_IGNORE_CASE, true);
        check(rows, ARRAY_LENGTH(rows), GLOB_LITERAL, true);
}

TEST(glob_stars_stay_in_their_component_or_do_not) {
        static const Row rows[] = {
                { "/a/*", "/a/x", GLOB_MATCHES },        { "/a/*", "/a", GLOB_LEADS },
                { "/a/*c", "/a/b/c", GLOB_NOTHING },     { "/a/*/c", "/a/b", GLOB_LEADS },
                { "/a/*/c", "/a/b/c", GLOB_MATCHES },    { "/a/*/c", "/a/b/d", GLOB_NOTHING },
                { "/a/b*/c", "/a/x", GLOB_NOTHING },     { "/a/**c", "/a/b/c", GLOB_MATCHES },
                { "/a/**c", "/a/b/d", GLOB_LEADS },      { "/a/**/c/d", "/a/x/y", GLOB_LEADS },
                { "/a/**", "/a", GLOB_LEADS },           { "**", "", GLOB_MATCHES },
                { "**", "/any/thing", GLOB_MATCHES },    { "**.c", "/any/thing", GLOB_LEADS },
                { "**.c", "/any/x.c", GLOB_MATCHES },    { "**.c", "/any/x.c/y", GLOB_MATCHES },
                { "**.c", "/any/x.cc", GLOB_LEADS },     { "*", "/a", GLOB_MATCHES },
                { "*.c", "/a", GLOB_NOTHING },           { "***b*", "/a/b/c", GLOB_MATCHES },
                { "/a/*b*/c", "/a/xb", GLOB_LEADS },     { "/a/*b*/c", "/a/xb/c", GLOB_MATCHES },
                { "/a**b/c", "/ax/yb", GLOB_LEADS },     { "/x**b/c", "/ax/yb", GLOB_NOTHING },
                { "/a/*a*a*a*b", "/a/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", GLOB_NOTHING },
        };
        check(rows, ARRAY_LENGTH(rows), GLOB_PATTERN, true);
        check(rows, ARRAY_LENGTH(rows), GLOB_IGNORE_CASE, true);
}

TEST(glob_single_characters) {
        static const Row rows[] = {
                { "a?c", "abc", GLOB_MATCHES },          { "a?c", "a/c", GLOB_NOTHING },
                { "a?c", "a\xC3\xA4" "c", GLOB_MATCHES }, { "a??c", "a\xC3\xA4" "c", GLOB_NOTHING },
                { "a?c", "a\xFF" "c", GLOB_MATCHES },    { "a?c", "a\nc", GLOB_MATCHES },
                { "[ab]", "b", GLOB_MATCHES },           { "[ab]", "c", GLOB_NOTHING },
                { "[!ab]", "c", GLOB_MATCHES },          { "[^ab]", "a", GLOB_NOTHING },
                { "[a-c]", "b", GLOB_MATCHES },          { "[a-c-]", "-", GLOB_MATCHES },
                { "[-a]", "-", GLOB_MATCHES },           { "[]a]", "]", GLOB_MATCHES },
                { "[!]a]", "]", GLOB_NOTHING },          { "[!]a]", "b", GLOB_MATCHES },
                { "[!]a", "[!]a", GLOB_MATCHES },        { "a[b", "a[b", GLOB_MATCHES },
                { "[", "[", GLOB_MATCHES },              { "[]", "[]", GLOB_MATCHES },
                { "[\\]", "\\", GLOB_MATCHES },          { "\\*", "\\x", GLOB_MATCHES },
                { "x[!a]y", "x/y", GLOB_MATCHES },       { "*[!x]b*c", "yb/bc", GLOB_MATCHES },
                { "[\xC3\xA0-\xC3\xB6]", "\xC3\xA4", GLOB_MATCHES }, { "[a-z]", "\xC3\xA4", GLOB_NOTHING },
                { "[\xFF]", "\xFF", GLOB_MATCHES },
        };
        check(rows, ARRAY_LENGTH(rows), GLOB_PATTERN, true);
}

TEST(glob_literals_have_no_special_characters) {
        static const Row rows[] = {
                { "a/*", "a/*", GLOB_MATCHES },     { "a/*", "a/x", GLOB_NOTHING },
                { "[a]/b", "[a]", GLOB_LEADS },     { "**", "x", GLOB_NOTHING },
                { "a?", "a?/b", GLOB_MATCHES },
        };
        check(rows, ARRAY_LENGTH(rows), GLOB_LITERAL, true);
        check(rows, ARRAY_LENGTH(rows), GLOB_LITERAL | GLOB_IGNORE_CASE, true);
        assert_true(glob_is_plain(bytes_of("/a b/]!^\\")));
        assert_false(glob_is_plain(bytes_of("a*")));
        assert_false(glob_is_plain(bytes_of("a?")));
        assert_false(glob_is_plain(bytes_of("[")));
}

TEST(glob_may_ignore_case) {
        static const Row rows[] = {
                { "/Src/FOO", "/sRC/foo", GLOB_MATCHES },        { "/Src/FOO", "/SRC", GLOB_LEADS },
                { "[A-C]", "b", GLOB_MATCHES },                  { "[a-c]", "B", GLOB_MATCHES },
                { "\xC3\x84", "\xC3\xA4", GLOB_MATCHES },        { "**.TXT", "x.txt", GLOB_MATCHES },
                { "**.TXT", "x.bak", GLOB_LEADS },
        };
        check(rows, ARRAY_LENGTH(rows), GLOB_IGNORE_CASE, false);
        assert_int_equal(match("/Src", GLOB_PATTERN, "/src", true), GLOB_NOTHING);
}

TEST(glob_with_a_slash_behind_is_about_folders) {
        static const Row both[] = {
                { "a/b/", "a/b/c", GLOB_MATCHES }, { "a/b/", "a", GLOB_LEADS }, { "**o/", "foo/x", GLOB_MATCHES }
        };
        check(both, ARRAY_LENGTH(both), GLOB_PATTERN, true);
        check(both, ARRAY_LENGTH(both), GLOB_PATTERN, false);
        assert_int_equal(match("a/b/", GLOB_PATTERN, "a/b", true), GLOB_MATCHES);
        assert_int_equal(match("a/b/", GLOB_PATTERN, "a/b", false), GLOB_NOTHING);
        /* where the very path is meant it does not count that it lies in a folder that is meant as well */
        assert_int_equal(match("**o/", GLOB_PATTERN, "foo/hello", false), GLOB_NOTHING);
        assert_int_equal(match("**o/", GLOB_PATTERN, "foo/hello", true), GLOB_MATCHES);
}

TEST(glob_refuses_what_makes_no_sense) {
        static const char *const rows[][2] = {
                { "", "it is empty" }, { "a//b", "two slashes" }, { "//", "two slashes" }, { "[z-a]", "ends before it" }
        };
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                Glob *glob = NULL;
                Error *error = glob_compile(bytes_of(rows[i][0]), GLOB_PATTERN, &glob);
                assert_int_equal(error_exit_code(error), EXIT_CODE_GLOB_SYNTAX);
                assert_error(error, ERROR_USER, rows[i][1]);
                assert_null(glob);
        }
}

TEST(glob_may_be_as_long_as_it_says) {
        char pattern[GLOB_LONGEST + 2];
        memset(pattern, '?', sizeof pattern);
        AUTO(glob_free) Glob *glob = NULL, *longer = NULL;
        assert_ok(glob_compile(bytes_make(pattern, GLOB_LONGEST), GLOB_PATTERN, &glob));
        char path[GLOB_LONGEST + 1];
        memset(path, 'x', sizeof path);
        assert_int_equal(glob_match(glob, bytes_make(path, GLOB_LONGEST), false, true), GLOB_MATCHES);
        assert_int_equal(glob_match(glob, bytes_make(path, GLOB_LONGEST - 1), false, true), GLOB_NOTHING);
        assert_int_equal(glob_match(glob, bytes_make(path, GLOB_LONGEST + 1), false, true), GLOB_NOTHING);
        assert_error(glob_compile(bytes_make(pattern, GLOB_LONGEST + 1), GLOB_PATTERN, &longer), ERROR_USER,
                     "too long");
}
