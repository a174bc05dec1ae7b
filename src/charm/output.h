/* Output: what an action has to say. Its beginning is kept for the action's result; when it gets long, all of it goes
 * to a file on the unit's machine, and the result names that. */
#ifndef CHARM_OUTPUT_H
#define CHARM_OUTPUT_H

#include "base/buffer.h"
#include "base/error.h"

typedef struct Output {
        const char *path; /* of the file, should it come to that */
        Buffer text;      /* what the result will hold */
        int fd;           /* -1: no file yet */
        bool is_finished;
        Error *failure; /* of writing the file */
} Output;

/* PATH, with a folder in front, must outlive it. When the file is begun, of the files of that folder only the newest
 * are kept, by their names. */
Output output_open(const char *path);

/* Adds TEXT, or a line of it with its newline. */
void output_add(Output *output, const char *text);
void output_line(Output *output, const char *line);

/* True when there is a file. */
bool output_has_file(const Output *output);

/* The text for the result, when nothing more will be added: everything, or its first lines and where the rest is. Lives
 * until output_clear. */
const char *output_text(Output *output);

/* Why the file could not be written; the caller's. */
CHECKED Error *output_failure(Output *output);

void output_clear(Output *output);

#endif
