/* Allocation that never returns NULL: when memory is gone the program says so in one line and ends with status 1.
 * Sizes that come from outside are bounded by the caller before they get here. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attribute.h"
#include "base/cleanup.h"

/* SIZE zeroed bytes. Release with memory_free. */
void *memory_zeroed(size_t size);

/* One zeroed object, or an array of zeroed objects. */
#define memory_new(Type) ((Type *)memory_zeroed(sizeof(Type)))
#define memory_new_array(Type, count) ((Type *)memory_zeroed(memory_size((count), sizeof(Type))))

/* COUNT * SIZE; ends the program when that overflows. */
size_t memory_size(size_t count, size_t size);

/* Resizes BLOCK (NULL is an empty one) to SIZE bytes; new bytes are not initialised. */
void *memory_resize(void *block, size_t size);

/* A copy of LENGTH bytes at FROM, followed by one NUL. */
void *memory_copy(const void *from, size_t length);

/* A copy of TEXT; NULL gives NULL. */
char *memory_text(const char *text);

/* Formatted text. */
char *memory_print(const char *format, ...) PRINTF_LIKE(1, 2);
char *memory_vprint(const char *format, va_list arguments) PRINTF_LIKE(1, 0);

/* Releases what any function above gave. NULL is welcome. */
void memory_free(void *block);

/* For AUTO_TEXT char *x = ...; */
static inline void memory_free_text(char **text) {
        memory_free(*text);
}
#define AUTO_TEXT __attribute__((cleanup(memory_free_text)))

#endif
