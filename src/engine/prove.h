/* Prove: volumes against the hashes that manifests have of them, several at a time. */
#ifndef ENGINE_PROVE_H
#define ENGINE_PROVE_H

#include "base/list.h"
#include "engine/session.h"

/* One volume to be proven. */
typedef struct Proof {
        const BackupSet *set;
        const SetFile *file;
        Volume volume; /* number and hash; without positions */
        Error *failure; /* what came of it, NULL: it is sound */
} Proof;

DEFINE_LIST(ProofList, proof_list, Proof)

/* Leaves of the COUNT proofs at PROOFS, all of one set, those that a sample of PERCENT has, at least one; they come to
 * the front. Returns how many. The choice depends on NOW and the names alone. */
size_t prove_choose(Proof *proofs, size_t count, unsigned percent, Moment now);

/* Is told each proof in order of the list, as soon as it is there. An error ends the run and is returned. */
typedef Error *ProofSink(void *context, Proof *proof);

/* Fetches and hashes all of LIST, job_downloads at a time, and tells the job's listener how far it is. */
CHECKED Error *prove_all(Session *session, ProofList *list, ProofSink *sink, void *context);

/* Releases the list and what its failures hold. */
void prove_clear(ProofList *list);

#endif
