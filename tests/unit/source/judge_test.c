#include "source/judge.h"

#include <fcntl.h>
#include <unistd.h>

#include "support/test.h"

/* A selection under test, and who asks it. */
typedef struct Court {
        SelectionOptionList options;
        Selection *selection;
        Judge *judge;
} Court;

static void court_clear(Court *court) {
        judge_free(court->judge);
        selection_close(court->selection);
        selection_option_list_clear(&court->options);
}

#define ROOT_DEVICE 1

static Court open_court(const SelectionOption *options, size_t count, const char *root) {
        Court court = { .judge = NULL };
        for (size_t i = 0; i < count; i++)
                selection_option_list_add(&court.options, options[i]);
        assert_ok(selection_open(&court.options, false, root, &court.selection));
        court.judge = judge_new(court.selection, ROOT_DEVICE);
        return court;
}

#define COURT(root, ...)                                                                                               \
        open_court((const SelectionOption[]){ __VA_ARGS__ },                                                           \
                   ARRAY_LENGTH(((const SelectionOption[]){ __VA_ARGS__ })), (root))
#define OPTION(kind_, value_) { .kind = SELECTION_##kind_, .spelled = "--" #kind_, .value = (value_) }

/* A path of that type, modified in the second 1000. */
static Verdict judge_type(Court *court, const char *path, mode_t type) {
        const struct stat status = { .st_mode = type, .st_dev = ROOT_DEVICE, .st_mtim = { .tv_sec = 1000 } };
        const char *slash = strrchr(path, '/');
        const Candidate candidate = {
                .path = path, .status = &status, .parent = AT_FDCWD, .name = slash ? slash + 1 : path
        };
        Verdict verdict;
        assert_ok(judge_path(court->judge, &candidate, &verdict));
        return verdict;
}

static Verdict judge_folder(Court *court, const char *path) {
        return judge_type(court, path, S_IFDIR);
}

static Verdict judge_file(Court *court, const char *path) {
        return judge_type(court, path, S_IFREG);
}

TEST(judge_without_a_selection_includes) {
        AUTO(judge_free) Judge *judge = judge_new(NULL, ROOT_DEVICE);
        Verdict verdict = VERDICT_EXCLUDE;
        assert_ok(judge_path(judge, &(Candidate){ .path = "a", .name = "a", .parent = AT_FDCWD }, &verdict));
        assert_int_equal(verdict, VERDICT_INCLUDE);
}

TEST(judge_first_rule_decides) {
        AUTO_VALUE(court_clear) Court court = COURT("/r", OPTION(EXCLUDE, "/r/a/b"), OPTION(INCLUDE, "/r/a"),
                                                    OPTION(EXCLUDE, "**"));
        assert_int_equal(judge_folder(&court, "a"), VERDICT_INCLUDE);
        assert_int_equal(judge_file(&court, "a/b"), VERDICT_EXCLUDE);
        assert_int_equal(judge_file(&court, "a/c"), VERDICT_INCLUDE);
        assert_int_equal(judge_file(&court, "b"), VERDICT_EXCLUDE);
}

/* The same rules as plain paths in one set, as globs, and ignoring case. */
TEST(judge_scans_what_leads_to_includes) {
        static const SelectionOption plain[] = { OPTION(INCLUDE, "/r/a/b/c"), OPTION(EXCLUDE, "/r/a"),
                                                 OPTION(EXCLUDE, "/r/x") };
        static const SelectionOption globs[] = { OPTION(INCLUDE, "/r/a/[b]/c"), OPTION(EXCLUDE, "/r/[a]"),
                                                 OPTION(EXCLUDE, "/r/x*") };
        static const SelectionOption folded[] = { OPTION(INCLUDE, "ignorecase:/R/A/B/C"),
                                                  OPTION(EXCLUDE, "ignorecase:/R/a"), OPTION(EXCLUDE, "/r/x") };
        static const SelectionOption *const all[] = { plain, globs, folded };
        for (size_t i = 0; i < ARRAY_LENGTH(all); i++) {
                AUTO_VALUE(court_clear) Court court = open_court(all[i], ARRAY_LENGTH(plain), "/r");
                assert_int_equal(judge_folder(&court, "a"), VERDICT_SCAN);
                assert_int_equal(judge_folder(&court, "a/b"), VERDICT_SCAN);
                assert_int_equal(judge_folder(&court, "a/b/c"), VERDICT_INCLUDE);
                assert_int_equal(judge_file(&court, "a/b/c/d"), VERDICT_INCLUDE);
                assert_int_equal(judge_file(&court, "a/b/d"), VERDICT_EXCLUDE);
                assert_int_equal(judge_file(&court, "x"), VERDICT_EXCLUDE);
                assert_int_equal(judge_file(&court, "y"), VERDICT_INCLUDE);
        }
}

