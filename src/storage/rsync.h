/* Rsync: a folder of another host, over ssh or at an rsync daemon. The rsync program moves the bytes. */
#ifndef STORAGE_RSYNC_H
#define STORAGE_RSYNC_H

#include "storage/storage.h"

/* Scheme "rsync". The URL's path "/x" is relative to the login folder and "//x" absolute, over ssh; "::/module/x" and
 * "::module/x" are those of a daemon. */
extern const StorageClass rsync_storage_class;

#endif
