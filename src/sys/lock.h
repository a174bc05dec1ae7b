/* Lock: one run per archive folder. A POSIX (fcntl) write lock on FOLDER/lockfile, which stock duplicity sees too. */
#ifndef SYS_LOCK_H
#define SYS_LOCK_H

#include <stdbool.h>

#include "base/error.h"

typedef struct Lock Lock;

/* Takes the lock without waiting. Held by another process: ERROR_USER with exit code 23, naming the file and the
 * holder's pid. */
CHECKED Error *lock_take(const char *folder, Lock **ret_lock);

/* True when another process holds the lock; makes nothing. Not for one that holds it itself: that would lose it. */
bool lock_is_held(const char *folder);

/* Removes the file and releases the lock. */
void lock_release(Lock *lock);
DEFINE_AUTO(Lock, lock_release)

#endif
