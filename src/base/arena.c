#include "base/arena.h"

#include <stdarg.h>
#include <stdalign.h>

#include "base/memory.h"

#define BLOCK_SIZE ((size_t)16 * 1024)

typedef struct Block Block;
struct Block {
        Block *next;
        size_t size, used;
        alignas(max_align_t) uint8_t data[];
};

struct Arena {
        Block *blocks; /* the newest first */
        size_t used;
};

Arena *arena_new(void) {
        return memory_new(Arena);
}

static Block *add_block(Arena *arena, size_t at_least) {
        size_t size = MAX(at_least, BLOCK_SIZE);
        Block *block = memory_resize(NULL, sizeof(Block) + size);
        *block = (Block){ .next = arena->blocks, .size = size };
        arena->blocks = block;
        return block;
}

static void *give(Arena *arena, size_t size) {
        size_t rounded = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
        Block *block = arena->blocks;
        if (!block || block->size - block->used < rounded)
                block = add_block(arena, rounded);
        void *given = block->data + block->used;
        block->used += rounded;
        arena->used += rounded;
        return given;
}

void *arena_zeroed(Arena *arena, size_t size) {
        return memset(give(arena, size), 0, size);
}

void *arena_copy(Arena *arena, const void *from, size_t size) {
        void *copy = arena_zeroed(arena, size);
        if (size)
                memcpy(copy, from, size);
        return copy;
}

char *arena_bytes(Arena *arena, Bytes bytes) {
        char *copy = give(arena, bytes.length + 1);
        if (bytes.length)
                memcpy(copy, bytes.at, bytes.length);
        copy[bytes.length] = '\0';
        return copy;
}

char *arena_text(Arena *arena, const char *text) {
        return text ? arena_bytes(arena, bytes_of(text)) : NULL;
}

char *arena_print(Arena *arena, const char *format, ...) {
        va_list arguments;
        va_start(arguments, format);
        AUTO_TEXT char *text = memory_vprint(format, arguments);
        va_end(arguments);
        return arena_text(arena, text);
}

static void free_blocks(Block *block) {
        while (block) {
                Block *next = block->next;
                memory_free(block);
                block = next;
        }
}

void arena_reset(Arena *arena) {
        Block *kept = arena->blocks;
        arena->used = 0;
        if (!kept)
                return;
        free_blocks(kept->next);
        kept->next = NULL;
        kept->used = 0;
}

size_t arena_used(const Arena *arena) {
        return arena->used;
}

void arena_free(Arena *arena) {
        if (!arena)
                return;
        free_blocks(arena->blocks);
        memory_free(arena);
}
