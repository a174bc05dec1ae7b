#include "source/selection.h"

#include <sys/stat.h>

#include "base/log.h"
#include "source/judge.h"
#include "support/test.h"

#define MOST_OPTIONS 8

/* Opens a selection of up to MOST_OPTIONS options for the tree at ROOT, and closes it. */
static Error *open_options(const SelectionOption *options, size_t count, bool null_separated, const char *root) {
        SelectionOptionList list = { .items = NULL };
        AUTO(selection_close) Selection *selection = NULL;
        for (size_t i = 0; i < count; i++)
                selection_option_list_add(&list, options[i]);
        Error *error = selection_open(&list, null_separated, root, &selection);
        assert_int_equal(error != NULL, selection == NULL);
        selection_option_list_clear(&list);
        return error;
}

#define OPEN(root, ...)                                                                                                \
        open_options((const SelectionOption[]){ __VA_ARGS__ },                                                         \
                     ARRAY_LENGTH(((const SelectionOption[]){ __VA_ARGS__ })), false, (root))

#define ASSERT_REFUSED(code, text, root, ...)                                                                          \
        do {                                                                                                           \
                Error *error_ = OPEN(root, __VA_ARGS__);                                                               \
                assert_int_equal(error_exit_code(error_), (code));                                                     \
                assert_error(error_, ERROR_USER, (text));                                                              \
        } while (0)

#define INCLUDE(value_) { .kind = SELECTION_INCLUDE, .spelled = "--include", .value = (value_) }
#define EXCLUDE(value_) { .kind = SELECTION_EXCLUDE, .spelled = "--exclude", .value = (value_) }
#define OF_KIND(kind_, spelled_, value_) { .kind = SELECTION_##kind_, .spelled = (spelled_), .value = (value_) }

TEST(selection_of_no_options_is_none) {
        const SelectionOptionList none = { .items = NULL };
        Selection *selection = NULL;
        assert_ok(selection_open(&none, false, NULL, &selection));
        assert_null(selection);
        selection_close(NULL);
}

