#include "report/removal.h"

#include "engine/session.h"
#include "report/report.h"

/* Appends a line. Here and below nothing can fail: the buffers have no ceiling. */
static void print_moment(Moment moment, Buffer *out) {
        char text[40];
        when_print_local(moment, text);
        (void)buffer_print(out, "%s\n", text);
}

/* What stock says, for one thing and for several. */
typedef struct Wording {
        const char *one, *several;
} Wording;

static void print_wording(const Wording *wording, size_t count, Buffer *out) {
        (void)buffer_print(out, "%s\n", count == 1 ? wording->one : wording->several);
}

static void print_needed_sets(const RetentionPlan *plan, Buffer *out) {
        size_t count = 0;
        for (size_t i = 0; i < plan->verdict_count; i++) {
                if (!plan->verdicts[i].is_needed)
                        continue;
                if (count++ == 0)
                        (void)buffer_add_text(out, "There are backup set(s) at time(s):\n");
                print_moment(plan->verdicts[i].set->end, out);
        }
        if (count)
                (void)buffer_add_text(out, "Which can't be deleted because newer sets depend on them.\n");
}

/* Appends the ends of the chains of which something is removed; returns how many there are. */
static size_t print_old_chains(const RetentionPlan *plan, Buffer *out) {
        const Chain *last = NULL;
        size_t count = 0;
        for (size_t i = 0; i < plan->verdict_count; i++) {
                const Verdict *verdict = &plan->verdicts[i];
                if (!verdict->is_removed || !verdict->chain || verdict->chain == last)
                        continue;
                last = verdict->chain;
                print_moment(chain_end(last), out);
                count++;
        }
        return count;
}

static void print_chains_to_remove(const PruneReport *report, Buffer *out) {
        static const Wording wordings[] = {
                { "Found old backup chain at the following time:", "Found old backup chains at the following times:" },
                { "Deleting backup chain at time:", "Deleting backup chains at times:" },
        };
        AUTO_VALUE(buffer_clear) Buffer ends = { .data = NULL };
        size_t count = print_old_chains(report->plan, &ends);
        if (count) {
                print_wording(&wordings[report->will_delete], count, out);
                (void)buffer_add_text(out, buffer_text(&ends));
        } else {
                (void)buffer_add_text(out, "No old backup sets found, nothing deleted.\n");
        }
}

static void print_strays(const RetentionPlan *plan, Buffer *out) {
        for (size_t i = 0; i < plan->verdict_count; i++)
                if (!plan->verdicts[i].set)
                        (void)buffer_print(out, "Remains of an old set: %s\n", plan->verdicts[i].file->name);
}

static void print_removal_by_age(const PruneReport *report, Buffer *out) {
        print_needed_sets(report->plan, out);
        if (report->rule->kind == RETENTION_OLDER_THAN && report->plan->newest_is_older)
                (void)buffer_add_text(out,
                                      "Current active backup chain is older than specified time.  However, it will "
                                      "not be deleted.  To remove all your backups, manually purge the repository.\n");
        print_chains_to_remove(report, out);
        print_strays(report->plan, out);
}

static void print_removal_by_policy(const PruneReport *report, Buffer *out) {
        const RetentionPlan *plan = report->plan;
        for (size_t i = 0; i < plan->verdict_count; i++) {
                const Verdict *verdict = &plan->verdicts[i];
                char end[40];
                when_print_local(verdict->set->end, end);
                (void)buffer_print(out, "%-7s  %-11s  %s  %s\n", verdict->is_removed ? "removed" : "kept",
                                   verdict->set->full ? "Full" : "Incremental", end, verdict->reason);
        }
        print_chains_to_remove(report, out);
}

/* Why: one line for each set, and for each single file. */
static void print_reasons(const RetentionPlan *plan, Buffer *out) {
        for (size_t i = 0; i < plan->verdict_count; i++) {
                const Verdict *verdict = &plan->verdicts[i];
                (void)buffer_print(out, "%s%s: %s\n", verdict->is_removed ? "" : "Not deleted: ",
                                   verdict->file ? verdict->file->name : session_set_text(verdict->set).text,
                                   verdict->reason);
        }
}

static void print_cleanup(const PruneReport *report, Buffer *out) {
        static const Wording wordings[] = {
                { "Found the following file to delete:", "Found the following files to delete:" },
                { "Deleting this file from backend:", "Deleting these files from backend:" },
        };
        const RetentionPlan *plan = report->plan;
        size_t count = plan->removal_count + report->local_files->count;
        if (count)
                print_wording(&wordings[report->will_delete], count, out);
        else
                (void)buffer_add_text(out, "No extraneous files found, nothing deleted in cleanup.\n");
        for (size_t i = 0; i < plan->removal_count; i++)
                (void)buffer_print(out, "%s\n", plan->removals[i].file->name);
        for (size_t i = 0; i < report->local_files->count; i++)
                (void)buffer_print(out, "%s\n", report->local_files->items[i]);
        print_reasons(plan, out);
}

static const struct {
        void (*print)(const PruneReport *report, Buffer *out);
        const char *how_to_delete;
} removals[] = {
        [RETENTION_OLDER_THAN] = { print_removal_by_age, "Rerun command with --force option to actually delete." },
        [RETENTION_CHAINS] = { print_removal_by_age, "Rerun command with --force option to actually delete." },
        [RETENTION_INCREMENTALS] = { print_removal_by_age, "Rerun command with --force option to actually delete." },
        [RETENTION_POLICY] = { print_removal_by_policy, "Rerun command with --force option to actually delete." },
        [RETENTION_CLEANUP] = { print_cleanup, "Run duplicity again with the --force option to actually delete." },
};

void removal_print(const PruneReport *report, Buffer *out) {
        removals[report->rule->kind].print(report, out);
        if (report->will_delete || report->plan->removal_count + report->local_files->count == 0)
                return;
        (void)buffer_print(out, "%s\n", report->is_dry_run ? "Nothing is deleted in a dry run."
                                                           : removals[report->rule->kind].how_to_delete);
}

static void print_verdict_json(const Verdict *verdict, Json *json) {
        const FileName *stray = verdict->file ? &verdict->file->parsed : NULL;
        const BackupSet *set = verdict->set;
        json_object(json, NULL);
        json_text(json, "type", (set ? set->full : stray->full) ? "full" : "incremental");
        json_moment(json, "start", set ? set->start : stray->start);
        json_moment(json, "time", set ? set->end : stray->end);
        json_text(json, "file", verdict->file ? verdict->file->name : NULL);
        json_bool(json, "removed", verdict->is_removed);
        json_text(json, "reason", verdict->reason);
        json_end(json);
}

static void print_file_json(const SetFile *file, Json *json) {
        json_object(json, NULL);
        json_text(json, "name", file->name);
        json_number(json, "bytes", file->size);
        json_end(json);
}

void removal_print_json(const PruneReport *report, Json *json) {
        const RetentionPlan *plan = report->plan;
        json_bool(json, "deleted", report->will_delete);
        json_list(json, "sets");
        for (size_t i = 0; i < plan->verdict_count; i++)
                print_verdict_json(&plan->verdicts[i], json);
        json_end(json);
        json_list(json, "files");
        for (size_t i = 0; i < plan->removal_count; i++)
                print_file_json(plan->removals[i].file, json);
        json_end(json);
        json_list(json, "local_files");
        for (size_t i = 0; i < report->local_files->count; i++)
                json_text(json, NULL, report->local_files->items[i]);
        json_end(json);
        json_number(json, "removed_files", report->removed_files);
        json_number(json, "removed_bytes", report->removed_bytes);
}
