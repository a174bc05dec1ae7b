/* Previous: the tree as last recorded, an ordered merge of the signature archives of a chain. */
#ifndef ENGINE_PREVIOUS_H
#define ENGINE_PREVIOUS_H

#include "codec/delta.h"
#include "engine/session.h"
#include "source/entry.h"

/* One path as recorded. */
typedef struct Recorded {
        Entry entry;       /* uid and gid mapped to this machine, unless the job says numeric_owner */
        Moment when;       /* the set it was recorded in */
        bool has_signature; /* a file with a signature to make a delta against */
        SignatureFacts signature;
} Recorded;

typedef struct Previous Previous;

/* Begins with the first SET_COUNT sets of CHAIN, each of which must have a signature archive; 0 sets is the empty
 * tree. */
CHECKED Error *previous_open(Session *session, const Chain *chain, size_t set_count, Previous **ret_previous);

/* The next path in archive order, valid until the following call; NULL at the end. Damaged archives, paths out of
 * order included: ERROR_CORRUPT. */
CHECKED Error *previous_next(Previous *previous, const Recorded **ret_recorded);

/* Loads the signature of the path last given (has_signature). At most once per path. */
CHECKED Error *previous_load_signature(Previous *previous, Signature **ret_signature);

void previous_close(Previous *previous);
DEFINE_AUTO(Previous, previous_close)

#endif