TEST(selection_refuses_what_is_out_of_reach) {
        static const char *const rows[][2] = {
                { "/srv", "/home" },     { "/srv", "srv" },    { "/srv", "/srv2/x" }, { "/srv", "/sr" },
                { "/srv", "*x" },        { "/srv", "/*/*x" + 3 }, { "srv", "/srv" },  { "srv", "./srv/x" },
                { ".", "x" },            { "/", "x" },         { "/a/b", "/*/c" },    { "/a/b", "ignorecase:/A/C" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                ASSERT_REFUSED(EXIT_CODE_GLOB_PREFIX, "can match nothing in", rows[i][0], EXCLUDE(rows[i][1]));
                ASSERT_REFUSED(EXIT_CODE_GLOB_PREFIX, "can match nothing in", rows[i][0], INCLUDE(rows[i][1]));
        }
        ASSERT_REFUSED(EXIT_CODE_GLOB_PREFIX, "option '--exclude': bad pattern 'x': it can match nothing in '/srv/': patterns "
                       "are about whole paths, so begin it with '/srv/' or '**'", "/srv/", EXCLUDE("x"));
}

TEST(selection_accepts_what_is_or_leads_to_the_root) {
        static const char *const rows[][2] = {
                { "/srv", "/" },        { "/srv", "/srv/" },   { "/srv/", "/srv" },  { "/srv//x/.", "/srv/x/y" },
                { "/srv", "/*" },       { "/srv", "**x" },     { "/srv", "*" },      { "./srv", "srv/x" },
                { ".", "./x" },         { ".", "*/x" },        { "/", "/x" },        { "/", "/" },
                { "/Srv", "ignorecase:/SRV/x" },               { "/srv", "/*/a*" },  { "/a/b/c", "/a/b" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
                assert_ok(OPEN(rows[i][0], EXCLUDE(rows[i][1])));
}

TEST(selection_names_option_and_line) {
        test_write_file("list", bytes_of("# head\n\n+ /srv/a\n- x\n"));
        ASSERT_REFUSED(EXIT_CODE_GLOB_PREFIX, "line 4 of 'list' (option '--include-filelist'): bad pattern 'x'", "/srv",
                       OF_KIND(INCLUDE_LIST, "--include-filelist", "list"));
        ASSERT_REFUSED(EXIT_CODE_GLOB_SYNTAX, "option '--exclude': bad pattern '/srv//\\x0a': it has two slashes", "/srv",
                       EXCLUDE("/srv//\n"));
        ASSERT_REFUSED(EXIT_CODE_GLOB_SYNTAX, "option '--exclude': bad pattern '': it is empty", "/srv", EXCLUDE(""));
        ASSERT_REFUSED(EXIT_CODE_GLOB_SYNTAX, "option '--exclude-regexp': bad pattern '(': missing", "/srv",
                       OF_KIND(EXCLUDE_REGEXP, "--exclude-regexp", "("));
        ASSERT_REFUSED(EXIT_CODE_FILELIST_UNREADABLE, "option '--exclude-filelist': cannot open 'gone'", "/srv",
                       OF_KIND(EXCLUDE_LIST, "--exclude-filelist", "gone"));
}

TEST(selection_refuses_to_end_with_an_include) {
        test_write_file("list", bytes_of("- /srv/b\n/srv/a\n"));
        test_write_file("empty", bytes_of("# nothing\n"));
        ASSERT_REFUSED(EXIT_CODE_REDUNDANT_INCLUDE, "option '--include': the last rule includes '/srv/a'", "/srv",
                       EXCLUDE("**"), INCLUDE("/srv/a"));
        ASSERT_REFUSED(EXIT_CODE_REDUNDANT_INCLUDE, "--exclude \"**\"", "/srv",
                       OF_KIND(INCLUDE_LIST, "--include-filelist", "list"));
        ASSERT_REFUSED(EXIT_CODE_REDUNDANT_INCLUDE, "'a'", "/srv", OF_KIND(INCLUDE_REGEXP, "--include-regexp", "a"));
        /* what is asked first does not come behind it, and neither does nothing */
        ASSERT_REFUSED(EXIT_CODE_REDUNDANT_INCLUDE, "", "/srv", INCLUDE("/srv/a"),
                       OF_KIND(EXCLUDE_IF_PRESENT, "--exclude-if-present", "x"),
                       OF_KIND(EXCLUDE_DEVICE_FILES, "--exclude-device-files", NULL),
                       OF_KIND(EXCLUDE_LIST, "--exclude-filelist", "empty"));
        assert_ok(OPEN("/srv", INCLUDE("/srv/a"), EXCLUDE("/srv")));
        assert_ok(OPEN("/srv", INCLUDE("/srv/a"),
                       OF_KIND(EXCLUDE_OTHER_FILESYSTEMS, "--exclude-other-filesystems", NULL)));
        assert_ok(OPEN("/srv", INCLUDE("/srv/a"), OF_KIND(EXCLUDE_OLDER_THAN, "--exclude-older-than", "1D")));
}

TEST(selection_refuses_filters_without_effect) {
        ASSERT_REFUSED(EXIT_CODE_FILTER_REDUNDANT, "'--filter-globbing' changes nothing", "/srv",
                       OF_KIND(FILTER_GLOBBING, "--filter-globbing", NULL), EXCLUDE("**"));
        ASSERT_REFUSED(EXIT_CODE_FILTER_TRAILING, "'--filter-literal' changes nothing", "/srv", EXCLUDE("**"),
                       OF_KIND(FILTER_LITERAL, "--filter-literal", NULL));
        ASSERT_REFUSED(EXIT_CODE_FILTER_TRAILING, "'--filter-strictcase'", "/srv",
                       OF_KIND(FILTER_STRICT_CASE, "--filter-strictcase", NULL));
        assert_ok(OPEN("/srv", OF_KIND(FILTER_LITERAL, "--filter-literal", NULL), EXCLUDE("/srv/*"),
                       OF_KIND(FILTER_GLOBBING, "--filter-globbing", NULL), EXCLUDE("**")));
}

TEST(selection_refuses_useless_files_from) {
        test_write_file("absolute", bytes_of("a\n/srv/b\n"));
        test_write_file("empty", bytes_of("\n\n"));
        test_write_file("outside", bytes_of("a/../../b\n"));
        ASSERT_REFUSED(EXIT_CODE_FILES_FROM_ABSOLUTE, "line 2 of 'absolute' (option '--files-from')", "/srv",
                       OF_KIND(FILES_FROM, "--files-from", "absolute"));
        ASSERT_REFUSED(EXIT_CODE_FILES_FROM_EMPTY, "option '--files-from': there is no path in 'empty'", "/srv",
                       OF_KIND(FILES_FROM, "--files-from", "empty"));
        ASSERT_REFUSED(EXIT_CODE_GLOB_SYNTAX, "no path inside", "/srv", OF_KIND(FILES_FROM, "--files-from", "outside"));
        ASSERT_REFUSED(EXIT_CODE_FILELIST_UNREADABLE, "option '--files-from'", "/srv",
                       OF_KIND(FILES_FROM, "--files-from", "gone"));
}

static void note_message(void *context, const LogRecord *record) {
        assert_int_equal(record->level, LOG_WARNING);
        snprintf(context, 200, "%s", record->text);
}

TEST(selection_tells_files_that_are_not_there) {
        char told[200] = "";
        assert_int_equal(mkdir("src", 0700), 0);
        test_write_file("src/there", bytes_of("x"));
        test_write_file("list", bytes_of("there\ngone\nnot/there\n"));
        log_open(note_message, told, LOG_NOTICE);
        Error *error = OPEN("src", OF_KIND(FILES_FROM, "--files-from", "list"));
        log_open(NULL, NULL, LOG_NOTICE);
        assert_ok(error);
        assert_string_equal(told, "2 of the paths in 'list' are not in 'src', the first is 'gone'");
}

/* ---- digests ---- */

static void digest_of(const SelectionOption *options, size_t count, uint8_t digest[DIGEST_SHA256_SIZE]) {
        SelectionOptionList list = { .items = NULL };
        AUTO(selection_close) Selection *selection = NULL;
        for (size_t i = 0; i < count; i++)
                selection_option_list_add(&list, options[i]);
        assert_ok(selection_open(&list, false, "/srv", &selection));
        memcpy(digest, selection_digest(selection), DIGEST_SHA256_SIZE);
        selection_option_list_clear(&list);
}

TEST(selection_has_a_digest_of_options_and_lists) {
        static const SelectionOption variants[][2] = {
                { EXCLUDE("/srv/a"), EXCLUDE("/srv/b") },
                { EXCLUDE("/srv/b"), EXCLUDE("/srv/a") },
                { INCLUDE("/srv/a"), EXCLUDE("/srv/b") },
                { EXCLUDE("/srv/a"), OF_KIND(EXCLUDE_REGEXP, "--exclude-regexp", "/srv/b") },
                { EXCLUDE("/srv/a"), OF_KIND(EXCLUDE_LIST, "--exclude-filelist", "list") },
                { EXCLUDE("/srv/a"), OF_KIND(EXCLUDE_OLDER_THAN, "--exclude-older-than", "3D") },
        };
        uint8_t digests[ARRAY_LENGTH(variants)][DIGEST_SHA256_SIZE], again[DIGEST_SHA256_SIZE];
        test_write_file("list", bytes_of("/srv/b\n"));
        for (size_t i = 0; i < ARRAY_LENGTH(variants); i++) {
                digest_of(variants[i], 2, digests[i]);
                for (size_t k = 0; k < i; k++)
                        assert_memory_not_equal(digests[i], digests[k], DIGEST_SHA256_SIZE);
                digest_of(variants[i], 2, again);
                assert_memory_equal(digests[i], again, DIGEST_SHA256_SIZE);
        }
        test_write_file("list", bytes_of("/srv/c\n"));
        digest_of(variants[4], 2, again);
        assert_memory_not_equal(digests[4], again, DIGEST_SHA256_SIZE);
        SelectionOption later[2] = { variants[5][0], variants[5][1] };
        later[1].before.seconds = 1000; /* the same three days, at another time */
        digest_of(later, 2, again);
        assert_memory_equal(digests[5], again, DIGEST_SHA256_SIZE);
}
