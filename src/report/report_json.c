#include "report/report_json.h"

static const char *error_kind_name(ErrorKind kind) {
        static const char *const names[] = {
                [ERROR_NONE] = "none",           [ERROR_USER] = "user",       [ERROR_MISSING] = "missing",
                [ERROR_DENIED] = "denied",       [ERROR_TRANSIENT] = "transient", [ERROR_CORRUPT] = "corrupt",
                [ERROR_SYSTEM] = "system",       [ERROR_CANCELLED] = "cancelled",
        };
        return names[kind];
}

void report_json_begin(Json *json, const char *command) {
        json_object(json, NULL);
        json_text(json, "program", "charm-duplicity");
        json_text(json, "version", VERSION);
        json_text(json, "command", command);
}

static void print_error(Json *json, const Error *error) {
        if (!error) {
                json_text(json, "error", NULL);
                return;
        }
        json_object(json, "error");
        json_number(json, "code", error_exit_code(error));
        json_text(json, "kind", error_kind_name(error_kind(error)));
        json_text(json, "message", error_story(error));
        json_end(json);
}

void report_json_end(Json *json, const Summary *summary, const Error *error, int exit_code) {
        json_number(json, "problem_count", summary->problem_count);
        json_list(json, "problems");
        for (size_t i = 0; i < summary->problems.count; i++)
                json_text(json, NULL, summary->problems.items[i]);
        json_end(json);
        print_error(json, error);
        json_number(json, "exit_code", (uint64_t)exit_code);
        json_end(json);
}

void report_json_backup(Json *json, const Summary *summary, bool dry_run) {
        const struct {
                const char *key;
                uint64_t number;
        } rows[] = {
                { "source_files", summary->source_files },
                { "source_bytes", summary->source_bytes },
                { "new_files", summary->new_files },
                { "new_bytes", summary->new_bytes },
                { "deleted_files", summary->deleted_files },
                { "changed_files", summary->changed_files },
                { "changed_bytes", summary->changed_bytes },
                { "delta_entries", summary->delta_entries },
                { "delta_bytes", summary->delta_bytes },
                { "stored_bytes", summary->stored_bytes },
        };
        json_bool(json, "dry_run", dry_run);
        json_bool(json, "skipped", summary->skipped);
        json_text(json, "type", summary->full ? "full" : "incremental");
        json_moment(json, "time", summary->set_time);
        json_number(json, "volumes", summary->volume_count);
        json_object(json, "statistics");
        json_decimal(json, "start", summary->started);
        json_decimal(json, "end", summary->ended);
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
                json_number(json, rows[i].key, rows[i].number);
        json_end(json);
}

void report_json_restore(Json *json, const Summary *summary, bool dry_run) {
        json_bool(json, "dry_run", dry_run);
        json_number(json, "restored_files", summary->restored_files);
        json_number(json, "restored_bytes", summary->restored_bytes);
}

void report_json_verify(Json *json, const Summary *summary) {
        json_number(json, "compared_files", summary->compared_files);
        json_number(json, "difference_count", summary->differences);
}

void report_json_difference(Json *json, const char *path, const char *text) {
        json_object(json, NULL);
        json_text(json, "path", path[0] ? path : ".");
        json_text(json, "difference", text);
        json_end(json);
}

void report_json_file(Json *json, const Entry *entry) {
        json_object(json, NULL);
        json_text(json, "path", entry->path[0] ? entry->path : ".");
        json_text(json, "type", entry_type_code(entry->type));
        json_moment(json, "modified", (Moment){ entry->modified });
        json_end(json);
}

static void print_set(Json *json, const BackupSet *set) {
        json_object(json, NULL);
        json_text(json, "type", set->full ? "full" : "incremental");
        json_moment(json, "start", set->start);
        json_moment(json, "time", set->end);
        json_number(json, "volumes", set->volume_count);
        json_bool(json, "encrypted", set->encrypted);
        json_bool(json, "has_signatures", set->signature);
        json_end(json);
}

static void print_sets(Json *json, const char *key, const BackupSet *const *sets, size_t count) {
        json_list(json, key);
        for (size_t i = 0; i < count; i++)
                print_set(json, sets[i]);
        json_end(json);
}

static void print_flaw(Json *json, const Flaw *flaw) {
        json_object(json, NULL);
        if (flaw->set)
                json_moment(json, "time", flaw->set->end);
        else
                json_text(json, "time", NULL);
        json_text(json, "file", flaw->file ? flaw->file->name : NULL);
        json_text(json, "problem", flaw->text);
        json_text(json, "remedy", flaw->remedy);
        json_end(json);
}

void report_json_status(Json *json, const Status *status) {
        const Collection *collection = status->collection;
        json_text(json, "archive_folder", status->archive_folder);
        json_list(json, "chains");
        for (size_t i = 0; i < collection->chain_count; i++) {
                const Chain *chain = &collection->chains[i];
                json_object(json, NULL);
                json_bool(json, "primary", status->is_continuable && chain == collection_newest(collection));
                json_moment(json, "start", chain_start(chain));
                json_moment(json, "end", chain_end(chain));
                print_sets(json, "sets", chain->sets, chain->set_count);
                json_end(json);
        }
        json_end(json);
        print_sets(json, "orphaned_sets", collection->orphans, collection->orphan_count);
        print_sets(json, "incomplete_sets", collection->incompletes, collection->incomplete_count);
        json_list(json, "flaws");
        for (size_t i = 0; i < status->flaws.count; i++)
                print_flaw(json, &status->flaws.items[i]);
        json_end(json);
}
