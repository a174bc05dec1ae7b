#include "catalog/retention.h"

#include "base/list.h"

DEFINE_LIST(VerdictList, verdict_list, Verdict)
DEFINE_LIST(RemovalList, removal_list, Removal)

/* A plan in the making. */
typedef struct Planner {
        const Collection *collection;
        const RetentionRule *rule;
        Moment before;
        VerdictList verdicts;
        RemovalList removals;
        Arena *arena;
} Planner;

static void planner_clear(Planner *planner) {
        verdict_list_clear(&planner->verdicts);
        removal_list_clear(&planner->removals);
}

static bool is_earlier(Moment a, Moment b) {
        return moment_compare(a, b) < 0;
}

/* ---- what is older than a moment ---- */

/* The moment at which what is spared begins. */
static Moment find_moment(const Collection *collection, const RetentionRule *rule) {
        if (rule->kind == RETENTION_OLDER_THAN)
                return rule->before;
        if (rule->chain_count > collection->chain_count)
                return (Moment){ INT64_MIN };
        return chain_start(&collection->chains[collection->chain_count - rule->chain_count]);
}

static const char *reason_to_remove(const Planner *planner) {
        const RetentionRule *rule = planner->rule;
        char time[24];
        when_print_w3(planner->before, time);
        switch (rule->kind) {
        case RETENTION_OLDER_THAN:
                return arena_print(planner->arena, "its chain ended before %s", time);
        case RETENTION_CHAINS:
                return arena_print(planner->arena, "its chain is older than the newest %u", rule->chain_count);
        default:
                return arena_print(planner->arena, "incremental, its chain is older than the newest %u",
                                   rule->chain_count);
        }
}

static const char *reason_to_keep(const Planner *planner, const Chain *chain, bool is_needed) {
        if (chain == collection_newest(planner->collection))
                return "of the newest chain";
        if (is_needed)
                return "newer sets build upon it";
        return is_earlier(chain_end(chain), planner->before) ? "full set" : "new enough";
}

static void judge_chain_by_age(Planner *planner, const Chain *chain, const char *to_remove) {
        bool spares_fulls = planner->rule->kind == RETENTION_INCREMENTALS;
        bool is_old = is_earlier(chain_end(chain), planner->before);
        bool is_newest = chain == collection_newest(planner->collection);
        for (size_t i = 0; i < chain->set_count; i++) {
                const BackupSet *set = chain->sets[i];
                bool is_removed = is_old && !is_newest && !(set->full && spares_fulls);
                bool is_needed = !is_old && is_earlier(set->end, planner->before);
                verdict_list_add(&planner->verdicts,
                                 (Verdict){
                                         .chain = chain,
                                         .set = set,
                                         .is_removed = is_removed,
                                         .is_needed = is_needed,
                                         .reason = is_removed ? to_remove : reason_to_keep(planner, chain, is_needed),
                                 });
        }
}

static void remove_strays(Planner *planner, const SetFile *const *strays, size_t count, const char *reason) {
        for (size_t i = 0; i < count; i++)
                verdict_list_add(&planner->verdicts,
                                 (Verdict){ .file = strays[i], .is_removed = true, .reason = reason });
}

/* Strays that are as old as chains that are removed go with those. */
static void judge_strays_by_age(Planner *planner, const SetFile *const *strays, size_t count) {
        bool spares_fulls = planner->rule->kind == RETENTION_INCREMENTALS;
        for (size_t i = 0; i < count; i++)
                if (is_earlier(strays[i]->parsed.end, planner->before) && !(strays[i]->parsed.full && spares_fulls))
                        remove_strays(planner, &strays[i], 1, "its set is gone");
}

static bool removes_any(const VerdictList *verdicts) {
        for (size_t i = 0; i < verdicts->count; i++)
                if (verdicts->items[i].is_removed)
                        return true;
        return false;
}

