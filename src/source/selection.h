/* Selection: which paths of a tree are to be backed up, by the options for that in their order (FORMAT.md,
 * "Selection"). */
#ifndef SOURCE_SELECTION_H
#define SOURCE_SELECTION_H

#include "base/digest.h"
#include "base/error.h"
#include "base/list.h"
#include "base/when.h"

typedef enum SelectionKind {
        SELECTION_INCLUDE, /* a glob, or what the last filter option made of it */
        SELECTION_EXCLUDE,
        SELECTION_INCLUDE_LIST, /* a file of those; "-" is standard input */
        SELECTION_EXCLUDE_LIST,
        SELECTION_INCLUDE_REGEXP,
        SELECTION_EXCLUDE_REGEXP,
        SELECTION_EXCLUDE_IF_PRESENT,       /* folders that hold a file of this name; asked first, wherever it stands */
        SELECTION_EXCLUDE_DEVICE_FILES,     /* asked first, too */
        SELECTION_EXCLUDE_OTHER_FILESYSTEMS,
        SELECTION_EXCLUDE_OLDER_THAN,       /* files, by their time of modification */
        SELECTION_FILES_FROM,               /* a file of relative paths: only them, and what leads to them */
        SELECTION_FILTER_GLOBBING,          /* the filters stand last: what includes and excludes behind are: globs, */
        SELECTION_FILTER_LITERAL,           /* plain paths, */
        SELECTION_FILTER_REGEXP,            /* regular expressions; */
        SELECTION_FILTER_IGNORE_CASE,       /* and whether case counts in them */
        SELECTION_FILTER_STRICT_CASE,
} SelectionKind;

/* One option as given. */
typedef struct SelectionOption {
        SelectionKind kind;
        const char *spelled; /* "--exclude", for messages */
        const char *value;   /* pattern, name or file; NULL for those without */
        Moment before;       /* SELECTION_EXCLUDE_OLDER_THAN */
} SelectionOption;

DEFINE_LIST(SelectionOptionList, selection_option_list, SelectionOption)

typedef struct Selection Selection;

/* Makes the rules of OPTIONS, whose texts must outlive them, for the tree at ROOT, as typed; NULL, which selects
 * everything, when there are none. Lists are read here, parted by NULs when NULL_SEPARATED. ERROR_USER, naming option,
 * pattern and remedy, with exit code 7 for a list that cannot be read; 14 for a glob that can match nothing below ROOT;
 * 15 for a pattern that is malformed; 16 when the last rule includes; 70 when the filter options only say what is so
 * anyway; 71 when one is the last option; 72 for an absolute path in --files-from; 73 for none in it. */
CHECKED Error *selection_open(const SelectionOptionList *options, bool null_separated, const char *root,
                              Selection **ret_selection);

/* DIGEST_SHA256_SIZE bytes that are the same for the same options with the same lists, whenever it is: of a time that
 * was given as an interval the interval counts. */
const uint8_t *selection_digest(const Selection *selection);

void selection_close(Selection *selection);
DEFINE_AUTO(Selection, selection_close)

#endif
