/* Chunk: a piece of a volume, or of the signature archive, on its way from plain bytes to what is stored. */
#ifndef ENGINE_CHUNK_H
#define ENGINE_CHUNK_H

#include "base/buffer.h"
#include "engine/checkpoint.h"

typedef struct Chunk {
        bool of_signatures, deflate, last;
        size_t history_length; /* bytes at the front of plain that belong to the chunk before */
        Buffer plain, packed;  /* packed is empty unless deflate */
        Checkpoint *checkpoint; /* of the volume that ends here, NULL: none does; owned */
} Chunk;

/* The plain bytes without the history. */
Bytes chunk_plain(const Chunk *chunk);

/* What the chunk looks like in the file it becomes part of. */
Bytes chunk_output(const Chunk *chunk);

/* Releases a Chunk *; void for the pools. */
void chunk_free(void *chunk);

#endif
