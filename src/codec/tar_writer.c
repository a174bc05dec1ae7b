#include "codec/tar.h"

#include "codec/tar_header.h"

enum { TAR_RECORD = 20 * TAR_BLOCK, PAX_TYPE = 'x' };

/* Puts the header of the records that end OUT into its place before them, at START, and pads. */
static void enclose_extras(Buffer *out, size_t start) {
        size_t size = out->length - start - TAR_BLOCK;
        const TarMember header = { .type = (TarType)PAX_TYPE, .name = "././@PaxHeader", .size = size };
        tar_header_print(&header, (TarBlock *)(out->data + start));
        buffer_add_zeros(out, tar_padding(size));
}

void tar_print_header(const TarMember *member, Buffer *out) {
        size_t start = out->length;
        if (!buffer_add_zeros(out, TAR_BLOCK))
                return;
        tar_extras_print(member, out);
        if (out->length > start + TAR_BLOCK) {
                enclose_extras(out, start);
                if (!buffer_add_zeros(out, TAR_BLOCK))
                        return;
        }
        tar_header_print(member, (TarBlock *)(out->data + out->length - TAR_BLOCK));
}

Error *tar_write_member(Writer *out, const TarMember *member, Bytes payload) {
        static const uint8_t zeros[TAR_BLOCK];
        AUTO_VALUE(buffer_clear) Buffer header = { .data = NULL };
        tar_print_header(member, &header);
        TRY(writer_write(out, buffer_bytes(&header)));
        TRY(writer_write(out, payload));
        return writer_write(out, bytes_make(zeros, tar_padding(payload.length)));
}

Error *tar_write_end(Writer *out, uint64_t written) {
        AUTO_VALUE(buffer_clear) Buffer zeros = { .data = NULL };
        size_t beyond = (size_t)((written + 2 * TAR_BLOCK) % TAR_RECORD);
        buffer_add_zeros(&zeros, 2 * TAR_BLOCK + (beyond ? TAR_RECORD - beyond : 0));
        return writer_write(out, buffer_bytes(&zeros));
}
