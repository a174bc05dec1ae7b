#include "charm/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/statvfs.h>

#include "base/attribute.h"
#include "base/memory.h"
#include "charm/monitor.h"
#include "charm/surroundings.h"
#include "sys/clock.h"

enum {
        LINE_LENGTH = 1000, /* NRPE's older packets hold 1 KiB */
        MEBIBYTE = 1 << 20,
        SCRATCH_CRITICAL = 64, /* MiB */
        SCRATCH_WARNING = 256,
};

/* What is judged, and what has been found: the worst counts, and is told first. */
typedef struct Judgement {
        const Watched *watched;
        const Outcome *outcome;
        bool is_alive;
        uint64_t scratch_free;
        Moment now;
        CheckState state;
        Buffer text;
} Judgement;

static void find(Judgement *judgement, CheckState state, const char *format, ...) PRINTF_LIKE(3, 4);
static void find(Judgement *judgement, CheckState state, const char *format, ...) {
        va_list arguments;
        va_start(arguments, format);
        AUTO_TEXT char *text = memory_vprint(format, arguments);
        va_end(arguments);
        if (state > judgement->state || !judgement->text.length) {
                judgement->state = MAX(state, judgement->state);
                buffer_clear(&judgement->text);
                (void)buffer_add_text(&judgement->text, text);
        }
}

/* "3 days", "5 hours", "20 minutes": whole ones of the largest unit of which there are two. Into TEXT. */
static const char *duration(int64_t seconds, char text[32]) {
        static const struct {
                int64_t seconds;
                const char *name;
        } units[] = { { 86400, "day" }, { 3600, "hour" }, { 60, "minute" }, { 1, "second" } };
        size_t unit = 0;
        while (unit + 1 < ARRAY_LENGTH(units) && seconds < 2 * units[unit].seconds)
                unit++;
        int64_t count = seconds / units[unit].seconds;
        snprintf(text, 32, "%lld %s%s", (long long)count, units[unit].name, count == 1 ? "" : "s");
        return text;
}

static void judge_scratch(Judgement *judgement) {
        uint64_t mebibytes = judgement->scratch_free / MEBIBYTE;
        if (mebibytes < SCRATCH_WARNING)
                find(judgement, mebibytes < SCRATCH_CRITICAL ? CHECK_CRITICAL : CHECK_WARNING,
                     "only %llu MiB are left for temporary files: make room on that disk",
                     (unsigned long long)mebibytes);
}

static void judge_running(Judgement *judgement) {
        const Watched *watched = judgement->watched;
        const Outcome *outcome = judgement->outcome;
        int64_t taken = judgement->now.seconds - outcome->running_since.seconds;
        char text[32];
        if (!outcome->is_running)
                return;
        if (!judgement->is_alive)
                find(judgement, CHECK_CRITICAL, "the last %s was killed, or the machine went down: run it again (%s)",
                     watched->noun, watched->remedy);
        else if (watched->alert_after && taken > watched->alert_after)
                find(judgement, CHECK_CRITICAL, "a %s has been running for %s (process %lld): see %s", watched->noun,
                     duration(taken, text), (long long)outcome->running_pid, watched->log);
        else if (outcome->has_overlap)
                find(judgement, CHECK_WARNING, "a %s has been running for %s, and the next was due: see %s",
                     watched->noun, duration(taken, text), watched->log);
}

static void judge_last(Judgement *judgement) {
        const Watched *watched = judgement->watched;
        const RunRecord *last = &judgement->outcome->last;
        char date[24];
        when_print_w3(last->ended, date);
        if (last->is_known && !last->is_good)
                find(judgement, CHECK_WARNING, "the last %s failed at %s: %.500s (log: %s)", watched->noun, date,
                     last->message, watched->log);
        else if (last->is_known && last->problems)
                find(judgement, CHECK_WARNING, "%llu files were left out of the last %s: see %s",
                     (unsigned long long)last->problems, watched->noun, watched->log);
}

static void judge_age(Judgement *judgement) {
        const Watched *watched = judgement->watched;
        const RunRecord *good = &judgement->outcome->good, *last = &judgement->outcome->last;
        int64_t due_since = MAX(good->ended.seconds, watched->since.seconds); /* of a schedule that may be new */
        int64_t age = judgement->now.seconds - (good->is_known ? good->ended : watched->since).seconds;
        char text[32], date[24];
        if (!watched->alert_after || judgement->now.seconds - due_since <= watched->alert_after)
                return;
        when_print_w3(judgement->outcome->overlap, date);
        if (last->is_known && !last->is_good)
                find(judgement, CHECK_CRITICAL, "no %s has succeeded for %s: %.500s (log: %s)", watched->noun,
                     duration(age, text), last->message, watched->log);
        else if (judgement->outcome->has_overlap && !judgement->outcome->is_running)
                find(judgement, CHECK_CRITICAL,
                     "no %s has been made for %s: another run was at work when the last was due, at %s: see %s",
                     watched->noun, duration(age, text), date, watched->log);
        else
                find(judgement, CHECK_CRITICAL, "no %s has been made for %s%s: is cron running? (%s)", watched->noun,
                     duration(age, text), good->is_known ? "" : ", and none ever", watched->remedy);
}

