#include "charm/reconcile.h"

#include <unistd.h>

#include "base/attribute.h"
#include "base/memory.h"
#include "base/path.h"
#include "charm/cron.h"
#include "charm/ending.h"
#include "charm/juju.h"
#include "charm/keys.h"
#include "charm/logbook.h"
#include "charm/monitor.h"
#include "charm/nrpe.h"
#include "charm/packages.h"
#include "charm/status.h"
#include "charm/validate.h"
#include "sys/clock.h"
#include "sys/folder.h"

/* What is to be backed up may be made by others later, but has to be there for the backup. */
static const char *make_sources(const CharmConfig *config, Arena *arena) {
        AUTO_VALUE(text_list_clear) TextList folders = { .items = NULL };
        (void)config_folders(config, arena, &folders); /* the config is a good one */
        for (size_t i = 0; i < folders.count; i++) {
                AUTO(error_free)
                Error *error = access(folders.items[i], F_OK) == 0 ? NULL : folder_make_path(folders.items[i], 0755);
                if (error)
                        return arena_print(arena, "\"aux_backup_directory\": %s", error_story(error));
        }
        return NULL;
}

static Error *find_problem(const Unit *unit, const CharmConfig *config, Arena *arena, const char **ret_problem) {
        const char *stuck;
        TRY(packages_drop(unit, config, arena, &stuck));
        *ret_problem = validate_config(config, arena);
        if (!*ret_problem)
                *ret_problem = stuck;
        if (*ret_problem || config_is_disabled(config))
                return NULL;
        TRY(packages_set_up(unit, config, arena, ret_problem));
        if (!*ret_problem)
                TRY(keys_set_up(unit, config, arena, ret_problem));
        if (!*ret_problem)
                *ret_problem = make_sources(config, arena);
        return NULL;
}

static Error *set_up_monitor(const Unit *unit, const CharmConfig *config, const char *problem, Arena *arena) {
        Monitor before, monitor;
        AUTO(error_free) Error *none = monitor_read(unit, arena, &before); /* the first hook finds none */
        monitor = monitor_of(unit, config, problem, none ? NULL : &before, clock_now(), arena);
        return monitor_write(unit, &monitor);
}

Error *reconcile_unit(const Unit *unit, const Snapshot *snapshot, Arena *arena) {
        const CharmConfig *config = &snapshot->config;
        const char *problem;
        TRY(unit_make_folders(unit));
        TRY(keys_drop(unit, config));
        TRY(find_problem(unit, config, arena, &problem));
        TRY(snapshot_write(unit, snapshot));
        TRY(problem ? cron_remove(unit) : cron_set_up(unit, config));
        TRY(set_up_monitor(unit, config, problem, arena));
        return nrpe_set_up(unit, config);
}

Error *reconcile_status(const Unit *unit, const CharmConfig *config, Arena *arena) {
        Outcome outcome = { .is_running = false };
        Monitor monitor;
        TRY(monitor_read(unit, arena, &monitor));
        error_free(outcome_read(unit->backup_outcome, arena, &outcome)); /* a damaged one is told by the check */
        UnitStatus status = status_of(config, monitor.backups.blocked, &outcome, outcome_is_alive(&outcome), arena);
        return juju_set_status(status.status, status.message);
}

Error *reconcile_stop(const Unit *unit) {
        enum { PATIENCE = 30 };
        Error *error = cron_remove(unit);
        error = error_first(error, nrpe_remove(unit));
        error = error_first(error, ending_wait(unit->run_lock, PATIENCE));
        return error_first(error, ending_wait(unit->read_lock, PATIENCE));
}

Error *reconcile_remove(const Unit *unit) {
        AUTO_TEXT char *cache = memory_print("%s/%s", unit->archive_folder, unit->dashed);
        const char *const folders[] = { unit->state_folder, cache, unit->output_folder };
        AUTO_TEXT char *states = memory_copy(unit->state_folder, path_parent_length(unit->state_folder));
        const char *const shared[] = { states, unit->archive_folder, unit->log_folder };
        Error *error = reconcile_stop(unit);
        error = error_first(error, packages_remove(unit));
        error = error_first(error, logbook_remove(unit->log));
        for (size_t i = 0; i < ARRAY_LENGTH(folders); i++)
                error = error_first(error, folder_remove(folders[i]));
        for (size_t i = 0; i < ARRAY_LENGTH(shared); i++)
                (void)rmdir(shared[i]); /* unless another unit has something there */
        return error;
}
