#include "charm/actions.h"

#include <stddef.h>
#include <string.h>

#include "base/attribute.h"
#include "base/log.h"
#include "base/memory.h"
#include "charm/assignment.h"
#include "charm/deeds.h"
#include "charm/juju.h"
#include "charm/reconcile.h"
#include "charm/surroundings.h"
#include "charm/validate.h"
#include "sys/clock.h"

typedef enum ParameterKind { PARAMETER_TEXT, PARAMETER_NUMBER, PARAMETER_FLAG } ParameterKind;

typedef struct Parameter {
        const char *name; /* words joined by '-': others cannot be given on Juju's command line */
        ParameterKind kind;
        size_t field;
        const char *schema; /* further lines of JSON schema, as actions.yaml has them */
        const char *description;
} Parameter;

#define FIELD(member) offsetof(ActionParameters, member)

static const Parameter type = { "type", PARAMETER_TEXT, FIELD(type), "enum: [auto, full, incremental]",
                                "Kind of backup; the config's backup_type unless given. Example: full" };
static const Parameter time_of = { "time", PARAMETER_TEXT, FIELD(time), NULL,
                                   "Moment: 3D (days ago; also s m h W M Y), 2026-11-22 or 2026-11-22T23:00:00Z; now "
                                   "unless given." };
static const Parameter cutoff = { "time", PARAMETER_TEXT, FIELD(time), NULL,
                                  "Age (30D; s m h D W M Y) or moment (2026-11-22): chains that ended before are removed." };
static const Parameter count = { "count", PARAMETER_NUMBER, FIELD(count), "minimum: 1",
                                 "How many of the newest full backups are spared. Example: 2" };
static const Parameter path = { "path", PARAMETER_TEXT, FIELD(path), NULL,
                                "Only this file or folder, as its full path or relative to what is backed up. Example: "
                                "etc/passwd" };
static const Parameter target = { "target", PARAMETER_TEXT, FIELD(target), NULL,
                                  "Folder to restore into, which must be empty or missing. Example: /var/tmp/restored" };
static const Parameter force_restore = { "force", PARAMETER_FLAG, FIELD(force), NULL,
                                         "Restore over what is in the target." };
static const Parameter force_cleanup = { "force", PARAMETER_FLAG, FIELD(force), NULL,
                                         "Really delete; otherwise only tell what would be deleted." };
static const Parameter compare = { "compare", PARAMETER_FLAG, FIELD(compare), NULL,
                                   "Compare with the files of the machine too." };
static const Parameter full = { "full", PARAMETER_FLAG, FIELD(full), NULL,
                                "Decrypt and replay every backup too, which takes as long as restoring them all." };
static const Parameter sample = { "sample", PARAMETER_NUMBER, FIELD(sample), "minimum: 1\nmaximum: 100",
                                  "Check only this many percent of the volumes, chosen anew each time. Example: 10" };

enum { MOST_PARAMETERS = 5 };

typedef struct Action {
        const char *name;
        const char *description;
        const Parameter *parameters[MOST_PARAMETERS];
        const char *required; /* name of a parameter; NULL: none */
        bool is_parallel;     /* need not wait for other charms' hooks, nor they for it: Juju 3 and later */
        DeedRun *run;
} Action;

static const Action actions[] = {
        { "do-backup", "Back up now.", { &type }, NULL, true, deed_backup },
        { "create-backup", "Back up now; another name of do-backup.", { &type }, NULL, true, deed_backup },
        { "list-backups", "Show which backups there are; another name of collection-status.", { NULL }, NULL, true, deed_status },
        { "collection-status", "Show which backups there are.", { NULL }, NULL, true, deed_status },
        { "list-current-files", "List the files of the last backup, or of an older one.", { &time_of, &path }, NULL, true, deed_list },
        { "verify", "Read the last backup, or an older one, and check it.", { &time_of, &path, &compare }, NULL, true, deed_verify },
        { "check", "Prove that everything that was stored is still there and whole.", { &full, &sample }, NULL, true, deed_check },
        { "restore", "Restore the last backup, or an older one, into a folder of the machine.",
          { &target, &path, &time_of, &force_restore }, "target", true, deed_restore },
        { "remove-older-than", "Remove backups that are older than a time.", { &cutoff }, "time", false, deed_remove_older },
        { "remove-all-but-n-full", "Remove all backups but those of the newest full ones.", { &count }, "count", false, deed_remove_chains },
        { "remove-all-inc-of-but-n-full", "Remove the incremental backups of all but the newest full ones.", { &count },
          "count", false, deed_remove_incrementals },
        { "cleanup", "Remove what backups that were broken off have left.", { &force_cleanup }, NULL, false, deed_cleanup },
        { "check-connection", "Write, list, read back and delete a small file at the storage.", { NULL }, NULL, true, deed_connection },
};

