#include "storage/rsync_command.h"

#include "base/memory.h"
#include "support/test.h"

static Arena *arena;

/* PLACE of TEXT with the words of --rsync-options and --ssh-options; lives in the arena. */
static Error *place_of(const char *text, TextList rsync_options, TextList ssh_options, RsyncPlace *place) {
        AUTO(url_free) Url *url = NULL;
        TRY(url_parse(text, &url));
        const StorageOptions options = { .timeout = 30,
                                         .home = "/home/me",
                                         .ssh_known_hosts = "/etc/known hosts",
                                         .rsync_options = rsync_options,
                                         .ssh_options = ssh_options };
        return rsync_command_place(url, &options, arena, place);
}

static char *join(const TextList *list) {
        AUTO_VALUE(buffer_clear) Buffer out = { .data = NULL };
        for (size_t i = 0; i < list->count && list->items[i]; i++)
                buffer_print(&out, "<%s>", list->items[i]);
        return memory_text(buffer_text(&out));
}

static const TextList none;

TEST(rsync_command_knows_each_form_of_url) {
        AUTO(arena_free) Arena *own = arena = arena_new();
        static const struct {
                const char *url, *root, *folder;
                bool is_daemon;
        } cases[] = {
                { "rsync://host/a/b", "host:./", "a/b", false },
                { "rsync://host//a/b/", "host:/", "a/b", false },
                { "rsync://host", "host:./", "", false },
                { "rsync://host//", "host:/", "", false },
                { "rsync://user@host:2222/a", "host:./", "a", false },
                { "rsync://[::1]:22//srv", "[::1]:/", "srv", false },
                { "rsync://host::/module/a/b", "host::module/", "a/b", true },
                { "rsync://host::module/a", "host::module/", "a", true },
                { "rsync://host::module", "host::module/", "", true },
                { "rsync://[::1]:873::/module", "[::1]::module/", "", true },
                { "rsync://host/a%20b/./c", "host:./", "a b/c", false },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                AUTO_VALUE(rsync_command_clear) RsyncPlace place = { .is_daemon = false };
                assert_ok(place_of(cases[i].url, none, none, &place));
                assert_string_equal(place.root, cases[i].root);
                assert_string_equal(place.folder, cases[i].folder);
                assert_int_equal(place.is_daemon, cases[i].is_daemon);
        }
}

TEST(rsync_command_refuses_what_it_cannot_use) {
        AUTO(arena_free) Arena *own = arena = arena_new();
        static const char *const urls[] = { "rsync:///a", "rsync://host/../a", "rsync://host/a/../b",
                                            "rsync://host::/" };
        for (size_t i = 0; i < ARRAY_LENGTH(urls); i++) {
                AUTO_VALUE(rsync_command_clear) RsyncPlace place = { .is_daemon = false };
                Error *error = place_of(urls[i], none, none, &place);
                assert_int_equal(error_exit_code(error), EXIT_CODE_BAD_URL);
                assert_error(error, ERROR_USER, "cannot use the URL");
        }
}

TEST(rsync_command_tells_ssh_what_to_check_and_where) {
        AUTO(arena_free) Arena *own = arena = arena_new();
        const char *words[] = { "-i", "/a key's" };
        AUTO_VALUE(rsync_command_clear) RsyncPlace place = { .is_daemon = false };
        assert_ok(
                place_of("rsync://us%20er:secret@host:2222/a", none, (TextList){ .items = words, .count = 2 }, &place));
        AUTO_TEXT char *all = join(&place.words), *environment = join(&place.environment);
        assert_string_equal(all,
                            "<rsync><--timeout=30><-e><ssh '-oStrictHostKeyChecking=yes' '-oNumberOfPasswordPrompts=1'"
                            " -oConnectTimeout=30 -oServerAliveInterval=15 -oServerAliveCountMax=2 -p 2222 -l 'us er'"
                            " '-oUserKnownHostsFile=\"/etc/known hosts\"' '-oGlobalKnownHostsFile=/dev/null'"
                            " '-i' '/a key''s'>");
        assert_non_null(strstr(environment, "SSH_ASKPASS="));
        assert_non_null(strstr(environment, "=secret>"));
}

