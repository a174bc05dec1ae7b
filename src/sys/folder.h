/* Folders: paths made, listed in archive order, synced. */
#ifndef SYS_FOLDER_H
#define SYS_FOLDER_H

#include "base/error.h"
#include "base/list.h"
#include "sys/scratch.h"

/* Makes PATH and every missing parent with MODE. A folder that is there is success; something else there is an error.
 */
CHECKED Error *folder_make_path(const char *path, unsigned mode);

/* fsyncs the folder itself, so that renames in it last. */
CHECKED Error *folder_sync(const char *path);

/* Removes everything beneath PATH, and never what links in it point to. A folder that is not there is success. */
CHECKED Error *folder_remove_content(const char *path);

/* The same, and PATH itself. Where others still put files into it (an agent of GnuPG that is just starting, say), it is
 * tried again for two seconds. */
CHECKED Error *folder_remove(const char *path);

/* Names in one folder, sorted as bytes. However many there are, about MEMORY bytes are used: beyond that, they are
 * sorted in a scratch file. */
typedef struct Listing Listing;

/* Reads the names (without "." and "..") of the open folder FD, which stays the caller's and is read from its start.
 * NAME is for messages. SCRATCH is asked for a file only when MEMORY bytes of names are passed; its errors have exit
 * code 34. A read error in the middle is an error. */
CHECKED Error *listing_open(int fd, const char *name, Scratch *scratch, size_t memory, Listing **ret_listing);

/* The next name, valid until the following call; NULL at the end. */
CHECKED Error *listing_next(Listing *listing, const char **ret_name);

void listing_close(Listing *listing);
DEFINE_AUTO(Listing, listing_close)

#endif
