/* Nearest: which of several words somebody meant who wrote another. */
#ifndef CLI_NEAREST_H
#define CLI_NEAREST_H

#include "base/bytes.h"

typedef struct Nearest {
        Bytes wanted;
        const char *word; /* the best so far, NULL while none is near enough */
        size_t distance;
} Nearest;

/* Begins for WANTED. */
Nearest nearest_begin(Bytes wanted);

/* Takes WORD when it is nearer than those before: fewer letters to insert, delete or replace, and at most a third of
 * them. Nothing is near to an empty word. */
void nearest_offer(Nearest *nearest, const char *word);

#endif
