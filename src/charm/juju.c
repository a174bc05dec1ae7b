#include "charm/juju.h"

#include "base/attribute.h"
#include "base/buffer.h"
#include "base/json.h"
#include "base/secret.h"
#include "sys/process.h"

enum {
        ANSWER_MAX = 16 << 20,
        ARGUMENT_MAX = 100000, /* the kernel takes 131071 bytes */
        TIMEOUT = 300,         /* an agent that is busy answers late */
};

/* Runs a tool; the result is the caller's. A cancelled hook still tells Juju how it ended. */
static Error *call(const char *const *arguments, Bytes input, ProcessResult *ret_result) {
        const ProcessSpec spec = {
                .arguments = arguments, .input = input, .most = ANSWER_MAX, .timeout = TIMEOUT, .waits_for_cancel = true
        };
        TRY(process_run(&spec, ret_result));
        if (ret_result->status == 0)
                return NULL;
        AUTO_TEXT char *words = process_last_words(ret_result);
        return error_new(ERROR_SYSTEM, "%s failed: %s", arguments[0], words);
}

/* A tool of which the answer does not matter. */
static Error *tell(const char *const *arguments) {
        AUTO_VALUE(process_result_clear) ProcessResult result = { .status = 0 };
        return call(arguments, bytes_of(""), &result);
}

/* A tool that answers in JSON. */
static Error *ask(const char *const *arguments, Arena *arena, const Node **ret_answer) {
        AUTO_VALUE(process_result_clear) ProcessResult result = { .status = 0 };
        Error *error = call(arguments, bytes_of(""), &result);
        if (!error)
                error = yaml_parse(buffer_bytes(&result.out), arguments[0], arena, ret_answer);
        if (result.out.length)
                secret_wipe(result.out.data, result.out.length); /* config-get's answer holds secrets */
        return error;
}

/* TEXT as one argument. Whole characters stay whole, and what is no UTF-8 is Juju's to replace. */
static char *argument_of(const char *prefix, const char *text) {
        Bytes cut = bytes_slice(bytes_of(text), 0, ARGUMENT_MAX);
        bool is_cut = cut.length < strlen(text);
        while (is_cut && cut.length && (cut.at[cut.length] & 0xC0) == 0x80)
                cut.length--;
        return memory_print("%s%.*s%s", prefix, (int)cut.length, (const char *)cut.at, is_cut ? " [cut]" : "");
}

Error *juju_config(Arena *arena, const Node **ret_options) {
        const char *const arguments[] = { "config-get", "--all", "--format=json", NULL };
        return ask(arguments, arena, ret_options);
}

/* True when that is what the unit shows already; not knowing is no. */
static bool has_status(const char *status, const char *message) {
        const char *const arguments[] = { "status-get", "--include-data", "--format=json", NULL };
        AUTO(arena_free) Arena *arena = arena_new();
        const Node *answer = NULL;
        AUTO(error_free) Error *error = ask(arguments, arena, &answer);
        const char *shown = node_text(node_get(answer, "status")), *words = node_text(node_get(answer, "message"));
        return !error && shown && strcmp(shown, status) == 0 && strcmp(words ? words : "", message) == 0;
}

Error *juju_set_status(const char *status, const char *message) {
        AUTO_TEXT char *text = argument_of("", message);
        const char *const arguments[] = { "status-set", "--", status, text, NULL };
        return has_status(status, text) ? NULL : tell(arguments);
}

void juju_log(LogLevel level, const char *message) {
        static const char *const names[] = {
                [LOG_ERROR] = "ERROR", [LOG_WARNING] = "WARNING", [LOG_NOTICE] = "INFO",
                [LOG_INFO] = "DEBUG",  [LOG_DEBUG] = "TRACE",
        };
        AUTO_TEXT char *text = argument_of("", message);
        const char *const arguments[] = { "juju-log", "--log-level", names[level], "--", text, NULL };
        error_free(tell(arguments));
}

Error *juju_set_version(const char *version) {
        const char *const arguments[] = { "application-version-set", "--", version, NULL };
        return tell(arguments);
}

/* Adds the texts of the list that a tool answers. */
static Error *ask_list(const char *const *arguments, Arena *arena, TextList *ret_texts) {
        const Node *answer = NULL;
        TRY(ask(arguments, arena, &answer));
        for (size_t i = 0; answer->kind == NODE_LIST && i < answer->count; i++)
                if (node_text(answer->items[i]))
                        text_list_add(ret_texts, node_text(answer->items[i]));
        return NULL;
}

Error *juju_relation_ids(const char *endpoint, Arena *arena, TextList *ret_ids) {
        const char *const arguments[] = { "relation-ids", "--format=json", endpoint, NULL };
        return ask_list(arguments, arena, ret_ids);
}

Error *juju_relation_units(const char *id, Arena *arena, TextList *ret_units) {
        const char *const arguments[] = { "relation-list", "--format=json", "-r", id, NULL };
        return ask_list(arguments, arena, ret_units);
}

Error *juju_relation_get(const char *id, const char *unit, Arena *arena, const Node **ret_settings) {
        const char *const arguments[] = { "relation-get", "--format=json", "-r", id, "-", unit, NULL };
        return ask(arguments, arena, ret_settings);
}

/* Through standard input, a map of texts: arguments would lose blanks and the end of the last line. */
Error *juju_relation_set(const char *id, const char *key, const char *value) {
        const char *const arguments[] = { "relation-set", "-r", id, "--file", "-", NULL };
        AUTO_VALUE(buffer_clear) Buffer settings = { .data = NULL };
        AUTO_VALUE(process_result_clear) ProcessResult result = { .status = 0 };
        Json json = json_begin(&settings);
        json_object(&json, NULL);
        json_text(&json, key, value);
        json_end(&json);
        return call(arguments, buffer_bytes(&settings), &result);
}

Error *juju_action_parameters(Arena *arena, const Node **ret_parameters) {
        const char *const arguments[] = { "action-get", "--format=json", NULL };
        return ask(arguments, arena, ret_parameters);
}

Error *juju_action_set(const char *key, const char *value) {
        AUTO_TEXT char *prefix = memory_print("%s=", key);
        AUTO_TEXT char *setting = argument_of(prefix, value);
        const char *const arguments[] = { "action-set", "--", setting, NULL };
        return tell(arguments);
}

Error *juju_action_fail(const char *message) {
        AUTO_TEXT char *text = argument_of("", message);
        const char *const arguments[] = { "action-fail", "--", text, NULL };
        return tell(arguments);
}

void juju_action_log(const char *message) {
        AUTO_TEXT char *text = argument_of("", message);
        const char *const arguments[] = { "action-log", "--", text, NULL };
        error_free(tell(arguments));
}
