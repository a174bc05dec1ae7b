/* Cache: local copies of manifests and signature archives, in step with the far side (FORMAT.md, "Archive folder").
 *
 * The far side is always right: local files it does not have are deleted, missing and damaged ones are fetched and
 * decoded. Stock duplicity uses the copies made here, and the other way round.
 *
 * A session that works has the lock of the archive folder. One that only reads takes it for as long as it changes
 * something in there; where it cannot have it the folder stays as it is, and what it lacks goes to scratch files. */
#ifndef ENGINE_CACHE_H
#define ENGINE_CACHE_H

#include "catalog/manifest.h"
#include "engine/session.h"
#include "engine/signature_in.h"

/* Which copies a run reads. */
typedef enum CacheNeed { CACHE_NEEDS_MANIFESTS = 1, CACHE_NEEDS_SIGNATURES = 2 } CacheNeed;

/* Deletes local manifests and signature archives that the far side does not have. */
CHECKED Error *cache_drop_strangers(Session *session);

/* Tells their names instead. */
typedef void CacheStrangerSink(void *context, const char *name);
CHECKED Error *cache_tell_strangers(const Session *session, CacheStrangerSink *sink, void *context);

/* The same, and fetches what NEED asks for of the first SET_COUNT sets of CHAIN (with --metadata-sync-mode full,
 * whatever there is of any set); tells so as stock does. */
CHECKED Error *cache_sync(Session *session, const Chain *chain, size_t set_count, CacheNeed need);

/* Deletes what runs of stock that were cut short have left in the archive folder, with a notice each: beside a later set
 * they would pass for a backup, or be continued. To be called when such a set has been made. */
CHECKED Error *cache_drop_partials(const Session *session);

/* Opens SET's signature archive (which must exist: set->signature) as plain tar bytes; fetches it first when it is
 * not here, or when the copy is damaged. */
CHECKED Error *cache_open_signatures(Session *session, const BackupSet *set, Reader **ret_reader);

/* The same, path by path, with the archive's index, which is made first when it is not there and may be. */
CHECKED Error *cache_open_signature_members(Session *session, const BackupSet *set, SignatureIn **ret_in);

/* Says that the copy of SET's signature archive turned out to be damaged behind its index, as DAMAGE tells: the index is
 * removed, so that the next run proves the copy and fetches it again; tells so as a warning. */
void cache_distrust_signatures(Session *session, const BackupSet *set, const char *damage);

/* Reads SET's manifest; fetches it first when it is not here, when the copy is damaged, or when it does not speak of as
 * many volumes as there are. Text lives in ARENA. */
CHECKED Error *cache_read_manifest(Session *session, const BackupSet *set, Arena *arena, Manifest *ret_manifest);

/* Tells SINK each line of the list of changed files in SET's manifest; fetches that first when it is not here. */
CHECKED Error *cache_read_file_list(Session *session, const BackupSet *set, ManifestFileSink *sink, void *context);

/* Opens the local copy of FILE, a manifest or signature archive, decoded, whatever it is worth; *ret_reader becomes
 * NULL when there is none. */
CHECKED Error *cache_open_copy(Session *session, const SetFile *file, Reader **ret_reader);

#endif
