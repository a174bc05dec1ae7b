/* Reads any bytes as a tar archive, and prints what was understood of it. */
#include "codec/tar.h"

#include "base/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static Error *read_archive(TarReader *reader) {
        AUTO_VALUE(buffer_clear) Buffer out = { .data = NULL };
        const TarMember *member = NULL;
        char piece[1000];
        size_t length;
        TRY(tar_reader_next(reader, &member));
        while (member) {
                buffer_truncate(&out, 0);
                tar_print_header(member, &out);
                TRY(tar_reader_read(reader, piece, sizeof piece, &length));
                TRY(tar_reader_next(reader, &member));
        }
        return NULL;
}

static void try_archive(const uint8_t *data, size_t size) {
        TarReader *reader = tar_reader_open(stream_read_bytes(bytes_make(data, size)), "input");
        error_free(read_archive(reader));
        tar_reader_close(reader);
}

/* Makes the checksum of the block at AT right: chance alone never finds it. */
static void seal(uint8_t *at) {
        unsigned sum = 0;
        memset(at + 148, ' ', 8);
        for (size_t i = 0; i < TAR_BLOCK; i++)
                sum += at[i];
        snprintf((char *)at + 148, 8, "%06o", sum);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        uint8_t *sealed = memory_copy(data, size);
        for (size_t i = 0; i + TAR_BLOCK <= size; i += TAR_BLOCK)
                if (memcmp(sealed + i + 257, "ustar", 5) == 0)
                        seal(sealed + i);
        try_archive(data, size);
        try_archive(sealed, size);
        memory_free(sealed);
        return 0;
}
