/* Removal: what the removing commands are about to do or did, as text and as JSON (FORMAT.md, "Removal"). Pure. */
#ifndef CLI_REMOVAL_H
#define CLI_REMOVAL_H

#include "base/buffer.h"
#include "engine/prune.h"

/* Appends what is about to happen, in stock's words where it has any. */
void removal_print(const PruneReport *report, Buffer *out);

/* Appends what happened, or would have, as a JSON document; COMMAND is the verb's name. */
void removal_print_json(const PruneReport *report, const char *command, Buffer *out);

#endif