/* An include that comes behind the rule that decides leads nowhere. */
TEST(judge_order_counts_within_plain_paths) {
        AUTO_VALUE(court_clear) Court court = COURT("/r", OPTION(EXCLUDE, "/r/a"), OPTION(INCLUDE, "/r/a/b"),
                                                    OPTION(INCLUDE, "/r/c/d"), OPTION(EXCLUDE, "/r/c/"));
        assert_int_equal(judge_folder(&court, "a"), VERDICT_EXCLUDE);
        assert_int_equal(judge_folder(&court, "c"), VERDICT_SCAN);
        assert_int_equal(judge_file(&court, "c"), VERDICT_SCAN);
        assert_int_equal(judge_file(&court, "c/e"), VERDICT_EXCLUDE);
}

TEST(judge_filters_change_what_patterns_mean) {
        AUTO_VALUE(court_clear) Court court = COURT(
                "/r", OPTION(FILTER_LITERAL, NULL), OPTION(EXCLUDE, "/r/[a]"), OPTION(EXCLUDE, "/r/ignorecase:x"),
                OPTION(FILTER_IGNORE_CASE, NULL), OPTION(EXCLUDE, "/R/B*"), OPTION(FILTER_REGEXP, NULL),
                OPTION(EXCLUDE, "^/R/c+$"), OPTION(FILTER_STRICT_CASE, NULL), OPTION(EXCLUDE, "/r/d.$"),
                OPTION(FILTER_GLOBBING, NULL), OPTION(EXCLUDE, "/r/e*"));
        static const char *const out[] = { "[a]", "[a]/x", "b*", "B*/x", "cc", "C", "d1", "e", "eE", "ignorecase:x" };
        static const char *const in[] = { "a", "[A]", "bx", "cd", "D1", "d12", "E", "x" };
        for (size_t i = 0; i < ARRAY_LENGTH(out); i++)
                assert_int_equal(judge_file(&court, out[i]), VERDICT_EXCLUDE);
        for (size_t i = 0; i < ARRAY_LENGTH(in); i++)
                assert_int_equal(judge_file(&court, in[i]), VERDICT_INCLUDE);
}

TEST(judge_filters_are_for_lists_too) {
        test_write_file("list", bytes_of("/r/[a]\n+ /r/*\n"));
        AUTO_VALUE(court_clear) Court court = COURT("/r", OPTION(FILTER_LITERAL, NULL), OPTION(EXCLUDE_LIST, "list"),
                                                    OPTION(FILTER_GLOBBING, NULL), OPTION(EXCLUDE, "**"));
        assert_int_equal(judge_file(&court, "[a]"), VERDICT_EXCLUDE);
        assert_int_equal(judge_file(&court, "*"), VERDICT_INCLUDE);
        assert_int_equal(judge_file(&court, "x"), VERDICT_EXCLUDE);
}

TEST(judge_devices_come_first) {
        AUTO_VALUE(court_clear) Court court = COURT("/r", OPTION(INCLUDE, "/r/a"), OPTION(EXCLUDE, "/r/b"),
                                                    OPTION(EXCLUDE_DEVICE_FILES, NULL));
        assert_int_equal(judge_type(&court, "a", S_IFCHR), VERDICT_EXCLUDE);
        assert_int_equal(judge_type(&court, "a", S_IFBLK), VERDICT_EXCLUDE);
        assert_int_equal(judge_type(&court, "a", S_IFIFO), VERDICT_INCLUDE);
}

TEST(judge_age_is_about_files) {
        AUTO_VALUE(court_clear) Court court =
                COURT("/r", OPTION(INCLUDE, "/r/a"), { .kind = SELECTION_EXCLUDE_OLDER_THAN, .before = { 1001 } });
        AUTO_VALUE(court_clear) Court younger =
                COURT("/r", { .kind = SELECTION_EXCLUDE_OLDER_THAN, .before = { 1000 } });
        assert_int_equal(judge_file(&court, "a"), VERDICT_INCLUDE);
        assert_int_equal(judge_file(&court, "b"), VERDICT_EXCLUDE);
        assert_int_equal(judge_folder(&court, "b"), VERDICT_INCLUDE);
        assert_int_equal(judge_type(&court, "b", S_IFLNK), VERDICT_INCLUDE);
        assert_int_equal(judge_file(&younger, "b"), VERDICT_INCLUDE);
}

