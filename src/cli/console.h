/* Console: where text goes. Log messages and results are whole lines on standard output, errors on standard error; the
 * progress line gets out of their way. With a JSON document, that alone goes to standard output. Programs may be told
 * everything in records of their own (FORMAT.md, "Machine log"). */
#ifndef CLI_CONSOLE_H
#define CLI_CONSOLE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "engine/job.h"

enum { CONSOLE_MOST_RECORDS = 2 };

typedef struct ConsoleOptions {
        FILE *out, *err;       /* stay the caller's */
        FILE *records[CONSOLE_MOST_RECORDS]; /* of the machine log; NULL: none; stay the caller's */
        bool out_is_terminal, err_is_terminal;
        unsigned verbosity;    /* 0 to 9 */
        bool wants_progress;   /* without a terminal too, or below notice */
        double progress_rate;  /* seconds between plain progress lines, and between records */
        bool wants_timestamps; /* time and level in front of messages */
        bool wants_json;
} ConsoleOptions;

typedef struct Console Console;

/* Opens the log too; it is closed with the console. */
Console *console_open(const ConsoleOptions *options);

/* Results: shown at every verbosity, but not beside a JSON document; recorded as EVENT with EXTRA in its form (NULL:
 * none). Where they go to no terminal, those that come within 0.2 seconds may be held back until there are many,
 * another one comes later, a message comes, or console_finish. May be called from any thread. console_line is of
 * LOG_EVENT_RESULT; the newline is added. TEXT has its newlines already. */
void console_line(Console *console, const char *line);
void console_event_line(Console *console, LogEvent event, const char *extra, const char *line);
void console_text(Console *console, LogEvent event, const char *extra, const char *text);

/* True when programs are told, so that EXTRA is of use to somebody. */
bool console_is_recorded(const Console *console);

/* True when results go to a terminal. */
bool console_is_for_people(const Console *console);

/* The JSON document, for a verb to add its members to the outermost object; NULL when none was asked for. */
Json *console_json(Console *console);

/* Writes what there is of the document; after each element of a list that may be long. */
void console_spill_json(Console *console);

/* True when progress is to be shown or recorded at all. */
bool console_shows_progress(const Console *console);

/* A ProgressListener; CONTEXT is the Console. On a terminal one line is rewritten at most every 0.2 seconds, else lines
 * are added every progress_rate seconds. */
void console_progress(void *context, const Progress *progress);

/* Takes the progress line away and sees to it that everything was written: ERROR_SYSTEM with exit code 1 if not. */
CHECKED Error *console_finish(Console *console);

void console_close(Console *console);
DEFINE_AUTO(Console, console_close)

#endif
