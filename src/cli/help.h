/* Help, made from the tables of verbs and options. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "base/buffer.h"
#include "cli/verbs.h"

/* Appends the help of VERB and the options, or of everything when VERB is NULL; lines have at most 80 columns. */
void help_print(const Verb *verb, Buffer *out);

/* Appends the name and version of the program and its format. */
void help_print_version(Buffer *out);

#endif
