#include "charm/actions.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "base/attribute.h"
#include "base/log.h"
#include "base/memory.h"
#include "charm/assignment.h"
#include "charm/deeds.h"
#include "charm/juju.h"
#include "charm/logbook.h"
#include "charm/reconcile.h"
#include "charm/surroundings.h"
#include "charm/validate.h"
#include "charm/wording.h"
#include "sys/clock.h"

typedef enum ParameterKind { PARAMETER_TEXT, PARAMETER_TIME, PARAMETER_NUMBER, PARAMETER_FLAG } ParameterKind;

typedef struct Parameter {
        const char *name; /* words joined by '-': others cannot be given on Juju's command line */
        ParameterKind kind;
        size_t field;
        const char *description;
        uint64_t least, most;     /* of a number; MOST 0: no limit */
        const char *const *words; /* that it may be, NULL behind the last; NULL: any */
} Parameter;

#define PARAMETER(kind_, name_) .name = #name_, .kind = kind_, .field = offsetof(ActionParameters, name_)
#define TEXT(name_) PARAMETER(PARAMETER_TEXT, name_)
#define TIME(name_) PARAMETER(PARAMETER_TIME, name_)
#define NUMBER(name_) PARAMETER(PARAMETER_NUMBER, name_)
#define FLAG(name_) PARAMETER(PARAMETER_FLAG, name_)

static const char *const types_of_backup[] = { "auto", "full", "incremental", NULL };

static const Parameter type = { TEXT(type),
                                .description = "Kind of backup; the config's backup_type unless given. Example: full",
                                .words = types_of_backup };
static const Parameter time_of = {
        TIME(time), .description =
                            "Moment: 3D (days ago; also s m h W M Y), 2026-11-22 or 2026-11-22T23:00:00Z; now unless "
                            "given."
};
static const Parameter cutoff = {
        TIME(time),
        .description = "Age (30D; s m h D W M Y) or moment (2026-11-22): chains that ended before are removed."
};
static const Parameter count = { NUMBER(count),
                                 .description = "How many of the newest full backups are spared. Example: 2",
                                 .least = 1 };
static const Parameter path = {
        TEXT(path), .description =
                            "Only this file or folder, as its full path or relative to what is backed up. Example: "
                            "etc/passwd"
};
static const Parameter target = {
        TEXT(target),
        .description = "Folder to restore into, which must be empty or missing. Example: /var/tmp/restored"
};
static const Parameter force_restore = { FLAG(force), .description = "Restore over what is in the target." };
static const Parameter force_cleanup = { FLAG(force),
                                         .description = "Really delete; otherwise only tell what would be deleted." };
static const Parameter compare = { FLAG(compare), .description = "Compare with the files of the machine too." };
static const Parameter full = {
        FLAG(full), .description = "Decrypt and replay every backup too, which takes as long as restoring them all."
};
static const Parameter sample = {
        NUMBER(sample),
        .description = "Check only this many percent of the volumes, chosen anew each time. Example: 10", .least = 1,
        .most = 100
};

enum { MOST_PARAMETERS = 5 };

typedef struct Action {
        const char *name;
        const char *description;
        const Parameter *parameters[MOST_PARAMETERS];
        const char *required; /* name of a parameter; NULL: none */
        bool is_parallel;     /* need not wait for other charms' hooks, nor they for it: Juju 3 and later */
        DeedRun *run;
        bool is_change; /* of what is stored: told in the unit's log too, and the status may show it */
} Action;

