/* Document: small files of the unit, replaced as a whole; those that we read are JSON. */
#ifndef CHARM_DOCUMENT_H
#define CHARM_DOCUMENT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "base/list.h"
#include "charm/yaml.h"

/* Replaces the file PATH, which has a folder in front, with MODE whatever the umask. */
CHECKED Error *document_write(const char *path, mode_t mode, Bytes text);

/* The same, but a file that holds TEXT already is left alone: its time tells when it changed.
 * *CHANGED becomes true when it was not so (NULL: nobody asks). */
CHECKED Error *document_update(const char *path, mode_t mode, Bytes text, bool *changed);

/* True when the file PATH is of MODE and holds TEXT. */
bool document_holds(const char *path, mode_t mode, Bytes text);

/* Appends what the file PATH holds; nothing when it is not there. ERROR_CORRUPT when it is larger than 4 MiB. */
CHECKED Error *document_text(const char *path, Buffer *out);

/* The lines of TEXT, or of the file PATH, trimmed and made in ARENA, without the empty ones. */
void document_split(Bytes text, Arena *arena, TextList *ret_lines);
CHECKED Error *document_lines(const char *path, Arena *arena, TextList *ret_lines);

/* Makes PATH hold these lines; without any it is removed. */
CHECKED Error *document_update_lines(const char *path, mode_t mode, const TextList *lines);

/* Reads it; everything is made in ARENA. ERROR_MISSING when it is not there, ERROR_CORRUPT when it is no map: names
 * PATH. What was read is wiped from memory that is not ARENA's. */
CHECKED Error *document_read(const char *path, Arena *arena, const Node **ret_root);

/* Removes it; gone is well. */
CHECKED Error *document_remove(const char *path);

#endif
