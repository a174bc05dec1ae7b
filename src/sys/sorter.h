/* Sorter: texts in, the same texts out in byte order, each once. However many there are, about MEMORY bytes are used:
 * beyond that, sorted runs are kept in one scratch file and merged. */
#ifndef SYS_SORTER_H
#define SYS_SORTER_H

#include "base/error.h"
#include "sys/scratch.h"

typedef struct Sorter Sorter;

/* SCRATCH must outlive the sorter. It is asked for a file only when MEMORY bytes are passed. */
Sorter *sorter_new(Scratch *scratch, size_t memory);

/* Adds a copy of TEXT. Errors of the scratch file, here and below, have exit code 34. */
CHECKED Error *sorter_add(Sorter *sorter, const char *text);

/* Says that nothing more will be added. */
CHECKED Error *sorter_end(Sorter *sorter);

/* The next text, valid until the following call; NULL at the end. Only after sorter_end. */
CHECKED Error *sorter_next(Sorter *sorter, const char **ret_text);

void sorter_free(Sorter *sorter);
DEFINE_AUTO(Sorter, sorter_free)

#endif
