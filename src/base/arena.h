/* Arena: many small things with one release. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/attribute.h"

typedef struct Arena Arena;

/* Makes an empty arena. Everything it gives lives until arena_free or arena_reset. */
Arena *arena_new(void);

/* SIZE zeroed bytes, aligned for any type. */
void *arena_zeroed(Arena *arena, size_t size);
#define arena_make(arena, Type) ((Type *)arena_zeroed((arena), sizeof(Type)))

/* A copy of SIZE bytes, aligned for any type. */
void *arena_copy(Arena *arena, const void *from, size_t size);

/* A copy of BYTES, NUL-terminated. */
char *arena_bytes(Arena *arena, Bytes bytes);

/* A copy of TEXT; NULL gives NULL. */
char *arena_text(Arena *arena, const char *text);

/* Formatted text. */
char *arena_print(Arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);

/* Forgets everything given so far, keeps one block of memory for reuse. */
void arena_reset(Arena *arena);

/* Number of bytes handed out since birth or the last reset. */
size_t arena_used(const Arena *arena);

void arena_free(Arena *arena);
DEFINE_AUTO(Arena, arena_free)

#endif
