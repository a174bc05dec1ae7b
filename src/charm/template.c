#include "charm/template.h"

#include <fcntl.h>

#include "base/memory.h"
#include "sys/file.h"

enum { LARGEST = 1 << 16 };

static const char *find_value(Bytes name, const TemplateValue *values) {
        for (; values->name; values++)
                if (bytes_equal_text(name, values->name))
                        return values->text;
        return NULL;
}

/* The name in the braces that TEXT begins with; empty when they hold no name. */
static Bytes name_in(Bytes text) {
        size_t length = 1;
        while (length < text.length && text.at[length] >= 'a' && text.at[length] <= 'z')
                length++;
        bool is_name = length > 1 && length < text.length && text.at[length] == '}';
        return is_name ? bytes_slice(text, 1, length - 1) : (Bytes){ .at = NULL };
}

static Error *fill(Bytes text, const char *path, const TemplateValue *values, Buffer *out) {
        while (text.length) {
                const uint8_t *brace = memchr(text.at, '{', text.length);
                size_t front = brace ? (size_t)(brace - text.at) : text.length;
                (void)buffer_add(out, bytes_slice(text, 0, front));
                text = bytes_slice(text, front, SIZE_MAX);
                Bytes name = text.length ? name_in(text) : text;
                const char *value = name.length ? find_value(name, values) : NULL;
                if (name.length && !value)
                        return error_new(ERROR_CORRUPT, "cannot fill in '%s': nobody knows what '{%.*s}' is", path,
                                         (int)name.length, (const char *)name.at);
                if (value)
                        (void)buffer_add_text(out, value);
                else
                        (void)buffer_add(out, bytes_slice(text, 0, 1));
                text = bytes_slice(text, value ? name.length + 2 : 1, SIZE_MAX);
        }
        return NULL;
}

Error *template_fill(const char *folder, const char *name, const TemplateValue *values, Buffer *out) {
        AUTO_TEXT char *path = memory_print("%s/%s", folder, name);
        AUTO_VALUE(buffer_clear) Buffer text = { .ceiling = LARGEST };
        AUTO_FD int fd = -1;
        TRY(file_open(path, O_RDONLY, 0, &fd));
        TRY(file_read_all(fd, path, &text));
        return fill(buffer_bytes(&text), path, values, out);
}
