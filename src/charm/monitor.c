#include "charm/monitor.h"

#include "base/attribute.h"
#include "base/json.h"
#include "charm/document.h"
#include "charm/schedule.h"

enum { HOUR = 3600 };

int64_t monitor_alert_after(const char *cron, const char *alert_after) {
        Schedule schedule;
        int64_t seconds = 0;
        if (alert_after[0]) {
                error_free(when_parse_interval(bytes_of(alert_after), &seconds)); /* validate.c has looked at it */
                return seconds;
        }
        if (!cron || !schedule_parse(cron, &schedule))
                return 0;
        int64_t gap = schedule_longest_gap(&schedule);
        return gap ? gap + MAX(gap / 4, HOUR) : 0;
}

static Watched watch_backups(const Unit *unit, const CharmConfig *config, Arena *arena) {
        const char *cron = NULL;
        (void)config_schedule(config->backup_frequency, false, &cron); /* a wrong one is PROBLEM */
        return (Watched){
                .noun = "backup",
                .disabled = config_is_disabled(config) ? "backups are disabled: \"backend\" is not set" : NULL,
                .alert_after = monitor_alert_after(cron, config->alert_after),
                .remedy = arena_print(arena, "%s %s do-backup", unit->run_action, unit->name),
                .log = unit->log,
        };
}

static Watched watch_deletions(const Unit *unit, const CharmConfig *config, Arena *arena) {
        const char *cron = NULL;
        (void)config_schedule(config->deletion_frequency, true, &cron);
        const char *disabled = config_is_disabled(config) ? "backups are disabled: \"backend\" is not set"
                               : !config_deletes(config)  ? "old backups are kept: \"retention_period\" is manual"
                                                          : NULL;
        return (Watched){
                .noun = "deletion",
                .disabled = disabled,
                .alert_after = monitor_alert_after(cron, ""),
                .remedy = arena_print(arena, "%s %s check-connection", unit->run_action, unit->name),
                .log = unit->log,
        };
}

/* A schedule that was there before is waited for since then. */
static Moment moment_of_plan(const Watched *before, const Watched *now_planned, Moment now) {
        bool was_planned = before && !before->disabled && !before->blocked;
        return was_planned && before->alert_after == now_planned->alert_after ? before->since : now;
}

Monitor monitor_of(const Unit *unit, const CharmConfig *config, const char *problem, const Monitor *before, Moment now,
                   Arena *arena) {
        Monitor monitor = {
                .backups = watch_backups(unit, config, arena),
                .deletions = watch_deletions(unit, config, arena),
                .scratch = unit->scratch_folder,
        };
        monitor.backups.blocked = monitor.deletions.blocked = problem;
        monitor.backups.since = moment_of_plan(before ? &before->backups : NULL, &monitor.backups, now);
        monitor.deletions.since = moment_of_plan(before ? &before->deletions : NULL, &monitor.deletions, now);
        return monitor;
}

static void print_watched(Json *json, const char *key, const Watched *watched) {
        json_object(json, key);
        json_text(json, "disabled", watched->disabled);
        json_text(json, "blocked", watched->blocked);
        json_number(json, "alert-after", (uint64_t)watched->alert_after);
        json_number(json, "since", (uint64_t)MAX(watched->since.seconds, 0));
        json_text(json, "remedy", watched->remedy);
        json_end(json);
}

Error *monitor_write(const Unit *unit, const Monitor *monitor) {
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        Json json = json_begin(&text);
        json_object(&json, NULL);
        print_watched(&json, "backups", &monitor->backups);
        print_watched(&json, "deletions", &monitor->deletions);
        json_text(&json, "scratch", monitor->scratch);
        json_end(&json);
        return document_write(unit->plan, 0644, buffer_bytes(&text));
}

static Watched read_watched(const Node *node, const char *noun, const Unit *unit) {
        uint64_t after = 0, since = 0;
        const char *remedy = node_text(node_get(node, "remedy"));
        (void)bytes_to_number(bytes_of(node_text(node_get(node, "alert-after"))), &after); /* else it stays 0 */
        (void)bytes_to_number(bytes_of(node_text(node_get(node, "since"))), &since);
        return (Watched){
                .noun = noun,
                .disabled = node_text(node_get(node, "disabled")),
                .blocked = node_text(node_get(node, "blocked")),
                .alert_after = (int64_t)after,
                .since = { (int64_t)since },
                .remedy = remedy ? remedy : "",
                .log = unit->log,
        };
}

Error *monitor_read(const Unit *unit, Arena *arena, Monitor *ret_monitor) {
        const Node *root = NULL;
        TRY(document_read(unit->plan, arena, &root));
        const char *scratch = node_text(node_get(root, "scratch"));
        *ret_monitor = (Monitor){
                .backups = read_watched(node_get(root, "backups"), "backup", unit),
                .deletions = read_watched(node_get(root, "deletions"), "deletion", unit),
                .scratch = scratch ? scratch : unit->scratch_folder,
        };
        return NULL;
}
