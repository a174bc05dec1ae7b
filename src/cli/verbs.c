#include "cli/verbs.h"

#include <unistd.h>

#include "base/log.h"
#include "base/path.h"
#include "cli/inspect.h"
#include "cli/nearest.h"
#include "cli/refusals.h"
#include "engine/engine.h"
#include "engine/prune.h"
#include "report/inspect_json.h"
#include "report/inspect_text.h"
#include "report/removal.h"
#include "report/report.h"
#include "report/report_json.h"

static void tell_difference(void *context, const char *path, const char *text) {
        AUTO_VALUE(buffer_clear) Buffer line = { .data = NULL };
        Json *json = console_json(context);
        if (json)
                report_json_difference(json, path, text);
        console_spill_json(context);
        report_print_difference(text, &line);
        console_line(context, buffer_text(&line));
}

/* How list-current-files tells what it finds. */
typedef struct Listing {
        Console *console;
        bool is_long, numeric;
} Listing;

static char *extra_of_file(const Entry *entry, const char *path) {
        char time[17];
        when_print_compact((Moment){ entry->modified }, time);
        AUTO_TEXT char *quoted = path_quoted(path);
        return memory_print("%s %s %s", time, quoted, entry_type_code(entry->type));
}

static void tell_file(void *context, const Recorded *recorded) {
        const Listing *listing = context;
        const Entry *entry = &recorded->entry;
        AUTO_VALUE(buffer_clear) Buffer line = { .data = NULL };
        const char *path = entry->path[0] ? entry->path : ".";
        AUTO_TEXT char *extra = console_is_recorded(listing->console) ? extra_of_file(entry, path) : NULL;
        bool for_people = console_is_for_people(listing->console);
        Json *json = console_json(listing->console);
        if (json && listing->is_long)
                inspect_json_file(json, recorded);
        else if (json)
                report_json_file(json, entry);
        console_spill_json(listing->console);
        if (listing->is_long)
                inspect_text_long(recorded, listing->numeric, for_people, &line);
        else
                report_print_path((Moment){ entry->modified }, path, for_people, &line);
        console_event_line(listing->console, LOG_EVENT_FILE_LISTED, extra, buffer_text(&line));
}

static void tell_status(void *context, const Status *status) {
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL }, lines = { .data = NULL };
        Json *json = console_json(context);
        if (json)
                report_json_status(json, status);
        report_print_status(status, &text);
        report_print_status_lines(status, &lines);
        console_text(context, LOG_EVENT_STATUS, buffer_text(&lines), buffer_text(&text));
}

static Error *run_backup(const CommandLine *command, Console *console, Summary *summary) {
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        Json *json = console_json(console);
        TRY(backup_run(&command->job, summary));
        if (json)
                report_json_backup(json, summary, command->job.dry_run);
        if (command->no_statistics)
                return NULL;
        report_print_statistics(summary, &text);
        console_text(console, LOG_EVENT_STATISTICS, NULL, buffer_text(&text));
        return NULL;
}

static Error *run_restore(const CommandLine *command, Console *console, Summary *summary) {
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        Json *json = console_json(console);
        TRY(restore_run(&command->job, summary));
        if (json)
                report_json_restore(json, summary, command->job.dry_run);
        report_print_restore(summary, command->job.dry_run, &text);
        log_notice("%s", buffer_text(&text));
        return NULL;
}

static Error *run_verify(const CommandLine *command, Console *console, Summary *summary) {
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        Json *json = console_json(console);
        if (json)
                json_list(json, "differences");
        Error *error = verify_run(&command->job, summary, tell_difference, console);
        if (json)
                json_end(json);
        TRY(error);
        if (json)
                report_json_verify(json, summary);
        report_print_verify(summary, &text);
        log_notice("%s", buffer_text(&text));
        return NULL;
}

static Error *run_listing(const CommandLine *command, Console *console, UNUSED Summary *summary) {
        Json *json = console_json(console);
        Listing listing = { console, command->long_listing, command->job.numeric_owner };
        if (json)
                json_list(json, "files");
        Error *error = listing_run(&command->job, tell_file, &listing);
        if (json)
                json_end(json);
        return error;
}

static Error *run_status(const CommandLine *command, Console *console, UNUSED Summary *summary) {
        if (command->job.changed_path || command->job.has_changes_in_set)
                return inspect_changes(command, console);
        return status_run(&command->job, tell_status, console);
}

/* People are told before anything happens, programs when it has. */
static void tell_removal(void *context, const PruneReport *report) {
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        Json *json = console_json(context);
        if (!report->is_done) {
                removal_print(report, &text);
                buffer_truncate(&text, text.length - 1); /* the log ends the last line itself */
                log_notice("%s", buffer_text(&text));
        } else if (json) {
                removal_print_json(report, json);
        }
}

