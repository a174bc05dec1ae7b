/* Lost: what was in volumes that cannot be read, as far as the signature archive of their set tells. */
#ifndef ENGINE_LOST_H
#define ENGINE_LOST_H

#include "catalog/manifest.h"
#include "codec/tar.h"
#include "engine/session.h"

/* A path whose change was in one of them. */
typedef struct LostPath {
        const char *path;
        bool is_deleted;
        const TarMember *header; /* complete but for a file's content */
        const char *reason;
} LostPath;

typedef struct Lost Lost;

/* Begins for SET, with nothing lost. */
Lost *lost_new(Session *session, const BackupSet *set);

/* A volume that cannot be read, or not to its end. Counts it and the CAUSE in the session's losses. VOLUME must outlive
 * LOST; volumes come in order. */
void lost_add(Lost *lost, const Volume *volume, const Error *cause);

/* The manifest cannot be read: nobody knows how many volumes there were, and what they held. Counts that. */
void lost_add_manifest(Lost *lost, const Error *cause);

/* The latest reason, "volume 2 of the full set of 2026-11-23T04:43:46Z is lost"; NULL while nothing is lost. */
const char *lost_reason(const Lost *lost);

/* The next path of the lost volumes (without the manifest: of the whole set) behind AFTER (NULL: from the first on) and before UNTIL (NULL: to the end), in
 * archive order; NULL when there is none. Both must not go back from call to call. Valid until the next call. A
 * signature archive that cannot be read is counted in the session's losses, and ends the list: then nobody knows.
 * Errors are those of the machine. */
CHECKED Error *lost_next(Lost *lost, const char *after, const char *until, const LostPath **ret_path);

void lost_free(Lost *lost);
DEFINE_AUTO(Lost, lost_free)

/* True for an error that says that something stored is lost, not that the machine, the far side or the user gives up
 * for now: a run may go on past it. */
bool lost_is_said_by(const Error *error);

#endif
