/* Listed: what several kinds of listings have in common. */
#ifndef STORAGE_LISTED_H
#define STORAGE_LISTED_H

#include "storage/storage.h"

/* Tells SINK of the object KEY of a store without folders, unless it is no file of FOLDER ("some/folder/", or ""): the
 * folder itself, something beneath it, or a name that begins with a dot. SIZE is the decimal number that the listing
 * has. ERROR_CORRUPT when that is no number; else what the sink returns. */
CHECKED Error *listed_tell_object(const char *folder, const char *key, Bytes size, RemoteFileSink *sink, void *context);

/* Takes a line of "ls -l" or the like apart: COUNT fields, each with blanks before it, number SIZE_FIELD (from 0) being
 * the size, then one blank and the name. False when it has another form. NAME points into LINE. */
bool listed_read_line(Bytes line, unsigned count, unsigned size_field, uint64_t *ret_size, Bytes *ret_name);

#endif
