/* Retry: a decorator that tries transient failures again, with growing pauses. */
#ifndef STORAGE_RETRY_H
#define STORAGE_RETRY_H

#include "storage/storage.h"

/* Makes the storage to be wrapped. */
typedef Error *StorageMaker(const void *context, Storage **ret_storage);

/* Wraps what MAKE(CONTEXT) gives, and owns it. Making it is tried again like each later call: up to options->retries
 * further times when it fails with ERROR_TRANSIENT, with a warning each, pausing as retry_pause says, or longer when
 * the far side asked for it (error_pause), ten minutes at most. A request to cancel ends the tries with
 * ERROR_CANCELLED. A listing reaches its sink only when it is complete, so that nothing is told twice; until
 * then it is kept in memory, but for the names that options->lists refuses. */
CHECKED Error *retry_open(StorageMaker *make, const void *context, const StorageOptions *options,
                          Storage **ret_storage);

/* Seconds to wait before the further try NUMBER (from 1): FIRST, doubled each time, at most ten minutes, and moved by
 * up to a quarter either way as CHANCE (0 to 1) says, so that many machines do not return at once. */
double retry_pause(double first, unsigned number, double chance);

#endif
