#include "cli/cli.h"

#include <pwd.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/console.h"
#include "cli/help.h"
#include "cli/machine_log.h"
#include "cli/parse.h"
#include "cli/passphrase.h"
#include "cli/verbs.h"
#include "report/report.h"
#include "report/report_json.h"
#include "sys/cancel.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/guard.h"
#include "sys/terminal.h"

static const char *find_home(void) {
        const char *home = getenv("HOME");
        if (home && home[0])
                return home;
        const struct passwd *account = getpwuid(geteuid());
        return account ? account->pw_dir : NULL;
}

static Surroundings look_around(void) {
        return (Surroundings){
                .home = find_home(),
                .cache_home = getenv("XDG_CACHE_HOME"),
                .temp_folder = getenv("TMPDIR"),
                .times = { .now = clock_now(), .local_offset = when_local_offset() },
        };
}

static int show_help(const CommandLine *command) {
        AUTO_VALUE(buffer_clear) Buffer text;
        buffer_init(&text, 0);
        if (command->wants_help)
                help_print(command->verb, &text);
        else
                help_print_version(&text);
        bool is_written = fputs(buffer_text(&text), stdout) != EOF && fflush(stdout) != EOF;
        return is_written ? EXIT_CODE_OK : EXIT_CODE_GENERIC;
}

static Console *open_console(const CommandLine *command, FILE *const records[CONSOLE_MOST_RECORDS]) {
        ConsoleOptions options = {
                .out = stdout,
                .err = stderr,
                .out_is_terminal = isatty(STDOUT_FILENO),
                .err_is_terminal = isatty(STDERR_FILENO),
                .verbosity = command->verbosity,
                .wants_progress = command->wants_progress,
                .progress_rate = command->progress_rate,
                .wants_timestamps = command->wants_timestamps,
                .wants_json = command->wants_json,
        };
        memcpy(options.records, records, sizeof options.records);
        return console_open(&options);
}

/* What could not be done is told last, where it is seen. */
static void tell_problems(const Verb *verb, const Summary *summary) {
        static const char *const done[] = {
                [VERB_FOLDER_URL] = "backed up",
                [VERB_URL_FOLDER] = "restored or verified",
                [VERB_URL] = "read",
                [VERB_TIME_URL] = "removed",
                [VERB_COUNT_URL] = "removed",
                [VERB_PATTERN_URL] = "read",
        };
        AUTO_VALUE(buffer_clear) Buffer text;
        buffer_init(&text, 0);
        report_print_problems(summary, done[verb->arguments], &text);
        if (text.length) {
                buffer_truncate(&text, text.length - 1); /* the log ends the last line itself */
                log_event(LOG_EVENT_PROBLEM, NULL, "%s", buffer_text(&text));
        }
}

static int exit_code_of(const Error *error, const Summary *summary) {
        if (!error && (summary->problem_count || summary->differences))
                return EXIT_CODE_GENERIC;
        return (int)error_exit_code(error);
}

static void tell_error(const Error *error, const char *hint) {
        if (error)
                log_failure(error_exit_code(error), "charm-duplicity: %s%s", error_story(error), hint);
}

static void tell_mistake(const Error *mistake, const Verb *verb) {
        AUTO_TEXT char *hint = verb ? memory_print("\nTry 'charm-duplicity help %s'.", verb->name)
                                    : memory_text("\nTry 'charm-duplicity --help'.");
        tell_error(mistake, hint);
}

static Error *run_verb(CommandLine *command, Console *console, Summary *summary) {
        if (console_shows_progress(console)) {
                command->job.progress = console_progress;
                command->job.progress_context = console;
        }
        if (command->job.selection.count && !verb_selects_files(command->verb))
                log_warning("option '%s' has no effect on '%s', only on backup and verify",
                            command->job.selection.items[0].spelled, command->verb->name);
        Error *error = command->verb->run(command, console, summary);
        tell_problems(command->verb, summary);
        tell_error(error, "");
        return error;
}

/* Runs COMMAND unless MISTAKE, which is taken, says that it makes no sense. */
static int run_beside_logs(CommandLine *command, FILE *const records[CONSOLE_MOST_RECORDS], Error *mistake) {
        AUTO_VALUE(summary_clear) Summary summary = { .full = false };
        AUTO(console_close) Console *console = open_console(command, records);
        AUTO(error_free) Error *error = mistake;
        Json *json = console_json(console);
        if (json)
                report_json_begin(json, command->verb ? command->verb->name : NULL);
        if (mistake)
                tell_mistake(mistake, command->verb);
        else
                error = run_verb(command, console, &summary);
        int exit_code = exit_code_of(error, &summary);
        if (json)
                report_json_end(json, &summary, error, exit_code);
        AUTO(error_free) Error *unwritten = console_finish(console);
        tell_error(unwritten, "");
        return error ? exit_code : exit_code_of(unwritten, &summary);
}

static int run(CommandLine *command, Error *mistake) {
        FILE *records[CONSOLE_MOST_RECORDS] = { NULL };
        Error *error = error_first(mistake, machine_log_open(command, records));
        int exit_code = run_beside_logs(command, records, error);
        machine_log_close(records);
        return exit_code;
}

int cli_main(int argc, char **argv) {
        AUTO_VALUE(passphrases_clear) Passphrases passphrases;
        AUTO_VALUE(command_line_clear) CommandLine command;
        guard_memory();
        passphrases_take(&passphrases, terminal_ask_secret);
        const Surroundings surroundings = look_around();
        Error *mistake = command_line_parse(argc, argv, &surroundings, &command);
        if (!mistake && (command.wants_help || command.wants_version))
                return show_help(&command);
        if (command.has_now)
                clock_fix(command.now);
        cancel_install();
        file_raise_limit();
        passphrases_give(&passphrases, &command.job);
        if (!mistake)
                mistake = passphrases_ask_storage(&passphrases, &command.job);
        return run(&command, mistake);
}
