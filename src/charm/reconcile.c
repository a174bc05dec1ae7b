#include "charm/reconcile.h"

#include <unistd.h>

#include "base/attribute.h"
#include "base/memory.h"
#include "charm/cron.h"
#include "charm/document.h"
#include "charm/juju.h"
#include "charm/keys.h"
#include "charm/monitor.h"
#include "charm/nrpe.h"
#include "charm/packages.h"
#include "charm/status.h"
#include "charm/validate.h"
#include "sys/clock.h"
#include "sys/folder.h"

/* What is to be backed up may be made by others later, but has to be there for the backup. */
static Error *make_sources(const CharmConfig *config, Arena *arena) {
        AUTO_VALUE(text_list_clear) TextList folders = { .items = NULL };
        (void)config_folders(config, arena, &folders); /* the config is a good one */
        for (size_t i = 0; i < folders.count; i++)
                if (access(folders.items[i], F_OK) != 0)
                        TRY_AS(folder_make_path(folders.items[i], 0755), "\"aux_backup_directory\"");
        return NULL;
}

static Error *find_problem(const Unit *unit, const CharmConfig *config, Arena *arena, const char **ret_problem) {
        *ret_problem = validate_config(config, arena);
        if (*ret_problem || config_is_disabled(config))
                return NULL;
        TRY(packages_set_up(unit, config, arena, ret_problem));
        if (*ret_problem)
                return NULL;
        TRY(keys_set_up(unit, config, arena, ret_problem));
        return *ret_problem ? NULL : make_sources(config, arena);
}

static Error *set_up_monitor(const Unit *unit, const CharmConfig *config, const char *problem, Arena *arena) {
        Monitor before, monitor;
        AUTO(error_free) Error *none = monitor_read(unit, arena, &before); /* the first hook finds none */
        monitor = monitor_of(unit, config, problem, none ? NULL : &before, clock_now(), arena);
        return monitor_write(unit, &monitor);
}

Error *reconcile_unit(const Unit *unit, const Snapshot *snapshot, Arena *arena, const char **ret_problem) {
        const CharmConfig *config = &snapshot->config;
        TRY(unit_make_folders(unit));
        TRY(find_problem(unit, config, arena, ret_problem));
        TRY(snapshot_write(unit, snapshot));
        TRY(*ret_problem ? cron_remove(unit) : cron_set_up(unit, config));
        TRY(set_up_monitor(unit, config, *ret_problem, arena));
        return nrpe_set_up(unit, config);
}

Error *reconcile_status(const Unit *unit, const CharmConfig *config, const char *problem, Arena *arena) {
        Outcome outcome = { .is_running = false };
        error_free(outcome_read(unit->backup_outcome, arena, &outcome)); /* a damaged one is told by the check */
        UnitStatus status = status_of(config, problem, &outcome, arena);
        return juju_set_status(status.status, status.message);
}

Error *reconcile_stop(const Unit *unit) {
        TRY(cron_remove(unit));
        return nrpe_remove(unit);
}

Error *reconcile_remove(const Unit *unit) {
        AUTO_TEXT char *cache = memory_print("%s/%s", unit->archive_folder, unit->dashed);
        const char *const folders[] = { unit->state_folder, cache };
        TRY(reconcile_stop(unit));
        TRY(keys_remove(unit));
        for (size_t i = 0; i < ARRAY_LENGTH(folders); i++) {
                TRY(folder_remove_content(folders[i]));
                (void)rmdir(folders[i]); /* an empty folder that stays harms nobody */
        }
        return NULL;
}
