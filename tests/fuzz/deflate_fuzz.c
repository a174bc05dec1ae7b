/* Whatever bytes come, the gzip reader ends in a result or an error; and whatever is compressed comes back. */
#include <stdint.h>

#include "base/memory.h"
#include "codec/deflate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LONGEST_RESULT = 4 << 20 };

static void read_anything(Reader *reader) {
        AUTO_VALUE(buffer_clear) Buffer plain = { .data = NULL };
        buffer_init(&plain, LONGEST_RESULT);
        error_free(reader_read_all(reader, &plain));
        reader_close(reader);
}

static void go_round(Bytes plain) {
        AUTO(deflater_free) Deflater *deflater = deflater_new();
        AUTO_VALUE(buffer_clear) Buffer packed = { .data = NULL };
        AUTO_VALUE(buffer_clear) Buffer result = { .data = NULL };
        size_t middle = plain.length ? plain.at[0] % plain.length : 0;
        Bytes front = bytes_slice(plain, 0, middle);
        deflater_chunk(deflater, bytes_of(""), front, false, &packed);
        deflater_chunk(deflater, front, bytes_slice(plain, middle, plain.length), true, &packed);
        AUTO(reader_close) Reader *reader = deflate_read_raw(stream_read_bytes(buffer_bytes(&packed)), "input");
        if (reader_read_all(reader, &result) || !bytes_equal(buffer_bytes(&result), plain))
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        Bytes input = bytes_make(data, size);
        read_anything(deflate_read_gzip(stream_read_bytes(input), "input"));
        read_anything(deflate_read_raw(stream_read_bytes(input), "input"));
        go_round(input);
        return 0;
}
