/* Bytes: a view of memory that somebody else owns. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Bytes {
        const uint8_t *at; /* may be NULL when length is 0 */
        size_t length;
} Bytes;

/* A view of NUL-terminated TEXT, without the NUL. NULL gives the empty view. */
Bytes bytes_of(const char *text);

static inline Bytes bytes_make(const void *at, size_t length) {
        return (Bytes){ .at = at, .length = length };
}

bool bytes_equal(Bytes a, Bytes b);
bool bytes_equal_text(Bytes a, const char *text);
bool bytes_equal_any(Bytes a, const char *const *texts); /* which end in NULL */
bool bytes_start_with(Bytes bytes, const char *prefix);
bool bytes_end_with(Bytes bytes, const char *suffix);

/* The part from START on, of at most LENGTH bytes; clipped to what is there. */
Bytes bytes_slice(Bytes bytes, size_t start, size_t length);

/* Splits at the first SEPARATOR: the part before it is returned, *REST becomes the part after it. Without one the
 * whole is returned and *REST becomes empty with at == NULL. */
Bytes bytes_cut(Bytes bytes, uint8_t separator, Bytes *rest);

/* True for space, \t \n \v \f \r. */
static inline bool byte_is_blank(uint8_t byte) {
        return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* Without blanks at both ends. */
Bytes bytes_trim(Bytes bytes);

/* Reads a whole view of decimal digits. False when it is empty, holds anything else, or exceeds 64 bits. */
bool bytes_to_number(Bytes bytes, uint64_t *ret_number);

/* True when every byte is 0 (true for an empty view). */
bool bytes_are_zero(Bytes bytes);

/* True for text in the given range that is valid UTF-8 (no overlong forms, no surrogates). */
bool bytes_are_utf8(Bytes bytes);

/* Takes the first character off *REST, which is not empty, and returns its code point. A byte that is not UTF-8 counts
 * as a character of its own, BYTES_NO_CHARACTER + the byte (as Python's surrogateescape has it). */
uint32_t bytes_take_character(Bytes *rest);
#define BYTES_NO_CHARACTER 0xDC00

#endif
