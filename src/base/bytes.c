#include "base/bytes.h"

#include "base/attribute.h"

Bytes bytes_of(const char *text) {
        return bytes_make(text, text ? strlen(text) : 0);
}

bool bytes_equal(Bytes a, Bytes b) {
        return a.length == b.length && (a.length == 0 || memcmp(a.at, b.at, a.length) == 0);
}

bool bytes_equal_text(Bytes a, const char *text) {
        return bytes_equal(a, bytes_of(text));
}

bool bytes_equal_any(Bytes a, const char *const *texts) {
        for (; *texts; texts++)
                if (bytes_equal_text(a, *texts))
                        return true;
        return false;
}

bool bytes_start_with(Bytes bytes, const char *prefix) {
        size_t length = strlen(prefix);
        return bytes.length >= length && bytes_equal(bytes_slice(bytes, 0, length), bytes_of(prefix));
}

bool bytes_end_with(Bytes bytes, const char *suffix) {
        size_t length = strlen(suffix);
        return bytes.length >= length &&
               bytes_equal(bytes_slice(bytes, bytes.length - length, length), bytes_of(suffix));
}

Bytes bytes_slice(Bytes bytes, size_t start, size_t length) {
        if (start >= bytes.length)
                return (Bytes){ .at = NULL, .length = 0 };
        size_t left = bytes.length - start;
        return bytes_make(bytes.at + start, length < left ? length : left);
}

Bytes bytes_cut(Bytes bytes, uint8_t separator, Bytes *rest) {
        const uint8_t *hit = bytes.length ? memchr(bytes.at, separator, bytes.length) : NULL;
        if (!hit) {
                *rest = (Bytes){ .at = NULL, .length = 0 };
                return bytes;
        }
        size_t before = (size_t)(hit - bytes.at);
        *rest = bytes_make(hit + 1, bytes.length - before - 1);
        return bytes_make(bytes.at, before);
}

Bytes bytes_trim(Bytes bytes) {
        while (bytes.length && byte_is_blank(bytes.at[0]))
                bytes = bytes_make(bytes.at + 1, bytes.length - 1);
        while (bytes.length && byte_is_blank(bytes.at[bytes.length - 1]))
                bytes.length--;
        return bytes;
}

bool bytes_to_number(Bytes bytes, uint64_t *ret_number) {
        uint64_t number = 0;
        if (bytes.length == 0)
                return false;
        for (size_t i = 0; i < bytes.length; i++) {
                if (bytes.at[i] < '0' || bytes.at[i] > '9')
                        return false;
                if (__builtin_mul_overflow(number, 10, &number) ||
                    __builtin_add_overflow(number, (uint64_t)(bytes.at[i] - '0'), &number))
                        return false;
        }
        *ret_number = number;
        return true;
}

bool bytes_are_zero(Bytes bytes) {
        if (bytes.length == 0)
                return true;
        /* a range equals itself shifted by one byte exactly when all its bytes are the same */
        return bytes.at[0] == 0 && memcmp(bytes.at, bytes.at + 1, bytes.length - 1) == 0;
}

/* Length of the UTF-8 sequence that LEAD begins, 0 when it cannot begin one; *LOWEST is the least code point it may
 * encode. */
static size_t sequence_length(uint8_t lead, uint32_t *lowest) {
        static const struct {
                uint8_t first, last;
                uint32_t lowest;
        } leads[] = { { 0x00, 0x7F, 0 }, { 0xC2, 0xDF, 0x80 }, { 0xE0, 0xEF, 0x800 }, { 0xF0, 0xF4, 0x10000 } };
        for (size_t i = 0; i < ARRAY_LENGTH(leads); i++) {
                if (lead < leads[i].first || lead > leads[i].last)
                        continue;
                *lowest = leads[i].lowest;
                return i + 1;
        }
        return 0;
}

/* The character that BYTES, not empty, begin with, and how many bytes it takes. False when it is not UTF-8. */
static bool decode(Bytes bytes, uint32_t *ret_point, size_t *ret_length) {
        static const uint8_t lead_bits[] = { 0, 0x7F, 0x1F, 0x0F, 0x07 };
        uint32_t lowest = 0;
        size_t length = sequence_length(bytes.at[0], &lowest);
        if (length == 0 || length > bytes.length)
                return false;
        uint32_t point = bytes.at[0] & lead_bits[length];
        for (size_t i = 1; i < length; i++) {
                if ((bytes.at[i] & 0xC0) != 0x80)
                        return false;
                point = point << 6 | (bytes.at[i] & 0x3F);
        }
        *ret_point = point;
        *ret_length = length;
        return point >= lowest && point <= 0x10FFFF && !(point >= 0xD800 && point <= 0xDFFF);
}

bool bytes_are_utf8(Bytes bytes) {
        while (bytes.length) {
                uint32_t point;
                size_t length;
                if (!decode(bytes, &point, &length))
                        return false;
                bytes = bytes_slice(bytes, length, SIZE_MAX);
        }
        return true;
}

uint32_t bytes_take_character(Bytes *rest) {
        uint32_t point;
        size_t length;
        if (!decode(*rest, &point, &length)) {
                point = BYTES_NO_CHARACTER + rest->at[0];
                length = 1;
        }
        *rest = bytes_slice(*rest, length, SIZE_MAX);
        return point;
}
