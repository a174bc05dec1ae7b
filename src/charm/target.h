/* Target: the URL that a config and a unit mean. Pure. */
#ifndef CHARM_TARGET_H
#define CHARM_TARGET_H

#include "charm/config.h"

/* The URL of the folder that holds the backups of the unit DASHED ("duplicity-0"): the backend's scheme, user and
 * password, percent-encoded, remote_backup_url without the scheme that it may begin with, and the unit. It may hold a
 * password: never print it. ERROR_USER when the options contradict each other or give no URL: names the option and shows
 * the form that the backend wants, without the password. Made in ARENA. */
CHECKED Error *target_url(const CharmConfig *config, const char *dashed, Arena *arena, const char **ret_url);

/* True when remote_backup_url names a module of an rsync daemon (host::module), which is reached without ssh. */
bool target_is_rsync_daemon(const CharmConfig *config);

#endif
