#include "charm/nrpe.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/attribute.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/path.h"
#include "charm/document.h"
#include "charm/juju.h"
#include "charm/template.h"
#include "sys/process.h"

#define ENDPOINT "nrpe-external-master"

static const struct {
        const char *kind, *description;
} checks[] = {
        { "backups", "Check that periodic backups have not failed." },
        { "deletions", "Check that old backups are deleted." },
};

static char *definition_path(const Unit *unit, const char *check) {
        return memory_print("%s/check_%s.cfg", unit->nrpe_folder, check);
}

/* ---- names: two applications, or two units of one, may share a machine ---- */

/* Whose the definition of CHECK is; nobody's: there is none. */
static Owner owner_of(const Unit *unit, const char *check, const char *kind) {
        AUTO_TEXT char *path = definition_path(unit, check);
        AUTO_TEXT char *ours = memory_print(" check-%s %s\n", kind, unit->name);
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        AUTO(error_free) Error *error = document_text(path, &text);
        if (!error && !text.length)
                return OWNER_NOBODY;
        return !error && strstr(buffer_text(&text), ours) ? OWNER_US : OWNER_OTHERS;
}

static char *first_name(const Unit *unit, const char *kind) {
        bool is_default = strcmp(unit->application, "duplicity") == 0;
        return memory_print("%s%s%s", kind, is_default ? "" : "-", is_default ? "" : unit->application);
}

static char *second_name(const Unit *unit, const char *kind) {
        return memory_print("%s-%s", kind, unit->dashed);
}

/* A unit that has got the second name keeps it. */
static char *check_name(const Unit *unit, const char *kind) {
        AUTO_TEXT char *first = first_name(unit, kind);
        AUTO_TEXT char *second = second_name(unit, kind);
        bool is_first = owner_of(unit, first, kind) != OWNER_OTHERS && owner_of(unit, second, kind) != OWNER_US;
        return memory_text(is_first ? first : second);
}

/* ---- files ---- */

static bool is_folder(const char *path) {
        struct stat facts;
        return stat(path, &facts) == 0 && S_ISDIR(facts.st_mode);
}

/* Removes the exports of CHECK but for KEPT (NULL: none); their names begin with a host that may have changed. CHANGED
 * NULL: nobody asks. */
static Error *remove_exports(const Unit *unit, const char *check, const char *kept, bool *changed) {
        AUTO_TEXT char *end = memory_print("_check_%s.cfg", check);
        DIR *folder = opendir(unit->nagios_export_folder);
        Error *error = NULL;
        if (!folder)
                return NULL; /* no Nagios on this machine */
        for (struct dirent *entry; !error && (entry = readdir(folder));) {
                if (!bytes_end_with(bytes_of(entry->d_name), end) || (kept && strcmp(kept, entry->d_name) == 0))
                        continue;
                AUTO_TEXT char *path = memory_print("%s/%s", unit->nagios_export_folder, entry->d_name);
                error = document_remove(path);
                if (changed)
                        *changed = true;
        }
        (void)closedir(folder); /* was only read */
        return error;
}

/* Fills TEMPLATE into the file PATH. */
static Error *write_file(const Unit *unit, const char *path, const char *template, const TemplateValue *values,
                         bool *changed) {
        AUTO_TEXT char *templates = memory_print("%s/templates", unit->charm);
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        TRY(template_fill(templates, template, values, &text));
        return document_update(path, 0644, buffer_bytes(&text), changed);
}

static Error *write_check(const Unit *unit, const CharmConfig *config, size_t row, const char *host, bool *changed) {
        AUTO_TEXT char *check = check_name(unit, checks[row].kind);
        AUTO_TEXT char *definition = definition_path(unit, check);
        AUTO_TEXT char *export = memory_print("%s/service__%s_check_%s.cfg", unit->nagios_export_folder, host, check);
        const char *groups = config->nagios_servicegroups[0] ? config->nagios_servicegroups : config->nagios_context;
        const TemplateValue values[] = {
                { "check", check },
                { "kind", checks[row].kind },
                { "description", checks[row].description },
                { "host", host },
                { "servicegroups", groups },
                { "program", unit->program },
                { "unit", unit->name },
                { 0 },
        };
        TRY(write_file(unit, definition, "nrpe-check", values, changed));
        TRY(remove_exports(unit, check, path_name(export), changed));
        if (!is_folder(unit->nagios_export_folder))
                return NULL;
        return write_file(unit, export, "nagios-service", values, changed);
}

/* Exports do not tell whose they are: they go with their definition, and when there is none. */
static Error *remove_check(const Unit *unit, const char *kind, const char *check, bool *changed) {
        AUTO_TEXT char *path = definition_path(unit, check);
        Owner owner = owner_of(unit, check, kind);
        if (owner == OWNER_OTHERS)
                return NULL;
        *changed |= owner == OWNER_US;
        TRY(document_remove(path));
        return remove_exports(unit, check, NULL, changed);
}

