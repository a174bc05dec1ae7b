/* Publish: the end of a backup, signatures and manifest to the far side and into the archive folder. */
#ifndef ENGINE_PUBLISH_H
#define ENGINE_PUBLISH_H

#include "base/list.h"
#include "engine/plan.h"
#include "engine/seal.h"
#include "sys/atomic.h"

DEFINE_LIST(VolumeList, volume_list, Volume)

/* What there is to be published. */
typedef struct Publication {
        Session *session;
        const Plan *plan;
        SealForm form;
        VolumeList volumes;    /* in order */
        uint64_t file_count;   /* lines of the list of changed files */
        int file_list;         /* those lines */
        Atomic *signatures;    /* the signature archive's local copy: gzip, whole, not yet finished; taken over */
} Publication;

/* Begins the local copy of the set's signature archive. */
CHECKED Error *publish_begin_signatures(Session *session, const Plan *plan, Atomic **ret_signatures);

/* Stores the signature archive, then the manifest, which makes the set one; then finishes the local copies. */
CHECKED Error *publish_set(Publication *publication);

/* Stores one file of the set of PLAN but a volume, in FORM; GZIP holds it, gzipped by this program. */
CHECKED Error *publish_put(Session *session, const Plan *plan, FileKind kind, SealForm form, int gzip);

/* The remote name of one of the set's files, VOLUME 0 for the others. Caller frees. */
char *publish_name(const Session *session, const Plan *plan, FileKind kind, uint64_t volume, SealForm form);

#endif
