/* Config: the charm's options. The table in config.c is the only place that knows them: config.yaml is printed from
 * it, and what config-get answers is read by it. config_meaning.c says what they mean. */
#ifndef CHARM_CONFIG_H
#define CHARM_CONFIG_H

#include "base/json.h"
#include "base/list.h"
#include "charm/yaml.h"
#include "source/selection.h"

/* One field an option. Texts are never NULL, without blanks at either end, and passwords without line ends at their end;
 * what is not set is "" (or 0, or false). */
typedef struct CharmConfig {
        const char *misread; /* what could not be read, by the name of the option; NULL: nothing */

        /* what, where to, how often */
        const char *aux_backup_directory, *exclude;
        const char *backend, *remote_backup_url;
        const char *backup_frequency, *backup_type, *full_if_older_than;
        const char *volume_size;

        /* how long */
        const char *retention_period, *deletion_frequency;
        uint64_t keep_daily, keep_weekly, keep_monthly, keep_yearly;

        /* credentials */
        const char *remote_user, *remote_password;
        const char *known_host_key, *private_ssh_key;
        const char *aws_access_key_id, *aws_secret_access_key;
        const char *s3_region, *s3_addressing_style;
        const char *azure_connection_string;
        const char *tls_ca_certificate;

        /* encryption */
        bool disable_encryption;
        const char *encryption_passphrase, *gpg_public_key;

        /* packages */
        const char *extra_packages, *install_sources, *install_keys, *package_status;

        /* monitoring */
        const char *alert_after;
        const char *nagios_context, *nagios_servicegroups;
} CharmConfig;

/* Reads what config-get --all answers (a map); options that are not there, and those of another type, which MISREAD
 * tells, have their defaults. All texts are made in ARENA. Options that the table does not know are passed over. */
CharmConfig config_read(const Node *options, Arena *arena);

/* Adds CONFIG as a map that config_read reads. It holds secrets. */
void config_print(const CharmConfig *config, Json *json, const char *key);

/* Appends config.yaml. */
void config_print_yaml(Buffer *out);

/* ---- meanings of options, for those who act on them after validate_config found nothing wrong ---- */

/* True when there is no backend: backups are disabled. */
bool config_is_disabled(const CharmConfig *config);

/* A kind of storage. */
typedef struct Backend {
        const char *name, *scheme; /* of the option, and of URLs */
        bool needs_host_key;       /* beside a password or a key; not for an rsync daemon */
} Backend;

/* The backend, in any case of letters; NULL: none of ours. */
const Backend *config_backend(const CharmConfig *config);

/* The folders of aux_backup_directory, as typed but for blanks around them. False when one is not an absolute path,
 * or when there is none. */
bool config_folders(const CharmConfig *config, Arena *arena, TextList *ret_folders);

/* What a backup reads: the one of FOLDERS, or the root, of which config_select takes no more than them. */
const char *config_source(const TextList *folders);

/* Adds the rules that exclude and FOLDERS mean, made in ARENA. */
void config_select(const CharmConfig *config, const TextList *folders, Arena *arena, SelectionOptionList *rules);

/* The schedule of an option: TEXT is hourly, daily, weekly, monthly, in any case of letters, or what schedule_parse
 * takes. *ret_cron is what stands in the cron file; NULL for "manual". FOR_DELETION: hourly and daily have their own times, and there are no
 * weekly and monthly. False when it is none. */
bool config_schedule(const char *text, bool for_deletion, const char **ret_cron);

/* "30d" or "48h", in seconds; *ret_seconds is 0 for "manual". False for anything else. */
bool config_retention(const char *text, int64_t *ret_seconds);

/* True when old backups are to be deleted at all: by age or by a keep option. */
bool config_deletes(const CharmConfig *config);

/* True when a keep option is set. */
bool config_keeps_by_calendar(const CharmConfig *config);

/* What gpg_public_key names in root's keyring: the digits of an id or fingerprint as GnuPG prints them, in upper case,
 * without "0x" and blanks. NULL when it is no such thing. Made in ARENA. */
const char *config_key_name(const CharmConfig *config, Arena *arena);

/* True when these values of the options for Nagios may become parts of lines and of files' names. */
bool config_is_nagios_context(const char *text);
bool config_is_nagios_groups(const char *text);

#endif