const char *action_name(size_t index) {
        return index < ARRAY_LENGTH(actions) ? actions[index].name : NULL;
}

/* ---- actions.yaml ---- */

static void print_indented(const char *lines, const char *blanks, Buffer *out) {
        for (Bytes rest = bytes_of(lines); rest.at;) {
                Bytes line = bytes_cut(rest, '\n', &rest);
                (void)buffer_add_text(out, blanks);
                (void)buffer_add(out, line);
                (void)buffer_add_text(out, "\n");
        }
}

/* A time may look like a number. */
static const char *schema_type(const Parameter *parameter) {
        static const char *const types[] = {
                [PARAMETER_TEXT] = "string",
                [PARAMETER_NUMBER] = "integer",
                [PARAMETER_FLAG] = "boolean",
        };
        return strcmp(parameter->name, "time") == 0 ? "[string, number]" : types[parameter->kind];
}

static void print_action(const Action *action, Buffer *out) {
        (void)buffer_print(out, "%s:\n  description: %s\n", action->name, action->description);
        if (action->is_parallel)
                (void)buffer_add_text(out, "  parallel: true\n");
        (void)buffer_add_text(out, "  additionalProperties: false\n");
        if (action->required)
                (void)buffer_print(out, "  required: [%s]\n", action->required);
        if (action->parameters[0])
                (void)buffer_add_text(out, "  params:\n");
        for (size_t i = 0; i < MOST_PARAMETERS && action->parameters[i]; i++) {
                const Parameter *parameter = action->parameters[i];
                (void)buffer_print(out, "    %s:\n      type: %s\n", parameter->name, schema_type(parameter));
                if (parameter->schema)
                        print_indented(parameter->schema, "      ", out);
                (void)buffer_print(out, "      description: \"%s\"\n", parameter->description);
        }
}

void action_print_yaml(Buffer *out) {
        for (size_t i = 0; i < ARRAY_LENGTH(actions); i++)
                print_action(&actions[i], out);
}

/* ---- parameters ---- */

static const Action *find_action(const char *name) {
        for (size_t i = 0; i < ARRAY_LENGTH(actions); i++)
                if (strcmp(actions[i].name, name) == 0)
                        return &actions[i];
        return NULL;
}

static const Parameter *find_parameter(const Action *action, const char *name) {
        for (size_t i = 0; i < MOST_PARAMETERS && action->parameters[i]; i++)
                if (strcmp(action->parameters[i]->name, name) == 0)
                        return action->parameters[i];
        return NULL;
}

static Error *read_parameter(const Parameter *parameter, const char *text, ActionParameters *parameters) {
        void *field = (char *)parameters + parameter->field;
        bool is_true = strcmp(text, "true") == 0;
        switch (parameter->kind) {
        case PARAMETER_TEXT:
                *(const char **)field = text;
                return NULL;
        case PARAMETER_NUMBER:
                if (bytes_to_number(bytes_of(text), field) && *(uint64_t *)field > 0)
                        return NULL;
                return error_new(ERROR_USER, "the parameter '%s' has to be a whole number from 1 on, not '%s'",
                                 parameter->name, text);
        case PARAMETER_FLAG:
                *(bool *)field = is_true;
                if (is_true || strcmp(text, "false") == 0)
                        return NULL;
                return error_new(ERROR_USER, "the parameter '%s' has to be true or false, not '%s'", parameter->name, text);
        }
        return NULL;
}

