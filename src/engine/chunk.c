#include "engine/chunk.h"

#include "base/memory.h"

Bytes chunk_plain(const Chunk *chunk) {
        return bytes_slice(buffer_bytes(&chunk->plain), chunk->history_length, chunk->plain.length);
}

Bytes chunk_output(const Chunk *chunk) {
        return chunk->deflate ? buffer_bytes(&chunk->packed) : chunk_plain(chunk);
}

void chunk_free(void *item) {
        Chunk *chunk = item;
        buffer_clear(&chunk->plain);
        buffer_clear(&chunk->packed);
        checkpoint_free(chunk->checkpoint);
        memory_free(chunk);
}
