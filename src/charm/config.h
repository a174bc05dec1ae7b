/* Config: the charm's options. The table in config.c is the only place that knows them: config.yaml is printed from
 * it, and what config-get answers is read by it. */
#ifndef CHARM_CONFIG_H
#define CHARM_CONFIG_H

#include "base/json.h"
#include "charm/yaml.h"

/* One field an option. Texts are never NULL, without blanks at either end; what is not set is "" (or 0, or false). */
typedef struct CharmConfig {
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

/* Reads what config-get --all answers (a map); options that are not there have their defaults. All texts are made in
 * ARENA. A value of another type: ERROR_CORRUPT naming the option. Options that the table does not know are passed
 * over. */
CHECKED Error *config_read(const Node *options, Arena *arena, CharmConfig *ret_config);

/* Adds CONFIG as a map that config_read reads. It holds secrets. */
void config_print(const CharmConfig *config, Json *json, const char *key);

/* Appends config.yaml. */
void config_print_yaml(Buffer *out);

#endif