TEST(judge_other_filesystems) {
        AUTO_VALUE(court_clear) Court court = COURT("/r", OPTION(EXCLUDE_OTHER_FILESYSTEMS, NULL));
        const struct stat other = { .st_mode = S_IFDIR, .st_dev = ROOT_DEVICE + 1 };
        Verdict verdict;
        assert_ok(judge_path(court.judge, &(Candidate){ .path = "a", .status = &other, .name = "a" }, &verdict));
        assert_int_equal(verdict, VERDICT_EXCLUDE);
        assert_int_equal(judge_folder(&court, "a"), VERDICT_INCLUDE);
}

TEST(judge_markers) {
        AUTO_VALUE(court_clear) Court court = COURT("/r", OPTION(INCLUDE, "/r/out"), OPTION(EXCLUDE, "/r/x"),
                                                    OPTION(EXCLUDE_IF_PRESENT, ".nobackup"));
        assert_int_equal(mkdir("out", 0700), 0);
        assert_int_equal(mkdir("in", 0700), 0);
        assert_int_equal(symlink("nowhere", "out/.nobackup"), 0);
        assert_int_equal(judge_folder(&court, "out"), VERDICT_EXCLUDE);
        assert_int_equal(judge_folder(&court, "in"), VERDICT_INCLUDE);
        assert_int_equal(judge_folder(&court, "elsewhere/out"), VERDICT_EXCLUDE);
        assert_int_equal(judge_file(&court, "out"), VERDICT_INCLUDE);
}

TEST(judge_listed_files_only) {
        test_write_file("list", bytes_of("a/b\n./c//d/\n e \n"));
        AUTO_VALUE(court_clear) Court court = COURT("/r", OPTION(FILES_FROM, "list"), OPTION(EXCLUDE, "/r/c/d"));
        assert_int_equal(judge_folder(&court, "a"), VERDICT_INCLUDE);
        assert_int_equal(judge_folder(&court, "a/b"), VERDICT_INCLUDE);
        assert_int_equal(judge_file(&court, "a/b/c"), VERDICT_EXCLUDE);
        assert_int_equal(judge_file(&court, "a/c"), VERDICT_EXCLUDE);
        assert_int_equal(judge_folder(&court, "c/d"), VERDICT_EXCLUDE);
        assert_int_equal(judge_file(&court, " e "), VERDICT_INCLUDE);
        assert_int_equal(judge_file(&court, "e"), VERDICT_EXCLUDE);
}

TEST(judge_paths_begin_with_the_root) {
        static const struct {
                const char *root, *pattern, *path;
        } rows[] = {
                { "/", "/a", "a" },   { ".", "./a", "a" },      { "./r/", "r/a", "a" }, { "/r//s", "/r/s/a", "a" },
                { "/", "/a/*", "a/b" }, { "r", "r/**/c", "b/c" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                AUTO_VALUE(court_clear) Court court = COURT(rows[i].root, OPTION(EXCLUDE, rows[i].pattern));
                assert_int_equal(judge_file(&court, rows[i].path), VERDICT_EXCLUDE);
                assert_int_equal(judge_file(&court, "z"), VERDICT_INCLUDE);
        }
}

TEST(judge_may_know_nothing_but_the_path) {
        AUTO_VALUE(court_clear) Court court = COURT("/r", OPTION(EXCLUDE_DEVICE_FILES, NULL),
                                                    OPTION(EXCLUDE_IF_PRESENT, "x"),
                                                    OPTION(EXCLUDE_OTHER_FILESYSTEMS, NULL),
                                                    OPTION(EXCLUDE_OLDER_THAN, NULL), OPTION(EXCLUDE, "/r/a"));
        Verdict verdict;
        assert_ok(judge_path(court.judge, &(Candidate){ .path = "a", .name = "a" }, &verdict));
        assert_int_equal(verdict, VERDICT_EXCLUDE);
        assert_ok(judge_path(court.judge, &(Candidate){ .path = "b", .name = "b" }, &verdict));
        assert_int_equal(verdict, VERDICT_INCLUDE);
}

TEST(judge_names_the_expression_that_does_not_end) {
        AUTO_VALUE(court_clear) Court court = COURT("/r", OPTION(EXCLUDE_REGEXP, "/(a+)+b?$"));
        Verdict verdict;
        const Candidate candidate = { .path = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", .name = "a" };
        Error *error = judge_path(court.judge, &candidate, &verdict);
        assert_int_equal(error_exit_code(error), EXIT_CODE_GLOB_SYNTAX);
        assert_error(error, ERROR_USER, "matches '/(a+)+b?$': the regular expression takes too long");
}
