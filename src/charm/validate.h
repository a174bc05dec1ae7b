/* Validate: is this config one that backups can be made with? Pure. */
#ifndef CHARM_VALIDATE_H
#define CHARM_VALIDATE_H

#include "base/list.h"
#include "base/when.h"
#include "charm/config.h"
#include "charm/schedule.h"

/* What is wrong first, as the unit's status shows it: names the option and the remedy, and no secret. NULL when all is
 * well, and when there is no backend: nothing is backed up then, on purpose. Made in ARENA. */
const char *validate_config(const CharmConfig *config, Arena *arena);

/* True when there is no backend: backups are disabled. */
bool config_is_disabled(const CharmConfig *config);

/* Meanings of options, for those who act on them after validate_config found nothing wrong. */

/* The storage's scheme: the backend in small letters, "sftp" for ssh, "webdavs" for webdav. NULL: none of ours. */
const char *config_scheme(const CharmConfig *config);

/* The folders of aux_backup_directory, as typed but for blanks around them. False when one is not an absolute path,
 * or when there is none. */
bool config_folders(const CharmConfig *config, Arena *arena, TextList *ret_folders);

/* The schedule of an option: TEXT is hourly, daily, weekly, monthly, or what schedule_parse takes. *ret_cron is what
 * stands in the cron file; NULL for "manual". FOR_DELETION: hourly and daily have their own times, and there are no
 * weekly and monthly. False when it is none. */
bool config_schedule(const char *text, bool for_deletion, const char **ret_cron);

/* "30d" or "48h", in seconds; *ret_seconds is 0 for "manual". False for anything else. */
bool config_retention(const char *text, int64_t *ret_seconds);

/* True when old backups are to be deleted at all: by age or by a keep option. */
bool config_deletes(const CharmConfig *config);

/* True when a keep option is set. */
bool config_keeps_by_calendar(const CharmConfig *config);

#endif