static void judge_by_age(Planner *planner) {
        const Collection *collection = planner->collection;
        planner->before = find_moment(collection, planner->rule);
        const char *to_remove = reason_to_remove(planner);
        for (size_t i = 0; i < collection->chain_count; i++)
                judge_chain_by_age(planner, &collection->chains[i], to_remove);
        if (!removes_any(&planner->verdicts))
                return;
        judge_strays_by_age(planner, collection->stray_signatures, collection->stray_signature_count);
        judge_strays_by_age(planner, collection->stray_statistics, collection->stray_statistics_count);
}

/* ---- policies ---- */

enum { DAY_SECONDS = 86400 };

/* Days are told by their number since 1970-01-01, a Thursday; longer periods by their first day. */
static int64_t number_of_day(int64_t year, int month, int day) {
        return when_from_civil(&(CivilTime){ .year = year, .month = month, .day = day }).seconds / DAY_SECONDS;
}

static int64_t first_of_day(const CivilTime *civil) {
        return number_of_day(civil->year, civil->month, civil->day);
}

static int64_t first_of_week(const CivilTime *civil) {
        int64_t day = first_of_day(civil);
        int64_t days_since_monday = (day + 3) % 7;
        return day - (days_since_monday < 0 ? days_since_monday + 7 : days_since_monday);
}

static int64_t first_of_month(const CivilTime *civil) {
        return number_of_day(civil->year, civil->month, 1);
}

static int64_t first_of_year(const CivilTime *civil) {
        return number_of_day(civil->year, 1, 1);
}

static const struct {
        int64_t (*first)(const CivilTime *civil);
        const char *word;
        int date_length; /* how much of YYYY-MM-DD tells the period */
} periods[] = {
        [RETENTION_DAY] = { first_of_day, "day", 10 },
        [RETENTION_WEEK] = { first_of_week, "week of", 10 },
        [RETENTION_MONTH] = { first_of_month, "month", 7 },
        [RETENTION_YEAR] = { first_of_year, "year", 4 },
};

static void add_reason(Verdict *verdict, const char *reason, Arena *arena) {
        verdict->reason = verdict->reason ? arena_print(arena, "%s, %s", verdict->reason, reason) : reason;
}

static void keep_last(Verdict *const *newest_first, size_t count, const Planner *planner) {
        for (size_t i = 0; i < count && i < planner->rule->keep[RETENTION_LAST]; i++)
                add_reason(newest_first[i], "last", planner->arena);
}

/* Marks the last set of each of the newest periods that have any. */
static void keep_periods(Verdict *const *newest_first, size_t count, RetentionPeriod period, const Planner *planner) {
        unsigned left = planner->rule->keep[period];
        int64_t previous = INT64_MAX;
        for (size_t i = 0; i < count && left; i++) {
                CivilTime civil = when_to_local(newest_first[i]->set->end);
                int64_t first = periods[period].first(&civil);
                char date[16];
                if (first >= previous)
                        continue;
                when_print_date((Moment){ first * DAY_SECONDS }, date);
                add_reason(newest_first[i],
                           arena_print(planner->arena, "%s %.*s", periods[period].word, periods[period].date_length,
                                       date),
                           planner->arena);
                previous = first;
                left--;
        }
}

static int compare_newest_first(const void *left, const void *right) {
        const Verdict *a = *(Verdict *const *)left, *b = *(Verdict *const *)right;
        int order = moment_compare(b->set->end, a->set->end);
        return order ? order : (a < b) - (a > b); /* of two at once, the one in the newer chain */
}

/* Gives each set that is to be kept its reasons. */
static void keep_by_policy(const Planner *planner) {
        size_t count = planner->verdicts.count;
        Verdict **newest_first = arena_zeroed(planner->arena, memory_size(count, sizeof *newest_first));
        for (size_t i = 0; i < count; i++)
                newest_first[i] = &planner->verdicts.items[i];
        if (count)
                qsort(newest_first, count, sizeof *newest_first, compare_newest_first);
        keep_last(newest_first, count, planner);
        for (RetentionPeriod period = RETENTION_DAY; period < RETENTION_PERIODS; period++)
                keep_periods(newest_first, count, period, planner);
}

