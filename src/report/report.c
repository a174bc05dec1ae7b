#include "report/report.h"

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

void report_print_difference(const char *text, Buffer *out) {
        (void)buffer_print(out, "Difference found: %s", text);
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

static void print_flaws(const FlawList *flaws, Buffer *out) {
        if (flaws->count)
                (void)buffer_add_text(out, "\nWhat is wrong, and what mends it:\n");
        for (size_t i = 0; i < flaws->count; i++) {
                (void)buffer_add_text(out, "  ");
                session_print_flaw(&flaws->items[i], out);
                (void)buffer_add_text(out, "\n");
        }
}

void report_print_status(const Status *status, Buffer *out) {
        (void)buffer_add_text(out, "Collection Status\n-----------------\nConnecting with backend: BackendWrapper\n");
        (void)buffer_print(out, "Archive dir: %s\n\n", status->archive_folder);
        print_chains(status, out);
        print_leftovers(status->collection, out);
        print_flaws(&status->flaws, out);
}

static void print_chain_lines(const Chain *chain, Buffer *out) {
        for (size_t i = 0; i < chain->set_count; i++) {
                const BackupSet *set = chain->sets[i];
                char time[17];
                when_print_compact(set->end, time);
                (void)buffer_print(out, "\n %s %s %zu %s", set->full ? "full" : "inc", time, set->volume_count,
                                   set->encrypted ? "enc" : "noenc");
        }
}

void report_print_status_lines(const Status *status, Buffer *out) {
        const Collection *collection = status->collection;
        (void)buffer_print(out, "\nbackend BackendWrapper\narchive-dir %s", status->archive_folder);
        for (size_t i = 0; i < collection->chain_count; i++) {
                bool is_last = i + 1 == collection->chain_count;
                if (is_last && status->is_continuable)
                        (void)buffer_add_text(out, "\nchain-complete");
                else
                        (void)buffer_print(out, "\nchain-no-sig %zu", i);
                print_chain_lines(&collection->chains[i], out);
        }
        (void)buffer_print(out, "\norphaned-sets-num %zu\nincomplete-sets-num %zu", collection->orphan_count,
                           collection->incomplete_count);
}
