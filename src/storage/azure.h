/* Azure: containers of Azure's blob storage. */
#ifndef STORAGE_AZURE_H
#define STORAGE_AZURE_H

#include "storage/storage.h"

/* Scheme "azure": azure://container[/folder]. The account comes from the environment (azure_account.h). Files are the
 * blobs folder/NAME, what lies deeper is not ours. A missing container is made at the first put. Blobs appear whole or
 * not at all; blocks of uploads that failed are forgotten by the service after a week, or when NAME is put again. */
extern const StorageClass azure_storage_class;

#endif
