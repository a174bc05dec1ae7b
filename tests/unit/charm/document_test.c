#include "charm/document.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/test.h"

static void assert_file(const char *path, const char *content, mode_t mode) {
        struct stat facts;
        char *found = test_read_file(path, NULL);
        assert_string_equal(found, content);
        free(found);
        assert_int_equal(stat(path, &facts), 0);
        assert_int_equal(facts.st_mode & 07777, mode);
}

TEST(a_file_is_replaced_with_its_mode_whatever_the_umask) {
        mode_t before = umask(077);
        assert_ok(document_write("./a", 0644, bytes_of("one\n")));
        assert_file("a", "one\n", 0644);
        assert_ok(document_write("./a", 0600, bytes_of("two\n")));
        assert_file("a", "two\n", 0600);
        (void)umask(before);
}

TEST(a_link_is_replaced_and_not_followed) {
        test_write_file("victim", bytes_of("kept"));
        assert_int_equal(symlink("victim", "a"), 0);
        assert_false(document_holds("./a", 0644, bytes_of("kept")));
        assert_ok(document_write("./a", 0644, bytes_of("new")));
        assert_file("victim", "kept", 0644);
        assert_file("a", "new", 0644);
}

TEST(what_is_so_already_is_left_alone) {
        struct stat before, after;
        bool changed = false;
        assert_ok(document_update("./a", 0644, bytes_of("x"), &changed));
        assert_true(changed);
        assert_int_equal(stat("a", &before), 0);
        changed = false;
        assert_ok(document_update("./a", 0644, bytes_of("x"), &changed));
        assert_false(changed);
        assert_int_equal(stat("a", &after), 0);
        assert_int_equal(before.st_ino, after.st_ino);
        assert_ok(document_update("./a", 0600, bytes_of("x"), &changed)); /* another mode is another file */
        assert_true(changed);
        assert_file("a", "x", 0600);
}

TEST(what_is_no_map_is_refused_by_name) {
        AUTO(arena_free) Arena *arena = arena_new();
        const Node *root = NULL;
        assert_error(document_read("./a", arena, &root), ERROR_MISSING, "./a");
        test_write_file("a", bytes_of("[1]"));
        assert_error(document_read("./a", arena, &root), ERROR_CORRUPT,
                     "'./a' does not hold what it should: remove it");
        test_write_file("a", bytes_of("{\"b\": \"c\"}"));
        assert_ok(document_read("./a", arena, &root));
        assert_string_equal(node_text(node_get(root, "b")), "c");
}

TEST(what_is_gone_is_empty_and_removed) {
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        assert_ok(document_text("./a", &text));
        assert_int_equal(text.length, 0);
        assert_ok(document_remove("./a"));
        test_write_file("a", bytes_of("x"));
        assert_ok(document_text("./a", &text));
        assert_string_equal(buffer_text(&text), "x");
        assert_ok(document_remove("./a"));
        assert_int_equal(access("a", F_OK), -1);
        assert_int_equal(mkdir("folder", 0755), 0);
        assert_error(document_remove("./folder"), ERROR_SYSTEM, "cannot remove './folder'");
}
