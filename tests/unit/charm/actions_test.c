#include "charm/actions.h"

#include "support/test.h"

static Error *read_given(const char *name, const char *given, Arena *arena, ActionParameters *ret_parameters) {
        const Node *root = NULL;
        assert_ok(yaml_parse(bytes_of(given), "the test", arena, &root));
        return action_read_parameters(name, root, arena, ret_parameters);
}

TEST(parameters_are_read_by_their_kind) {
        AUTO(arena_free) Arena *arena = arena_new();
        ActionParameters parameters;
        assert_ok(
                read_given("restore", "{target: ' /x ', path: etc/passwd, time: 3D, force: true}", arena, &parameters));
        assert_string_equal(parameters.target, "/x");
        assert_string_equal(parameters.path, "etc/passwd");
        assert_string_equal(parameters.time, "3D");
        assert_true(parameters.force);
        assert_ok(read_given("remove-all-but-n-full", "{count: 2}", arena, &parameters));
        assert_int_equal(parameters.count, 2);
        assert_ok(read_given("remove-older-than", "{time: 1795409026}", arena, &parameters)); /* a number is a moment */
        assert_string_equal(parameters.time, "1795409026");
        assert_ok(read_given("check", "{sample: 100, full: null}", arena, &parameters));
        assert_int_equal(parameters.sample, 100);
        assert_false(parameters.full);
        assert_ok(read_given("do-backup", "", arena, &parameters));
        assert_null(parameters.type);
}

TEST(wrong_parameters_are_refused_by_name) {
        static const struct {
                const char *action, *given, *problem;
        } cases[] = {
                { "do-backup", "{type: half}", "'half' for its parameter 'type'" },
                { "do-backup", "{type: half}", "enum: [auto, full, incremental]" },
                { "do-backup", "{type: ''}", "'type'" },
                { "do-backup", "{type: [full]}", "'type'" },
                { "do-backup", "{tpye: full}", "has no parameter 'tpye'" },
                { "check", "{sample: 0}", "'sample'" },
                { "check", "{sample: 101}", "maximum: 100" },
                { "check", "{full: 1}", "'full'" },
                { "remove-all-but-n-full", "{}", "needs the parameter 'count'" },
                { "remove-all-but-n-full", "{count: 0}", "minimum: 1" },
                { "remove-all-but-n-full", "{count: -1}", "'count'" },
                { "remove-all-but-n-full", "{count: 1.5}", "'count'" },
                { "remove-older-than", "", "needs the parameter 'time'" },
                { "restore", "{target: \"/x\\0y\"}", "'target'" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                AUTO(arena_free) Arena *arena = arena_new();
                ActionParameters parameters;
                assert_error(read_given(cases[i].action, cases[i].given, arena, &parameters), ERROR_USER,
                             cases[i].problem);
        }
}

TEST(the_file_of_actions_says_what_is_checked) {
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        const Node *root = NULL;
        action_print_yaml(&text);
        assert_ok(yaml_parse(buffer_bytes(&text), "actions.yaml", arena, &root));
        for (size_t i = 0; action_name(i); i++) {
                const Node *action = node_get(root, action_name(i));
                assert_string_equal(node_text(node_get(action, "additionalProperties")), "false");
                assert_non_null(node_text(node_get(action, "description")));
        }
        const Node *sample = node_get(node_get(node_get(root, "check"), "params"), "sample");
        assert_string_equal(node_text(node_get(sample, "type")), "integer");
        assert_string_equal(node_text(node_get(sample, "maximum")), "100");
        const Node *restore = node_get(root, "restore");
        assert_string_equal(node_text(node_get(restore, "required")->items[0]), "target");
        assert_string_equal(node_text(node_get(restore, "parallel")), "true");
        assert_null(node_get(node_get(root, "cleanup"), "parallel"));
        assert_string_equal(
                node_text(
                        node_get(node_get(node_get(node_get(root, "do-backup"), "params"), "type"), "enum")->items[2]),
                "incremental");
}
