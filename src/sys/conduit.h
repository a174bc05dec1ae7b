/* Conduit: bytes on their way from the thread that writes to the thread that reads, in order, at most CONDUIT_SIZE of
 * them at a time. What a pipe is between processes, without the copies that the system makes. */
#ifndef SYS_CONDUIT_H
#define SYS_CONDUIT_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/cleanup.h"

enum { CONDUIT_SIZE = 512 * 1024 };

typedef struct Conduit Conduit;

Conduit *conduit_new(void);

/* Puts all of BYTES in; waits for room. False when the reader has gone: nobody will see them. One thread only. */
bool conduit_write(Conduit *conduit, Bytes bytes);

/* Says that nothing more will be written. */
void conduit_end(Conduit *conduit);

/* Takes 1 to CAPACITY bytes out; 0 at the end. Where there are none it waits until there are some more, or the end. One
 * thread only. */
size_t conduit_read(Conduit *conduit, void *buffer, size_t capacity);

/* The same in place: what conduit_read would give next, valid until conduit_skip takes COUNT of it out, at most its length. */
Bytes conduit_peek(Conduit *conduit, size_t capacity);
void conduit_skip(Conduit *conduit, size_t count);

/* Says that nothing more will be read. */
void conduit_leave(Conduit *conduit);

/* Nobody may be reading or writing. */
void conduit_free(Conduit *conduit);
DEFINE_AUTO(Conduit, conduit_free)

#endif
