#include "report/inspect_json.h"

static void add_path(Json *json, const char *path) {
        json_text(json, "path", path[0] ? path : ".");
}

static void add_size(Json *json, EntryType type, SizeRange size) {
        bool is_exact = type == ENTRY_FILE && size.least == size.most;
        if (is_exact)
                json_number(json, "size", size.most);
        else
                json_text(json, "size", NULL);
        if (type == ENTRY_FILE && !is_exact && size.most != ENTRY_SIZE_UNKNOWN)
                json_number(json, "size_at_most", size.most);
}

static void add_recorded(Json *json, const Recorded *recorded) {
        const Entry *entry = &recorded->entry;
        char mode[8];
        snprintf(mode, sizeof mode, "%04o", entry->mode & 07777);
        json_text(json, "type", entry_type_code(entry->type));
        json_moment(json, "modified", (Moment){ entry->modified });
        add_size(json, entry->type, recorded->size);
        json_text(json, "mode", mode);
        json_number(json, "uid", entry->uid);
        json_number(json, "gid", entry->gid);
        json_text(json, "user", entry->user);
        json_text(json, "group", entry->group);
        json_text(json, "target", entry->target);
}

static void add_side(Json *json, const char *key, const Recorded *recorded) {
        if (!recorded) {
                json_text(json, key, NULL);
                return;
        }
        json_object(json, key);
        add_recorded(json, recorded);
        json_end(json);
}

void inspect_json_finding(Json *json, const Finding *finding) {
        json_object(json, NULL);
        json_text(json, "severity", finding_severity_name(finding->severity));
        json_text(json, "kind", finding->name);
        json_text(json, "what", finding->what);
        json_text(json, "remedy", finding->remedy);
        json_end(json);
}

void inspect_json_difference(Json *json, const Difference *difference) {
        json_object(json, NULL);
        add_path(json, difference->path);
        json_text(json, "change", difference_kind_name(difference->kind));
        add_side(json, "before", difference->before);
        add_side(json, "now", difference->now);
        json_end(json);
}

void inspect_json_version(Json *json, const FoundVersion *version) {
        json_object(json, NULL);
        add_path(json, version->path);
        json_text(json, "change", version_kind_name(version->kind));
        json_moment(json, "time", version->when);
        json_text(json, "type", entry_type_code(version->type));
        if (version->kind != VERSION_DELETED) {
                json_moment(json, "modified", (Moment){ version->modified });
                add_size(json, version->type, version->size);
        }
        json_end(json);
}

void inspect_json_file(Json *json, const Recorded *recorded) {
        json_object(json, NULL);
        add_path(json, recorded->entry.path);
        add_recorded(json, recorded);
        json_end(json);
}

static const char *name_of(FileChange change) {
        static const char *const names[] = {
                [FILE_CHANGE_NEW] = "new", [FILE_CHANGE_CHANGED] = "changed", [FILE_CHANGE_DELETED] = "deleted"
        };
        return names[change];
}

void inspect_json_change(Json *json, FileChange change, const char *path) {
        json_object(json, NULL);
        add_path(json, path);
        json_text(json, "change", name_of(change));
        json_end(json);
}

void inspect_json_history(Json *json, const FileHistory *history) {
        add_path(json, history->path);
        json_list(json, "changes");
        for (size_t i = 0; i < history->count; i++) {
                const FileChangeRow *row = &history->rows[i];
                json_object(json, NULL);
                json_text(json, "type", row->set->full ? "full" : "incremental");
                json_moment(json, "time", row->set->end);
                json_text(json, "change", name_of(row->change));
                json_end(json);
        }
        json_end(json);
}

void inspect_json_check(Json *json, const CheckTotals *totals) {
        const struct {
                const char *key;
                uint64_t number;
        } rows[] = {
                { "error_count", totals->errors },
                { "warning_count", totals->warnings },
                { "chains", totals->chains },
                { "sets", totals->sets },
                { "volumes", totals->volumes },
                { "checked_volumes", totals->proven_volumes },
                { "checked_bytes", totals->proven_bytes },
                { "replayed_files", totals->replayed_files },
        };
        json_bool(json, "sound", totals->errors + totals->warnings == 0);
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
                json_number(json, rows[i].key, rows[i].number);
}

void inspect_json_diff(Json *json, const DiffTotals *totals) {
        json_moment(json, "from", totals->from);
        json_moment(json, "to", totals->to);
        for (size_t i = 0; i < DIFFERENCE_KINDS; i++)
                json_number(json, difference_kind_name((DifferenceKind)i), totals->of[i].count);
}
