#include "storage/sftp_wire.h"

#include <endian.h>

/* Which attributes follow. */
enum { HAS_SIZE = 1, HAS_OWNER = 2, HAS_MODE = 4, HAS_TIMES = 8 };
#define HAS_EXTENSIONS 0x80000000u

size_t sftp_wire_begin(Buffer *out, SftpType type, uint32_t id) {
        size_t start = out->length;
        sftp_wire_add_number(out, 0);
        (void)buffer_add_byte(out, (uint8_t)type); /* requests are ours, and small */
        sftp_wire_add_number(out, id);
        return start;
}

void sftp_wire_add_number(Buffer *out, uint32_t number) {
        uint32_t big = htobe32(number);
        (void)buffer_add(out, bytes_make(&big, sizeof big));
}

void sftp_wire_add_large(Buffer *out, uint64_t number) {
        uint64_t big = htobe64(number);
        (void)buffer_add(out, bytes_make(&big, sizeof big));
}

void sftp_wire_add_bytes(Buffer *out, Bytes bytes) {
        sftp_wire_add_number(out, (uint32_t)bytes.length);
        (void)buffer_add(out, bytes);
}

void sftp_wire_end(Buffer *out, size_t start) {
        uint32_t big = htobe32((uint32_t)(out->length - start - sizeof big));
        memcpy(out->data + start, &big, sizeof big);
}

/* The next LENGTH bytes of REST. */
static bool take(Bytes *rest, size_t length, Bytes *ret_bytes) {
        if (rest->length < length) {
                *rest = bytes_slice(*rest, rest->length, 0);
                return false;
        }
        *ret_bytes = bytes_slice(*rest, 0, length);
        *rest = bytes_slice(*rest, length, rest->length);
        return true;
}

bool sftp_wire_take_byte(Bytes *rest, uint8_t *ret_byte) {
        Bytes bytes;
        if (!take(rest, 1, &bytes))
                return false;
        *ret_byte = bytes.at[0];
        return true;
}

bool sftp_wire_take_number(Bytes *rest, uint32_t *ret_number) {
        Bytes bytes;
        uint32_t big;
        if (!take(rest, sizeof big, &bytes))
                return false;
        memcpy(&big, bytes.at, sizeof big);
        *ret_number = be32toh(big);
        return true;
}

bool sftp_wire_take_large(Bytes *rest, uint64_t *ret_number) {
        Bytes bytes;
        uint64_t big;
        if (!take(rest, sizeof big, &bytes))
                return false;
        memcpy(&big, bytes.at, sizeof big);
        *ret_number = be64toh(big);
        return true;
}

bool sftp_wire_take_bytes(Bytes *rest, Bytes *ret_bytes) {
        uint32_t length;
        return sftp_wire_take_number(rest, &length) && take(rest, length, ret_bytes);
}

static bool pass_over_extensions(Bytes *rest) {
        uint32_t count;
        Bytes name, value;
        if (!sftp_wire_take_number(rest, &count))
                return false;
        for (uint32_t i = 0; i < count; i++) /* each takes bytes away: the packet's length bounds it */
                if (!sftp_wire_take_bytes(rest, &name) || !sftp_wire_take_bytes(rest, &value))
                        return false;
        return true;
}

bool sftp_wire_take_attributes(Bytes *rest, SftpAttributes *ret_attributes) {
        uint32_t flags, number;
        if (!sftp_wire_take_number(rest, &flags))
                return false;
        SftpAttributes attributes = {
                .has_size = flags & HAS_SIZE,
                .has_mode = flags & HAS_MODE,
                .has_time = flags & HAS_TIMES,
        };
        if (attributes.has_size && !sftp_wire_take_large(rest, &attributes.size))
                return false;
        if ((flags & HAS_OWNER) && (!sftp_wire_take_number(rest, &number) || !sftp_wire_take_number(rest, &number)))
                return false;
        if (attributes.has_mode && !sftp_wire_take_number(rest, &attributes.mode))
                return false;
        if (attributes.has_time && (!sftp_wire_take_number(rest, &number) || /* the last access */
                                    !sftp_wire_take_number(rest, &attributes.modified)))
                return false;
        if ((flags & HAS_EXTENSIONS) && !pass_over_extensions(rest))
                return false;
        *ret_attributes = attributes;
        return true;
}
