#include "charm/yaml.h"

#include "base/buffer.h"
#include "support/test.h"

static const Node *parse(Arena *arena, const char *text) {
        const Node *root = NULL;
        assert_ok(yaml_parse(bytes_of(text), "the test", arena, &root));
        return root;
}

TEST(json_as_juju_prints_it_is_read) {
        AUTO(arena_free) Arena *arena = arena_new();
        const Node *root =
                parse(arena, "{\"backend\":\"file\",\"empty\":\"\",\"none\":null,\"flag\":true,\"n\":1000000,"
                             "\"list\":[\"a\",{\"b\":\"\\u003c\\n\\\"\"}],\"text\":\"null\"}\n");
        assert_int_equal(root->kind, NODE_MAP);
        assert_string_equal(node_text(node_get(root, "backend")), "file");
        assert_string_equal(node_text(node_get(root, "empty")), "");
        assert_null(node_text(node_get(root, "none")));
        assert_int_equal(node_get(root, "none")->kind, NODE_NULL);
        assert_string_equal(node_text(node_get(root, "flag")), "true");
        assert_string_equal(node_text(node_get(root, "n")), "1000000");
        assert_string_equal(node_text(node_get(root, "text")), "null"); /* in quotes it is a text */
        const Node *list = node_get(root, "list");
        assert_int_equal(list->kind, NODE_LIST);
        assert_int_equal(list->count, 2);
        assert_string_equal(node_text(node_get(list->items[1], "b")), "<\n\"");
        assert_null(node_get(root, "missing"));
        assert_null(node_get(list, "a"));
        assert_null(node_get(NULL, "a"));
        assert_null(node_text(list));
}

TEST(yaml_with_blocks_is_read) {
        AUTO(arena_free) Arena *arena = arena_new();
        const Node *root = parse(arena, "monitors:\n  remote:\n    nrpe:\n      x: {command: check_x}\n"
                                        "text: |\n  one\n  two\nnothing:\n");
        const Node *nrpe = node_get(node_get(node_get(root, "monitors"), "remote"), "nrpe");
        assert_string_equal(node_text(node_get(node_get(nrpe, "x"), "command")), "check_x");
        assert_string_equal(node_text(node_get(root, "text")), "one\ntwo\n");
        assert_int_equal(node_get(root, "nothing")->kind, NODE_NULL);
        assert_int_equal(parse(arena, "")->kind, NODE_NULL);
        assert_int_equal(parse(arena, "null\n")->kind, NODE_NULL);
        assert_string_equal(node_text(parse(arena, "\"caf\xC3\xA9\"")), "caf\xC3\xA9");
}

TEST(what_is_not_a_plain_tree_is_refused) {
        static const struct {
                const char *text, *problem;
        } cases[] = {
                { "{a: 1", "line 2" },
                { "a: &x 1\nb: *x\n", "line 2: an alias" },
                { "a: 1\na: 2\n", "twice" },
                { "[a]: 1\n", "not a word" },
                { "--- a\n--- b\n", "more than one" },
                { "a: b: c\n", "line 1" },
                { "\"a\\0b\": 1", "not a word" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                AUTO(arena_free) Arena *arena = arena_new();
                const Node *root = NULL;
                assert_error(yaml_parse(bytes_of(cases[i].text), "the test", arena, &root), ERROR_CORRUPT,
                             cases[i].problem);
                assert_null(root);
        }
}

TEST(what_json_may_hold_is_read_as_it_means) {
        static const struct {
                const char *json, *text;
        } cases[] = {
                { "\"a\x7F\xC2\x85\xEF\xBB\xBF\xE2\x80\xA8z\"", "a\x7F\xC2\x85\xEF\xBB\xBF\xE2\x80\xA8z" },
                { "\"\\ud83d\\ude00\"", "\xF0\x9F\x98\x80" },
                { "\"\\udcff\\ud83dx\\ude00\"", "\xEF\xBF\xBD\xEF\xBF\xBDx\xEF\xBF\xBD" }, /* halves */
                { "\"\\\\ud83d \\/ \\u003c\"", "\\ud83d / <" },
                { "\"a\xFFz\"", "a\xEF\xBF\xBDz" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                AUTO(arena_free) Arena *arena = arena_new();
                assert_string_equal(node_text(parse(arena, cases[i].json)), cases[i].text);
        }
}

TEST(a_scalar_with_a_nul_byte_has_no_text) {
        AUTO(arena_free) Arena *arena = arena_new();
        const Node *root = parse(arena, "{\"a\":\"x\\u0000y\"}");
        assert_int_equal(node_get(root, "a")->kind, NODE_BINARY);
        assert_null(node_text(node_get(root, "a")));
}

TEST(depth_is_bounded) {
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        const Node *root = NULL;
        for (int i = 0; i < 64; i++)
                (void)buffer_add_text(&text, "[");
        (void)buffer_add_text(&text, "x");
        for (int i = 0; i < 64; i++)
                (void)buffer_add_text(&text, "]");
        assert_ok(yaml_parse(buffer_bytes(&text), "the test", arena, &root));
        (void)buffer_add_text(&text, "]");
        AUTO_VALUE(buffer_clear) Buffer deeper = { .data = NULL };
        (void)buffer_print(&deeper, "[%s", buffer_text(&text));
        assert_error(yaml_parse(buffer_bytes(&deeper), "the test", arena, &root), ERROR_CORRUPT, "too deeply");
}
