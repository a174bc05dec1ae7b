/* S3 parts: uploads of large files in parts (multipart uploads), of which nothing is left when they fail. */
#ifndef STORAGE_S3_PARTS_H
#define STORAGE_S3_PARTS_H

#include "storage/s3_client.h"

/* Stores the LENGTH bytes of FD as KEY in parts of at least PART_SIZE bytes, with HEADERS that say how (storage class,
 * encryption; may be empty). Each part's checksum is compared with what the server has. On failure the parts are
 * discarded, also when the run was cancelled; those that an earlier try of KEY left, because nothing was to be done
 * any more, are discarded first. */
CHECKED Error *s3_parts_put(S3Client *client, const char *key, const HttpFile *file, const TextList *headers,
                            uint64_t part_size);

/* Discards uploads in the bucket's folder that were begun more than a day ago under names as duplicity has them: runs
 * that were killed left them, and their parts cost money. What cannot be listed or discarded is let be. */
void s3_parts_sweep(S3Client *client);

#endif
