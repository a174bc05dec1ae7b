#include "base/encode.h"

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* What a hexadecimal digit stands for, -1 when BYTE is none. */
static int hex_value(uint8_t byte) {
        if (byte >= '0' && byte <= '9')
                return byte - '0';
        if (byte >= 'a' && byte <= 'f')
                return byte - 'a' + 10;
        if (byte >= 'A' && byte <= 'F')
                return byte - 'A' + 10;
        return -1;
}

void encode_hex(Bytes bytes, char *text) {
        static const char digits[] = "0123456789abcdef";
        for (size_t i = 0; i < bytes.length; i++) {
                *text++ = digits[bytes.at[i] >> 4];
                *text++ = digits[bytes.at[i] & 0xF];
        }
        *text = '\0';
}

bool encode_from_hex(Bytes text, uint8_t *result, size_t size) {
        if (text.length % 2 != 0 || text.length / 2 != size)
                return false;
        for (size_t i = 0; i < text.length; i++)
                if (hex_value(text.at[i]) < 0)
                        return false;
        for (size_t i = 0; i < size; i++)
                result[i] = (uint8_t)(hex_value(text.at[2 * i]) << 4 | hex_value(text.at[2 * i + 1]));
        return true;
}

void encode_base64(Bytes bytes, Buffer *out) {
        for (size_t i = 0; i < bytes.length; i += 3) {
                Bytes group = bytes_slice(bytes, i, 3);
                uint32_t bits = 0;
                for (size_t k = 0; k < 3; k++)
                        bits = bits << 8 | (k < group.length ? group.at[k] : 0);
                for (size_t k = 0; k < 4; k++) {
                        char digit = base64_digits[bits >> (18 - 6 * k) & 0x3F];
                        buffer_add_byte(out, (uint8_t)(k <= group.length ? digit : '='));
                }
        }
}

/* Four characters of base64 on their way to three bytes. */
typedef struct Quad {
        uint32_t bits;
        unsigned digits, pads;
} Quad;

static bool add_digit(Quad *quad, uint8_t byte) {
        const char *digit = byte ? strchr(base64_digits, byte) : NULL;
        if (byte == '=') {
                quad->pads++;
                quad->bits <<= 6;
                return quad->digits >= 2;
        }
        if (!digit || quad->pads)
                return false;
        quad->digits++;
        quad->bits = quad->bits << 6 | (uint32_t)(digit - base64_digits);
        return true;
}

/* Appends the bytes of a whole quad. False when bits are set that belong to no byte. */
static bool end_quad(const Quad *quad, Buffer *out) {
        for (unsigned i = 0; i + 1 < quad->digits; i++)
                if (!buffer_add_byte(out, (uint8_t)(quad->bits >> (16 - 8 * i))))
                        return false;
        return (quad->bits & ((1u << 8 * quad->pads) - 1)) == 0;
}

static bool read_base64(Bytes text, Buffer *out) {
        Quad quad = { .bits = 0 };
        bool ended = false; /* padding stands at the end only */
        for (size_t i = 0; i < text.length; i++) {
                if (byte_is_blank(text.at[i]))
                        continue;
                if (ended || !add_digit(&quad, text.at[i]))
                        return false;
                if (quad.digits + quad.pads < 4)
                        continue;
                if (!end_quad(&quad, out))
                        return false;
                ended = quad.pads > 0;
                quad = (Quad){ .bits = 0 };
        }
        return quad.digits == 0;
}

bool encode_from_base64(Bytes text, Buffer *out) {
        size_t before = out->length;
        if (read_base64(text, out))
                return true;
        buffer_truncate(out, before);
        return false;
}

static bool is_unreserved(uint8_t byte) {
        return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') ||
               (byte && strchr("-._~", byte));
}

void encode_percent(Bytes bytes, const char *keep, Buffer *out) {
        for (size_t i = 0; i < bytes.length; i++) {
                uint8_t byte = bytes.at[i];
                if (is_unreserved(byte) || (byte && strchr(keep, byte)))
                        buffer_add_byte(out, byte);
                else
                        buffer_print(out, "%%%02X", byte);
        }
}

void encode_from_percent(Bytes text, Buffer *out) {
        for (size_t i = 0; i < text.length; i++) {
                uint8_t byte;
                if (text.at[i] == '%' && encode_from_hex(bytes_slice(text, i + 1, 2), &byte, 1)) {
                        buffer_add_byte(out, byte);
                        i += 2;
                } else {
                        buffer_add_byte(out, text.at[i]);
                }
        }
}
