#include "cli/console.h"

#include <errno.h>

#include "base/log.h"
#include "base/memory.h"
#include "cli/machine_log.h"
#include "cli/progress.h"
#include "sys/clock.h"
#include "sys/terminal.h"

#define REWRITE_SECONDS 0.2
#define FLUSH_SECONDS 0.2

/* Moves to the start of the line and clears it. */
static const char clear_line[] = "\r\033[K";

enum { SPILL_BYTES = 32 * 1024 };

/* The lock of ERR is the console's: log messages come from many threads. */
struct Console {
        ConsoleOptions options;
        bool has_line; /* a progress line stands on the terminal */
        double started, shown, recorded; /* clock_monotonic of the first progress and the last ones */
        double flushed; /* the same, of the last time that results were handed on at once */
        Json json;
        Buffer json_text;
        Error *broken;
};

static void hide_progress(Console *console) {
        if (!console->has_line)
                return;
        fputs(clear_line, console->options.err);
        fflush(console->options.err);
        console->has_line = false;
}

/* ---- what was handed to the console is written, or the console is broken; the lock is held ---- */

static void note_lost(Console *console, bool is_written, const char *what) {
        if (!is_written && !console->broken)
                console->broken = error_with_code(error_from_errno(errno, "cannot write the %s", what),
                                                  EXIT_CODE_GENERIC);
}

/* Results may come by the million: those that come shortly after one another go out together. */
static bool may_wait(Console *console) {
        double now = clock_monotonic();
        if (console->options.out_is_terminal || now - console->flushed >= FLUSH_SECONDS) {
                console->flushed = now;
                return false;
        }
        return true;
}

static void flush(Console *console, FILE *file) {
        note_lost(console, fflush(file) != EOF, "output");
}

static void write_text(Console *console, FILE *file, const LogRecord *record, const char *end) {
        char stamp[CLOCK_STAMP_SIZE];
        hide_progress(console);
        bool is_written = true;
        if (console->options.wants_timestamps) {
                clock_print_stamp(stamp);
                is_written = fprintf(file, "%s %s ", stamp, log_level_name(record->told_as)) > 0;
        }
        is_written = is_written && fputs(record->text, file) != EOF && fputs(end, file) != EOF;
        note_lost(console, is_written, "output");
}

static void write_record(Console *console, const LogRecord *record) {
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        for (size_t i = 0; i < CONSOLE_MOST_RECORDS; i++) {
                FILE *file = console->options.records[i];
                if (!file)
                        continue;
                if (!text.length)
                        machine_log_print(record, &text);
                note_lost(console, fputs(buffer_text(&text), file) != EOF && fflush(file) != EOF, "machine log");
        }
}

/* ---- messages and results ---- */

static void write_message(void *context, const LogRecord *record) {
        Console *console = context;
        const ConsoleOptions *options = &console->options;
        bool goes_to_err = record->level == LOG_ERROR || options->wants_json;
        flockfile(options->err);
        if (record->text[0]) {
                flush(console, options->out); /* both may be the same file */
                write_text(console, goes_to_err ? options->err : options->out, record, "\n");
                flush(console, goes_to_err ? options->err : options->out);
        }
        write_record(console, record);
        funlockfile(options->err);
}

static void write_result(Console *console, const LogRecord *record, const char *end) {
        flockfile(console->options.err);
        if (!console->options.wants_json) {
                write_text(console, console->options.out, record, end);
                if (!may_wait(console))
                        flush(console, console->options.out);
        }
        write_record(console, record);
        funlockfile(console->options.err);
}

Console *console_open(const ConsoleOptions *options) {
        Console *console = memory_new(Console);
        console->options = *options;
        console->json = json_begin(&console->json_text);
        log_open(write_message, console, (int)options->verbosity);
        return console;
}

void console_line(Console *console, const char *line) {
        console_event_line(console, LOG_EVENT_RESULT, NULL, line);
}

void console_event_line(Console *console, LogEvent event, const char *extra, const char *line) {
        LogRecord record = log_record(event, extra, line);
        write_result(console, &record, "\n");
}

void console_text(Console *console, LogEvent event, const char *extra, const char *text) {
        LogRecord record = log_record(event, extra, text);
        write_result(console, &record, "");
}

bool console_is_recorded(const Console *console) {
        for (size_t i = 0; i < CONSOLE_MOST_RECORDS; i++)
                if (console->options.records[i])
                        return true;
        return false;
}

bool console_is_for_people(const Console *console) {
        return console->options.out_is_terminal;
}

/* ---- the JSON document ---- */

static void write_json(Console *console) {
        FILE *out = console->options.out;
        bool is_written = fputs(buffer_text(&console->json_text), out) != EOF && fflush(out) != EOF;
        flockfile(console->options.err);
        note_lost(console, is_written, "output");
        funlockfile(console->options.err);
        buffer_truncate(&console->json_text, 0);
}

Json *console_json(Console *console) {
        return console->options.wants_json ? &console->json : NULL;
}

void console_spill_json(Console *console) {
        if (console->json_text.length >= SPILL_BYTES)
                write_json(console);
}

/* ---- progress ---- */

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

static void record_progress(Console *console, const Progress *progress, double seconds) {
        AUTO_VALUE(buffer_clear) Buffer line = { .data = NULL }, extra = { .data = NULL };
        progress_print(progress, seconds, 0, &line);
        progress_print_numbers(progress, seconds, &extra);
        LogRecord record = log_record(LOG_EVENT_UPLOAD_PROGRESS, buffer_text(&extra), buffer_text(&line));
        flockfile(console->options.err);
        write_record(console, &record);
        funlockfile(console->options.err);
}

void console_progress(void *context, const Progress *progress) {
        Console *console = context;
        const ConsoleOptions *options = &console->options;
        double now = clock_monotonic();
        if (console->started == 0)
                console->started = console->shown = console->recorded = now;
        if (options->wants_progress && now - console->recorded >= options->progress_rate) {
                console->recorded = now;
                record_progress(console, progress, now - console->started);
        }
        if (now - console->shown < (options->err_is_terminal ? REWRITE_SECONDS : options->progress_rate))
                return;
        console->shown = now;
        show(console, progress, now - console->started);
}

Error *console_finish(Console *console) {
        if (console->json_text.length)
                write_json(console);
        flockfile(console->options.err);
        hide_progress(console);
        flush(console, console->options.out);
        funlockfile(console->options.err);
        return TAKE(console->broken);
}

void console_close(Console *console) {
        if (!console)
                return;
        log_open(NULL, NULL, 0);
        error_free(console->broken);
        buffer_clear(&console->json_text);
        memory_free(console);
}
