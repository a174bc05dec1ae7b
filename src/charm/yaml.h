/* Yaml: a YAML or JSON text as a tree (the hook tools answer JSON, which is YAML too). Only yaml.c sees libyaml. */
#ifndef CHARM_YAML_H
#define CHARM_YAML_H

#include "base/arena.h"
#include "base/error.h"

typedef enum NodeKind {
        NODE_NULL,   /* null, ~ or nothing, without quotes */
        NODE_TEXT,   /* every other scalar, numbers and truth values included */
        NODE_BINARY, /* a scalar with a NUL byte in it: nothing that we use as text */
        NODE_LIST,
        NODE_MAP,
} NodeKind;

typedef struct Node Node;
struct Node {
        NodeKind kind;
        const char *text;   /* of NODE_TEXT and NODE_NULL; NULL otherwise */
        size_t count;       /* of items */
        const Node **items; /* of a list; values of a map */
        const char **keys;  /* of a map, as many */
};

/* Reads one document; everything is made in ARENA. An empty text is NODE_NULL. Characters that JSON may hold as they
 * are and YAML may not are read as JSON means them; what is half of a character becomes U+FFFD. ERROR_CORRUPT naming
 * NAME and the line: what is not YAML, aliases, maps with keys that are no texts or stand there twice, nesting beyond
 * 64, more than 16 MiB. */
CHECKED Error *yaml_parse(Bytes text, const char *name, Arena *arena, const Node **ret_root);

/* The value of KEY; NULL when NODE is NULL, no map, or has no such key. */
const Node *node_get(const Node *node, const char *key);

/* The text of a scalar; NULL when NODE is NULL, a list, a map, null, or binary. */
const char *node_text(const Node *node);

#endif
