#include "codec/sparse.h"

#include <errno.h>
#include <unistd.h>

#include "base/memory.h"
#include "sys/file.h"

enum { BLOCK = 4096 };

typedef struct SparseWriter {
        Writer writer;
        int fd;
        char *name;
        uint64_t length;
        bool ends_in_hole;
} SparseWriter;

/* Bytes up to the next block boundary of the file: what is zeros as a whole or not. The file was empty: where nothing is
 * written there are zeros, and where a block gets no byte at all it takes no room. */
static size_t unit_length(const SparseWriter *self, Bytes bytes) {
        return MIN(bytes.length, BLOCK - (size_t)(self->length % BLOCK));
}

/* Length of the run at the front of BYTES that is all hole, or all data. */
static size_t run_length(const SparseWriter *self, Bytes bytes, bool *ret_hole) {
        size_t length = unit_length(self, bytes);
        *ret_hole = bytes_are_zero(bytes_slice(bytes, 0, length));
        while (length < bytes.length) {
                Bytes unit = bytes_slice(bytes, length, BLOCK);
                if (bytes_are_zero(unit) != *ret_hole)
                        break;
                length += unit.length;
        }
        return length;
}

static Error *write_sparse(Writer *writer, Bytes bytes) {
        SparseWriter *self = (SparseWriter *)writer;
        while (bytes.length) {
                size_t length = run_length(self, bytes, &self->ends_in_hole);
                if (!self->ends_in_hole)
                        TRY(file_write(self->fd, self->name, bytes_slice(bytes, 0, length)));
                else if (lseek(self->fd, (off_t)length, SEEK_CUR) < 0)
                        return error_from_errno(errno, "cannot write '%s'", self->name);
                self->length += length;
                bytes = bytes_slice(bytes, length, bytes.length);
        }
        return NULL;
}

static void abandon_sparse(Writer *writer) {
        SparseWriter *self = (SparseWriter *)writer;
        memory_free(self->name);
        memory_free(self);
}

static Error *finish_sparse(Writer *writer) {
        SparseWriter *self = (SparseWriter *)writer;
        Error *error = NULL;
        if (self->ends_in_hole && ftruncate(self->fd, (off_t)self->length) < 0)
                error = error_from_errno(errno, "cannot write '%s'", self->name);
        abandon_sparse(writer);
        return error;
}

Writer *sparse_write_fd(int fd, const char *name) {
        SparseWriter *self = memory_new(SparseWriter);
        self->writer = (Writer){ write_sparse, finish_sparse, abandon_sparse };
        self->fd = fd;
        self->name = memory_text(name);
        return &self->writer;
}
