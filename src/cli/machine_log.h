/* The machine log: messages as records that front ends of duplicity parse (FORMAT.md, "Machine log"), and the files
 * they go to. */
#ifndef CLI_MACHINE_LOG_H
#define CLI_MACHINE_LOG_H

#include "base/buffer.h"
#include "cli/console.h"
#include "cli/parse.h"

/* Appends one record: a line LEVEL CODE EXTRA, each line of the text behind ". ", an empty line. */
void machine_log_print(const LogRecord *record, Buffer *out);

/* Opens what --log-file and --log-fd ask for; release with machine_log_close, after an error too. The descriptor is
 * copied, and no longer inherited by programs that are run. ERROR_USER with exit code 2 names the option. */
CHECKED Error *machine_log_open(const CommandLine *command, FILE *ret_files[CONSOLE_MOST_RECORDS]);

void machine_log_close(FILE *files[CONSOLE_MOST_RECORDS]);

#endif
