/* Inspect: the commands that look into a repository and change nothing, as text or JSON. */
#ifndef CLI_INSPECT_H
#define CLI_INSPECT_H

#include "cli/console.h"
#include "cli/parse.h"
#include "engine/summary.h"

/* Run functions of the table of verbs. Findings of a check count as differences of SUMMARY. */
CHECKED Error *inspect_check(const CommandLine *command, Console *console, Summary *summary);
CHECKED Error *inspect_diff(const CommandLine *command, Console *console, Summary *summary);
CHECKED Error *inspect_find(const CommandLine *command, Console *console, Summary *summary);

/* collection-status --file-changed and --show-changes-in-set, which goes first when both are there, as in duplicity. */
CHECKED Error *inspect_changes(const CommandLine *command, Console *console);

#endif
