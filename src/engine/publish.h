/* Publish: the end of a backup, signatures and manifest to the far side and into the archive folder. */
#ifndef ENGINE_PUBLISH_H
#define ENGINE_PUBLISH_H

#include "base/list.h"
#include "engine/journal.h"
#include "engine/plan.h"
#include "engine/seal.h"

DEFINE_LIST(VolumeList, volume_list, Volume)

/* What there is to be published. */
typedef struct Publication {
        Session *session;
        const Plan *plan;
        SealForm form;
        VolumeList volumes;  /* in order */
        uint64_t file_count; /* lines of the list of changed files */
        Journal *journal;    /* has those lines, and the signature archive: gzip, whole */
} Publication;

/* Stores the signature archive, removes volumes that a killed run has left behind the last one, stores the manifest,
 * which makes the set one; then makes the local copies and ends the journal. */
CHECKED Error *publish_set(Publication *publication);

/* What remains to be done here when the set of PLAN is complete on the far side: local copies out of the journal, and
 * its end. Failures are told as warnings: the next run fetches what is missing. */
void publish_keep_local(Session *session, const Plan *plan);

/* Stores one file of the set of PLAN but a volume, in FORM; GZIP holds it, gzipped by this program. */
CHECKED Error *publish_put(Session *session, const Plan *plan, FileKind kind, SealForm form, int gzip);

/* The remote name of one of the set's files, VOLUME 0 for the others. Caller frees. */
char *publish_name(const Session *session, const Plan *plan, FileKind kind, uint64_t volume, SealForm form);

/* What the local copy of its signature archive or manifest is called. Caller frees. */
char *publish_local_name(const Session *session, const Plan *plan, FileKind kind);

#endif
