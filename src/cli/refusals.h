/* Refusals: duplicity's options and commands that are not taken here, each with the reason and what to do instead. */
#ifndef CLI_REFUSALS_H
#define CLI_REFUSALS_H

#include "base/bytes.h"
#include "base/error.h"

typedef struct Refusal {
        const char *name;   /* of an option, without dashes, or of a command */
        const char *reason; /* "reason: what to do instead" */
} Refusal;

const Refusal *refusal_options(size_t *ret_count);
const Refusal *refusal_commands(size_t *ret_count);

/* ERROR_USER with exit code 2 when NAME (without dashes) is the name of a refused option, or, unless EXACTLY, the
 * beginning of one. */
CHECKED Error *refusal_of_option(Bytes name, bool exactly);

/* The same when WORD is the name of a refused command. */
CHECKED Error *refusal_of_command(const char *word);

#endif
