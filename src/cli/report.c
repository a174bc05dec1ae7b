#include "cli/report.h"

#include "base/json.h"
#include "base/memory.h"
#include "base/path.h"
#include "engine/session.h"

static const char dashes[] = "-------------------------";

/* Appends "1 file", "2 files". Here and below nothing can fail: the buffers have no ceiling. */
static void print_count(uint64_t count, const char *thing, Buffer *out) {
        (void)buffer_print(out, "%llu %s%s", (unsigned long long)count, thing,
                           count == 1 ? "" : "s");
}

void report_print_size(uint64_t bytes, Buffer *out) {
        static const char *const units[] = { "KB", "MB", "GB", "TB" };
        if (bytes < 1024) {
                print_count(bytes, "byte", out);
                return;
        }
        size_t unit = 0;
        double value = (double)bytes / 1024;
        for (; value >= 1024 && unit + 1 < ARRAY_LENGTH(units); unit++)
                value /= 1024;
        (void)buffer_print(out, "%.*f %s", value >= 100 ? 0 : value >= 10 ? 1 : 2, value, units[unit]);
}

static void print_moment(Moment moment, Buffer *out) {
        char text[40];
        when_print_local(moment, text);
        (void)buffer_add_text(out, text);
}

static void print_time_row(const char *title, double seconds, Buffer *out) {
        (void)buffer_print(out, "%s %.2f (", title, seconds);
        print_moment((Moment){ (int64_t)seconds }, out);
        (void)buffer_add_text(out, ")\n");
}

static void print_elapsed_row(const Summary *summary, Buffer *out) {
        double seconds = summary->ended - summary->started;
        (void)buffer_print(out, "ElapsedTime %.2f (", seconds);
        when_print_duration(seconds, out);
        (void)buffer_add_text(out, ")\n");
}

void report_print_statistics(const Summary *summary, Buffer *out) {
        const struct {
                const char *title;
                uint64_t number;
                bool is_size;
        } rows[] = {
                { "SourceFiles", summary->source_files, false },
                { "SourceFileSize", summary->source_bytes, true },
                { "NewFiles", summary->new_files, false },
                { "NewFileSize", summary->new_bytes, true },
                { "DeletedFiles", summary->deleted_files, false },
                { "ChangedFiles", summary->changed_files, false },
                { "ChangedFileSize", summary->changed_bytes, true },
                { "ChangedDeltaSize", 0, true }, /* always, as duplicity has it */
                { "DeltaEntries", summary->delta_entries, false },
                { "RawDeltaSize", summary->delta_bytes, true },
                { "TotalDestinationSizeChange", summary->stored_bytes, true },
                { "Errors", summary->problem_count, false },
        };
        (void)buffer_add_text(out, "--------------[ Backup Statistics ]--------------\n");
        print_time_row("StartTime", summary->started, out);
        print_time_row("EndTime", summary->ended, out);
        print_elapsed_row(summary, out);
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                (void)buffer_print(out, "%s %llu", rows[i].title, (unsigned long long)rows[i].number);
                if (rows[i].is_size) {
                        (void)buffer_add_text(out, " (");
                        report_print_size(rows[i].number, out);
                        (void)buffer_add_text(out, ")");
                }
                (void)buffer_add_text(out, "\n");
        }
        (void)buffer_add_text(out, "-------------------------------------------------\n\n");
}

void report_print_problems(const Summary *summary, const char *done, Buffer *out) {
        if (summary->problem_count == 0)
                return;
        print_count(summary->problem_count, "file", out);
        (void)buffer_print(out, " could not be %s completely:\n", done);
        for (size_t i = 0; i < summary->problems.count; i++)
                (void)buffer_print(out, "  %s\n", summary->problems.items[i]);
        if (summary->problem_count > summary->problems.count)
                (void)buffer_print(out, "  and %llu more\n",
                                   (unsigned long long)(summary->problem_count - summary->problems.count));
}

void report_print_restore(const Summary *summary, bool dry_run, Buffer *out) {
        (void)buffer_add_text(out, dry_run ? "Would restore " : "Restored ");
        print_count(summary->restored_files, "file", out);
        if (dry_run)
                return;
        (void)buffer_add_text(out, ", ");
        report_print_size(summary->restored_bytes, out);
}

void report_print_verify(const Summary *summary, Buffer *out) {
        (void)buffer_add_text(out, "Verify complete: ");
        print_count(summary->compared_files, "file", out);
        (void)buffer_add_text(out, " compared, ");
        print_count(summary->differences, "difference", out);
        (void)buffer_add_text(out, " found.");
}

void report_print_path(Moment modified, const char *path, bool for_people, Buffer *out) {
        AUTO_TEXT char *printable = for_people ? path_printable(path) : NULL;
        print_moment(modified, out);
        (void)buffer_print(out, " %s", printable ? printable : path);
}

static size_t count_volumes(const Chain *chain) {
        size_t count = 0;
        for (size_t i = 0; i < chain->set_count; i++)
                count += chain->sets[i]->volume_count;
        return count;
}

static void print_set(const BackupSet *set, Buffer *out) {
        char time[40];
        when_print_local(set->end, time);
        (void)buffer_print(out, "%20s   %30s   %15zu\n", set->full ? "Full" : "Incremental", time, set->volume_count);
}

static void print_chain(const Chain *chain, Buffer *out) {
        (void)buffer_print(out, "%s\nChain start time: ", dashes);
        print_moment(chain_start(chain), out);
        (void)buffer_add_text(out, "\nChain end time: ");
        print_moment(chain_end(chain), out);
        (void)buffer_print(out, "\nNumber of contained backup sets: %zu\n", chain->set_count);
        (void)buffer_print(out, "Total number of contained volumes: %zu\n", count_volumes(chain));
        (void)buffer_print(out, "%20s   %30s   %15s\n", "Type of backup set:", "Time:", "Num volumes:");
        for (size_t i = 0; i < chain->set_count; i++)
                print_set(chain->sets[i], out);
        (void)buffer_print(out, "%s\n", dashes);
}