static const Action actions[] = {
        { "do-backup", "Back up now.", { &type }, NULL, true, deed_backup, true },
        { "create-backup", "Back up now; another name of do-backup.", { &type }, NULL, true, deed_backup, true },
        { "list-backups",
          "Show which backups there are; another name of collection-status.",
          { NULL },
          NULL,
          true,
          deed_status },
        { "collection-status", "Show which backups there are.", { NULL }, NULL, true, deed_status },
        { "list-current-files",
          "List the files of the last backup, or of an older one.",
          { &time_of, &path },
          NULL,
          true,
          deed_list },
        { "verify",
          "Read the last backup, or an older one, and check it.",
          { &time_of, &path, &compare },
          NULL,
          true,
          deed_verify },
        { "check",
          "Prove that everything that was stored is still there and whole.",
          { &full, &sample },
          NULL,
          true,
          deed_check },
        { "restore",
          "Restore the last backup, or an older one, into a folder of the machine.",
          { &target, &path, &time_of, &force_restore },
          "target",
          true,
          deed_restore },
        { "remove-older-than",
          "Remove backups that are older than a time.",
          { &cutoff },
          "time",
          false,
          deed_remove_older,
          true },
        { "remove-all-but-n-full",
          "Remove all backups but those of the newest full ones.",
          { &count },
          "count",
          false,
          deed_remove_chains,
          true },
        { "remove-all-inc-of-but-n-full",
          "Remove the incremental backups of all but the newest full ones.",
          { &count },
          "count",
          false,
          deed_remove_incrementals,
          true },
        { "cleanup",
          "Remove what backups that were broken off have left.",
          { &force_cleanup },
          NULL,
          false,
          deed_cleanup,
          true },
        { "check-connection",
          "Write, list, read back and delete a small file at the storage.",
          { NULL },
          NULL,
          true,
          deed_connection },
};

const char *action_name(size_t index) {
        return index < ARRAY_LENGTH(actions) ? actions[index].name : NULL;
}

/* ---- actions.yaml ---- */

