/* Sealer: takes deflated chunks in order, makes volumes of them, and has those uploaded; writes the signature
 * archive's local copy.
 *
 * Runs as a task of its own beside the thread that makes the chunks. */
#ifndef ENGINE_SEALER_H
#define ENGINE_SEALER_H

#include "engine/journal.h"
#include "engine/publish.h"
#include "sys/workers.h"

typedef struct Sealer Sealer;

/* All of it stays the caller's, and must outlive the sealer. */
typedef struct SealerOptions {
        Session *session;
        const Plan *plan;
        SealForm form;
        Journal *journal; /* is told of each volume, in order, that is stored */
        Workers *chunks;  /* where they are collected; stopped when the sealer fails */
} SealerOptions;

/* Starts, where the plan continues if it does. */
CHECKED Error *sealer_start(const SealerOptions *options, Sealer **ret_sealer);

/* Bytes of volumes stored so far. */
uint64_t sealer_stored_bytes(const Sealer *sealer);

/* Waits until all chunks are dealt with, which the caller has ended or stopped, and every volume is stored. */
CHECKED Error *sealer_wait(Sealer *sealer);

/* After sealer_wait: the volumes in order; they stay the sealer's. */
VolumeList sealer_volumes(const Sealer *sealer);

/* Waits for the task, for which CHUNKS must have been ended or stopped, and releases. */
void sealer_close(Sealer *sealer);
DEFINE_AUTO(Sealer, sealer_close)

#endif
