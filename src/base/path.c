#include "base/path.h"

#include "base/buffer.h"
#include "base/bytes.h"

/* Rank of a byte in archive order: the end of the path, then '/', then all others. */
static int rank(unsigned char byte) {
        return byte == '\0' ? 0 : byte == '/' ? 1 : byte + 2;
}

int path_compare(const char *a, const char *b) {
        while (*a && *a == *b) {
                a++;
                b++;
        }
        return rank((unsigned char)*a) - rank((unsigned char)*b);
}

bool path_is_within(const char *path, const char *base) {
        size_t length = strlen(base);
        return length == 0 || (strncmp(path, base, length) == 0 && (path[length] == '\0' || path[length] == '/'));
}

const char *path_below(const char *path, const char *base) {
        size_t length = strlen(base);
        if (length == 0)
                return path;
        return path[length] == '/' ? path + length + 1 : path + length;
}

const char *path_name(const char *path) {
        const char *slash = strrchr(path, '/');
        return slash ? slash + 1 : path;
}

size_t path_parent_length(const char *path) {
        const char *slash = strrchr(path, '/');
        return slash ? (size_t)(slash - path) : 0;
}

bool path_is_safe(const char *path) {
        Bytes rest = bytes_of(path);
        if (rest.length == 0)
                return true;
        while (rest.at) {
                Bytes component = bytes_cut(rest, '/', &rest);
                if (component.length == 0 || bytes_equal_text(component, ".") || bytes_equal_text(component, ".."))
                        return false;
        }
        return true;
}

char *path_clean(const char *path) {
        Buffer out;
        buffer_init(&out, 0);
        Bytes rest = bytes_of(path);
        if (path[0] == '/')
                (void)buffer_add_byte(&out, '/'); /* no ceiling, cannot fail; so below */
        while (rest.at) {
                Bytes part = bytes_cut(rest, '/', &rest);
                if (part.length == 0 || bytes_equal_text(part, "."))
                        continue;
                if (out.length && out.data[out.length - 1] != '/')
                        (void)buffer_add_byte(&out, '/');
                (void)buffer_add(&out, part);
        }
        return buffer_detach(&out);
}

char *path_printable(const char *path) {
        bool is_text = bytes_are_utf8(bytes_of(path));
        Buffer out;
        buffer_init(&out, 0);
        for (const unsigned char *byte = (const unsigned char *)path; *byte; byte++) {
                bool plain = *byte >= 0x20 && *byte != 0x7F && *byte != '\\' && (*byte < 0x80 || is_text);
                if (plain)
                        (void)buffer_add_byte(&out, *byte); /* no ceiling, cannot fail */
                else
                        (void)buffer_print(&out, "\\x%02x", *byte);
        }
        return buffer_detach(&out);
}

/* Nothing can fail here: the buffer has no ceiling. */
static void print_quoted(uint32_t point, Buffer *out) {
        static const struct {
                uint32_t point;
                const char *text;
        } named[] = { { '\\', "\\\\" }, { '\'', "\\x27" }, { '\t', "\\t" }, { '\n', "\\n" }, { '\r', "\\r" } };
        for (size_t i = 0; i < ARRAY_LENGTH(named); i++) {
                if (named[i].point == point) {
                        (void)buffer_add_text(out, named[i].text);
                        return;
                }
        }
        if (point >= 0x20 && point < 0x7F)
                (void)buffer_add_byte(out, (uint8_t)point);
        else
                (void)buffer_print(out, point < 0x100 ? "\\x%02x" : point < 0x10000 ? "\\u%04x" : "\\U%08x", point);
}

char *path_quoted(const char *path) {
        Buffer out = { .data = NULL };
        (void)buffer_add_byte(&out, '\'');
        for (Bytes rest = bytes_of(path); rest.length;)
                print_quoted(bytes_take_character(&rest), &out);
        (void)buffer_add_byte(&out, '\'');
        return buffer_detach(&out);
}
