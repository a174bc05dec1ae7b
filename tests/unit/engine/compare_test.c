#include "engine/compare.h"

#include <unistd.h>

#include "engine/trial.h"

static const char *const kind_names[] = {
        [CHANGE_NONE] = "same",
        [CHANGE_NEW] = "new",
        [CHANGE_CHANGED] = "changed",
        [CHANGE_GONE] = "gone",
        [CHANGE_UNREADABLE] = "unreadable",
        [CHANGE_IGNORED] = "ignored",
};

/* "gone a/b, changed c (permission denied, kept at 100)": all but what is the same. Caller frees. */
static char *changes_at(int64_t at) {
        AUTO(session_close) Session *session = trial_session(at);
        AUTO(previous_close) Previous *previous = NULL;
        AUTO(walk_close) Walk *walk = NULL;
        const Chain *chain = collection_newest(session->collection);
        Buffer text = { .data = NULL };
        buffer_init(&text, 0);
        assert_ok(previous_open(session, chain, chain ? chain->set_count : 0, &previous));
        assert_ok(walk_open("src", NULL, session->scratch, &walk));
        AUTO(compare_free) Compare *compare = compare_new(walk, previous);
        for (;;) {
                const Change *change;
                assert_ok(compare_next(compare, &change));
                if (!change)
                        return buffer_detach(&text);
                assert_int_equal(change->kind == CHANGE_NEW, change->now && !change->before);
                assert_int_equal(change->kind == CHANGE_GONE, !change->now && change->before);
                if (change->kind == CHANGE_NONE && !change->problem)
                        continue;
                buffer_print(&text, "%s%s %s", text.length ? ", " : "", kind_names[change->kind],
                             change->path[0] ? change->path : ".");
                if (change->problem)
                        buffer_print(&text, " (%s", change->problem);
                if (change->has_kept)
                        buffer_print(&text, ", kept at %jd", (intmax_t)change->kept.seconds);
                if (change->problem)
                        buffer_add_text(&text, ")");
        }
}

#define assert_changes(text)                              \
        do {                                              \
                AUTO_TEXT char *told_ = changes_at(1000); \
                assert_string_equal(told_, text);         \
        } while (0)

static void begin(void) {
        trial_begin();
        tree_folder("src/d");
        tree_folder("src/d/deep");
        tree_file("src/d/deep/x", "x");
        tree_file("src/d/y", "y");
        tree_file("src/d-", "after d, but before d's content if one compared whole texts");
        tree_file("src/f", "f");
        tree_link("src/l", "old target");
        trial_backup(100);
}

TEST(compare_finds_everything_new_against_nothing) {
        trial_begin();
        tree_folder("src/d");
        tree_file("src/d/x", "x");
        assert_changes("new ., new d, new d/x");
}

TEST(compare_finds_nothing_in_an_unchanged_tree) {
        begin();
        assert_changes("");
}

TEST(compare_finds_what_is_new_changed_and_gone) {
        begin();
        tree_file("src/a", "a");
        tree_file("src/f", "g");
        tree_file("src/z", "z");
        tree_remove("src/d/y");
        assert_changes("changed ., new a, changed d, gone d/y, changed f, new z");
}

TEST(compare_finds_every_path_of_a_tree_that_is_gone) {
        begin();
        tree_remove("src/d");
        assert_changes("changed ., gone d, gone d/deep, gone d/deep/x, gone d/y");
}

TEST(compare_finds_changes_of_type) {
        begin();
        tree_remove("src/d");
        tree_file("src/d", "now a file");
        tree_remove("src/f");
        tree_folder("src/f");
        tree_file("src/f/inside", "");
        tree_remove("src/l");
        tree_link("src/l", "new target");
        assert_changes(
                "changed ., changed d, gone d/deep, gone d/deep/x, gone d/y, changed f, new f/inside, changed l");
}

TEST(compare_sees_a_change_by_size_or_nanoseconds_alone) {
        begin();
        tree_time("src/f", 1600000000, 500);
        tree_file("src/d/y", "y");
        tree_time("src/d/y", 1600000000, 500);
        trial_backup(200);
        tree_time("src/f", 1600000000, 501);
        tree_file("src/d/y", "yy");
        tree_time("src/d/y", 1600000000, 500);
        tree_time("src/d", 1600000000, 0);
        assert_changes("changed d, changed d/y, changed f");
}

TEST(compare_sees_a_change_of_mode) {
        begin();
        tree_mode("src/f", 0600);
        tree_mode("src/d/deep", 0700);
        assert_changes("changed d/deep, changed f");
}

TEST(compare_takes_a_socket_for_nothing_at_all) {
        begin();
        tree_remove("src/f");
        tree_socket("src/f");
        tree_socket("src/new");
        assert_changes("changed ., ignored f, gone f, ignored new");
}

TEST(compare_takes_a_socket_in_place_of_a_folder_for_nothing) {
        begin();
        tree_remove("src/d");
        tree_socket("src/d");
        assert_changes("changed ., ignored d, gone d, gone d/deep, gone d/deep/x, gone d/y");
}

TEST(compare_keeps_all_beneath_a_folder_that_cannot_be_read) {
        if (geteuid() != 0)
                skip(); /* the tree is made as root */
        begin();
        tree_file("src/f", "g");
        trial_backup(200);
        tree_remove("src/f");
        tree_mode("src/d", 0700); /* changed itself, too */
        trial_drop_cache();
        tree_as_nobody();
        assert_changes("changed ., changed d (permission denied, kept at 100), gone f");
        tree_as_before();
        tree_mode("src/d", 0744); /* can be listed, but nothing in it be examined */
        trial_drop_cache();
        tree_as_nobody();
        assert_changes("changed ., changed d, unreadable d/deep (permission denied, kept at 100), "
                       "unreadable d/y (permission denied, kept at 100), gone f");
        tree_as_before();
}

TEST(compare_says_that_nothing_is_kept_of_what_was_never_read) {
        if (geteuid() != 0)
                skip(); /* the tree is made as root */
        begin();
        tree_folder("src/e");
        tree_file("src/e/x", "x");
        tree_mode("src/e", 0744);
        tree_folder("src/g");
        tree_mode("src/g", 0700);
        trial_drop_cache();
        tree_as_nobody();
        assert_changes("changed ., new e, unreadable e/x (permission denied), new g (permission denied)");
        tree_as_before();
}
