/* WriteBehind: a writer whose target is written by a thread of its own, some hundred KiB behind. */
#ifndef CODEC_WRITE_BEHIND_H
#define CODEC_WRITE_BEHIND_H

#include "codec/stream.h"

/* Passes what is written on to NEXT (owned, also on error). An error of NEXT is told by a later write, or by finish; until one
 * of finish and abandon has returned, NEXT and what it uses are the thread's. Errors: a thread cannot be had. */
CHECKED Error *write_behind_open(Writer *next, Writer **ret_writer);

#endif
