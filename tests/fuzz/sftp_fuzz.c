/* Any packet of an SFTP server is taken apart as far as it goes, and never further. */
#include "fuzz/fuzz.h"
#include "storage/sftp_wire.h"

static void take_entries(Bytes rest) {
        uint32_t count;
        Bytes name, shown;
        SftpAttributes attributes;
        if (!sftp_wire_take_number(&rest, &count))
                return;
        for (uint32_t i = 0; i < count; i++) {
                size_t before = rest.length;
                if (!sftp_wire_take_bytes(&rest, &name) || !sftp_wire_take_bytes(&rest, &shown) ||
                    !sftp_wire_take_attributes(&rest, &attributes))
                        break;
                must(rest.length < before);
                must(attributes.has_size || attributes.size == 0);
        }
        must(rest.length == 0 || rest.at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        Bytes rest = bytes_make(data, size), bytes;
        uint8_t type;
        uint32_t number;
        uint64_t large;
        if (!sftp_wire_take_byte(&rest, &type) || !sftp_wire_take_number(&rest, &number))
                return 0;
        take_entries(rest);
        while (sftp_wire_take_large(&rest, &large) && sftp_wire_take_bytes(&rest, &bytes))
                must(bytes.length <= size);
        must(rest.length == 0);
        return 0;
}
