#include "charm/yaml.h"

#include <string.h>
#include <yaml.h>

#include "base/list.h"

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

static Error *read_scalar(Reading *reading, const yaml_event_t *event, Node *node) {
        Bytes value = bytes_make(event->data.scalar.value, event->data.scalar.length);
        if (memchr(value.at, 0, value.length))
                return bad_text(reading, &event->start_mark, "a NUL byte");
        node->kind = is_null(event) ? NODE_NULL : NODE_TEXT;
        node->text = arena_bytes(reading->arena, value);
        return NULL;
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
        if (event->type != YAML_SCALAR_EVENT)
                return bad_text(reading, &event->start_mark, "a key that is not a word");
        TRY(read_scalar(reading, event, &node));
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
                return read_scalar(reading, event, node);
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

Error *yaml_parse(Bytes text, const char *name, Arena *arena, const Node **ret_root) {
        Reading reading = { .name = name, .arena = arena };
        Node *root = NULL;
        if (text.length > LARGEST)
                return error_new(ERROR_CORRUPT, "cannot read %s: it is larger than 16 MiB", name);
        if (!yaml_parser_initialize(&reading.parser))
                return error_new(ERROR_SYSTEM, "cannot read %s: no memory", name);
        AUTO(yaml_parser_delete) yaml_parser_t *parser = &reading.parser;
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(parser, text.length ? text.at : (const uint8_t *)"", text.length);
        TRY(read_document(&reading, &root));
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
