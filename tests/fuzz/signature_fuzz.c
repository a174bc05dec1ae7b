/* Loads any bytes as a signature, and makes a delta against what could be loaded. */
#include "codec/delta.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static Error *make_delta(Reader *reader, Writer *out) {
        AUTO(signature_free) Signature *signature = NULL;
        AUTO(delta_maker_close) DeltaMaker *maker = NULL;
        char content[3000];
        for (size_t i = 0; i < sizeof content; i++)
                content[i] = (char)(i / 7);
        TRY(signature_load(reader, &signature));
        TRY(delta_maker_open(signature, &maker));
        TRY(delta_maker_add(maker, bytes_make(content, sizeof content), out));
        return delta_maker_finish(maker, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        Buffer out = { .data = NULL };
        SignatureFacts facts;
        Reader *reader = stream_read_bytes(bytes_make(data, size));
        Writer *writer = stream_write_buffer(&out);
        error_free(signature_read_facts(bytes_make(data, size), size, &facts));
        error_free(make_delta(reader, writer));
        writer_abandon(writer);
        reader_close(reader);
        buffer_clear(&out);
        return 0;
}
