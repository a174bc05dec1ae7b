#include "charm/periodic.h"

#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/attribute.h"
#include "base/log.h"
#include "charm/logbook.h"
#include "charm/outcome.h"
#include "charm/run.h"
#include "charm/surroundings.h"
#include "charm/validate.h"
#include "sys/clock.h"

/* Backups make way for what the machine is for. Where the system refuses, they do not. */
static void lower_priority(void) {
        enum { NICENESS = 10, WHO_PROCESS = 1, CLASS_BEST_EFFORT = 2, CLASS_SHIFT = 13, LOWEST = 7 };
        (void)setpriority(PRIO_PROCESS, 0, NICENESS);
        (void)syscall(SYS_ioprio_set, WHO_PROCESS, 0, CLASS_BEST_EFFORT << CLASS_SHIFT | LOWEST);
}

static Error *back_up(const Unit *unit, const Snapshot *snapshot) {
        AUTO_VALUE(summary_clear) Summary summary = { .full = false };
        TRY(run_backup(unit, snapshot, snapshot->config.backup_type, NULL, &summary));
        log_notice("%s backup complete: %llu files, %llu bytes stored, %llu files left out",
                   summary.full ? "full" : "incremental", (unsigned long long)summary.source_files,
                   (unsigned long long)summary.stored_bytes, (unsigned long long)summary.problem_count);
        return NULL;
}

typedef struct Kind {
        const char *name;
        Error *(*run)(const Unit *unit, const Snapshot *snapshot);
        size_t outcome; /* offset in Unit of the file's path */
} Kind;

static const Kind kinds[] = {
        { "backup", back_up, offsetof(Unit, backup_outcome) },
        { "deletion", run_deletion, offsetof(Unit, deletion_outcome) },
};

static const Kind *find_kind(const char *name) {
        const Kind *kind = kinds;
        while (strcmp(kind->name, name) != 0)
                kind++;
        return kind;
}

/* Another run that holds the lock is at work on the same repository: this one is noted, and left out. */
static Error *note_overlap(const Unit *unit, const Kind *kind, Error *held) {
        const char *const *outcome = (const char *const *)((const char *)unit + kind->outcome);
        log_notice("the %s that is due now is left out: %s", kind->name, error_story(held));
        error_free(held);
        return outcome_overlap(*outcome, clock_now());
}

static Error *run(const Unit *unit, const Kind *kind, Arena *arena) {
        AUTO(lock_release) Lock *lock = NULL;
        Snapshot snapshot;
        TRY(snapshot_read(unit, arena, &snapshot));
        snapshot_use_proxies(&snapshot.proxies);
        const char *problem = validate_config(&snapshot.config, arena);
        if (problem)
                return error_new(ERROR_USER, "%s", problem);
        if (config_is_disabled(&snapshot.config))
                return NULL;
        Error *held = run_lock(unit, &lock);
        return held ? note_overlap(unit, kind, held) : kind->run(unit, &snapshot);
}

int periodic_run(const char *kind, const char *name) {
        AUTO(arena_free) Arena *arena = arena_new();
        Unit unit;
        lower_priority();
        AUTO(error_free) Error *error = unit_make(name, NULL, surroundings_root(), arena, &unit);
        if (!error)
                error = logbook_open(unit.log);
        if (!error)
                error = run(&unit, find_kind(kind), arena);
        if (error)
                log_error("%s failed: %s", kind, error_story(error));
        logbook_close();
        return error ? 1 : 0;
}
