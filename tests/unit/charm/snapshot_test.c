#include "charm/snapshot.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "support/test.h"

static Unit unit_here(Arena *arena) {
        Unit unit;
        assert_ok(unit_make("duplicity/0", NULL, ".", arena, &unit));
        assert_ok(unit_make_folders(&unit));
        return unit;
}

TEST(what_hooks_write_runs_read) {
        AUTO(arena_free) Arena *arena = arena_new();
        const Unit unit = unit_here(arena);
        const Node *root = NULL;
        struct stat facts;
        assert_ok(yaml_parse(bytes_of("{backend: s3, aws_secret_access_key: \"a\\\"\\n\\u00e9\", keep_daily: 3}"), "x",
                             arena, &root));
        Snapshot snapshot = { .config = config_read(root, arena), .proxies = { "http://p:1", "", "", "a,b" } }, found;
        assert_ok(snapshot_write(&unit, &snapshot));
        assert_int_equal(stat(unit.snapshot, &facts), 0);
        assert_int_equal(facts.st_mode & 07777, 0600);
        assert_ok(snapshot_read(&unit, arena, &found));
        assert_string_equal(found.config.aws_secret_access_key, "a\"\n\xC3\xA9");
        assert_int_equal(found.config.keep_daily, 3);
        assert_string_equal(found.proxies.http, "http://p:1");
        assert_string_equal(found.proxies.https, "");
        assert_string_equal(found.proxies.none, "a,b");
}

TEST(a_snapshot_that_is_missing_or_damaged_names_the_remedy) {
        AUTO(arena_free) Arena *arena = arena_new();
        const Unit unit = unit_here(arena);
        Snapshot found;
        assert_error(snapshot_read(&unit, arena, &found), ERROR_MISSING, "juju config duplicity");
        test_write_file(unit.snapshot, bytes_of("{\"options\": {"));
        assert_error(snapshot_read(&unit, arena, &found), ERROR_CORRUPT, "juju config duplicity");
}

TEST(proxies_are_where_juju_tells_them_and_go_where_programs_look) {
        assert_int_equal(setenv("JUJU_CHARM_HTTPS_PROXY", "http://p:2", 1), 0);
        assert_int_equal(setenv("JUJU_CHARM_HTTP_PROXY", "", 1), 0);
        assert_int_equal(unsetenv("JUJU_CHARM_NO_PROXY"), 0);
        assert_int_equal(unsetenv("http_proxy"), 0);
        Proxies proxies = snapshot_proxies_of_environment();
        snapshot_use_proxies(&proxies);
        assert_string_equal(getenv("https_proxy"), "http://p:2");
        assert_string_equal(getenv("HTTPS_PROXY"), "http://p:2");
        assert_null(getenv("http_proxy"));
        assert_int_equal(unsetenv("https_proxy"), 0);
        assert_int_equal(unsetenv("HTTPS_PROXY"), 0);
}
