#include "base/memory.h"

#include <unistd.h>

NORETURN static void out_of_memory(void) {
        static const char message[] = "charm-duplicity: out of memory\n";
        (void)!write(STDERR_FILENO, message, sizeof message - 1); /* nobody is left to tell */
        _exit(1);
}

static void *must(void *block) {
        if (!block)
                out_of_memory();
        return block;
}

void *memory_zeroed(size_t size) {
        return must(calloc(1, size ? size : 1));
}

size_t memory_size(size_t count, size_t size) {
        size_t total;
        if (__builtin_mul_overflow(count, size, &total))
                out_of_memory();
        return total;
}

void *memory_resize(void *block, size_t size) {
        return must(realloc(block, size ? size : 1));
}

void *memory_copy(const void *from, size_t length) {
        char *copy = must(malloc(length + 1));
        if (length)
                memcpy(copy, from, length);
        copy[length] = '\0';
        return copy;
}

char *memory_text(const char *text) {
        return text ? memory_copy(text, strlen(text)) : NULL;
}

char *memory_vprint(const char *format, va_list arguments) {
        char *text = NULL;
        if (vasprintf(&text, format, arguments) < 0)
                out_of_memory();
        return text;
}

char *memory_print(const char *format, ...) {
        va_list arguments;
        va_start(arguments, format);
        char *text = memory_vprint(format, arguments);
        va_end(arguments);
        return text;
}

void memory_free(void *block) {
        free(block);
}
