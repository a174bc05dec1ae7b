#include "base/json.h"

#include <assert.h>

Json json_begin(Buffer *out) {
        return (Json){ .out = out };
}

static void add_quoted(Buffer *out, const char *text) {
        Bytes rest = bytes_of(text);
        (void)buffer_add_byte(out, '"');
        while (rest.length) {
                const Bytes before = rest;
                uint32_t point = bytes_take_character(&rest);
                if (point == '"' || point == '\\')
                        (void)buffer_print(out, "\\%c", (char)point);
                else if (point < 0x20 || point == 0x7F || (point & ~0xFFU) == BYTES_NO_CHARACTER)
                        (void)buffer_print(out, "\\u%04x", point);
                else
                        (void)buffer_add(out, bytes_slice(before, 0, before.length - rest.length));
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
