/* Juju: the hook tools, one function each. They work only while Juju runs us as a hook or an action.
 *
 * Errors: ERROR_MISSING when there is no such tool (we were not called by Juju), else ERROR_SYSTEM with the tool's last
 * words. Free texts may hold anything but NUL; they are cut to what one argument may hold. */
#ifndef CHARM_JUJU_H
#define CHARM_JUJU_H

#include "base/list.h"
#include "base/log.h"
#include "charm/yaml.h"

/* config-get: a map of all options. */
CHECKED Error *juju_config(Arena *arena, const Node **ret_options);

/* status-set, unless the unit has that status already: each call would add to its history. STATUS is one of
 * maintenance, blocked, waiting, active. */
CHECKED Error *juju_set_status(const char *status, const char *message);

/* juju-log; failures are ignored, since there is no better place to tell them. */
void juju_log(LogLevel level, const char *message);

/* application-version-set. */
CHECKED Error *juju_set_version(const char *version);

/* relation-ids: ids of ENDPOINT's relations. */
CHECKED Error *juju_relation_ids(const char *endpoint, Arena *arena, TextList *ret_ids);

/* relation-list: the remote units of relation ID. */
CHECKED Error *juju_relation_units(const char *id, Arena *arena, TextList *ret_units);

/* relation-get: a map of all that UNIT has set in relation ID. */
CHECKED Error *juju_relation_get(const char *id, const char *unit, Arena *arena, const Node **ret_settings);

/* relation-set: one key of ours; an empty VALUE deletes it. */
CHECKED Error *juju_relation_set(const char *id, const char *key, const char *value);

/* action-get: a map of the action's parameters. */
CHECKED Error *juju_action_parameters(Arena *arena, const Node **ret_parameters);

/* action-set: one result. KEY is lower-case words with '-', levels joined by '.'. */
CHECKED Error *juju_action_set(const char *key, const char *value);

/* action-fail, after which the action should still exit with 0, or Juju forgets the message. */
CHECKED Error *juju_action_fail(const char *message);

/* action-log: a line of progress; failures are ignored (2.9 may not have the tool). */
void juju_action_log(const char *message);

#endif
