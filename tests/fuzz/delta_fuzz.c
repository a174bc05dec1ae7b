/* Applies any bytes as a delta to a small file. */
#include "codec/delta.h"

#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* 1000 bytes in memory that can be read like a file. */
static int open_base(void) {
        static int fd = -1;
        if (fd < 0) {
                fd = memfd_create("base", MFD_CLOEXEC);
                for (int i = 0; i < 100; i++)
                        if (write(fd, "0123456789", 10) != 10)
                                abort();
        }
        return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        Buffer out;
        buffer_init(&out, 1 << 20); /* few bytes can ask for many */
        Reader *reader = stream_read_bytes(bytes_make(data, size));
        Writer *writer = stream_write_buffer(&out);
        error_free(delta_apply(open_base(), reader, writer));
        writer_abandon(writer);
        reader_close(reader);
        buffer_clear(&out);
        return 0;
}