/* NRPE reads its files when it starts. That it cannot be restarted is told, and no reason to stop. */
static void restart_service(void) {
        static const char *const systemd[] = { "systemctl", "restart", "nagios-nrpe-server", NULL };
        static const char *const others[] = { "service", "nagios-nrpe-server", "restart", NULL };
        AUTO_VALUE(process_result_clear) ProcessResult result = { .status = 0 };
        const ProcessSpec spec = { .arguments = is_folder("/run/systemd/system") ? systemd : others,
                                   .most = 4096,
                                   .timeout = 60 };
        AUTO(error_free) Error *error = process_run(&spec, &result);
        if (!error && result.status == 0)
                return;
        AUTO_TEXT char *words = error ? memory_text(error_story(error)) : process_last_words(&result);
        log_warning("cannot restart nagios-nrpe-server: %s (restart it by hand, or the checks stay as they were)",
                    words);
}

Error *nrpe_remove(const Unit *unit) {
        bool changed = false;
        Error *error = NULL;
        for (size_t i = 0; i < ARRAY_LENGTH(checks); i++) {
                AUTO_TEXT char *first = first_name(unit, checks[i].kind);
                AUTO_TEXT char *second = second_name(unit, checks[i].kind);
                error = error_first(error, remove_check(unit, checks[i].kind, first, &changed));
                error = error_first(error, remove_check(unit, checks[i].kind, second, &changed));
        }
        if (changed)
                restart_service();
        return error;
}

Error *nrpe_take_over(const Unit *unit) {
        AUTO_TEXT char *path = definition_path(unit, "backups");
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        TRY(document_text(path, &text));
        if (!strstr(buffer_text(&text), "check_backup_status.py"))
                return NULL;
        TRY(document_remove(path));
        TRY(remove_exports(unit, "backups", NULL, NULL));
        restart_service();
        return NULL;
}

/* NRPE runs the checks as its own user. */
static void warn_unless_reachable(const Unit *unit) {
        AUTO_TEXT char *path = memory_text(unit->program);
        struct stat facts;
        for (;;) {
                if (stat(path, &facts) < 0 || !(facts.st_mode & S_IXOTH)) {
                        log_warning("Nagios cannot run the checks: '%s' is closed to other users (chmod o+x)", path);
                        return;
                }
                size_t parent = path_parent_length(path);
                if (parent == 0)
                        return;
                path[parent] = '\0';
        }
}

/* ---- the relation ---- */

/* In -relation-broken the relation is still listed by old versions of Juju. */
static bool is_breaking(const char *id) {
        const char *hook = getenv("JUJU_HOOK_NAME"), *relation = getenv("JUJU_RELATION_ID");
        return hook && relation && bytes_end_with(bytes_of(hook), "-relation-broken") && strcmp(relation, id) == 0;
}

/* *ret_host stays as it is when the nrpe charm has told none. */
static Error *ask_host(const char *id, Arena *arena, const char **ret_host) {
        AUTO_VALUE(text_list_clear) TextList units = { .items = NULL };
        TRY(juju_relation_units(id, arena, &units));
        for (size_t i = 0; i < units.count; i++) {
                const Node *settings = NULL;
                TRY(juju_relation_get(id, units.items[i], arena, &settings));
                const char *host = node_text(node_get(settings, "nagios_hostname"));
                if (host && host[0] && !strpbrk(host, "/\n{}")) /* it becomes part of a line and of a file's name */
                        *ret_host = host;
        }
        return NULL;
}

static Error *publish(const Unit *unit, const char *id) {
        AUTO_VALUE(buffer_clear) Buffer monitors = { .data = NULL };
        Json json = json_begin(&monitors);
        json_object(&json, NULL);
        json_object(&json, "monitors");
        json_object(&json, "remote");
        json_object(&json, "nrpe");
        for (size_t i = 0; i < ARRAY_LENGTH(checks); i++) {
                AUTO_TEXT char *check = check_name(unit, checks[i].kind);
                AUTO_TEXT char *command = memory_print("check_%s", check);
                json_object(&json, check);
                json_text(&json, "command", command);
                json_end(&json);
        }
        for (int depth = 0; depth < 4; depth++)
                json_end(&json);
        TRY(juju_relation_set(id, "monitors", buffer_text(&monitors)));
        return juju_relation_set(id, "primary", "False");
}

Error *nrpe_set_up(const Unit *unit, const CharmConfig *config) {
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO_VALUE(text_list_clear) TextList ids = { .items = NULL };
        const char *host = arena_print(arena, "%s-%s", config->nagios_context, unit->dashed);
        size_t related = 0;
        bool changed = false;
        TRY(juju_relation_ids(ENDPOINT, arena, &ids));
        for (size_t i = 0; i < ids.count; i++) {
                if (is_breaking(ids.items[i]))
                        continue;
                related++;
                TRY(ask_host(ids.items[i], arena, &host));
                TRY(publish(unit, ids.items[i]));
        }
        if (!related || !is_folder(unit->nrpe_folder))
                return nrpe_remove(unit);
        if (!config_is_nagios_context(config->nagios_context) || !config_is_nagios_groups(config->nagios_servicegroups))
                return NULL;
        for (size_t i = 0; i < ARRAY_LENGTH(checks); i++)
                TRY(write_check(unit, config, i, host, &changed));
        if (changed) {
                warn_unless_reachable(unit);
                restart_service();
        }
        return NULL;
}
