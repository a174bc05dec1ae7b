/* Help, made from the tables of verbs and options. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "base/buffer.h"
#include "cli/verbs.h"

/* Text that stands behind the options, in the form of their rows. */
typedef struct HelpNote {
        const char *title, *text;
} HelpNote;

typedef struct HelpSection {
        const char *title; /* "Exit codes" */
        const HelpNote *notes;
        size_t count;
} HelpSection;

const HelpSection *help_sections(size_t *ret_count);

/* Appends the help of VERB and the options that are its own, or of everything when VERB is NULL; lines have at most 80
 * columns. */
void help_print(const Verb *verb, Buffer *out);

/* Appends the name and version of the program and its format. */
void help_print_version(Buffer *out);

#endif
