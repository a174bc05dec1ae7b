#include "cli/console.h"

#include <errno.h>

#include "base/log.h"
#include "base/memory.h"
#include "cli/progress.h"
#include "sys/clock.h"
#include "sys/terminal.h"

#define REWRITE_SECONDS 0.2

/* Moves to the start of the line and clears it. */
static const char clear_line[] = "\r\033[K";

/* The lock of ERR is the console's: log messages come from many threads. */
struct Console {
        ConsoleOptions options;
        bool has_line; /* a progress line stands on the terminal */
        double started, shown; /* clock_monotonic of the first progress and the last shown */
        Error *broken;
};

static void hide_progress(Console *console) {
        if (!console->has_line)
                return;
        fputs(clear_line, console->options.err);
        fflush(console->options.err);
        console->has_line = false;
}

static void write_text(Console *console, FILE *file, const char *text, const char *end) {
        flockfile(console->options.err);
        hide_progress(console);
        bool is_written = fputs(text, file) != EOF && fputs(end, file) != EOF && fflush(file) != EOF;
        if (!is_written && !console->broken)
                console->broken =
                        error_with_code(error_from_errno(errno, "cannot write the output"), EXIT_CODE_GENERIC);
        funlockfile(console->options.err);
}

static void write_message(void *context, LogLevel level, const char *message) {
        Console *console = context;
        write_text(console, level == LOG_ERROR ? console->options.err : console->options.out, message, "\n");
}

Console *console_open(const ConsoleOptions *options) {
        Console *console = memory_new(Console);
        console->options = *options;
        log_open(write_message, console, (int)options->verbosity);
        return console;
}

void console_line(Console *console, const char *line) {
        write_text(console, console->options.out, line, "\n");
}

void console_text(Console *console, const char *text) {
        write_text(console, console->options.out, text, "");
}

bool console_is_for_people(const Console *console) {
        return console->options.out_is_terminal;
}

bool console_shows_progress(const Console *console) {
        const ConsoleOptions *options = &console->options;
        return options->wants_progress || (options->err_is_terminal && options->verbosity >= LOG_NOTICE);
}

static void show(Console *console, const Progress *progress, double seconds) {
        FILE *err = console->options.err;
        unsigned columns = console->options.err_is_terminal ? terminal_columns(fileno(err)) : 0;
        AUTO_VALUE(buffer_clear) Buffer line;
        buffer_init(&line, 0);
        progress_print(progress, seconds, columns, &line);
        flockfile(err);
        if (console->options.err_is_terminal)
                fprintf(err, "%s%s", clear_line, buffer_text(&line));
        else
                fprintf(err, "%s\n", buffer_text(&line));
        fflush(err);
        console->has_line = console->options.err_is_terminal;
        funlockfile(err);
}

void console_progress(void *context, const Progress *progress) {
        Console *console = context;
        double now = clock_monotonic();
        double rate = console->options.err_is_terminal ? REWRITE_SECONDS : console->options.progress_rate;
        if (console->started == 0)
                console->started = console->shown = now;
        if (now - console->shown < rate)
                return;
        console->shown = now;
        show(console, progress, now - console->started);
}

Error *console_finish(Console *console) {
        flockfile(console->options.err);
        hide_progress(console);
        funlockfile(console->options.err);
        return TAKE(console->broken);
}

void console_close(Console *console) {
        if (!console)
                return;
        log_open(NULL, NULL, 0);
        error_free(console->broken);
        memory_free(console);
}
