/* Progress as one line of text. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "base/buffer.h"
#include "engine/job.h"

/* Appends what has been done, how fast, for how long still (where the total is known) and the path at work. SECONDS
 * have passed since the start. COLUMNS limits the line, the path being shortened first; 0: no limit. No newline. */
void progress_print(const Progress *progress, double seconds, unsigned columns, Buffer *out);

/* Appends the same for programs: bytes stored, seconds since the start, percent done, seconds left, bytes stored in a
 * second, and 1 when nothing moves. What is not known is 0. */
void progress_print_numbers(const Progress *progress, double seconds, Buffer *out);

#endif
