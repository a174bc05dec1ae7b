/* Reads any bytes as a tar archive, and prints what was understood of it. */
#include "codec/tar.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        TarReader *reader = tar_reader_open(stream_read_bytes(bytes_make(data, size)), "input");
        error_free(read_archive(reader));
        tar_reader_close(reader);
        return 0;
}
