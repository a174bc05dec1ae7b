/* S3: buckets of Amazon S3 and of services that speak its protocol. */
#ifndef STORAGE_S3_H
#define STORAGE_S3_H

#include "storage/storage.h"

/* Schemes "s3", "s3+http" and "boto3+s3"; s3_place.h says what they mean. Files are the objects KEY = folder + name;
 * what lies deeper is not ours. Objects appear whole or not at all. The bucket is never created: it has to be there. */
extern const StorageClass s3_storage_class;

#endif