Error *action_read_parameters(const char *name, const Node *given, Arena *arena, ActionParameters *ret_parameters) {
        const Action *action = find_action(name);
        ActionParameters parameters = { .type = NULL };
        for (size_t i = 0; given && given->kind == NODE_MAP && i < given->count; i++) {
                const Parameter *parameter = find_parameter(action, given->keys[i]);
                const char *text = node_text(given->items[i]);
                if (!parameter)
                        return error_new(ERROR_USER, "the action '%s' has no parameter '%s'", name, given->keys[i]);
                if (text)
                        TRY(read_parameter(parameter, arena_bytes(arena, bytes_trim(bytes_of(text))), &parameters));
        }
        if (action->required && !node_text(node_get(given, action->required)))
                return error_new(ERROR_USER, "the action '%s' needs the parameter '%s'", name, action->required);
        *ret_parameters = parameters;
        return NULL;
}

/* ---- running ---- */

/* Everything that an action needs; what is wrong with the config keeps it from running. */
static Error *prepare(const Action *action, Deed *deed, Unit *unit, Snapshot *snapshot, ActionParameters *parameters) {
        const Node *given = NULL, *options = NULL;
        *snapshot = (Snapshot){ .proxies = snapshot_proxies_of_environment() };
        snapshot_use_proxies(&snapshot->proxies);
        TRY(juju_action_parameters(deed->arena, &given));
        TRY(action_read_parameters(action->name, given, deed->arena, parameters));
        TRY(juju_config(deed->arena, &options));
        TRY(config_read(options, deed->arena, &snapshot->config));
        const char *problem = validate_config(&snapshot->config, deed->arena);
        if (problem)
                return error_new(ERROR_USER, "%s (juju config %s)", problem, unit->application);
        if (config_is_disabled(&snapshot->config))
                return error_new(ERROR_USER, "backups are disabled: set \"backend\" (juju config %s)", unit->application);
        return assignment_make(unit, snapshot, deed->arena, deed->job);
}

static Error *tell_output(Deed *deed) {
        const char *text;
        TRY(output_finish(&deed->output, &text));
        if (output_has_file(&deed->output))
                TRY(juju_action_set("file", deed->output.path));
        return juju_action_set("output", text);
}

/* The status shows the last backup. */
static void show_status(const Unit *unit, const Snapshot *snapshot, Arena *arena) {
        AUTO(error_free) Error *error = reconcile_status(unit, &snapshot->config, NULL, arena);
        if (error)
                log_warning("%s", error_story(error));
}

static Error *run(const Action *action, Unit *unit, Arena *arena) {
        ActionParameters parameters = { .type = NULL };
        Snapshot snapshot;
        AUTO_VALUE(assignment_clear) Job job = { .folder = NULL };
        Deed deed = { .unit = unit, .snapshot = &snapshot, .parameters = &parameters, .job = &job, .arena = arena };
        char time[17];
        when_print_compact(clock_now(), time);
        AUTO_TEXT char *file = memory_print("%s/%s-%s-%s.txt", unit->log_folder, unit->dashed, action->name, time);
        deed.output = output_open(file);
        AUTO(error_free) Error *failure = prepare(action, &deed, unit, &snapshot, &parameters);
        if (!failure) {
                failure = action->run(&deed);
                show_status(unit, &snapshot, arena);
        }
        Error *error = tell_output(&deed);
        output_clear(&deed.output);
        TRY(error);
        if (!failure)
                return NULL;
        log_error("the action %s failed: %s", action->name, error_story(failure));
        return juju_action_fail(error_story(failure));
}

Error *action_run(const char *name) {
        AUTO(arena_free) Arena *arena = arena_new();
        const Action *action = find_action(name);
        Unit unit;
        TRY(surroundings_unit(arena, &unit));
        if (!action)
                return juju_action_fail("there is no such action");
        return run(action, &unit, arena);
}
