#include "engine/rename.h"

#include "support/test.h"

static Rename some[] = { { "a", "c" }, { "a/x", "d/e" }, { "b", "" }, { "ab", "a" } };
static const RenameList renames = { .items = some, .count = ARRAY_LENGTH(some) };

static void assert_goes(const char *path, const char *place) {
        AUTO_TEXT char *found = rename_apply(rename_find(&renames, path), path);
        assert_string_equal(found, place);
}

TEST(rename_goes_by_components_and_the_longest) {
        assert_goes("a", "c");
        assert_goes("a/f", "c/f");
        assert_goes("a/x", "d/e");
        assert_goes("a/x/g/h", "d/e/g/h");
        assert_goes("a/xy", "c/xy");
        assert_goes("ab", "a");
        assert_goes("ab/c", "a/c");
        assert_goes("abc", "abc");
        assert_goes("b", "");
        assert_goes("b/k", "k");
        assert_goes("", "");
        assert_goes("z/a/x", "z/a/x");
        assert_null(rename_find(&renames, "z"));
        assert_null(rename_find(&(RenameList){ .items = NULL }, "a"));
}

TEST(rename_owns_the_places_nearest_to_it) {
        static Rename nested[] = { { "a", "x" }, { "b", "x/y" } };
        const RenameList both = { .items = nested, .count = 2 };
        assert_true(rename_may_use(&both, &nested[0], "x/f"));
        assert_false(rename_may_use(&both, NULL, "x/f"));
        assert_false(rename_may_use(&both, &nested[1], "x/f"));
        assert_true(rename_may_use(&both, &nested[1], "x/y/f"));
        assert_false(rename_may_use(&both, &nested[0], "x/y/f"));
        assert_true(rename_may_use(&both, NULL, "xy"));
}
