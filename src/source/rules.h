/* What selection.c makes and judge.c asks: the rules themselves. */
#ifndef SOURCE_RULES_H
#define SOURCE_RULES_H

#include "base/arena.h"
#include "source/glob.h"
#include "source/path_set.h"
#include "source/regexp.h"
#include "source/selection.h"

typedef enum RuleKind {
        RULE_GLOB,
        RULE_PATHS, /* plain paths in a row; the least bit of an order says that it includes */
        RULE_REGEXP,
        RULE_IF_PRESENT,
        RULE_DEVICE_FILES,
        RULE_OTHER_FILESYSTEMS,
        RULE_OLDER_THAN,
} RuleKind;

typedef struct Rule {
        RuleKind kind;
        bool include;         /* RULE_GLOB, RULE_REGEXP; all others but RULE_PATHS exclude */
        Glob *glob;           /* RULE_GLOB; each of these is the rule's own */
        PathSet *paths;       /* RULE_PATHS */
        Regexp *regexp;       /* RULE_REGEXP */
        const char *text;     /* RULE_REGEXP: the expression, for messages; RULE_IF_PRESENT: the name */
        Moment before;        /* RULE_OLDER_THAN */
} Rule;

DEFINE_LIST(RuleList, rule_list, Rule)

struct Selection {
        char *prefix;  /* of full paths: the root without slashes behind, "" for "/" */
        RuleList rules;
        PathSet *only; /* --files-from, relative paths; NULL: not given */
        Arena *arena;
        uint8_t digest[DIGEST_SHA256_SIZE]; /* of options and lists */
};

#endif
