/* Options: the one table of them, and how their values are read. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "cli/parse.h"

typedef enum OptionKind {
        OPTION_FLAG,             /* bool; no value */
        OPTION_CLEAR,            /* bool, set to false; no value */
        OPTION_PRESET,           /* const char *, set to PRESET; no value */
        OPTION_IDLE,             /* without a meaning here; takes a value where it has an ARGUMENT */
        OPTION_TEXT,             /* const char *; at least LEAST bytes */
        OPTION_PATH,             /* the same, a leading "~/" is the home folder */
        OPTION_INNER_PATH,       /* const char *; relative path in the backup, NULL for all of it */
        OPTION_PREFIX,           /* const char *; begins a remote name */
        OPTION_CHOICE,           /* const char *; one of CHOICES */
        OPTION_JOINED,           /* const char *; repeated ones are joined by blanks */
        OPTION_LIST,             /* TextList; may be repeated */
        OPTION_WORDS,            /* TextList; split as a shell does, may be repeated */
        OPTION_KEY,              /* const char *; the number of a GnuPG key */
        OPTION_SIZE,             /* uint64_t, UNIT bytes each */
        OPTION_COUNT,            /* unsigned */
        OPTION_SECONDS,          /* double */
        OPTION_PERCENT,          /* unsigned; "5%" or "5" */
        OPTION_TIME,             /* Moment, and the bool PRESENT */
        OPTION_VERBOSITY,        /* unsigned */
        OPTION_ENCRYPT_SIGN_KEY, /* two fields of the Job */
        OPTION_RENAME,           /* RenameList; takes two values; may be repeated */
        OPTION_SYNC_MODE,        /* bool: "full" rather than "partial" */
        OPTION_SEPARATOR,        /* char */
        OPTION_SELECTION,        /* SelectionOptionList; may be repeated, and their order counts */
} OptionKind;

typedef enum OptionGroup {
        OPTION_GROUP_BACKUP,
        OPTION_GROUP_SELECTION,
        OPTION_GROUP_RESTORE,
        OPTION_GROUP_REMOVAL,
        OPTION_GROUP_INSPECT,
        OPTION_GROUP_ENCRYPTION,
        OPTION_GROUP_STORAGE,
        OPTION_GROUP_TRANSPORT,
        OPTION_GROUP_OBJECTS,
        OPTION_GROUP_LOCAL,
        OPTION_GROUP_OUTPUT,
        OPTION_GROUP_TRIAL,
        OPTION_GROUP_IDLE,
        OPTION_GROUP_COUNT,
} OptionGroup;

typedef struct Option {
        const char *names[3]; /* without dashes; the first is ours, the others are spellings of other versions */
        char letter;          /* 0: none */
        OptionKind kind;
        OptionGroup group;
        size_t field, present; /* offsets in CommandLine; PRESENT, a bool, is set too; 0: none */
        uint64_t least, most, unit;
        SelectionKind selection; /* OPTION_SELECTION */
        const char *preset;
        const char *const *choices; /* up to a NULL */
        const char *argument; /* what the value is called in the help; NULL: there is none */
        const char *example;  /* a right value */
        const char *help;
} Option;

/* One option as given. */
typedef struct OptionSetting {
        const Option *option;
        const char *spelled; /* "--volsize", "-v" */
        const char *value;   /* NULL where the option takes none */
        const char *second;  /* of options that take two */
} OptionSetting;

/* All options, those of one group next to each other. */
const Option *option_table(size_t *ret_count);

const char *option_group_title(OptionGroup group);

/* The option of which NAME (without dashes) is a name, or the beginning of names of that option only. ERROR_USER with
 * exit code 2 for unknown, ambiguous and refused names (cli/refusals.h). */
CHECKED Error *option_find(Bytes name, const Option **ret_option);

/* NULL when there is none. */
const Option *option_find_letter(char letter);

/* True when OPTION has to be applied before the others: times are read against it, or errors told by it. */
bool option_is_early(const Option *option);

/* Checks the value and puts it in its place. ERROR_USER with exit code 2 (10 for a key to sign with) names the option
 * and shows a right value. */
CHECKED Error *option_apply(const OptionSetting *setting, CommandLine *command);

#endif
