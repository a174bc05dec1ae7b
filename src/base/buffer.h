/* Buffer: growing bytes with a ceiling given at birth, so that input from outside cannot eat the memory.
 *
 * Invariants: data is never NULL after buffer_init or after the first append to a zeroed Buffer; data[length] is NUL;
 * capacity is the buffer's own business. A zeroed Buffer is an empty one without a ceiling. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/attribute.h"

typedef struct Buffer {
        char *data;
        size_t length;
        size_t capacity;
        size_t ceiling;  /* 0: none */
        bool overflowed; /* an append was refused because of the ceiling */
} Buffer;

/* Makes an empty buffer that refuses to grow beyond CEILING bytes (0: no limit). Release with buffer_clear. */
void buffer_init(Buffer *buffer, size_t ceiling);

/* Appends. When that would pass the ceiling nothing is appended, overflowed is set and false is returned. */
bool buffer_add(Buffer *buffer, Bytes bytes);
bool buffer_add_text(Buffer *buffer, const char *text);
bool buffer_add_byte(Buffer *buffer, uint8_t byte);
bool buffer_add_zeros(Buffer *buffer, size_t count);
bool buffer_print(Buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);

/* Makes TEXT all of the content. */
bool buffer_set_text(Buffer *buffer, const char *text);

/* Makes room for COUNT bytes behind the content and returns where they begin; the caller writes there and then adds
 * to length. NULL when that would pass the ceiling. */
void *buffer_reserve(Buffer *buffer, size_t count);

/* The content as a view; valid until the next change. */
Bytes buffer_bytes(const Buffer *buffer);

/* The content as NUL-terminated text, "" for an empty one; valid until the next change. */
const char *buffer_text(const Buffer *buffer);

/* Shortens to LENGTH bytes (no effect when already shorter). */
void buffer_truncate(Buffer *buffer, size_t length);

/* Removes COUNT bytes (at most all) at the front. */
void buffer_consume(Buffer *buffer, size_t count);

/* Hands the NUL-terminated content over to the caller (memory_free) and leaves the buffer empty. */
char *buffer_detach(Buffer *buffer);

/* Releases the memory; the buffer is empty and usable afterwards. Also the destructor: AUTO_VALUE(buffer_clear). */
void buffer_clear(Buffer *buffer);

#endif
