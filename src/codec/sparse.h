/* Sparse: a writer to a file that leaves holes where the content is zeros. */
#ifndef CODEC_SPARSE_H
#define CODEC_SPARSE_H

#include "codec/stream.h"

/* Writes to FD, an empty file at its start that stays the caller's. Blocks of zeros become holes, whatever the pieces
 * they come in. NAME (copied) is for messages. finish gives the file its length; after abandon that is open. */
Writer *sparse_write_fd(int fd, const char *name);

#endif
