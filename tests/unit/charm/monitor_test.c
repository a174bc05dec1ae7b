#include "charm/monitor.h"

#include <sys/stat.h>

#include "support/test.h"

enum { HOUR = 3600, DAY = 86400 };

static CharmConfig config_of(Arena *arena, const char *text) {
        const Node *root = NULL;
        assert_ok(yaml_parse(bytes_of(text), "the test", arena, &root));
        return config_read(root, arena);
}

static Unit unit_here(Arena *arena) {
        Unit unit;
        assert_ok(unit_make("duplicity/0", NULL, ".", arena, &unit));
        assert_ok(unit_make_folders(&unit));
        return unit;
}

TEST(alerts_come_when_the_schedule_has_passed_and_a_quarter_of_it) {
        assert_int_equal(monitor_alert_after("@daily", ""), 30 * HOUR);
        assert_int_equal(monitor_alert_after("@hourly", ""), 2 * HOUR);
        assert_int_equal(monitor_alert_after("@weekly", ""), 7 * DAY + 42 * HOUR);
        assert_int_equal(monitor_alert_after("0 2 * * mon-fri", ""), 3 * DAY + 18 * HOUR);
        assert_int_equal(monitor_alert_after("@daily", "36h"), 36 * HOUR);
        assert_int_equal(monitor_alert_after(NULL, ""), 0); /* by hand */
        assert_int_equal(monitor_alert_after(NULL, "7D"), 7 * DAY);
}

TEST(what_the_check_reads_is_what_was_written) {
        AUTO(arena_free) Arena *arena = arena_new();
        const Unit unit = unit_here(arena);
        CharmConfig config = config_of(arena, "backend: file\nremote_backup_url: /mnt\ndisable_encryption: true\n"
                                              "backup_frequency: daily\n");
        Monitor monitor = monitor_of(&unit, &config, "Invalid \"x\"", NULL, (Moment){ 1000 }, arena), found;
        struct stat facts;
        assert_ok(monitor_write(&unit, &monitor));
        assert_int_equal(stat(unit.plan, &facts), 0);
        assert_int_equal(facts.st_mode & 0777, 0644);
        assert_ok(monitor_read(&unit, arena, &found));
        assert_string_equal(found.backups.blocked, "Invalid \"x\"");
        assert_int_equal(found.backups.alert_after, 30 * HOUR);
        assert_int_equal(found.backups.since.seconds, 1000);
        assert_string_equal(found.backups.remedy, "juju run duplicity/0 do-backup");
        assert_null(found.backups.disabled);
        assert_non_null(strstr(found.deletions.disabled, "\"retention_period\" is manual"));
        assert_string_equal(found.scratch, unit.scratch_folder);
}

TEST(without_a_plan_nothing_is_known) {
        AUTO(arena_free) Arena *arena = arena_new();
        const Unit unit = unit_here(arena);
        Monitor found;
        assert_error(monitor_read(&unit, arena, &found), ERROR_MISSING, "plan.json");
}

TEST(a_schedule_is_waited_for_since_it_was_set) {
        AUTO(arena_free) Arena *arena = arena_new();
        const Unit unit = unit_here(arena);
        CharmConfig config = config_of(arena, "backend: file\n");
        Monitor first = monitor_of(&unit, &config, NULL, NULL, (Moment){ 1000 }, arena);
        assert_int_equal(monitor_of(&unit, &config, NULL, &first, (Moment){ 2000 }, arena).backups.since.seconds, 1000);
        config.backup_frequency = "weekly";
        assert_int_equal(monitor_of(&unit, &config, NULL, &first, (Moment){ 2000 }, arena).backups.since.seconds, 2000);
        Monitor blocked = monitor_of(&unit, &config, "x", NULL, (Moment){ 1000 }, arena);
        assert_int_equal(monitor_of(&unit, &config, NULL, &blocked, (Moment){ 2000 }, arena).backups.since.seconds,
                         2000);
        config.backend = "";
        assert_non_null(
                strstr(monitor_of(&unit, &config, NULL, NULL, (Moment){ 1 }, arena).backups.disabled, "\"backend\""));
}
