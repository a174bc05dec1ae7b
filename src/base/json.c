#include "base/json.h"

#include <assert.h>

Json json_begin(Buffer *out) {
        return (Json){ .out = out };
}

/* The longest prefix of TEXT that is one character of UTF-8 (RFC 3629), 0 when there is none. */
static size_t character_length(const uint8_t *text) {
        static const struct {
                uint8_t first, last, least_second, most_second;
                size_t length;
        } forms[] = {
                { 0x01, 0x7F, 0, 0, 1 },       { 0xC2, 0xDF, 0x80, 0xBF, 2 }, { 0xE0, 0xE0, 0xA0, 0xBF, 3 },
                { 0xE1, 0xEC, 0x80, 0xBF, 3 }, { 0xED, 0xED, 0x80, 0x9F, 3 }, { 0xEE, 0xEF, 0x80, 0xBF, 3 },
                { 0xF0, 0xF0, 0x90, 0xBF, 4 }, { 0xF1, 0xF3, 0x80, 0xBF, 4 }, { 0xF4, 0xF4, 0x80, 0x8F, 4 },
        };
        for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
                if (text[0] < forms[i].first || text[0] > forms[i].last)
                        continue;
                if (forms[i].length > 1 && (text[1] < forms[i].least_second || text[1] > forms[i].most_second))
                        return 0;
                for (size_t k = 2; k < forms[i].length; k++)
                        if ((text[k] & 0xC0) != 0x80)
                                return 0;
                return forms[i].length;
        }
        return 0;
}

static void add_quoted(Buffer *out, const char *text) {
        const uint8_t *at = (const uint8_t *)text;
        (void)buffer_add_byte(out, '"');
        while (*at) {
                size_t length = character_length(at);
                if (length == 0)
                        (void)buffer_print(out, "\\udc%02x", *at);
                else if (*at == '"' || *at == '\\')
                        (void)buffer_print(out, "\\%c", *at);
                else if (*at < 0x20 || *at == 0x7F)
                        (void)buffer_print(out, "\\u%04x", *at);
                else
                        (void)buffer_add(out, bytes_make(at, length));
                at += length ? length : 1;
        }
        (void)buffer_add_byte(out, '"');
}

/* What stands in front of a value: a comma behind its elder sibling, and its key. */
static void begin_value(Json *json, const char *key) {
        if (json->depth) {
                bool *has_values = &json->has_values[json->depth - 1];
                (void)buffer_add_text(json->out, *has_values ? ",\n" : "\n");
                *has_values = true;
                for (unsigned i = 0; i < json->depth; i++)
                        (void)buffer_add_text(json->out, "  ");
        }
        if (key)
                (void)buffer_print(json->out, "\"%s\": ", key);
}

static void open_group(Json *json, const char *key, bool is_list) {
        begin_value(json, key);
        assert(json->depth < JSON_DEEPEST);
        json->is_list[json->depth] = is_list;
        json->has_values[json->depth] = false;
        json->depth++;
        (void)buffer_add_byte(json->out, is_list ? '[' : '{');
}

void json_object(Json *json, const char *key) {
        open_group(json, key, false);
}

void json_list(Json *json, const char *key) {
        open_group(json, key, true);
}

void json_end(Json *json) {
        json->depth--;
        if (json->has_values[json->depth]) {
                (void)buffer_add_byte(json->out, '\n');
                for (unsigned i = 0; i < json->depth; i++)
                        (void)buffer_add_text(json->out, "  ");
        }
        (void)buffer_add_byte(json->out, json->is_list[json->depth] ? ']' : '}');
        if (json->depth == 0)
                (void)buffer_add_byte(json->out, '\n');
}

void json_text(Json *json, const char *key, const char *text) {
        begin_value(json, key);
        if (text)
                add_quoted(json->out, text);
        else
                (void)buffer_add_text(json->out, "null");
}

void json_number(Json *json, const char *key, uint64_t number) {
        begin_value(json, key);
        (void)buffer_print(json->out, "%ju", (uintmax_t)number);
}

void json_decimal(Json *json, const char *key, double number) {
        begin_value(json, key);
        (void)buffer_print(json->out, "%.6f", number);
}

void json_bool(Json *json, const char *key, bool value) {
        begin_value(json, key);
        (void)buffer_add_text(json->out, value ? "true" : "false");
}

void json_moment(Json *json, const char *key, Moment moment) {
        char text[24];
        when_print_w3(moment, text);
        json_text(json, key, text);
}
