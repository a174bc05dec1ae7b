/* Atomic files: written beside under a leading-dot name, synced, renamed. Readers see the old content or the new,
 * never a part.
 *
 * Call atomic_open, write to atomic_fd, then atomic_finish (commits, may fail) or atomic_abandon (leaves nothing,
 * cannot fail). */
#ifndef SYS_ATOMIC_H
#define SYS_ATOMIC_H

#include <sys/types.h>

#include "base/error.h"

typedef struct Atomic Atomic;

/* Begins FOLDER/NAME in FOLDER/.NAME.part-XXXXXX (NAME is cut there when it is too long) with MODE, less the umask. */
CHECKED Error *atomic_open(const char *folder, const char *name, mode_t mode, Atomic **ret_atomic);

/* The descriptor to write to; stays the Atomic's. */
int atomic_fd(const Atomic *atomic);

/* Sync, rename over the final name, sync of the folder; releases. On error the final name is as it was, unless it is
 * the folder's sync that failed: then the new content is there, and may be gone again after a power cut. */
CHECKED Error *atomic_finish(Atomic *atomic);

/* Removes the unfinished file and releases. NULL is welcome. */
void atomic_abandon(Atomic *atomic);
DEFINE_AUTO(Atomic, atomic_abandon)

/* Removes what killed processes left in FOLDER: names that atomic_open makes, not touched for a day and not locked by
 * a living writer. Failures are ignored: the next run tries again. */
void atomic_sweep(const char *folder);

#endif
