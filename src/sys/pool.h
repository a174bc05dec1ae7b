/* Pool: up to so many of a kind (connections, say) that threads take turns with. */
#ifndef SYS_POOL_H
#define SYS_POOL_H

#include "base/error.h"

typedef struct Pool Pool;

typedef struct PoolOptions {
        unsigned most;                                    /* that exist at a time, at least 1 */
        Error *(*make)(void *context, void **ret_thing); /* in the thread that takes; not one call at a time */
        void (*release)(void *thing);
        void *context;
} PoolOptions;

Pool *pool_new(const PoolOptions *options);

/* Takes one that nobody uses, the latest given back first, or makes one; waits while MOST of them are taken. Errors are
 * those of MAKE: nothing has been taken then. */
CHECKED Error *pool_take(Pool *pool, void **ret_thing);

/* Gives back what was taken; THING may be NULL. */
void pool_give(Pool *pool, void *thing);

/* All must have been given back. */
void pool_free(Pool *pool);

#endif
