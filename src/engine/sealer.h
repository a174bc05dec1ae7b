/* Sealer: takes deflated chunks in order, makes volumes of them, and has those uploaded; writes the signature
 * archive's local copy.
 *
 * Runs as a task of its own beside the thread that makes the chunks. */
#ifndef ENGINE_SEALER_H
#define ENGINE_SEALER_H

#include "engine/publish.h"
#include "sys/workers.h"

typedef struct Sealer Sealer;

/* Starts. Chunks are collected from CHUNKS, which stays the caller's and is stopped when the sealer fails. PLAN and
 * SESSION must outlive the sealer. */
CHECKED Error *sealer_start(Session *session, const Plan *plan, SealForm form, Workers *chunks, Sealer **ret_sealer);

/* Bytes of volumes stored so far. */
uint64_t sealer_stored_bytes(const Sealer *sealer);

/* Waits until all chunks are dealt with, which the caller has ended or stopped, and every volume is stored. */
CHECKED Error *sealer_wait(Sealer *sealer);

/* After sealer_wait: the volumes in order (they stay the sealer's), and the signature archive's local copy, handed
 * over. */
VolumeList sealer_volumes(const Sealer *sealer);
Atomic *sealer_take_signatures(Sealer *sealer);

/* Waits for the task, for which CHUNKS must have been ended or stopped, and releases. */
void sealer_close(Sealer *sealer);
DEFINE_AUTO(Sealer, sealer_close)

#endif
