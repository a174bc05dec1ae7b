#include "engine/chunk.h"

#include "base/memory.h"

Bytes chunk_plain(const Chunk *chunk) {
        return bytes_slice(buffer_bytes(&chunk->plain), chunk->history_length, chunk->plain.length);
}

Bytes chunk_output(const Chunk *chunk) {
        return chunk->deflate ? buffer_bytes(&chunk->packed) : chunk_plain(chunk);
}

Position chunk_copy_position(Position position) {
        return (Position){ .path = memory_text(position.path), .block = position.block };
}

void chunk_free_position(Position *position) {
        memory_free((void *)(uintptr_t)position->path);
        position->path = NULL;
}

void chunk_free(void *item) {
        Chunk *chunk = item;
        buffer_clear(&chunk->plain);
        buffer_clear(&chunk->packed);
        chunk_free_position(&chunk->first_position);
        chunk_free_position(&chunk->last_position);
        memory_free(chunk);
}
