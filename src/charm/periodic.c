#include "charm/periodic.h"

#include <stddef.h>
#include <stdio.h>
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
#include "charm/wording.h"
#include "sys/clock.h"

/* Backups make way for what the machine is for. Where the system refuses, they do not. */
static void lower_priority(void) {
        enum { NICENESS = 10, WHO_PROCESS = 1, CLASS_BEST_EFFORT = 2, CLASS_SHIFT = 13, LOWEST = 7 };
        (void)setpriority(PRIO_PROCESS, 0, NICENESS);
        (void)syscall(SYS_ioprio_set, WHO_PROCESS, 0, CLASS_BEST_EFFORT << CLASS_SHIFT | LOWEST);
}

static Error *back_up(const Unit *unit, const Snapshot *snapshot) {
        AUTO_VALUE(summary_clear) Summary summary = { .full = false };
        return run_backup(unit, snapshot, snapshot->config.backup_type, NULL, &summary);
}

typedef struct Kind {
        const char *name;
        RunKind lock;
        Error *(*run)(const Unit *unit, const Snapshot *snapshot);
        size_t outcome; /* offset in Unit of the file's path */
} Kind;

static const Kind kinds[] = {
        { "backup", RUN_BACKUP, back_up, offsetof(Unit, backup_outcome) },
        { "deletion", RUN_DELETION, run_deletion, offsetof(Unit, deletion_outcome) },
};

static const Kind *find_kind(const char *name) {
        const Kind *kind = kinds;
        while (strcmp(kind->name, name) != 0)
                kind++;
        return kind;
}

static const char *outcome_of(const Unit *unit, const Kind *kind) {
        const char *path;
        memcpy(&path, (const char *)unit + kind->outcome, sizeof path);
        return path;
}

/* Another run that holds the lock is at work on the same repository: this one is noted, and left out. */
static Error *note_overlap(const Unit *unit, const Kind *kind, Error *held) {
        log_notice("the %s that is due now is left out: %s", kind->name, error_story(held));
        error_free(held);
        return outcome_overlap(outcome_of(unit, kind), clock_now());
}

static Error *prepare(const Unit *unit, Arena *arena, Snapshot *ret_snapshot) {
        TRY(snapshot_read(unit, arena, ret_snapshot));
        snapshot_use_proxies(&ret_snapshot->proxies);
        const char *problem = validate_config(&ret_snapshot->config, arena);
        return problem ? error_new(ERROR_USER, "%s (juju config %s)", problem, unit->application) : NULL;
}

static Error *run(const Unit *unit, const Kind *kind, Arena *arena) {
        AUTO_VALUE(run_unlock) RunLock lock = { .changes = NULL };
        bool is_held = false;
        Snapshot snapshot;
        Error *error = prepare(unit, arena, &snapshot);
        if (!error && config_is_disabled(&snapshot.config))
                return NULL;
        if (!error)
                error = run_lock(unit, kind->lock, &lock, &is_held);
        if (!error)
                return kind->run(unit, &snapshot);
        if (is_held)
                return note_overlap(unit, kind, error);
        run_note_failure(outcome_of(unit, kind), error);
        return error;
}

int periodic_run(const char *kind, const char *name) {
        AUTO(arena_free) Arena *arena = arena_new();
        Unit unit;
        lower_priority();
        AUTO(error_free) Error *error = unit_make(name, NULL, surroundings_root(), arena, &unit);
        if (!error)
                error = logbook_open(unit.log, false);
        if (!error)
                error = run(&unit, find_kind(kind), arena);
        const char *story = wording_of_charm(error_story(error), arena);
        if (error) {
                log_error("%s failed: %s", kind, story);
                fprintf(stderr, "%s failed: %s\n", kind, story); /* for who runs it by hand: cron throws it away */
        }
        logbook_close();
        return error ? 1 : 0;
}