static Error *run_removal(const CommandLine *command, Console *console, RetentionKind kind) {
        Job job = command->job;
        job.retention.kind = kind;
        return prune_run(&job, tell_removal, console);
}

static Error *run_remove_older(const CommandLine *command, Console *console, UNUSED Summary *summary) {
        return run_removal(command, console, RETENTION_OLDER_THAN);
}

static Error *run_remove_chains(const CommandLine *command, Console *console, UNUSED Summary *summary) {
        return run_removal(command, console, RETENTION_CHAINS);
}

static Error *run_remove_incrementals(const CommandLine *command, Console *console, UNUSED Summary *summary) {
        return run_removal(command, console, RETENTION_INCREMENTALS);
}

static Error *run_remove_by_policy(const CommandLine *command, Console *console, UNUSED Summary *summary) {
        return run_removal(command, console, RETENTION_POLICY);
}

static Error *run_cleanup(const CommandLine *command, Console *console, UNUSED Summary *summary) {
        return run_removal(command, console, RETENTION_CLEANUP);
}

#define GROUP(name) (1u << OPTION_GROUP_##name)
#define BACKS_UP .groups = GROUP(BACKUP) | GROUP(SELECTION)
#define REMOVES .options = "force dry-run "

static const Verb verbs[] = {
        { "backup", { "bu" }, VERB_FOLDER_URL, BACKUP_AUTO, run_backup,
          .help = "Back up FOLDER: what changed since the last backup, or everything when there is none yet. "
                  "The word 'backup' may be left out.",
          BACKS_UP },
        { "full", { "fb" }, VERB_FOLDER_URL, BACKUP_FULL, run_backup,
          .help = "Back up all of FOLDER, and begin a new chain of backups with it.",
          BACKS_UP },
        { "incremental", { "incr", "inc", "ib" }, VERB_FOLDER_URL, BACKUP_INCREMENTAL, run_backup,
          .help = "Back up what changed in FOLDER since the last backup; fail when there is none.",
          BACKS_UP },
        { "restore", { "rb" }, VERB_URL_FOLDER, BACKUP_AUTO, run_restore,
          .help = "Restore the backup into FOLDER, which must be empty or missing. "
                  "The word 'restore' may be left out.",
          .options = "time path-to-restore force rename ignore-errors numeric-owner no-restore-ownership dry-run " },
        { "verify", { "vb" }, VERB_URL_FOLDER, BACKUP_AUTO, run_verify,
          .help = "Read the whole backup and check it; with --compare-data also tell how it differs from FOLDER.",
          .groups = GROUP(SELECTION),
          .options = "time path-to-restore compare-data ignore-errors numeric-owner " },
        { "collection-status", { "st" }, VERB_URL, BACKUP_AUTO, run_status,
          .help = "Show which backups there are.",
          .options = "file-changed show-changes-in-set " },
        { "list-current-files", { "ls" }, VERB_URL, BACKUP_AUTO, run_listing,
          .help = "List the files of the last backup, or of that at --time.",
          .options = "time long numeric-owner " },
        { "diff", { NULL }, VERB_URL, BACKUP_AUTO, inspect_diff,
          .help = "Show what was added, removed and changed between --from TIME and --to TIME, or by the last "
                  "backup, and how large it was and is.",
          .options = "from time path-to-restore ",
          .is_ours = true },
        { "find", { NULL }, VERB_PATTERN_URL, BACKUP_AUTO, inspect_find,
          .help = "Show when each path that matches PATTERN, or lies beneath one that does, came, changed and was "
                  "deleted, over all backups. Patterns are of whole paths relative to the source: '*', '?' and "
                  "'[a-z]' stand for anything but '/', '**' for anything.",
          .options = "numeric-owner ",
          .is_ours = true },
        { "check", { NULL }, VERB_URL, BACKUP_AUTO, inspect_check,
          .help = "Prove that the repository is sound: every file that has to be there is, and is what it was. Says "
                  "what is wrong and what to do about it; the exit status is 0 only when nothing is. See --sample "
                  "and --full.",
          .options = "sample full ",
          .is_ours = true },
        { "remove-older-than", { "ro" }, VERB_TIME_URL, BACKUP_AUTO, run_remove_older,
          .help = "List the chains that ended before TIME, and with --force delete them. The newest chain is always kept, and "
          "no part of a chain is deleted without the rest.",
          REMOVES },
        { "remove-all-but-n-full", { "ra" }, VERB_COUNT_URL, BACKUP_AUTO, run_remove_chains,
          .help = "List all chains but the newest COUNT, and with --force delete them.",
          REMOVES },
        { "remove-all-inc-of-but-n-full", { "ri" }, VERB_COUNT_URL, BACKUP_AUTO, run_remove_incrementals,
          .help = "List the chains older than the newest COUNT that have incremental backups, and with --force delete those; "
          "the full ones stay.",
          REMOVES },
        { "remove-by-policy", { "rp" }, VERB_URL, BACKUP_AUTO, run_remove_by_policy,
          .help = "Show of each backup whether the --keep options keep it, and why; with --force delete the rest. A chain is "
          "kept or deleted as a whole, and the newest complete one always kept.",
          .groups = GROUP(REMOVAL), REMOVES },
        { "cleanup", { "cl" }, VERB_URL, BACKUP_AUTO, run_cleanup,
          .help = "List the files that belong to no complete chain, and with --force delete them.",
          REMOVES },
};

