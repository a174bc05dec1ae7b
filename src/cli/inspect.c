#include "cli/inspect.h"

#include "base/log.h"
#include "report/inspect_json.h"
#include "report/inspect_text.h"

/* Where results go. */
typedef struct Output {
        Console *console;
        bool for_people;
        Buffer text;
        const SetChanges *changes; /* --show-changes-in-set */
} Output;

static Output output_to(Console *console) {
        return (Output){ .console = console, .for_people = console_is_for_people(console) };
}

static void output_clear(Output *output) {
        buffer_clear(&output->text);
}

static void send_line(Output *output) {
        console_spill_json(output->console);
        console_line(output->console, buffer_text(&output->text));
        buffer_truncate(&output->text, 0);
}

static void send_text(Output *output) {
        if (output->text.length)
                console_text(output->console, LOG_EVENT_STATUS, NULL, buffer_text(&output->text));
        buffer_truncate(&output->text, 0);
}

/* The last line goes the way of messages, so that -v can silence it. */
static void send_notice(Output *output) {
        log_notice("%s", buffer_text(&output->text));
        buffer_truncate(&output->text, 0);
}

/* Begins and ends a list of results in the JSON document, where there is one. */
static void begin_list(Console *console, const char *key) {
        Json *json = console_json(console);
        if (json)
                json_list(json, key);
}

static void end_list(Console *console) {
        Json *json = console_json(console);
        if (json)
                json_end(json);
}

/* ---- check ---- */

static void tell_finding(void *context, const Finding *finding) {
        Output *output = context;
        Json *json = console_json(output->console);
        if (json)
                inspect_json_finding(json, finding);
        inspect_text_finding(finding, &output->text);
        send_line(output);
}

Error *inspect_check(const CommandLine *command, Console *console, Summary *summary) {
        AUTO_VALUE(output_clear) Output output = output_to(console);
        CheckTotals totals = { .chains = 0 };
        Json *json = console_json(console);
        begin_list(console, "findings");
        Error *error = check_run(&command->job, &totals, tell_finding, &output);
        end_list(console);
        summary->differences = totals.errors + totals.warnings;
        TRY(error);
        if (json)
                inspect_json_check(json, &totals);
        inspect_text_check(&totals, &output.text);
        send_notice(&output);
        return NULL;
}

/* ---- diff ---- */

static void tell_difference(void *context, const Difference *difference) {
        Output *output = context;
        Json *json = console_json(output->console);
        if (json)
                inspect_json_difference(json, difference);
        inspect_text_difference(difference, output->for_people, &output->text);
        send_line(output);
}

Error *inspect_diff(const CommandLine *command, Console *console, UNUSED Summary *summary) {
        AUTO_VALUE(output_clear) Output output = output_to(console);
        DiffTotals totals = { .from = { 0 } };
        Json *json = console_json(console);
        begin_list(console, "changes");
        Error *error = diff_run(&command->job, &totals, tell_difference, &output);
        end_list(console);
        TRY(error);
        if (json)
                inspect_json_diff(json, &totals);
        inspect_text_diff(&totals, &output.text);
        send_notice(&output);
        return NULL;
}

/* ---- find ---- */

static void tell_version(void *context, const FoundVersion *version) {
        Output *output = context;
        Json *json = console_json(output->console);
        if (json)
                inspect_json_version(json, version);
        inspect_text_version(version, output->for_people, &output->text);
        send_line(output);
}

Error *inspect_find(const CommandLine *command, Console *console, Summary *summary) {
        AUTO_VALUE(output_clear) Output output = output_to(console);
        begin_list(console, "versions");
        Error *error = find_run(&command->job, summary, tell_version, &output);
        end_list(console);
        return error;
}

/* ---- what manifests list ---- */

static void tell_history(void *context, const FileHistory *history) {
        Output *output = context;
        Json *json = console_json(output->console);
        if (json)
                inspect_json_history(json, history);
        inspect_text_history(history, output->for_people, &output->text);
        send_text(output);
}

static void begin_changes(void *context, const SetChanges *changes) {
        Output *output = context;
        Json *json = console_json(output->console);
        output->changes = changes;
        if (json && changes->set)
                json_moment(json, "time", changes->set->end);
        begin_list(output->console, "changes");
        inspect_text_changes(changes, &output->text);
        send_text(output);
}

static Error *tell_change(void *context, FileChange change, const char *path) {
        Output *output = context;
        Json *json = console_json(output->console);
        if (json)
                inspect_json_change(json, change, path);
        console_spill_json(output->console);
        inspect_text_change(output->changes, change, path, output->for_people, &output->text);
        send_text(output);
        return NULL;
}

static void end_changes(void *context) {
        Output *output = context;
        end_list(output->console);
        inspect_text_changes_end(output->changes, &output->text);
        send_text(output);
}

Error *inspect_changes(const CommandLine *command, Console *console) {
        AUTO_VALUE(output_clear) Output output = output_to(console);
        if (!command->job.has_changes_in_set)
                return changes_of_file(&command->job, tell_history, &output);
        return changes_in_set(&command->job, &(SetChangesSinks){ .begin = begin_changes, .change = tell_change,
                                                                 .end = end_changes, .context = &output });
}
