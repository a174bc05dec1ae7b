#include "charm/status.h"

/* "2026-11-22T23:00Z" */
static const char *minute_of(Moment moment, Arena *arena) {
        CivilTime civil = when_to_civil(moment);
        return arena_print(arena, "%04d-%02d-%02dT%02d:%02dZ", (int)civil.year, civil.month, civil.day, civil.hour,
                           civil.minute);
}

static const char *good_part(const RunRecord *good, Arena *arena) {
        return good->is_known ? arena_print(arena, "last backup %s %s", minute_of(good->ended, arena), good->kind)
                              : "no backup yet";
}

UnitStatus status_of(const CharmConfig *config, const char *problem, const Outcome *outcome, bool is_alive,
                     Arena *arena) {
        const RunRecord *last = &outcome->last;
        if (problem)
                return (UnitStatus){ "blocked", problem };
        if (config_is_disabled(config))
                return (UnitStatus){ "active", "Backups are disabled: set \"backend\" to enable them" };
        if (outcome->is_running && !is_alive)
                return (UnitStatus){
                        "active",
                        arena_print(arena, "Ready (the run of %s was killed, or the machine went down; %s)",
                                    minute_of(outcome->running_since, arena), good_part(&outcome->good, arena))
                };
        if (last->is_known && !last->is_good)
                return (UnitStatus){ "active", arena_print(arena, "Ready (last run failed at %s: %s; %s)",
                                                           minute_of(last->ended, arena), last->message,
                                                           good_part(&outcome->good, arena)) };
        if (outcome->good.is_known)
                return (UnitStatus){ "active", arena_print(arena, "Ready (%s)", good_part(&outcome->good, arena)) };
        return (UnitStatus){ "active", "Ready" };
}