const Verb *verb_table(size_t *ret_count) {
        *ret_count = ARRAY_LENGTH(verbs);
        return verbs;
}

const char *verb_arguments_text(VerbArguments arguments) {
        static const char *const texts[] = {
                [VERB_FOLDER_URL] = "FOLDER URL",
                [VERB_URL_FOLDER] = "URL FOLDER",
                [VERB_URL] = "URL",
                [VERB_TIME_URL] = "TIME URL",
                [VERB_COUNT_URL] = "COUNT URL",
                [VERB_PATTERN_URL] = "PATTERN URL",
        };
        return texts[arguments];
}

bool verb_selects_files(const Verb *verb) {
        return verb->run == run_backup || verb->run == run_verify;
}

bool verb_names_option(const Verb *verb, const Option *option) {
        AUTO_TEXT char *name = memory_print("%s ", option->names[0]);
        const char *found = verb->options ? strstr(verb->options, name) : NULL;
        return found && (found == verb->options || found[-1] == ' ');
}

static const Verb *find_exactly(const char *word) {
        for (size_t i = 0; i < ARRAY_LENGTH(verbs); i++) {
                if (strcmp(verbs[i].name, word) == 0)
                        return &verbs[i];
                for (size_t k = 0; verbs[i].aliases[k]; k++)
                        if (strcmp(verbs[i].aliases[k], word) == 0)
                                return &verbs[i];
        }
        return NULL;
}

static Error *command_line_error(Error *error) {
        return error_with_code(error, EXIT_CODE_COMMAND_LINE);
}

Error *verb_find(const char *word, const Verb **ret_verb) {
        const Verb *found = find_exactly(word);
        bool is_exact = found != NULL;
        for (size_t i = 0; !is_exact && word[0] && i < ARRAY_LENGTH(verbs); i++) {
                if (verbs[i].is_ours || strncmp(verbs[i].name, word, strlen(word)) != 0)
                        continue;
                if (found)
                        return command_line_error(error_new(ERROR_USER,
                                                            "ambiguous command '%s': it may be '%s' or '%s'", word,
                                                            found->name, verbs[i].name));
                found = &verbs[i];
        }
        *ret_verb = found;
        return NULL;
}

static const char *nearest_verb(const char *word) {
        Nearest nearest = nearest_begin(bytes_of(word));
        for (size_t i = 0; i < ARRAY_LENGTH(verbs); i++)
                nearest_offer(&nearest, verbs[i].name);
        return nearest.word;
}

/* A word with '@' may be a URL with a password and a typing mistake. */
static Error *unknown_verb(const char *word) {
        const char *nearest = nearest_verb(word);
        TRY(refusal_of_command(word));
        if (strchr(word, '@'))
                return command_line_error(error_new(ERROR_USER, "the first word is neither a command nor a URL like "
                                                    "'sftp://user@host/folder'"));
        if (nearest)
                return command_line_error(
                        error_new(ERROR_USER, "unknown command '%s' (did you mean '%s'?)", word, nearest));
        return command_line_error(error_new(ERROR_USER, "unknown command '%s'", word));
}

/* A mistyped verb in front of a URL must not become the backup of a folder of that name. */
static bool is_mistyped_verb(const char *word) {
        return !strchr(word, '/') && nearest_verb(word) && access(word, F_OK) != 0;
}

Error *verb_choose(const TextList *words, const Verb **ret_verb, size_t *ret_first) {
        const Verb *verb;
        if (words->count == 0)
                return command_line_error(error_new(ERROR_USER, "no command given"));
        const char *first = words->items[0];
        bool first_is_url = url_is_one(first);
        bool second_is_url = words->count == 2 && url_is_one(words->items[1]);
        TRY(verb_find(first, &verb));
        *ret_first = verb ? 1 : 0;
        if (!verb && words->count == 2 && first_is_url)
                verb = find_exactly("restore");
        else if (!verb && second_is_url && !is_mistyped_verb(first))
                verb = find_exactly("backup");
        else if (!verb && first_is_url)
                return command_line_error(error_new(ERROR_USER, "no command given, only a URL"));
        else if (!verb && access(first, F_OK) == 0 && strchr(first, '/'))
                return command_line_error(error_new(ERROR_USER, "no command given, only a folder: write 'charm-duplicity "
                                                    "backup FOLDER URL'"));
        else if (!verb)
                return unknown_verb(first);
        *ret_verb = verb;
        return NULL;
}

