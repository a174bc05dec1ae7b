/* Fetcher: brings volumes here one after the other, the next ones while the caller is at work on one. */
#ifndef ENGINE_FETCHER_H
#define ENGINE_FETCHER_H

#include "engine/session.h"

typedef struct Fetcher Fetcher;

/* The volumes to bring: FILES[i] beside VOLUMES[i], COUNT each. A NULL among FILES is passed over. Both arrays must
 * outlive the fetcher. Up to AHEAD of them, at least 1, are on their way or wait at a time; job_downloads bounds
 * the connections of all fetchers of the session together. Errors: a thread cannot be had. */
CHECKED Error *fetcher_open(Session *session, const Volume *const *volumes, const SetFile *const *files, size_t count,
                            unsigned ahead, Fetcher **ret_fetcher);

/* The next volume that is there, as session_fetch brings it; so are the errors, which end nothing: the one after it
 * can be asked for. Not to be called more often than there are volumes. */
CHECKED Error *fetcher_next(Fetcher *fetcher, int *ret_fd);

/* Waits for what is on its way. NULL is nothing. */
void fetcher_close(Fetcher *fetcher);

#endif
