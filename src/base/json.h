/* Json: one JSON document (RFC 8259), value by value, appended to a Buffer. Whoever writes a long one may empty the
 * Buffer into a file between any two calls.
 *
 * KEY is the member's name inside an object, NULL inside a list and for the outermost value. Keys are ours and are
 * written as they are; texts may hold any bytes: those that are not UTF-8 become lone surrogates, \udc80 to \udcff, as
 * Python's surrogateescape has them, so that paths survive. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buffer.h"
#include "base/when.h"

enum { JSON_DEEPEST = 16 };

typedef struct Json {
        Buffer *out; /* the caller's */
        unsigned depth;
        bool is_list[JSON_DEEPEST], has_values[JSON_DEEPEST];
} Json;

Json json_begin(Buffer *out);

/* Objects and lists nest up to JSON_DEEPEST; json_end ends the innermost. The outermost one is followed by a newline. */
void json_object(Json *json, const char *key);
void json_list(Json *json, const char *key);
void json_end(Json *json);

void json_text(Json *json, const char *key, const char *text); /* NULL: null */
void json_number(Json *json, const char *key, uint64_t number);
void json_decimal(Json *json, const char *key, double number); /* six digits behind the point */
void json_bool(Json *json, const char *key, bool value);
void json_moment(Json *json, const char *key, Moment moment); /* "2026-11-23T04:43:46Z" */

#endif
