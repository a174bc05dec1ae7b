/* Patches, by our own reading of the delta format: bounded memory, and nothing reaches outside the base. */
#include "base/memory.h"
#include "codec/delta.h"
#include "codec/delta_commands.h"
#include "sys/file.h"

enum { PIECE_SIZE = 65536 };

typedef struct Patch {
        int base;
        Writer *out;
        uint8_t copied[PIECE_SIZE];
} Patch;

static Error *put_literal(void *context, Bytes bytes) {
        return writer_write(((Patch *)context)->out, bytes);
}

static Error *put_copy(void *context, uint64_t from, uint64_t length) {
        Patch *patch = context;
        while (length > 0) {
                size_t got, wanted = (size_t)MIN(length, (uint64_t)sizeof patch->copied);
                TRY(file_read_at(patch->base, "base", patch->copied, wanted, from, &got));
                if (got < wanted)
                        return error_new(ERROR_CORRUPT, "the content under a delta became shorter");
                TRY(writer_write(patch->out, bytes_make(patch->copied, got)));
                from += got;
                length -= got;
        }
        return NULL;
}

Error *delta_apply(int base, Reader *delta, Writer *out) {
        uint64_t base_size;
        TRY(file_size(base, "base", &base_size));
        Patch *patch = memory_new(Patch);
        patch->base = base;
        patch->out = out;
        DeltaSink sink = { .literal = put_literal, .copy = put_copy, .context = patch, .source_size = base_size };
        Error *error = delta_commands_read(delta, &sink);
        memory_free(patch);
        return error;
}
