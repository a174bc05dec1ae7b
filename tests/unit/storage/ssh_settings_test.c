#include "storage/ssh_settings.h"

#include "support/test.h"

static Arena *arena;

static Error *read_words(const char *const *words, size_t count, SshSettings *settings) {
        AUTO_VALUE(text_list_clear) TextList list = { .items = NULL };
        for (size_t i = 0; i < count; i++)
                text_list_add(&list, words[i]);
        *settings = (SshSettings){ .config = NULL };
        return ssh_settings_read(&list, "/home/me", arena, settings);
}

#define READ(settings, ...)                                                                                    \
        read_words((const char *const[]){ __VA_ARGS__ }, ARRAY_LENGTH(((const char *const[]){ __VA_ARGS__ })), \
                   (settings))

TEST(ssh_settings_are_read_in_every_spelling) {
        AUTO_VALUE(ssh_settings_clear) SshSettings settings;
        arena = arena_new();
        assert_ok(READ(&settings, "-oIdentityFile=~/.ssh/a", "-o", "identityfile /b", "-i", "/c", "-i/d", "-p", "2222",
                       "-oPort=99", "-lme", "-oUserKnownHostsFile = ~/known", "-oProxyCommand=ssh -W %h:%p x=y",
                       "-oIdentitiesOnly=yes", "-oBatchMode=yes", "-oServerAliveInterval=10",
                       "-oStrictHostKeyChecking=yes", "-F", "~/config", "-c", "aes128-ctr"));
        assert_int_equal(settings.identities.count, 4);
        assert_string_equal(settings.identities.items[0], "/home/me/.ssh/a");
        assert_string_equal(settings.identities.items[1], "/b");
        assert_string_equal(settings.identities.items[2], "/c");
        assert_string_equal(settings.identities.items[3], "/d");
        assert_string_equal(settings.port, "2222"); /* the first counts */
        assert_string_equal(settings.user, "me");
        assert_string_equal(settings.known_hosts, "/home/me/known");
        assert_string_equal(settings.proxy_command, "ssh -W %h:%p x=y");
        assert_string_equal(settings.config, "/home/me/config");
        assert_string_equal(settings.ciphers, "aes128-ctr");
        assert_true(settings.identities_only);
        assert_null(settings.macs);
        arena_free(arena);
}

TEST(ssh_settings_that_are_wrong_are_named) {
        static const struct {
                const char *word, *story;
        } cases[] = {
                { "-oStrictHostKeyChecking=no", "'StrictHostKeyChecking=no' would trust any server" },
                { "-oStrictHostKeyChecking=accept-new", "would trust any server" },
                { "-oNonsense=1",
                  "'Nonsense' is not known here; there are -F, -i, -l, -p, -b, -c, -m and -o with IdentityFile," },
                { "-x", "'-x' is not known here" },
                { "word", "'word' is no option" },
                { "-", "'-' is no option" },
                { "-i", "'-i' needs a value" },
                { "-oPort=", "'Port' needs a value" },
                { "-o", "'' is not known here" },
                { "-oIdentitiesOnly=perhaps", "IdentitiesOnly must be 'yes' or 'no'" },
        };
        arena = arena_new();
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                AUTO_VALUE(ssh_settings_clear) SshSettings settings;
                Error *error = READ(&settings, cases[i].word);
                assert_int_equal(error_exit_code(error), EXIT_CODE_COMMAND_LINE);
                assert_error(error_copy(error), ERROR_USER, "--ssh-options");
                assert_error(error, ERROR_USER, cases[i].story);
        }
        arena_free(arena);
}