TEST(rsync_command_takes_a_shell_from_rsync_options) {
        AUTO(arena_free) Arena *own = arena = arena_new();
        static const struct {
                const char *words[3];
                size_t count;
        } spellings[] = {
                { { "-e", "/usr/bin/ssh -i /k" }, 2 },
                { { "-e/usr/bin/ssh -i /k" }, 1 },
                { { "--rsh=/usr/bin/ssh -i /k" }, 1 },
                { { "--rsh", "/usr/bin/ssh -i /k", "-z" }, 3 },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(spellings); i++) {
                AUTO_VALUE(rsync_command_clear) RsyncPlace place = { .is_daemon = false };
                const char *words[3];
                memcpy(words, spellings[i].words, sizeof words);
                assert_ok(place_of("rsync://host/a", (TextList){ .items = words, .count = spellings[i].count }, none,
                                   &place));
                AUTO_TEXT char *all = join(&place.words);
                assert_non_null(strstr(all, "<-e></usr/bin/ssh '-oStrictHostKeyChecking=yes' '-oBatchMode=yes'"));
                assert_non_null(strstr(all, " -i /k>"));
        }
}

TEST(rsync_command_refuses_options_that_change_what_is_there) {
        AUTO(arena_free) Arena *own = arena = arena_new();
        static const char *const bad[] = { "--delete",
                                           "--del",
                                           "--dry-run",
                                           "-n",
                                           "-zn",
                                           "--inplace",
                                           "--remove-source-files",
                                           "--files-from=x",
                                           "-r",
                                           "-e ssh -oStrictHostKeyChecking=no" };
        static const char *const good[] = { "--bwlimit=100", "-z", "--compress-level=9", "--rsync-path=/opt/rsync",
                                            "-4" };
        for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
                AUTO_VALUE(rsync_command_clear) RsyncPlace place = { .is_daemon = false };
                const char *words[] = { bad[i] };
                Error *error = place_of("rsync://host/a", (TextList){ .items = words, .count = 1 }, none, &place);
                assert_int_equal(error_exit_code(error), EXIT_CODE_COMMAND_LINE);
                assert_error(error, ERROR_USER, "--rsync-options");
        }
        for (size_t i = 0; i < ARRAY_LENGTH(good); i++) {
                AUTO_VALUE(rsync_command_clear) RsyncPlace place = { .is_daemon = false };
                const char *words[] = { good[i] };
                assert_ok(place_of("rsync://host/a", (TextList){ .items = words, .count = 1 }, none, &place));
                assert_string_equal(place.words.items[1], good[i]);
        }
}

TEST(rsync_command_gives_a_daemon_user_and_password_by_environment) {
        AUTO(arena_free) Arena *own = arena = arena_new();
        AUTO_VALUE(rsync_command_clear) RsyncPlace place = { .is_daemon = false };
        AUTO_VALUE(rsync_command_clear) RsyncPlace bare = { .is_daemon = false };
        assert_ok(place_of("rsync://us%40er:se%40cret@host:8730::/module/x", none, none, &place));
        AUTO_TEXT char *all = join(&place.words), *environment = join(&place.environment);
        assert_string_equal(all, "<rsync><--timeout=30><--port=8730><--contimeout=30>");
        assert_string_equal(environment, "<RSYNC_PASSWORD=se@cret><USER=us@er><LC_ALL=C>");
        assert_ok(place_of("rsync://host::module", none, none, &bare));
        AUTO_TEXT char *empty = join(&bare.environment);
        assert_string_equal(empty, "<RSYNC_PASSWORD=><LC_ALL=C>");
}

TEST(rsync_command_patterns_mean_one_name) {
        AUTO_VALUE(buffer_clear) Buffer out = { .data = NULL };
        rsync_command_add_pattern("a/b.gpg", &out);
        buffer_add_byte(&out, ' ');
        rsync_command_add_pattern("a\\b", &out);
        buffer_add_byte(&out, ' ');
        rsync_command_add_pattern("a\\b*[c]?", &out);
        buffer_add_byte(&out, ' ');
        rsync_command_add_others("a[b]/", &out);
        buffer_add_byte(&out, ' ');
        rsync_command_add_others("", &out);
        assert_string_equal(buffer_text(&out), "/a/b.gpg /a\\b /a\\\\b\\*\\[c]\\? /a\\[b]/* /*");
}

TEST(rsync_command_reads_escaped_names) {
        static const char *const pairs[][2] = {
                { "plain name", "plain name" },
                { "tab\\#011here", "tab\there" },
                { "\\#134#012", "\\#012" },
                { "\\#12", "\\#12" },
                { "\\#0189", "\\#0189" },
                { "h\xc3\xa9", "h\xc3\xa9" },
                { "", "" },
                { "end\\#101", "endA" },
                { "back\\slash", "back\\slash" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(pairs); i++) {
                AUTO_TEXT char *name = rsync_command_read_name(bytes_of(pairs[i][0]));
                assert_string_equal(name, pairs[i][1]);
        }
}
