/* Registry: scheme to back end, and the stack of decorators around it. */
#ifndef STORAGE_REGISTRY_H
#define STORAGE_REGISTRY_H

#include "storage/storage.h"

/* Opens URL as retry(trace(back end)). Unknown scheme: ERROR_USER with exit code 23, naming it and those there are. */
CHECKED Error *registry_open(const Url *url, const StorageOptions *options, Storage **ret_storage);

/* Adds a back end (tests: memory, failing). CLASS must live until the process ends. */
void registry_add(const StorageClass *class);

#endif