/* No gap shows in the numbers of its volumes. */
static bool is_whole(const Chain *chain) {
        for (size_t i = 0; i < chain->set_count; i++) {
                const BackupSet *set = chain->sets[i];
                if (set->volume_count == 0 || set->volumes[set->volume_count - 1]->parsed.volume != set->volume_count)
                        return false;
        }
        return true;
}

static const Chain *newest_whole(const Collection *collection) {
        for (size_t i = collection->chain_count; i-- > 0;)
                if (is_whole(&collection->chains[i]))
                        return &collection->chains[i];
        return NULL;
}

/* Why CHAIN as a whole is kept, whatever the policy says; NULL: it is not. */
static const char *reason_to_protect(const Collection *collection, const Chain *chain) {
        if (chain == newest_whole(collection))
                return "of the newest complete chain";
        return chain == collection_newest(collection) ? "of the newest chain" : NULL;
}

/* A chain is kept as a whole or not at all. */
static void judge_chain_by_policy(const Planner *planner, const Chain *chain, Verdict *verdicts) {
        const char *reason = reason_to_protect(planner->collection, chain);
        for (size_t i = 0; i < chain->set_count && !reason; i++)
                if (verdicts[i].reason)
                        reason = "its chain is kept";
        for (size_t i = 0; i < chain->set_count; i++) {
                verdicts[i].is_removed = !reason;
                if (!verdicts[i].reason)
                        verdicts[i].reason = reason ? reason : "no set of its chain is to be kept";
        }
}

static void judge_by_policy(Planner *planner) {
        const Collection *collection = planner->collection;
        for (size_t i = 0; i < collection->chain_count; i++)
                for (size_t j = 0; j < collection->chains[i].set_count; j++)
                        verdict_list_add(&planner->verdicts, (Verdict){ .chain = &collection->chains[i],
                                                                        .set = collection->chains[i].sets[j] });
        keep_by_policy(planner);
        for (size_t i = 0, first = 0; i < collection->chain_count; first += collection->chains[i++].set_count)
                judge_chain_by_policy(planner, &collection->chains[i], planner->verdicts.items + first);
}

/* ---- cleanup ---- */

static void judge_duplicates(Planner *planner, const Chain *chain, const BackupSet *set) {
        for (size_t i = 0; i < set->duplicate_count; i++) {
                const SetFile *file = set->duplicates[i];
                const char *rival = backup_set_rival(set, file)->name;
                bool is_removed = backup_set_can_spare(set, file);
                verdict_list_add(&planner->verdicts,
                                 (Verdict){
                                         .chain = chain,
                                         .set = set,
                                         .file = file,
                                         .is_removed = is_removed,
                                         .reason = arena_print(planner->arena,
                                                               is_removed ? "a copy of '%s'"
                                                                          : "it or '%s' is wrong: compare both, and "
                                                                            "remove the wrong one by hand",
                                                               rival),
                                 });
        }
}

static void judge_for_cleanup(Planner *planner, RetentionTest *can_continue, const void *context) {
        const Collection *collection = planner->collection;
        for (size_t i = 0; i < collection->orphan_count; i++)
                verdict_list_add(&planner->verdicts, (Verdict){ .set = collection->orphans[i], .is_removed = true,
                                                                .reason = "no chain leads to it" });
        for (size_t i = 0; i < collection->incomplete_count; i++) {
                const BackupSet *set = collection->incompletes[i];
                bool is_continuable = can_continue && can_continue(context, set);
                const char *reason =
                        is_continuable ? "can still be continued: run the backup again" : "never finished";
                verdict_list_add(&planner->verdicts, (Verdict){ .set = set, .is_removed = true, .reason = reason });
        }
        remove_strays(planner, collection->stray_signatures, collection->stray_signature_count, "its set is gone");
        remove_strays(planner, collection->stray_statistics, collection->stray_statistics_count, "its set is gone");
        for (size_t i = 0; i < collection->chain_count; i++)
                for (size_t j = 0; j < collection->chains[i].set_count; j++)
                        judge_duplicates(planner, &collection->chains[i], collection->chains[i].sets[j]);
}

