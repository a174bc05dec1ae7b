/* Parse: arguments become a CommandLine, by the tables of options.c and verbs.c.
 *
 * Pure: the surroundings are an argument. */
#ifndef CLI_PARSE_H
#define CLI_PARSE_H

#include "base/arena.h"
#include "engine/job.h"

typedef struct Verb Verb;

/* What was asked for. */
typedef struct CommandLine {
        const Verb *verb; /* NULL only with wants_help or wants_version */
        Job job;
        unsigned verbosity; /* 0 to 9 */
        bool wants_progress;
        double progress_rate; /* seconds */
        bool no_statistics;
        const char *log_file; /* machine log; NULL: none */
        bool has_log_fd;
        unsigned log_fd;
        bool wants_timestamps;
        bool long_listing;
        bool wants_json; /* one JSON document on standard output, nothing else */
        bool wants_help, wants_version;
        bool has_now; /* --current-time */
        Moment now;
        const char *home; /* for '~', NULL: unknown */
        Arena *arena;     /* texts that were made, rather than taken from the arguments */
} CommandLine;

/* What a command line is read against. Texts must outlive the CommandLine; any of them may be NULL. */
typedef struct Surroundings {
        const char *home, *cache_home, *temp_folder; /* $HOME, $XDG_CACHE_HOME, $TMPDIR */
        WhenContext times;
} Surroundings;

/* Reads ARGV, whose texts must outlive the result; release with command_line_clear, after an error too. Options may
 * stand anywhere, "--" ends them. Everything that is wrong: ERROR_USER with exit code 2 (8 for a URL), naming the word,
 * and the nearest right one. */
CHECKED Error *command_line_parse(int argc, char **argv, const Surroundings *surroundings, CommandLine *command);

void command_line_clear(CommandLine *command);

#endif