static void tell_good(Judgement *judgement) {
        const RunRecord *good = &judgement->outcome->good;
        const char *noun = judgement->watched->noun;
        char date[24];
        if (judgement->watched->disabled)
                find(judgement, CHECK_OK, "%s", judgement->watched->disabled);
        else if (good->is_known) {
                when_print_w3(good->ended, date);
                find(judgement, CHECK_OK, "last %s %s%s%s", noun, date, strcmp(good->kind, noun) ? " " : "",
                     strcmp(good->kind, noun) ? good->kind : "");
        } else
                find(judgement, CHECK_OK, "no %s yet, none is due", noun);
}

static void print_performance(const Judgement *judgement, Buffer *out) {
        const RunRecord *good = &judgement->outcome->good;
        if (!good->is_known)
                return;
        (void)buffer_print(out, " | 'age'=%llds;;", (long long)MAX(judgement->now.seconds - good->ended.seconds, 0));
        if (judgement->watched->alert_after)
                (void)buffer_print(out, "%lld", (long long)judgement->watched->alert_after);
        (void)buffer_print(out, ";0 'duration'=%llds;;;0 'size'=%lluB;;;0",
                           (long long)MAX(good->ended.seconds - good->started.seconds, 0),
                           (unsigned long long)good->stored);
}

/* One line; '|' would begin the performance data. */
static void print_text(Bytes text, Buffer *out) {
        for (size_t i = 0; i < text.length && i < LINE_LENGTH - 300; i++)
                (void)buffer_add_byte(out, text.at[i] == '|' ? '/' : text.at[i] < ' ' ? ' ' : text.at[i]);
}

CheckState check_judge(const Watched *watched, const Outcome *outcome, bool is_alive, uint64_t scratch_free, Moment now,
                       Buffer *out) {
        static const char *const names[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };
        Judgement judgement = {
                .watched = watched, .outcome = outcome, .is_alive = is_alive, .scratch_free = scratch_free, .now = now
        };
        if (watched->blocked)
                find(&judgement, CHECK_CRITICAL, "no %ss are made: %s", watched->noun, watched->blocked);
        else if (!watched->disabled) {
                judge_age(&judgement);
                judge_running(&judgement);
                judge_scratch(&judgement);
                judge_last(&judgement);
        }
        if (!judgement.text.length)
                tell_good(&judgement);
        (void)buffer_print(out, "%s: ", names[judgement.state]);
        print_text(buffer_bytes(&judgement.text), out);
        print_performance(&judgement, out);
        buffer_clear(&judgement.text);
        return judgement.state;
}

static uint64_t free_bytes(const char *folder) {
        struct statvfs facts;
        return statvfs(folder, &facts) == 0 ? (uint64_t)facts.f_bavail * facts.f_frsize : UINT64_MAX;
}

static Error *check(const char *kind, const char *name, Buffer *out, CheckState *ret_state) {
        AUTO(arena_free) Arena *arena = arena_new();
        bool is_backup = strcmp(kind, "backups") == 0;
        Monitor monitor;
        Outcome outcome;
        Unit unit;
        TRY(unit_make(name, NULL, surroundings_root(), arena, &unit));
        TRY_AS(monitor_read(&unit, arena, &monitor), "the charm has not set up this unit yet (juju status %s)",
               unit.name);
        TRY(outcome_read(is_backup ? unit.backup_outcome : unit.deletion_outcome, arena, &outcome));
        *ret_state = check_judge(is_backup ? &monitor.backups : &monitor.deletions, &outcome,
                                 outcome_is_alive(&outcome), free_bytes(monitor.scratch), clock_now(), out);
        return NULL;
}

int check_main(const char *kind, const char *unit) {
        AUTO_VALUE(buffer_clear) Buffer line = { .data = NULL };
        CheckState state = CHECK_UNKNOWN;
        AUTO(error_free) Error *error = check(kind, unit, &line, &state);
        if (error)
                (void)buffer_print(&line, "UNKNOWN: %s", error_story(error));
        puts(buffer_text(&line));
        return (int)state;
}
