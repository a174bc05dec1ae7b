#include "charm/yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/buffer.h"
#include "base/list.h"
#include "base/secret.h"

enum { DEEPEST = 64, LARGEST = 16 << 20 };

DEFINE_LIST(NodeList, node_list, const Node *)
DEFINE_AUTO(yaml_parser_t, yaml_parser_delete)

typedef struct Reading {
        yaml_parser_t parser;
        const char *name;
        Arena *arena;
        unsigned depth;
} Reading;

static Error *bad_text(const Reading *reading, const yaml_mark_t *mark, const char *problem) {
        return error_new(ERROR_CORRUPT, "cannot read %s: line %zu: %s", reading->name, mark->line + 1, problem);
}

static Error *next_event(Reading *reading, yaml_event_t *ret_event) {
        if (yaml_parser_parse(&reading->parser, ret_event))
                return NULL;
        const char *problem = reading->parser.problem ? reading->parser.problem : "not YAML";
        return bad_text(reading, &reading->parser.problem_mark, problem);
}

static bool is_null(const yaml_event_t *event) {
        static const char *const words[] = { "", "~", "null", "Null", "NULL" };
        if (event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
                return false;
        for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
                if (strcmp((const char *)event->data.scalar.value, words[i]) == 0)
                        return true;
        return false;
}

static void read_scalar(Reading *reading, const yaml_event_t *event, Node *node) {
        Bytes value = bytes_make(event->data.scalar.value, event->data.scalar.length);
        bool is_binary = memchr(value.at, 0, value.length);
        node->kind = is_binary ? NODE_BINARY : is_null(event) ? NODE_NULL : NODE_TEXT;
        node->text = is_binary ? NULL : arena_bytes(reading->arena, value);
}

static Error *read_node(Reading *reading, const yaml_event_t *event, Node **ret_node);

/* What was collected becomes arrays of the arena. */
static void settle(Reading *reading, Node *node, const NodeList *items, const TextList *keys) {
        node->count = items->count;
        node->items = arena_zeroed(reading->arena, memory_size(items->count, sizeof *node->items));
        if (items->count)
                memcpy(node->items, items->items, items->count * sizeof *node->items);
        if (node->kind != NODE_MAP)
                return;
        node->keys = arena_zeroed(reading->arena, memory_size(keys->count, sizeof *node->keys));
        if (keys->count)
                memcpy(node->keys, keys->items, keys->count * sizeof *node->keys);
}

static Error *read_key(Reading *reading, const yaml_event_t *event, TextList *keys) {
        Node node = { .kind = NODE_NULL };
        if (event->type == YAML_SCALAR_EVENT)
                read_scalar(reading, event, &node);
        if (!node.text)
                return bad_text(reading, &event->start_mark, "a key that is not a word");
        for (size_t i = 0; i < keys->count; i++)
                if (strcmp(keys->items[i], node.text) == 0)
                        return bad_text(reading, &event->start_mark, "a key that stands there twice");
        text_list_add(keys, node.text);
        return NULL;
}

/* Reads up to the event that ends the group. */
static Error *read_items(Reading *reading, NodeKind kind, NodeList *items, TextList *keys) {
        for (;;) {
                AUTO_VALUE(yaml_event_delete) yaml_event_t event = { .type = YAML_NO_EVENT };
                Node *item = NULL;
                TRY(next_event(reading, &event));
                if (event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT)
                        return NULL;
                if (kind == NODE_MAP && keys->count == items->count) {
                        TRY(read_key(reading, &event, keys));
                        continue;
                }
                TRY(read_node(reading, &event, &item));
                node_list_add(items, item);
        }
}

static Error *read_group(Reading *reading, const yaml_event_t *event, Node *node) {
        AUTO_VALUE(node_list_clear) NodeList items = { .items = NULL };
        AUTO_VALUE(text_list_clear) TextList keys = { .items = NULL };
        node->kind = event->type == YAML_MAPPING_START_EVENT ? NODE_MAP : NODE_LIST;
        if (reading->depth == DEEPEST)
                return bad_text(reading, &event->start_mark, "nested too deeply");
        reading->depth++;
        TRY(read_items(reading, node->kind, &items, &keys));
        reading->depth--;
        settle(reading, node, &items, &keys);
        return NULL;
}

static Error *read_node(Reading *reading, const yaml_event_t *event, Node **ret_node) {
        Node *node = arena_make(reading->arena, Node);
        *ret_node = node;
        switch (event->type) {
        case YAML_SCALAR_EVENT:
                read_scalar(reading, event, node);
                return NULL;
        case YAML_SEQUENCE_START_EVENT:
        case YAML_MAPPING_START_EVENT:
                return read_group(reading, event, node);
        default:
                return bad_text(reading, &event->start_mark, "an alias, or an end where a value has to be");
        }
}

/* The events before and after the one document's value carry nothing. */
static Error *read_document(Reading *reading, Node **ret_root) {
        for (;;) {
                AUTO_VALUE(yaml_event_delete) yaml_event_t event = { .type = YAML_NO_EVENT };
                TRY(next_event(reading, &event));
                switch (event.type) {
                case YAML_STREAM_START_EVENT:
                case YAML_DOCUMENT_START_EVENT:
                case YAML_DOCUMENT_END_EVENT:
                        break;
                case YAML_STREAM_END_EVENT:
                        return NULL;
                default:
                        if (*ret_root)
                                return bad_text(reading, &event.start_mark, "more than one document");
                        TRY(read_node(reading, &event, ret_root));
                }
        }
}

/* ---- where JSON is no YAML ---- */

/* Characters that libyaml refuses, or takes for the end of a line. */
static bool needs_escape(uint32_t point) {
        return (point >= 0x7F && point <= 0x9F) || point == 0x2028 || point == 0x2029 || point == 0xFEFF ||
               point == 0xFFFE || point == 0xFFFF;
}

/* The number of the escape \uXXXX that TEXT begins with; 0 when it begins with none. */
static uint32_t escaped_unit(Bytes text) {
        char digits[5] = "";
        if (text.length < 6 || text.at[0] != '\\' || text.at[1] != 'u')
                return 0;
        memcpy(digits, text.at + 2, 4);
        return strspn(digits, "0123456789abcdefABCDEF") == 4 ? (uint32_t)strtoul(digits, NULL, 16) : 0;
}

/* JSON writes what lies beyond U+FFFF as two escapes, YAML as one; a half alone is nothing. */
static Bytes take_escape(Bytes text, Buffer *out) {
        uint32_t first = escaped_unit(text), second = escaped_unit(bytes_slice(text, 6, SIZE_MAX));
        bool is_half = first >= 0xD800 && first <= 0xDFFF;
        bool is_pair = is_half && first < 0xDC00 && second >= 0xDC00 && second <= 0xDFFF;
        if (is_pair)
                (void)buffer_print(out, "\\U%08x", 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00));
        else if (is_half)
                (void)buffer_add_text(out, "\\uFFFD");
        else
                (void)buffer_add(out, bytes_slice(text, 0, 2));
        return bytes_slice(text, is_pair ? 12 : is_half ? 6 : 2, SIZE_MAX);
}

