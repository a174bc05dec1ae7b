/* Lock: one run per archive folder. A POSIX (fcntl) write lock on FOLDER/lockfile, which stock duplicity sees too. */
#ifndef SYS_LOCK_H
#define SYS_LOCK_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

typedef struct Lock Lock;

/* Takes the lock without waiting. Held by another process: ERROR_USER, which no other failure is, with exit code 23,
 * naming the file and the holder's pid. */
CHECKED Error *lock_take(const char *folder, Lock **ret_lock);

/* Takes a share of it: several may have one at a time, and then nobody the lock. Errors as above. */
CHECKED Error *lock_share(const char *folder, Lock **ret_lock);

/* True when another process holds the lock; makes nothing. Not for one that holds it itself: that would lose it. */
bool lock_is_held(const char *folder);

/* The same, with shares, and who that is: 0 or less when it is on another machine, or in another pid namespace. */
bool lock_find_holder(const char *folder, pid_t *ret_pid);

/* Releases the lock, or the share. The file is removed unless others have shares. */
void lock_release(Lock *lock);
DEFINE_AUTO(Lock, lock_release)

#endif
