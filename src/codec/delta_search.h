/* DeltaSearch: makes the delta between an old file, known by its blocks, and a new one, in librsync's format
 * (FORMAT.md, "Signature archives"). Internal to delta*.c. */
#ifndef CODEC_DELTA_SEARCH_H
#define CODEC_DELTA_SEARCH_H

#include "codec/block_table.h"
#include "codec/stream.h"

typedef struct DeltaSearch DeltaSearch;

/* BLOCKS must have been indexed, and outlive the search. */
DeltaSearch *delta_search_new(const BlockTable *blocks);

/* Adds content of the new file; the delta goes to OUT as it comes, and does not depend on how the content is cut.
 * Errors are those of OUT. */
CHECKED Error *delta_search_add(DeltaSearch *search, Bytes content, Writer *out);

/* Writes the rest; the search can only be released afterwards. */
CHECKED Error *delta_search_finish(DeltaSearch *search, Writer *out);

void delta_search_free(DeltaSearch *search);

#endif
