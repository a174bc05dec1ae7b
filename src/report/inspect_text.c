#include "report/inspect_text.h"

#include "base/memory.h"
#include "base/path.h"
#include "report/report.h"

enum { SIZE_COLUMNS = 12 };

static const char dashes[] = "-------------------------";

/* "1 file", "2 files". Here and below nothing can fail: the buffers have no ceiling. */
static void add_count(uint64_t count, const char *thing, Buffer *out) {
        (void)buffer_print(out, "%ju %s%s", (uintmax_t)count, thing, count == 1 ? "" : "s");
}

static void add_moment(int64_t seconds, Buffer *out) {
        char text[40];
        when_print_local((Moment){ seconds }, text);
        (void)buffer_add_text(out, text);
}

static void add_path(const char *path, bool for_people, Buffer *out) {
        AUTO_TEXT char *printable = for_people ? path_printable(path) : NULL;
        (void)buffer_add_text(out, printable ? printable : path);
}

static void add_relative(const char *path, bool for_people, Buffer *out) {
        add_path(path[0] ? path : ".", for_people, out);
}

/* A column with the size of a file: of "?" nothing is known. */
static void add_size(EntryType type, SizeRange size, Buffer *out) {
        char text[32] = "-";
        if (type == ENTRY_FILE && size.most == ENTRY_SIZE_UNKNOWN)
                snprintf(text, sizeof text, "?");
        else if (type == ENTRY_FILE)
                snprintf(text, sizeof text, "%s%ju", size.least == size.most ? "" : "<=", (uintmax_t)size.most);
        (void)buffer_print(out, "%*s", SIZE_COLUMNS, text);
}

/* ---- check ---- */

void inspect_text_finding(const Finding *finding, Buffer *out) {
        (void)buffer_print(out, "%s: %s: %s", finding_severity_name(finding->severity), finding->what,
                           finding->remedy);
}

void inspect_text_check(const CheckTotals *totals, Buffer *out) {
        bool is_sound = totals->errors + totals->warnings == 0;
        if (!is_sound) {
                add_count(totals->errors, "error", out);
                (void)buffer_add_text(out, " and ");
                add_count(totals->warnings, "warning", out);
                (void)buffer_add_text(out, " in ");
        }
        (void)buffer_add_text(out, is_sound ? "Sound: " : "");
        add_count(totals->chains, "chain", out);
        (void)buffer_add_text(out, ", ");
        add_count(totals->sets, "backup", out);
        (void)buffer_add_text(out, ", ");
        add_count(totals->volumes, "volume", out);
        (void)buffer_print(out, " (%ju checked, ", (uintmax_t)totals->proven_volumes);
        report_print_size(totals->proven_bytes, out);
        (void)buffer_add_text(out, ")");
        if (totals->replayed_files) {
                (void)buffer_add_text(out, ", ");
                add_count(totals->replayed_files, "path", out);
                (void)buffer_add_text(out, " replayed");
        }
}

/* ---- diff ---- */

static void add_size_of(const Recorded *recorded, Buffer *out) {
        if (recorded)
                add_size(recorded->entry.type, recorded->size, out);
        else
                (void)buffer_print(out, "%*s", SIZE_COLUMNS, "-");
}

void inspect_text_difference(const Difference *difference, bool for_people, Buffer *out) {
        (void)buffer_print(out, "%-10s", difference_kind_name(difference->kind));
        add_size_of(difference->before, out);
        (void)buffer_add_byte(out, ' ');
        add_size_of(difference->now, out);
        (void)buffer_add_text(out, "  ");
        add_relative(difference->path, for_people, out);
}

static void add_total(SizeRange size, Buffer *out) {
        if (size.most == ENTRY_SIZE_UNKNOWN) {
                (void)buffer_add_text(out, "size unknown");
                return;
        }
        (void)buffer_add_text(out, size.least == size.most ? "" : "at most ");
        report_print_size(size.most, out);
}

void inspect_text_diff(const DiffTotals *totals, Buffer *out) {
        (void)buffer_add_text(out, "From ");
        add_moment(totals->from.seconds, out);
        (void)buffer_add_text(out, " to ");
        add_moment(totals->to.seconds, out);
        (void)buffer_print(out, ": %ju added (", (uintmax_t)totals->of[DIFFERENCE_ADDED].count);
        add_total(totals->of[DIFFERENCE_ADDED].now, out);
        (void)buffer_print(out, "), %ju removed (", (uintmax_t)totals->of[DIFFERENCE_REMOVED].count);
        add_total(totals->of[DIFFERENCE_REMOVED].before, out);
        (void)buffer_print(out, "), %ju changed (", (uintmax_t)totals->of[DIFFERENCE_CHANGED].count);
        add_total(totals->of[DIFFERENCE_CHANGED].before, out);
        (void)buffer_add_text(out, ", now ");
        add_total(totals->of[DIFFERENCE_CHANGED].now, out);
        (void)buffer_print(out, "), %ju with other attributes", (uintmax_t)totals->of[DIFFERENCE_ATTRIBUTES].count);
}

/* ---- find and list ---- */

