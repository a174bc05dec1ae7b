/* Metadata: owner, mode and time, as they are set on what is restored. */
#ifndef ENGINE_METADATA_H
#define ENGINE_METADATA_H

#include "base/error.h"
#include "source/entry.h"

typedef struct Metadata {
        uid_t uid;
        gid_t gid;
        mode_t mode;
        struct timespec times[2]; /* as futimens takes them; the time of access stays */
        bool may_chown;           /* without that, owners stay as they are, and that is no failure */
} Metadata;

/* What ENTRY says, with owners by name where these mean something here, unless NUMERIC_OWNER. Not for several threads
 * at once (sys/owner.h). */
Metadata metadata_of(const Entry *entry, bool numeric_owner, bool may_chown);

/* Sets it on the open file or folder. All three are tried, the first failure is returned; set-id bits are not given to
 * another owner's file. */
CHECKED Error *metadata_set(const Metadata *metadata, int fd);

/* The same for NAME in the folder PARENT, for what cannot be opened without consequences (links, fifos, devices), which
 * is not followed. IS_LINK: a mode has no meaning. */
CHECKED Error *metadata_set_by_name(const Metadata *metadata, int parent, const char *name, bool is_link);

#endif
