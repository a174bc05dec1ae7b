/* Previous: the tree as last recorded, an ordered merge of the signature archives of a chain. */
#ifndef ENGINE_PREVIOUS_H
#define ENGINE_PREVIOUS_H

#include "engine/session.h"
#include "engine/signature_in.h"

typedef struct Previous Previous;

/* Begins with the first SET_COUNT sets of CHAIN, each of which must have a signature archive; 0 sets is the empty
 * tree. */
CHECKED Error *previous_open(Session *session, const Chain *chain, size_t set_count, Previous **ret_previous);

/* The next path in archive order, valid until the following call; NULL at the end. Its uid and gid are mapped to this
 * machine, unless the job says numeric_owner. Damaged archives, paths out of order included: ERROR_CORRUPT. */
CHECKED Error *previous_next(Previous *previous, const Recorded **ret_recorded);

/* Loads the signature of the path last given (has_signature). At most once per path. */
CHECKED Error *previous_load_signature(Previous *previous, Signature **ret_signature);

/* The SHA-256 of the signature of the path last given (has_signature). At most once per path, and instead of loading. */
CHECKED Error *previous_digest_signature(Previous *previous, uint8_t ret_sha256[DIGEST_SHA256_SIZE]);

void previous_close(Previous *previous);
DEFINE_AUTO(Previous, previous_close)

#endif
