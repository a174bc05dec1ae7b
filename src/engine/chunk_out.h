/* ChunkOut: the payload of one file becomes one tar member, or chunks of 65536 bytes of which the last is shorter
 * (FORMAT.md, "Volumes"). */
#ifndef ENGINE_CHUNK_OUT_H
#define ENGINE_CHUNK_OUT_H

#include "catalog/member.h"
#include "engine/volume_out.h"
#include "source/entry.h"

enum { CHUNK_OUT_SIZE = 65536 };

/* What the last member of a file says about the whole. */
typedef struct ChunkEnd {
        uint64_t content_size;  /* of the file, not of the payload */
        const uint8_t *sha256;  /* of the file; NULL: none */
        bool is_incomplete;     /* reading failed: what was written is not the file */
} ChunkEnd;

typedef struct ChunkOut ChunkOut;

/* One object serves for file after file. VOLUMES must outlive it. */
ChunkOut *chunk_out_new(VolumeOut *volumes);

/* Begins a file; ENTRY must stay until the end. KIND is MEMBER_SNAPSHOT or MEMBER_DIFF. */
void chunk_out_begin(ChunkOut *out, MemberKind kind, const Entry *entry);

/* The chunks of the file at work that have been written. */
void chunk_out_describe(const ChunkOut *out, CheckpointCut *cut);

/* Before chunk_out_begin of a file whose first chunks an earlier run has stored: they are compared with CUT instead of
 * written. Where they differ, adding and finishing fail with ERROR_CORRUPT. */
void chunk_out_expect(ChunkOut *out, const CheckpointCut *cut);

/* True until all that was expected has come. */
bool chunk_out_is_expecting(const ChunkOut *out);

/* Adds payload. */
CHECKED Error *chunk_out_add(ChunkOut *out, Bytes payload);

/* A Writer that adds payload, for makers of deltas; it is the ChunkOut's, and is not finished by anybody. */
Writer *chunk_out_writer(ChunkOut *out);

/* True when nothing of the file at work has been written yet: it can still be dropped without a trace. */
bool chunk_out_is_unwritten(const ChunkOut *out);

/* Writes the last member. */
CHECKED Error *chunk_out_finish(ChunkOut *out, const ChunkEnd *end);

/* Payload bytes of the file at work, or of the one just finished. */
uint64_t chunk_out_payload_length(const ChunkOut *out);

void chunk_out_free(ChunkOut *out);
DEFINE_AUTO(ChunkOut, chunk_out_free)

#endif
