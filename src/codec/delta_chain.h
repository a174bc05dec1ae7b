/* DeltaChain: several deltas, each on the result of the one before, as one: the base is read once, and the last result
 * written once. What lies where is kept in scratch files, so that memory does not grow with the deltas. */
#ifndef CODEC_DELTA_CHAIN_H
#define CODEC_DELTA_CHAIN_H

#include "codec/stream.h"
#include "sys/scratch.h"

typedef struct DeltaChain DeltaChain;

/* SCRATCH is used while deltas are added. Errors: scratch_file's. */
CHECKED Error *delta_chain_open(Scratch *scratch, DeltaChain **ret_chain);

/* Adds DELTA, read to its end, behind those that are there. ERROR_CORRUPT: it is damaged, or reaches beyond the content
 * that it is for. After an error the chain is as it was before. */
CHECKED Error *delta_chain_add(DeltaChain *chain, Reader *delta);

/* Takes the delta back that was added last; once after each delta_chain_add. */
void delta_chain_undo(DeltaChain *chain);

/* Number of bytes of the last result. There must be a delta; so in all below. */
uint64_t delta_chain_length(const DeltaChain *chain);

/* True when everything that is left of the base stays where it is: delta_chain_overlay may be used. */
bool delta_chain_stays_in_place(const DeltaChain *chain);

/* A writer that is given the base, from its beginning, and passes the last result on to NEXT (owned, also on error). CHAIN
 * must outlive it, and is not to be added to meanwhile. finish: ERROR_CORRUPT when the base was shorter than the deltas
 * have it. */
CHECKED Error *delta_chain_overlay(DeltaChain *chain, Writer *next, Writer **ret_writer);

/* Writes the last result to OUT, which is not finished; BASE is read at any position. ERROR_CORRUPT,
 * before anything is written: it is shorter than the deltas have it. */
CHECKED Error *delta_chain_write(DeltaChain *chain, int base, Writer *out);

void delta_chain_close(DeltaChain *chain);
DEFINE_AUTO(DeltaChain, delta_chain_close)

#endif