/* TEXT in such a form that what was JSON is YAML. */
static void make_yaml(Bytes text, Buffer *out) {
        while (text.length) {
                const Bytes before = text;
                if (text.at[0] == '\\') {
                        text = take_escape(text, out);
                        continue;
                }
                uint32_t point = bytes_take_character(&text);
                if (needs_escape(point))
                        (void)buffer_print(out, "\\u%04x", point);
                else if ((point & ~0xFFU) == BYTES_NO_CHARACTER)
                        (void)buffer_add_text(out, "\xEF\xBF\xBD");
                else
                        (void)buffer_add(out, bytes_slice(before, 0, before.length - text.length));
        }
}

static Error *parse(Reading *reading, Bytes text, Node **ret_root) {
        if (!yaml_parser_initialize(&reading->parser))
                return error_new(ERROR_SYSTEM, "cannot read %s: no memory", reading->name);
        AUTO(yaml_parser_delete) yaml_parser_t *parser = &reading->parser;
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(parser, text.length ? text.at : (const uint8_t *)"", text.length);
        return read_document(reading, ret_root);
}

Error *yaml_parse(Bytes text, const char *name, Arena *arena, const Node **ret_root) {
        Reading reading = { .name = name, .arena = arena };
        Buffer yaml = { .data = NULL };
        Node *root = NULL;
        if (text.length > LARGEST)
                return error_new(ERROR_CORRUPT, "cannot read %s: it is larger than 16 MiB", name);
        make_yaml(text, &yaml);
        Error *error = parse(&reading, buffer_bytes(&yaml), &root);
        if (yaml.length)
                secret_wipe(yaml.data, yaml.length); /* the config holds secrets */
        buffer_clear(&yaml);
        TRY(error);
        *ret_root = root ? root : arena_make(arena, Node);
        return NULL;
}

const Node *node_get(const Node *node, const char *key) {
        for (size_t i = 0; node && node->kind == NODE_MAP && i < node->count; i++)
                if (strcmp(node->keys[i], key) == 0)
                        return node->items[i];
        return NULL;
}

const char *node_text(const Node *node) {
        return node && node->kind == NODE_TEXT ? node->text : NULL;
}
