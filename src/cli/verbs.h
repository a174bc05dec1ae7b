/* Verbs: the one table of commands, and which one the words of a command line mean. */
#ifndef CLI_VERBS_H
#define CLI_VERBS_H

#include "cli/console.h"
#include "cli/options.h"
#include "cli/parse.h"
#include "engine/summary.h"

/* The words that follow a verb. */
typedef enum VerbArguments {
        VERB_FOLDER_URL,
        VERB_URL_FOLDER,
        VERB_URL,
        VERB_TIME_URL,
        VERB_COUNT_URL,
        VERB_PATTERN_URL,
} VerbArguments;

struct Verb {
        const char *name;
        const char *aliases[4];
        VerbArguments arguments;
        BackupKind kind; /* backups only */
        Error *(*run)(const CommandLine *command, Console *console, Summary *summary);
        const char *help;
        unsigned groups;     /* of options that are for it, a bit for each OptionGroup */
        const char *options; /* further ones: first names, each with a blank behind */
        bool is_ours; /* cannot be abbreviated: beginnings that duplicity understands keep their meaning */
};

const Verb *verb_table(size_t *ret_count);

/* "FOLDER URL": how the arguments are shown. */
const char *verb_arguments_text(VerbArguments arguments);

/* True for those that heed the options which select files. */
bool verb_selects_files(const Verb *verb);

/* True when OPTION is among VERB's own beside those of its groups. */
bool verb_names_option(const Verb *verb, const Option *option);

/* The verb of that name or alias, or the only one of duplicity's whose name begins with WORD; NULL when there is none.
 * ERROR_USER with exit code 2 when several names begin so. */
CHECKED Error *verb_find(const char *word, const Verb **ret_verb);

/* The verb that WORDS ask for, and which of them are its arguments: *ret_first is the first. Without a verb, FOLDER URL
 * is a backup and URL FOLDER a restore. ERROR_USER with exit code 2 for anything else. */
CHECKED Error *verb_choose(const TextList *words, const Verb **ret_verb, size_t *ret_first);

/* The verb whose help WORDS ask for: 'help', 'help VERB', or with --help 'VERB'. NULL: that of all. ERROR_USER with exit
 * code 2 when 'help' is followed by no verb. */
CHECKED Error *verb_find_helped(const TextList *words, const Verb **ret_verb);

/* True for 'help' and 'help VERB', but not for 'help URL', which backs up a folder of that name. */
bool verb_is_help(const TextList *words);

/* Puts the COUNT WORDS that follow VERB into JOB. Too few, too many, or in the wrong order: ERROR_USER with exit code 2
 * (8 when the only one is no URL) shows the right one. */
CHECKED Error *verb_take_arguments(const Verb *verb, const char *const *words, size_t count, Job *job);

#endif
