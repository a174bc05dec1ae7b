/* Actions: the one table of them; actions.yaml is printed from it, and actions/ has a link for each. */
#ifndef CHARM_ACTIONS_H
#define CHARM_ACTIONS_H

#include "base/buffer.h"
#include "charm/snapshot.h"

/* What an action was given, as its parameters say; texts are made in an arena. */
typedef struct ActionParameters {
        const char *type;   /* of a backup; NULL: as the config says */
        const char *time;   /* NULL: not given */
        const char *path;   /* inside the backup, relative or from the root; NULL: all */
        const char *target; /* folder to restore into; NULL: not given */
        uint64_t count;     /* 0: not given */
        uint64_t sample;    /* percent; 0: not given */
        bool force, full, compare;
} ActionParameters;

/* The name of action number INDEX; NULL behind the last. */
const char *action_name(size_t index);

/* Appends actions.yaml. */
void action_print_yaml(Buffer *out);

/* Reads what action-get answers for the action NAME: ERROR_USER naming the parameter that is unknown, missing, or not
 * what it may be. (Juju checks too, unless it is old.) */
CHECKED Error *action_read_parameters(const char *name, const Node *given, Arena *arena,
                                      ActionParameters *ret_parameters);

/* Does what the action NAME is for, and tells Juju its results, or why it failed. An error is one of talking to Juju.
 */
CHECKED Error *action_run(const char *name);

#endif