bool verb_is_help(const TextList *words) {
        return words->count > 0 && words->count <= 2 && strcmp(words->items[0], "help") == 0 &&
               !(words->count == 2 && url_is_one(words->items[1]));
}

Error *verb_find_helped(const TextList *words, const Verb **ret_verb) {
        size_t first = verb_is_help(words) ? 1 : 0;
        const Verb *verb = NULL;
        if (words->count > first)
                TRY(verb_find(words->items[first], &verb));
        if (words->count > first && first && !verb)
                return unknown_verb(words->items[first]);
        *ret_verb = verb;
        return NULL;
}

static Error *bad_arguments(const Verb *verb, const char *problem, ExitCode code) {
        return error_with_code(error_new(ERROR_USER, "%s: write 'charm-duplicity %s %s'", problem, verb->name,
                                         verb_arguments_text(verb->arguments)),
                               code);
}

static Error *take_folder(UNUSED const Verb *verb, const char *word, Job *job) {
        job->folder = word;
        return NULL;
}

static Error *take_time(const Verb *verb, const char *word, Job *job) {
        return error_context(when_parse(bytes_of(word), &job->times, &job->retention.before), "%s", verb->name);
}

static Error *take_count(const Verb *verb, const char *word, Job *job) {
        uint64_t count;
        if (!bytes_to_number(bytes_of(word), &count) || count == 0)
                return command_line_error(error_new(ERROR_USER,
                                                    "%s count must be > 0, a whole number, not '%s': write "
                                                    "'charm-duplicity %s 3 URL' to keep three full backups",
                                                    verb->name, word, verb->name));
        job->retention.chain_count = (unsigned)MIN(count, UINT32_MAX);
        return NULL;
}

static Error *take_pattern(UNUSED const Verb *verb, const char *word, Job *job) {
        job->glob = word;
        return NULL;
}

/* Where the URL stands, and what the other word is. */
static const struct {
        size_t count, url_at;
        const char *other; /* NULL: there is none */
        Error *(*take)(const Verb *verb, const char *word, Job *job);
} shapes[] = {
        [VERB_FOLDER_URL] = { 2, 1, "folder", take_folder },
        [VERB_URL_FOLDER] = { 2, 0, "folder", take_folder },
        [VERB_URL] = { 1, 0, NULL, NULL },
        [VERB_TIME_URL] = { 2, 1, "time", take_time },
        [VERB_COUNT_URL] = { 2, 1, "count", take_count },
        [VERB_PATTERN_URL] = { 2, 1, "pattern", take_pattern },
};

/* A path stands for a URL where the other word, which may be NULL, is none. */
static bool names_place(const char *word, const char *other_word) {
        return url_is_one(word) || (word[0] == '/' && !(other_word && url_is_one(other_word)));
}

static Error *check_order(const Verb *verb, const char *const *words) {
        const char *other = shapes[verb->arguments].other;
        size_t url_at = shapes[verb->arguments].url_at;
        const char *other_word = other ? words[1 - url_at] : NULL;
        bool has_place = names_place(words[url_at], other_word);
        char problem[60];
        if (!has_place && other && url_is_one(other_word))
                snprintf(problem, sizeof problem, "%s and URL stand in the wrong order", other);
        else if (!has_place)
                snprintf(problem, sizeof problem, "the URL is missing or none");
        else if (other && (url_is_one(other_word) || other_word[0] == '\0'))
                snprintf(problem, sizeof problem, "the %s is missing", other);
        else
                return NULL;
        return bad_arguments(verb, problem, other ? EXIT_CODE_COMMAND_LINE : EXIT_CODE_BAD_URL);
}

Error *verb_take_arguments(const Verb *verb, const char *const *words, size_t count, Job *job) {
        size_t wanted = shapes[verb->arguments].count;
        size_t url_at = shapes[verb->arguments].url_at;
        if (count != wanted)
                return bad_arguments(verb, count < wanted ? "too few arguments" : "too many arguments",
                                     EXIT_CODE_COMMAND_LINE);
        TRY(check_order(verb, words));
        if (job->replay && verb->run != inspect_check)
                return command_line_error(error_new(ERROR_USER, "option '--full' belongs to 'check': a full backup is "
                                                    "'charm-duplicity full FOLDER URL'"));
        if (shapes[verb->arguments].take)
                TRY(shapes[verb->arguments].take(verb, words[1 - url_at], job));
        job->kind = verb->kind;
        return url_parse(words[url_at], &job->url);
}
