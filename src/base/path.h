/* Paths as the archive orders them: relative, components joined by '/', "" for the root, any byte but NUL and '/' in
 * a component. */
#ifndef BASE_PATH_H
#define BASE_PATH_H

#include <stdbool.h>
#include <stddef.h>

/* Archive order: components are compared one by one as bytes, the shorter path first; equivalently '/' sorts below
 * every other byte. Negative, 0 or positive like strcmp. */
int path_compare(const char *a, const char *b);

/* True when PATH is BASE or lies beneath it. Everything lies beneath "". */
bool path_is_within(const char *path, const char *base);

/* What follows BASE in PATH, without the separating '/': "" when both are equal. PATH must lie within BASE. */
const char *path_below(const char *path, const char *base);

/* The last component; the whole path when it has one component only. */
const char *path_name(const char *path);

/* Number of bytes before the last '/', 0 when there is none: the parent's length. */
size_t path_parent_length(const char *path);

/* True when PATH is safe to create below a folder: relative, no empty, "." or ".." component. "" is safe (the root). */
bool path_is_safe(const char *path);

/* PATH without doubled or trailing slashes and "." components: "./a//b/" becomes "a/b", "." becomes "". A leading
 * slash stays. Caller frees. */
char *path_clean(const char *path);

/* PATH for messages: quotes as they are, control bytes, backslashes and invalid UTF-8 as \xHH. Caller frees. */
char *path_printable(const char *path);

/* PATH for records that programs read: in single quotes, with \\, \x27 (the quote), \t, \n, \r and \xHH, \uHHHH,
 * \UHHHHHHHH for every other character that is not printable ASCII; bytes that are not UTF-8 as \udcHH. Caller
 * frees. */
char *path_quoted(const char *path);

#endif