/* ---- the order of removal ---- */

static void remove_file(Planner *planner, const Verdict *verdict, const SetFile *file) {
        if (file)
                removal_list_add(&planner->removals, (Removal){ .file = file, .verdict = verdict });
}

static void remove_set(Planner *planner, const Verdict *verdict) {
        const BackupSet *set = verdict->set;
        for (size_t i = 0; i < set->duplicate_count; i++)
                remove_file(planner, verdict, set->duplicates[i]);
        remove_file(planner, verdict, set->manifest);
        remove_file(planner, verdict, set->statistics);
        remove_file(planner, verdict, set->signature);
        for (size_t i = set->volume_count; i-- > 0;)
                remove_file(planner, verdict, set->volumes[i]);
}

static void execute(Planner *planner, const Verdict *verdict) {
        if (verdict->is_removed && verdict->file)
                remove_file(planner, verdict, verdict->file);
        else if (verdict->is_removed)
                remove_set(planner, verdict);
}

/* The end of the run of verdicts on one chain that begins at START. */
static size_t end_of_chain(const Verdict *verdicts, size_t count, size_t start) {
        size_t end = start + 1;
        while (end < count && verdicts[start].chain && verdicts[end].chain == verdicts[start].chain)
                end++;
        return end;
}

static void order_removals(Planner *planner, const Verdict *verdicts, size_t count) {
        for (size_t start = 0, end; start < count; start = end) {
                end = end_of_chain(verdicts, count, start);
                for (size_t i = end; i-- > start;)
                        execute(planner, &verdicts[i]);
        }
}

RetentionPlan retention_plan(const Collection *collection, const RetentionRule *rule, RetentionTest *can_continue,
                             const void *context, Arena *arena) {
        AUTO_VALUE(planner_clear) Planner planner = {
                .collection = collection,
                .rule = rule,
                .before = { INT64_MIN },
                .arena = arena,
        };
        if (rule->kind == RETENTION_CLEANUP)
                judge_for_cleanup(&planner, can_continue, context);
        else if (rule->kind == RETENTION_POLICY)
                judge_by_policy(&planner);
        else
                judge_by_age(&planner);

        RetentionPlan plan = { .verdict_count = planner.verdicts.count };
        plan.verdicts = arena_copy(arena, planner.verdicts.items, memory_size(plan.verdict_count, sizeof(Verdict)));
        order_removals(&planner, plan.verdicts, plan.verdict_count);
        plan.removal_count = planner.removals.count;
        plan.removals = arena_copy(arena, planner.removals.items, memory_size(plan.removal_count, sizeof(Removal)));
        const Chain *newest = collection_newest(collection);
        plan.newest_is_older = newest && is_earlier(chain_end(newest), planner.before);
        return plan;
}

static bool has_counts(const RetentionRule *rule) {
        for (size_t i = 0; i < RETENTION_PERIODS; i++)
                if (rule->keep[i])
                        return true;
        return false;
}

Error *retention_rule_check(const RetentionRule *rule) {
        Error *error = NULL;
        bool counts_chains = rule->kind == RETENTION_CHAINS || rule->kind == RETENTION_INCREMENTALS;
        if (counts_chains && rule->chain_count == 0)
                error = error_new(ERROR_USER, "the number of full backups to keep must be greater than 0");
        if (rule->kind == RETENTION_POLICY && !has_counts(rule))
                error = error_new(ERROR_USER, "nothing says what to keep: give one or several of --keep-last, "
                                              "--keep-daily, --keep-weekly, --keep-monthly, --keep-yearly, "
                                              "for example '--keep-daily 7 --keep-monthly 12'");
        return error_with_code(error, EXIT_CODE_COMMAND_LINE);
}