void inspect_text_version(const FoundVersion *version, bool for_people, Buffer *out) {
        add_moment(version->when.seconds, out);
        (void)buffer_print(out, " %-7s ", version_kind_name(version->kind));
        if (version->kind == VERSION_DELETED)
                (void)buffer_print(out, "%*s", SIZE_COLUMNS, "-");
        else
                add_size(version->type, version->size, out);
        (void)buffer_add_byte(out, ' ');
        add_relative(version->path, for_people, out);
}

/* As ls writes it: "-rwxr-sr-t". */
static void add_mode(const Entry *entry, Buffer *out) {
        static const char types[] = {
                [ENTRY_FILE] = '-', [ENTRY_FOLDER] = 'd',      [ENTRY_LINK] = 'l',
                [ENTRY_FIFO] = 'p', [ENTRY_CHAR_DEVICE] = 'c', [ENTRY_BLOCK_DEVICE] = 'b',
        };
        static const char special[] = "sst";
        char text[] = "?rwxrwxrwx";
        text[0] = types[entry->type];
        for (unsigned i = 0; i < 9; i++)
                if (!(entry->mode >> (8 - i) & 1))
                        text[1 + i] = '-';
        for (unsigned i = 0; i < 3; i++) {
                char *place = &text[3 + 3 * i];
                if (entry->mode >> (11 - i) & 1)
                        *place = *place == 'x' ? special[i] : (char)(special[i] - 'a' + 'A');
        }
        (void)buffer_add_text(out, text);
}

static void add_owner(const char *name, uint32_t id, bool numeric, Buffer *out) {
        if (name && name[0] && !numeric)
                (void)buffer_print(out, " %-8s", name);
        else
                (void)buffer_print(out, " %-8u", id);
}

static void add_extent(const Recorded *recorded, Buffer *out) {
        const Entry *entry = &recorded->entry;
        char numbers[32];
        if (entry->type != ENTRY_CHAR_DEVICE && entry->type != ENTRY_BLOCK_DEVICE) {
                add_size(entry->type, recorded->size, out);
                return;
        }
        snprintf(numbers, sizeof numbers, "%u, %u", entry->major, entry->minor);
        (void)buffer_print(out, "%*s", SIZE_COLUMNS, numbers);
}

void inspect_text_long(const Recorded *recorded, bool numeric, bool for_people, Buffer *out) {
        const Entry *entry = &recorded->entry;
        add_mode(entry, out);
        add_owner(entry->user, entry->uid, numeric, out);
        add_owner(entry->group, entry->gid, numeric, out);
        (void)buffer_add_byte(out, ' ');
        add_extent(recorded, out);
        (void)buffer_add_byte(out, ' ');
        add_moment(entry->modified, out);
        (void)buffer_add_byte(out, ' ');
        add_relative(entry->path, for_people, out);
        if (entry->type == ENTRY_LINK) {
                (void)buffer_add_text(out, " -> ");
                add_path(entry->target ? entry->target : "", for_people, out);
        }
}

/* ---- what manifests list ---- */

void inspect_text_history(const FileHistory *history, bool for_people, Buffer *out) {
        static const char *const names[] = {
                [FILE_CHANGE_NEW] = "New", [FILE_CHANGE_CHANGED] = "Changed", [FILE_CHANGE_DELETED] = "Deleted"
        };
        if (!collection_newest(history->collection))
                return;
        (void)buffer_print(out, "%s\nFile: ", dashes);
        add_path(history->path, for_people, out);
        (void)buffer_print(out, "\nTotal number of backup: %zu\n%20s   %30s  %20s\n", history->count,
                           "Type of backup set:", "Time:", "Type of file change:");
        for (size_t i = 0; i < history->count; i++) {
                char time[40];
                const FileChangeRow *row = &history->rows[i];
                when_print_local(row->set->end, time);
                (void)buffer_print(out, "%20s   %30s  %20s\n", row->set->full ? "Full" : "Incremental", time,
                                   names[row->change]);
        }
        (void)buffer_print(out, "%s\n", dashes);
}

static int path_columns(const SetChanges *changes) {
        return (int)MAX(changes->widest, strlen("File:"));
}

void inspect_text_changes(const SetChanges *changes, Buffer *out) {
        if (!changes->set)
                return;
        (void)buffer_print(out, "%s\n Backup set time: ", dashes);
        add_moment(changes->set->end.seconds, out);
        (void)buffer_print(out, "\nTotal number of changes: %ju\n%-*s  %20s\n", (uintmax_t)changes->count,
                           path_columns(changes), "File:", "Type of file change:");
}

void inspect_text_change(const SetChanges *changes, FileChange change, const char *path, bool for_people, Buffer *out) {
        static const char *const names[] = {
                [FILE_CHANGE_NEW] = "new", [FILE_CHANGE_CHANGED] = "changed", [FILE_CHANGE_DELETED] = "deleted"
        };
        AUTO_VALUE(buffer_clear) Buffer quoted;
        buffer_init(&quoted, 0);
        manifest_quote(path, &quoted);
        int missing = path_columns(changes) - (int)changes_width(buffer_text(&quoted));
        add_path(buffer_text(&quoted), for_people, out);
        (void)buffer_print(out, "%*s  %20s\n", MAX(missing, 0), "", names[change]);
}

void inspect_text_changes_end(const SetChanges *changes, Buffer *out) {
        if (changes->set)
                (void)buffer_print(out, "%s\n", dashes);
}
