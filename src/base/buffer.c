#include "base/buffer.h"

#include <stdarg.h>

#include "base/memory.h"

void buffer_init(Buffer *buffer, size_t ceiling) {
        *buffer = (Buffer){ .ceiling = ceiling };
        buffer->data = memory_zeroed(1);
}

void *buffer_reserve(Buffer *buffer, size_t count) {
        size_t wanted;
        if (__builtin_add_overflow(buffer->length, count, &wanted) || (buffer->ceiling && wanted > buffer->ceiling)) {
                buffer->overflowed = true;
                return NULL;
        }
        if (wanted + 1 > buffer->capacity) {
                size_t grown = buffer->capacity + buffer->capacity / 2;
                buffer->capacity = MAX(wanted + 1, MAX(grown, (size_t)64));
                buffer->data = memory_resize(buffer->data, buffer->capacity);
                buffer->data[buffer->length] = '\0';
        }
        return buffer->data + buffer->length;
}

bool buffer_add(Buffer *buffer, Bytes bytes) {
        char *room = buffer_reserve(buffer, bytes.length);
        if (!room)
                return false;
        if (bytes.length)
                memcpy(room, bytes.at, bytes.length);
        buffer->length += bytes.length;
        buffer->data[buffer->length] = '\0';
        return true;
}

bool buffer_add_text(Buffer *buffer, const char *text) {
        return buffer_add(buffer, bytes_of(text));
}

bool buffer_set_text(Buffer *buffer, const char *text) {
        buffer_truncate(buffer, 0);
        return buffer_add_text(buffer, text);
}

bool buffer_add_byte(Buffer *buffer, uint8_t byte) {
        return buffer_add(buffer, bytes_make(&byte, 1));
}

bool buffer_add_zeros(Buffer *buffer, size_t count) {
        char *room = buffer_reserve(buffer, count);
        if (!room)
                return false;
        memset(room, 0, count);
        buffer->length += count;
        buffer->data[buffer->length] = '\0';
        return true;
}

bool buffer_print(Buffer *buffer, const char *format, ...) {
        va_list arguments;
        va_start(arguments, format);
        AUTO_TEXT char *text = memory_vprint(format, arguments);
        va_end(arguments);
        return buffer_add_text(buffer, text);
}

Bytes buffer_bytes(const Buffer *buffer) {
        return bytes_make(buffer->data, buffer->length);
}

const char *buffer_text(const Buffer *buffer) {
        return buffer->data ? buffer->data : "";
}

void buffer_truncate(Buffer *buffer, size_t length) {
        if (length >= buffer->length)
                return;
        buffer->length = length;
        buffer->data[length] = '\0';
}

void buffer_consume(Buffer *buffer, size_t count) {
        if (count == 0 || buffer->length == 0)
                return;
        size_t gone = MIN(count, buffer->length);
        buffer->length -= gone;
        memmove(buffer->data, buffer->data + gone, buffer->length + 1);
}

char *buffer_detach(Buffer *buffer) {
        char *data = buffer->data ? buffer->data : memory_zeroed(1);
        *buffer = (Buffer){ .ceiling = buffer->ceiling };
        return data;
}

void buffer_clear(Buffer *buffer) {
        memory_free(buffer->data);
        *buffer = (Buffer){ .ceiling = buffer->ceiling };
}
