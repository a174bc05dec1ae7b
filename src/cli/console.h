/* Console: where text goes. Log messages and results are whole lines on standard output, errors on standard error; the
 * progress line gets out of their way. */
#ifndef CLI_CONSOLE_H
#define CLI_CONSOLE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "engine/job.h"

typedef struct ConsoleOptions {
        FILE *out, *err;       /* stay the caller's */
        bool out_is_terminal, err_is_terminal;
        unsigned verbosity;    /* 0 to 9 */
        bool wants_progress;   /* without a terminal too, or below notice */
        double progress_rate;  /* seconds between plain progress lines */
} ConsoleOptions;

typedef struct Console Console;

/* Opens the log too; it is closed with the console. */
Console *console_open(const ConsoleOptions *options);

/* One line of a result; the newline is added. May be called from any thread. */
void console_line(Console *console, const char *line);

/* Text that has its newlines already. */
void console_text(Console *console, const char *text);

/* True when results go to a terminal. */
bool console_is_for_people(const Console *console);

/* True when progress is to be shown at all. */
bool console_shows_progress(const Console *console);

/* A ProgressListener; CONTEXT is the Console. On a terminal one line is rewritten at most every 0.2 seconds, else lines
 * are added every progress_rate seconds. */
void console_progress(void *context, const Progress *progress);

/* Takes the progress line away and sees to it that everything was written: ERROR_SYSTEM with exit code 1 if not. */
CHECKED Error *console_finish(Console *console);

void console_close(Console *console);
DEFINE_AUTO(Console, console_close)

#endif