static void print_chains(const Status *status, Buffer *out) {
        const Collection *collection = status->collection;
        const Chain *primary = status->is_continuable ? collection_newest(collection) : NULL;
        size_t secondary_count = collection->chain_count - (primary ? 1 : 0);
        (void)buffer_add_text(out, "Found ");
        print_count(secondary_count, "secondary backup chain", out);
        (void)buffer_add_text(out, ".\n");
        for (size_t i = 0; i < secondary_count; i++) { /* the newest is the last */
                (void)buffer_print(out, "Secondary chain %zu of %zu:\n", i + 1, secondary_count);
                print_chain(&collection->chains[i], out);
                (void)buffer_add_text(out, "\n");
        }
        (void)buffer_add_text(out, "\n");
        if (!primary) {
                (void)buffer_add_text(out, "No backup chains with active signatures found\n");
                return;
        }
        (void)buffer_add_text(out, "Found primary backup chain with matching signature chain:\n");
        print_chain(primary, out);
}

static void print_leftovers(const Collection *collection, Buffer *out) {
        if (collection->orphan_count == 0 && collection->incomplete_count == 0) {
                (void)buffer_add_text(out, "No orphaned or incomplete backup sets found.\n");
                return;
        }
        (void)buffer_print(out, "Also found %zu backup set(s) not part of any chain,\n", collection->orphan_count);
        (void)buffer_print(out, "and %zu incomplete backup set(s).\n", collection->incomplete_count);
        (void)buffer_add_text(out, "These may be deleted by running duplicity with the \"cleanup\" command.\n");
}

static void print_findings(const FindingList *findings, Buffer *out) {
        if (findings->count)
                (void)buffer_add_text(out, "\nWhat is wrong, and what mends it:\n");
        for (size_t i = 0; i < findings->count; i++) {
                (void)buffer_add_text(out, "  ");
                session_print_finding(&findings->items[i], out);
                (void)buffer_add_text(out, "\n");
        }
}

static void print_last_full(const Collection *collection, Buffer *out) {
        const Chain *newest = collection_newest(collection);
        (void)buffer_add_text(out, "Last full backup date: ");
        if (newest)
                print_moment(chain_start(newest), out);
        else
                (void)buffer_add_text(out, "none");
        (void)buffer_add_text(out, "\n");
}

void report_print_status(const Status *status, Buffer *out) {
        print_last_full(status->collection, out);
        (void)buffer_add_text(out, "Collection Status\n-----------------\nConnecting with backend: BackendWrapper\n");
        (void)buffer_print(out, "Archive dir: %s\n\n", status->archive_folder);
        print_chains(status, out);
        print_leftovers(status->collection, out);
        print_findings(&status->findings, out);
}

/* ---- what is removed ---- */

static void print_moment_line(Moment moment, Buffer *out) {
        print_moment(moment, out);
        (void)buffer_add_text(out, "\n");
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
                print_moment_line(plan->verdicts[i].set->end, out);
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
                print_moment_line(chain_end(last), out);
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
                (void)buffer_print(out, "%-7s  %-11s  ", verdict->is_removed ? "removed" : "kept",
                                   verdict->set->full ? "Full" : "Incremental");
                print_moment(verdict->set->end, out);
                (void)buffer_print(out, "  %s\n", verdict->reason);
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

void report_print_removal(const PruneReport *report, Buffer *out) {
        print_last_full(report->collection, out);
        removals[report->rule->kind].print(report, out);
        if (!report->will_delete && report->plan->removal_count + report->local_files->count)
                (void)buffer_print(out, "%s\n", removals[report->rule->kind].how_to_delete);
}

static void print_verdict_json(const Verdict *verdict, Json *json) {
        const FileName *stray = verdict->file ? &verdict->file->parsed : NULL;
        const BackupSet *set = verdict->set;
        json_object(json, NULL);
        json_text(json, "type", (set ? set->full : stray->full) ? "full" : "incremental");
        json_moment(json, "start", set ? set->start : stray->start);
        json_moment(json, "end", set ? set->end : stray->end);
        json_text(json, "file", verdict->file ? verdict->file->name : NULL);
        json_bool(json, "removed", verdict->is_removed);
        json_text(json, "reason", verdict->reason);
        json_end(json);
}

void report_print_removal_json(const PruneReport *report, const char *command, Buffer *out) {
        const RetentionPlan *plan = report->plan;
        Json json = json_begin(out);
        json_object(&json, NULL);
        json_text(&json, "command", command);
        json_bool(&json, "deleted", report->will_delete);
        json_list(&json, "sets");
        for (size_t i = 0; i < plan->verdict_count; i++)
                print_verdict_json(&plan->verdicts[i], &json);
        json_end(&json);
        json_list(&json, "files");
        for (size_t i = 0; i < plan->removal_count; i++) {
                json_object(&json, NULL);
                json_text(&json, "name", plan->removals[i].file->name);
                json_number(&json, "bytes", plan->removals[i].file->size);
                json_end(&json);
        }
        json_end(&json);
        json_list(&json, "local_files");
        for (size_t i = 0; i < report->local_files->count; i++)
                json_text(&json, NULL, report->local_files->items[i]);
        json_end(&json);
        json_number(&json, "removed_files", report->removed_files);
        json_number(&json, "removed_bytes", report->removed_bytes);
        json_end(&json);
}
