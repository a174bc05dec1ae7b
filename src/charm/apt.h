/* Apt: runs the machine's package tools, and what fetches their keys. */
#ifndef CHARM_APT_H
#define CHARM_APT_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/list.h"

/* Runs COMMAND, which ends in NULL, with MORE behind it. That it failed is no error: *ret_words, made in ARENA, are its
 * last words then, and NULL when it went well. OUT (NULL: nobody asks) gets what it prints. Errors: as process_run. */
CHECKED Error *apt_run(const char *const *command, const TextList *more, Arena *arena, const char **ret_words,
                       Buffer *out);

/* Asks the network what there is. */
CHECKED Error *apt_update(Arena *arena, const char **ret_words);

#endif
