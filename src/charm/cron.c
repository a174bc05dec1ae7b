#include "charm/cron.h"

#include "base/memory.h"
#include "charm/document.h"
#include "charm/template.h"

/* Writes PATH, or removes it when there is no schedule. */
static Error *set_up(const Unit *unit, const char *path, const char *noun, const char *schedule) {
        AUTO_TEXT char *templates = memory_print("%s/templates", unit->charm);
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        if (!schedule)
                return document_remove(path);
        const TemplateValue values[] = {
                { "noun", noun }, { "unit", unit->name }, { "schedule", schedule }, { "program", unit->program }, { 0 },
        };
        TRY(template_fill(templates, "cron", values, &text));
        return document_update(path, 0644, buffer_bytes(&text), NULL);
}

Error *cron_set_up(const Unit *unit, const CharmConfig *config) {
        const char *backups = NULL, *deletions = NULL;
        (void)config_schedule(config->backup_frequency, false, &backups); /* the config is a good one */
        if (config_deletes(config))
                (void)config_schedule(config->deletion_frequency, true, &deletions);
        if (config_is_disabled(config))
                return cron_remove(unit);
        TRY(set_up(unit, unit->backup_cron, "backup", backups));
        return set_up(unit, unit->deletion_cron, "deletion", deletions);
}

Error *cron_remove(const Unit *unit) {
        return error_first(document_remove(unit->backup_cron), document_remove(unit->deletion_cron));
}
