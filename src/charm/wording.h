/* Wording: what the engine says to users of the command line, said to operators of the charm. Pure. */
#ifndef CHARM_WORDING_H
#define CHARM_WORDING_H

#include "base/arena.h"

/* STORY with the names of the command line's options and variables replaced by those of the charm's options and of its
 * actions' parameters. Made in ARENA. */
const char *wording_of_charm(const char *story, Arena *arena);

#endif
