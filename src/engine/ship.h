/* Ship: encodes what a backup writes and brings it to the far side, beside the work that makes it.
 *
 * Plain bytes go in on one thread, the caller's. Workers deflate them in chunks; one sealer takes the chunks in
 * order, encrypts, hashes and hands whole volumes to the uploaders; finished uploads are recorded in order. What is
 * in flight is bounded: a dozen chunks, and one volume more than there are uploaders.
 *
 * A set becomes one by ship_finish alone: volumes first, then signatures, the manifest last. */
#ifndef ENGINE_SHIP_H
#define ENGINE_SHIP_H

#include "engine/checkpoint.h"
#include "engine/plan.h"
#include "engine/session.h"

typedef struct Ship Ship;

/* Fills in what CHECKPOINT says of the recording, at the end of a volume. */
typedef void ShipWitness(void *context, Checkpoint *checkpoint);

/* Begins, or goes on where PLAN continues. WITNESS may be NULL; it is called in the caller's thread. */
CHECKED Error *ship_open(Session *session, const Plan *plan, ShipWitness *witness, void *context, Ship **ret_ship);

/* Adds plain bytes to the volume at work; the first begin a new one. The first error of any part behind is returned
 * here. */
CHECKED Error *ship_add_to_volume(Ship *ship, Bytes bytes);

/* Ends the volume at work, which holds what is between FIRST and LAST (copied). What was added to the signature archive
 * and the list so far belongs to its checkpoint. */
CHECKED Error *ship_end_volume(Ship *ship, Position first, Position last);

/* Adds plain bytes to the signature archive. */
CHECKED Error *ship_add_to_signatures(Ship *ship, Bytes bytes);

/* Adds one line to the manifest's list of changed files. */
CHECKED Error *ship_list_file(Ship *ship, FileChange change, const char *path);

/* Bytes of volumes stored so far, as they lie on the far side. */
uint64_t ship_stored_bytes(const Ship *ship);

/* Waits for everything, publishes signatures and manifest, and keeps local copies. Releases; the volume at work must
 * have been ended. */
CHECKED Error *ship_finish(Ship *ship, uint64_t *ret_volume_count, uint64_t *ret_stored_bytes);

/* Stops everything and releases. Volumes that are on the far side already stay there, as an incomplete set. */
void ship_abandon(Ship *ship);
DEFINE_AUTO(Ship, ship_abandon)

#endif
