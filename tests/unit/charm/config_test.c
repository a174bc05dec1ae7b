#include "charm/config.h"

#include "support/test.h"

TEST(what_is_not_set_has_its_default) {
        AUTO(arena_free) Arena *arena = arena_new();
        CharmConfig config;
        config = config_read(NULL, arena);
        assert_string_equal(config.backend, "");
        assert_string_equal(config.aux_backup_directory, "/tmp/duplicity");
        assert_string_equal(config.backup_frequency, "manual");
        assert_string_equal(config.retention_period, "manual");
        assert_string_equal(config.full_if_older_than, "30D");
        assert_string_equal(config.nagios_context, "juju");
        assert_false(config.disable_encryption);
        assert_int_equal(config.keep_daily, 0);
}

TEST(what_juju_answers_is_read) {
        AUTO(arena_free) Arena *arena = arena_new();
        const Node *root = NULL;
        CharmConfig config;
        assert_ok(yaml_parse(bytes_of("{\"backend\":\" sftp\\n\",\"keep_daily\":1000000,\"disable_encryption\":true,"
                                      "\"azure_connection_string\":null,\"unknown\":[1]}"),
                             "the test", arena, &root));
        config = config_read(root, arena);
        assert_string_equal(config.backend, "sftp"); /* without blanks at its ends */
        assert_int_equal(config.keep_daily, 1000000);
        assert_true(config.disable_encryption);
        assert_string_equal(config.azure_connection_string, "");
}

TEST(passwords_keep_their_blanks) {
        static const struct {
                const char *given, *read;
        } cases[] = { { " a b\\t ", " a b\t " }, { "a \\n", "a " }, { "a\\r\\n\\n", "a" },
                      { "\\na\\n", "\na" },      { "  ", "  " },    { "\\n", "" },
                      { "a\\r", "a\r" } };
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                AUTO(arena_free) Arena *arena = arena_new();
                AUTO_VALUE(buffer_clear) Buffer written = { .data = NULL };
                const Node *root = NULL;
                CharmConfig config;
                const char *given = arena_print(arena, "{\"encryption_passphrase\":\"%s\",\"remote_password\":\"%s\"}",
                                                cases[i].given, cases[i].given);
                assert_ok(yaml_parse(bytes_of(given), "the test", arena, &root));
                config = config_read(root, arena);
                assert_string_equal(config.encryption_passphrase, cases[i].read);
                assert_string_equal(config.remote_password, cases[i].read);
                Json json = json_begin(&written);
                config_print(&config, &json, NULL);
                assert_ok(yaml_parse(buffer_bytes(&written), "the snapshot", arena, &root));
                config = config_read(root, arena);
                assert_string_equal(config.encryption_passphrase, cases[i].read);
        }
}

TEST(values_of_another_type_are_refused_by_name) {
        static const char *const bad[] = { "{keep_daily: -1}",        "{keep_daily: x}", "{keep_daily: 1e+06}",
                                           "{disable_encryption: 1}", "{backend: [a]}",  "{backend: \"a\\0\"}" };
        for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
                AUTO(arena_free) Arena *arena = arena_new();
                const Node *root = NULL;
                CharmConfig config;
                assert_ok(yaml_parse(bytes_of(bad[i]), "the test", arena, &root));
                config = config_read(root, arena);
                assert_non_null(strstr(config.misread, root->keys[0]));
                assert_int_equal(config.keep_daily, 0); /* its default */
        }
}

TEST(a_config_survives_being_written_down) {
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO_VALUE(buffer_clear) Buffer first = { .data = NULL }, second = { .data = NULL };
        const Node *root = NULL;
        CharmConfig config;
        assert_ok(yaml_parse(bytes_of("encryption_passphrase: \"a\\\"b\\\\ \\u00e9 x\"\nkeep_weekly: 4\n"
                                      "known_host_key: |\n  one\n  two\ndisable_encryption: true\n"),
                             "the test", arena, &root));
        config = config_read(root, arena);
        Json json = json_begin(&first);
        config_print(&config, &json, NULL);
        assert_ok(yaml_parse(buffer_bytes(&first), "the snapshot", arena, &root));
        config = config_read(root, arena);
        assert_string_equal(config.encryption_passphrase, "a\"b\\ \xC3\xA9 x");
        assert_string_equal(config.known_host_key, "one\ntwo");
        json = json_begin(&second);
        config_print(&config, &json, NULL);
        assert_string_equal(buffer_text(&first), buffer_text(&second));
}

TEST(config_yaml_is_what_the_table_says) {
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        const Node *root = NULL;
        config_print_yaml(&text);
        assert_ok(yaml_parse(buffer_bytes(&text), "config.yaml", arena, &root));
        const Node *options = node_get(root, "options");
        static const char *const names[] = {
                /* those of the predecessor: bundles set them */
                "aux_backup_directory",  "backend",
                "remote_backup_url",     "aws_access_key_id",
                "aws_secret_access_key", "azure_connection_string",
                "remote_user",           "remote_password",
                "backup_frequency",      "retention_period",
                "deletion_frequency",    "disable_encryption",
                "encryption_passphrase", "gpg_public_key",
                "known_host_key",        "private_ssh_key",
                "nagios_context",        "nagios_servicegroups",
                "extra_packages",        "package_status",
                "install_sources",       "install_keys",
        };
        for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
                if (!node_get(options, names[i]))
                        fail_msg("%s is missing", names[i]);
        for (size_t i = 0; i < options->count; i++) {
                const char *description = node_text(node_get(options->items[i], "description"));
                if (!strstr(description, "Example: ") || !node_text(node_get(options->items[i], "type")))
                        fail_msg("%s has no example, or no type", options->keys[i]);
        }
        assert_string_equal(node_text(node_get(node_get(options, "keep_daily"), "type")), "int");
}
