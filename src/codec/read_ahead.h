/* ReadAhead: a reader whose source is read by a thread of its own, some hundred KiB ahead. */
#ifndef CODEC_READ_AHEAD_H
#define CODEC_READ_AHEAD_H

#include "codec/stream.h"

/* Begins to read NEXT (owned, also on error) at once. Its error is told when all that was read before it has been. Errors:
 * a thread cannot be had. */
CHECKED Error *read_ahead_open(Reader *next, Reader **ret_reader);

#endif
