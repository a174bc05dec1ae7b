#include "source/path_set.h"

#include <stdio.h>

#include "base/attribute.h"
#include "support/test.h"

static void add(PathSet *set, const char *path, unsigned flags, uint32_t order) {
        path_set_add(set, bytes_of(path), flags, order);
}

static void expect(const PathSet *set, const char *path, bool is_folder, uint32_t match, uint32_t lead) {
        PathSetAnswer answer = path_set_find(set, bytes_of(path), is_folder);
        assert_int_equal(answer.match, match);
        assert_int_equal(answer.lead, lead);
}

TEST(path_set_finds_paths_and_what_lies_beneath) {
        AUTO(path_set_free) PathSet *set = path_set_new();
        expect(set, "/a", true, PATH_SET_NONE, PATH_SET_NONE);
        add(set, "/a/b", 0, 7);
        expect(set, "/a/b", false, 7, PATH_SET_NONE);
        expect(set, "/a/b/c/d", false, 7, PATH_SET_NONE);
        expect(set, "/a/bc", false, PATH_SET_NONE, PATH_SET_NONE);
        expect(set, "/a", true, PATH_SET_NONE, PATH_SET_NONE);
        expect(set, "a/b", true, PATH_SET_NONE, PATH_SET_NONE);
        assert_false(path_set_find(set, bytes_of("/a"), true).is_known);
        assert_false(path_set_find(set, bytes_of("/a/b/c"), true).is_known);
        assert_true(path_set_find(set, bytes_of("/a/b"), true).is_known);
}

TEST(path_set_gives_the_first_that_applies) {
        AUTO(path_set_free) PathSet *set = path_set_new();
        add(set, "a/b/c", 0, 1);
        add(set, "a", 0, 2);
        add(set, "a/b", 0, 3);
        add(set, "a/b/c", 0, 4);
        expect(set, "a", true, 2, PATH_SET_NONE);
        expect(set, "a/b", true, 2, PATH_SET_NONE);
        expect(set, "a/b/c/d", true, 1, PATH_SET_NONE);
}

TEST(path_set_knows_what_leads_on) {
        AUTO(path_set_free) PathSet *set = path_set_new();
        add(set, "/a/b/c", PATH_SET_LEADS, 5);
        add(set, "/a/x", PATH_SET_LEADS, 3);
        add(set, "/y/z", 0, 1);
        expect(set, "", true, PATH_SET_NONE, 3);
        expect(set, "/a", true, PATH_SET_NONE, 3);
        expect(set, "/a/b", true, PATH_SET_NONE, 5);
        expect(set, "/a/b/c", true, 5, PATH_SET_NONE);
        expect(set, "/y", true, PATH_SET_NONE, PATH_SET_NONE);
        assert_true(path_set_find(set, bytes_of("/a"), false).is_known);
}

TEST(path_set_tells_folders_apart) {
        AUTO(path_set_free) PathSet *set = path_set_new();
        add(set, "a/b", PATH_SET_FOLDER, 2);
        add(set, "a/b", 0, 9);
        expect(set, "a/b", true, 2, PATH_SET_NONE);
        expect(set, "a/b", false, 9, PATH_SET_NONE);
        expect(set, "a/b/c", false, 2, PATH_SET_NONE);
}

TEST(path_set_root_of_absolute_paths) {
        AUTO(path_set_free) PathSet *set = path_set_new();
        add(set, "", PATH_SET_FOLDER, 4);
        expect(set, "", true, 4, PATH_SET_NONE);
        expect(set, "/a/b", false, 4, PATH_SET_NONE);
        expect(set, "a/b", false, PATH_SET_NONE, PATH_SET_NONE);
}

TEST(path_set_holds_many) {
        AUTO(path_set_free) PathSet *set = path_set_new();
        char path[64];
        for (uint32_t i = 0; i < 20000; i++) {
                snprintf(path, sizeof path, "/srv/%u/%u", i % 100, i);
                add(set, path, PATH_SET_LEADS, i);
        }
        for (uint32_t i = 0; i < 20000; i++) {
                snprintf(path, sizeof path, "/srv/%u/%u", i % 100, i);
                expect(set, path, false, i, PATH_SET_NONE);
        }
        expect(set, "/srv/42", true, PATH_SET_NONE, 42);
        expect(set, "/srv/42/43", true, PATH_SET_NONE, PATH_SET_NONE);
}
