#include "charm/juju.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "support/test.h"

/* Stands in for the hook tool NAME: notes its arguments, one a line, and what it reads, in the file NAME.log; then does
 * SCRIPT. */
static void make_tool(const char *name, const char *script) {
        AUTO_TEXT char *path = memory_print("tools/%s", name);
        AUTO_TEXT char *text =
                memory_print("#!/bin/sh\nfor word; do printf '%%s\\n' \"$word\"; done >%s.log\ncat >>%s.log\n%s\n",
                             name, name, script);
        (void)mkdir("tools", 0755);
        test_write_file(path, bytes_of(text));
        assert_int_equal(chmod(path, 0755), 0);
        assert_int_equal(setenv("PATH", "tools:/usr/bin:/bin", 1), 0);
}

static void assert_file(const char *path, const char *content) {
        char *found = test_read_file(path, NULL);
        assert_string_equal(found, content);
        free(found);
}

TEST(answers_are_asked_for_in_json) {
        AUTO(arena_free) Arena *arena = arena_new();
        const Node *answer = NULL;
        make_tool("config-get", "echo '{\"backend\":\"s3\",\"keep_daily\":10000000}'");
        assert_ok(juju_config(arena, &answer));
        assert_file("config-get.log", "--all\n--format=json\n");
        assert_string_equal(node_text(node_get(answer, "keep_daily")), "10000000");
        make_tool("relation-get", "echo '{\"nagios_hostname\":\"h\"}'");
        assert_ok(juju_relation_get("nrpe:3", "nrpe/0", arena, &answer));
        assert_file("relation-get.log", "--format=json\n-r\nnrpe:3\n-\nnrpe/0\n");
        assert_string_equal(node_text(node_get(answer, "nagios_hostname")), "h");
}

TEST(lists_are_read) {
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO_VALUE(text_list_clear) TextList ids = { .items = NULL }, units = { .items = NULL };
        make_tool("relation-ids", "echo '[\"x:1\",\"x:22\"]'");
        assert_ok(juju_relation_ids("x", arena, &ids));
        assert_int_equal(ids.count, 2);
        assert_string_equal(ids.items[1], "x:22");
        make_tool("relation-list", "echo null");
        assert_ok(juju_relation_units("x:1", arena, &units));
        assert_int_equal(units.count, 0);
}

TEST(free_text_that_looks_like_an_option_is_none) {
        make_tool("juju-log", "");
        juju_log(LOG_WARNING, "--debug");
        assert_file("juju-log.log", "--log-level\nWARNING\n--\n--debug\n");
        make_tool("action-fail", "");
        assert_ok(juju_action_fail("-x"));
        assert_file("action-fail.log", "--\n-x\n");
        make_tool("action-set", "");
        assert_ok(juju_action_set("output", "--help"));
        assert_file("action-set.log", "--\noutput=--help\n");
}

TEST(a_status_that_is_shown_already_is_not_set_again) {
        struct stat facts;
        make_tool("status-get", "echo '{\"status\":\"active\",\"message\":\"Ready\",\"status-data\":{}}'");
        make_tool("status-set", "");
        assert_ok(juju_set_status("active", "Ready"));
        assert_int_equal(stat("status-set.log", &facts), -1);
        assert_ok(juju_set_status("active", "-Ready"));
        assert_file("status-set.log", "--\nactive\n-Ready\n");
        make_tool("status-get", "exit 1"); /* not knowing is no reason not to set it */
        assert_ok(juju_set_status("blocked", "Ready"));
        assert_file("status-set.log", "--\nblocked\nReady\n");
}

TEST(what_is_set_in_a_relation_keeps_its_blanks) {
        make_tool("relation-set", "");
        assert_ok(juju_relation_set("nrpe:3", "monitors", " a: \"b\"\n"));
        assert_file("relation-set.log", "-r\nnrpe:3\n--file\n-\n{\n  \"monitors\": \" a: \\\"b\\\"\\u000a\"\n}\n");
}

TEST(long_texts_are_cut_between_characters) {
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        (void)buffer_add_text(&text, "x");
        for (int i = 0; i < 60000; i++)
                (void)buffer_add_text(&text, "\xC3\xA9");
        make_tool("action-log", "");
        juju_action_log(buffer_text(&text));
        size_t length;
        char *found = test_read_file("action-log.log", &length);
        assert_string_equal(found + length - strlen("\xC3\xA9 [cut]\n"), "\xC3\xA9 [cut]\n");
        assert_int_equal(length, strlen("--\n") + 99999 + strlen(" [cut]\n"));
        free(found);
}

TEST(failures_have_the_last_words_of_the_tool) {
        AUTO(arena_free) Arena *arena = arena_new();
        const Node *answer = NULL;
        make_tool("config-get", "echo 'ERROR permission denied' >&2; exit 1");
        assert_error(juju_config(arena, &answer), ERROR_SYSTEM, "config-get failed: ERROR permission denied");
        make_tool("config-get", "echo '{'");
        assert_error(juju_config(arena, &answer), ERROR_CORRUPT, "config-get");
        assert_error(juju_set_version("1"), ERROR_MISSING, "application-version-set");
        juju_log(LOG_ERROR, "nobody hears this"); /* and that is no reason to fail */
}