static void print_schema(const Parameter *parameter, Buffer *out) {
        static const char *const types[] = {
                [PARAMETER_TEXT] = "string",
                [PARAMETER_TIME] = "[string, number]", /* it may look like a number */
                [PARAMETER_NUMBER] = "integer",
                [PARAMETER_FLAG] = "boolean",
        };
        (void)buffer_print(out, "    %s:\n      type: %s\n", parameter->name, types[parameter->kind]);
        if (parameter->least)
                (void)buffer_print(out, "      minimum: %" PRIu64 "\n", parameter->least);
        if (parameter->most)
                (void)buffer_print(out, "      maximum: %" PRIu64 "\n", parameter->most);
        if (parameter->words)
                (void)buffer_add_text(out, "      enum: [");
        for (size_t i = 0; parameter->words && parameter->words[i]; i++)
                (void)buffer_print(out, "%s%s", i ? ", " : "", parameter->words[i]);
        if (parameter->words)
                (void)buffer_add_text(out, "]\n");
        (void)buffer_print(out, "      description: \"%s\"\n", parameter->description);
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
        for (size_t i = 0; i < MOST_PARAMETERS && action->parameters[i]; i++)
                print_schema(action->parameters[i], out);
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

/* False: TEXT is not what it may be. */
static bool read_parameter(const Parameter *parameter, const char *text, ActionParameters *parameters) {
        void *field = (char *)parameters + parameter->field;
        uint64_t number;
        switch (parameter->kind) {
        case PARAMETER_TEXT:
        case PARAMETER_TIME:
                *(const char **)field = text;
                return text[0] && (!parameter->words || bytes_equal_any(bytes_of(text), parameter->words));
        case PARAMETER_NUMBER:
                if (!bytes_to_number(bytes_of(text), &number))
                        return false;
                *(uint64_t *)field = number;
                return number >= parameter->least && (!parameter->most || number <= parameter->most);
        case PARAMETER_FLAG:
                *(bool *)field = strcmp(text, "true") == 0;
                return *(bool *)field || strcmp(text, "false") == 0;
        }
        return false;
}

static Error *bad_parameter(const Action *action, const Parameter *parameter, const char *text) {
        AUTO_VALUE(buffer_clear) Buffer schema = { .data = NULL };
        print_schema(parameter, &schema);
        AUTO_TEXT char *lines = memory_text(buffer_text(&schema));
        for (char *at = lines; (at = strchr(at, '\n'));)
                *at = ' ';
        return error_new(ERROR_USER, "the action '%s' cannot take '%s' for its parameter '%s': %s", action->name,
                         text ? text : "that", parameter->name, lines);
}

Error *action_read_parameters(const char *name, const Node *given, Arena *arena, ActionParameters *ret_parameters) {
        const Action *action = find_action(name);
        ActionParameters parameters = { .type = NULL };
        for (size_t i = 0; given && given->kind == NODE_MAP && i < given->count; i++) {
                const Parameter *parameter = find_parameter(action, given->keys[i]);
                const char *text = node_text(given->items[i]);
                if (!parameter)
                        return error_new(ERROR_USER, "the action '%s' has no parameter '%s'", name, given->keys[i]);
                if (given->items[i]->kind == NODE_NULL)
                        continue;
                const char *trimmed = text ? arena_bytes(arena, bytes_trim(bytes_of(text))) : NULL;
                if (!trimmed || !read_parameter(parameter, trimmed, &parameters))
                        return bad_parameter(action, parameter, trimmed);
        }
        if (action->required && !node_text(node_get(given, action->required)))
                return error_new(ERROR_USER, "the action '%s' needs the parameter '%s'", name, action->required);
        *ret_parameters = parameters;
        return NULL;
}

/* ---- running ---- */

/* Everything that an action needs; what is wrong with the config keeps it from running. */
static Error *prepare(const Action *action, Deed *deed, Snapshot *snapshot, ActionParameters *parameters) {
        const Node *given = NULL, *options = NULL;
        snapshot_use_proxies(&snapshot->proxies);
        TRY(juju_action_parameters(deed->arena, &given));
        TRY(action_read_parameters(action->name, given, deed->arena, parameters));
        TRY(juju_config(deed->arena, &options));
        snapshot->config = config_read(options, deed->arena);
        const char *problem = validate_config(&snapshot->config, deed->arena);
        if (problem)
                return error_new(ERROR_USER, "%s (juju config %s)", problem, deed->unit->application);
        if (config_is_disabled(&snapshot->config))
                return error_new(ERROR_USER, "backups are disabled: set \"backend\" (juju config %s)",
                                 deed->unit->application);
        return assignment_make(deed->unit, snapshot, deed->arena, deed->job);
}

/* Why the action failed comes first: that its output could not be kept is only told when nothing else is wrong. */
static Error *tell_output(Deed *deed, Error *failure, Error **ret_failure) {
        *ret_failure = error_first(failure, output_failure(&deed->output));
        if (output_has_file(&deed->output))
                TRY(juju_action_set("file", deed->output.path));
        return juju_action_set("output", output_text(&deed->output));
}

static void only_tell(Error *error) {
        if (error)
                log_warning("%s", error_story(error));
        error_free(error);
}

/* What is wrong with the log or the status is no failure of the action. */
static Error *run_deed(const Action *action, Deed *deed) {
        if (!action->is_change)
                return action->run(deed);
        only_tell(logbook_open(deed->unit->log, true));
        Error *failure = action->run(deed);
        only_tell(reconcile_status(deed->unit, &deed->snapshot->config, deed->arena));
        return failure;
}

static Error *tell_failure(const Deed *deed, const char *action, const Error *failure) {
        const char *story = wording_of_charm(error_story(failure), deed->arena);
        log_error("the action %s failed: %s", action, story);
        return juju_action_fail(story);
}

static Error *run(const Action *action, const Unit *unit, Arena *arena) {
        ActionParameters parameters = { .type = NULL };
        Snapshot snapshot = { .proxies = snapshot_proxies_of_environment() };
        AUTO_VALUE(assignment_clear) Job job = { .folder = NULL };
        Deed deed = { .unit = unit, .snapshot = &snapshot, .parameters = &parameters, .job = &job, .arena = arena };
        deed.output = output_open(surroundings_output_path(unit, action->name, clock_now(), arena));
        Error *failure = prepare(action, &deed, &snapshot, &parameters);
        if (!failure)
                failure = run_deed(action, &deed);
        Error *error = tell_output(&deed, failure, &failure);
        if (!error && failure)
                error = tell_failure(&deed, action->name, failure);
        error_free(failure);
        logbook_close();
        output_clear(&deed.output);
        return error;
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
