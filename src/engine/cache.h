/* Cache: local copies of manifests and signature archives, brought in step with the far side (FORMAT.md, "Archive
 * folder").
 *
 * The far side is always right: local files it does not have are deleted, missing ones are fetched and decoded when
 * they are needed. */
#ifndef ENGINE_CACHE_H
#define ENGINE_CACHE_H

#include "catalog/manifest.h"
#include "engine/session.h"

/* Deletes local manifests and signature archives that the far side does not have. */
CHECKED Error *cache_drop_strangers(Session *session);

/* Opens SET's signature archive (which must exist: set->signature) as plain tar bytes; fetches it first when it is
 * not here. */
CHECKED Error *cache_open_signatures(Session *session, const BackupSet *set, Reader **ret_reader);

/* Reads SET's manifest; fetches it first when it is not here. Text lives in ARENA. */
CHECKED Error *cache_read_manifest(Session *session, const BackupSet *set, Arena *arena, Manifest *ret_manifest);

#endif
