#include "charm/validate.h"

#include <strings.h>

#include "base/attribute.h"
#include "base/encode.h"
#include "base/secret.h"
#include "charm/schedule.h"
#include "charm/target.h"

static bool is_backend(const CharmConfig *config, const char *name) {
        return strcasecmp(config->backend, name) == 0;
}

static bool is_set(const char *text) {
        return text[0] != '\0';
}

/* VALUE as a message shows it: short, on one line. */
static const char *shown(const char *value, Arena *arena) {
        enum { MOST = 300 };
        char *text = arena_bytes(arena, bytes_slice(bytes_of(value), 0, MOST));
        for (char *at = text; *at; at++)
                if ((unsigned char)*at < ' ')
                        *at = ' ';
        return text;
}

/* ---- the rules: NULL when all is well ---- */

typedef const char *Rule(const CharmConfig *config, Arena *arena);

static const char *check_path(const CharmConfig *config, UNUSED Arena *arena) {
        return is_set(config->remote_backup_url) ? NULL
                                                 : "Backup path is required. Set config for \"remote_backup_url\"";
}

static const char *check_backend(const CharmConfig *config, Arena *arena) {
        return config_backend(config)
                       ? NULL
                       : arena_print(arena, "Unrecognized backend \"%s\"", shown(config->backend, arena));
}

static const char *check_s3(const CharmConfig *config, UNUSED Arena *arena) {
        if (!is_backend(config, "s3") || (is_set(config->aws_access_key_id) && is_set(config->aws_secret_access_key)))
                return NULL;
        return "S3 backups require \"aws_access_key_id\" and \"aws_secret_access_key\" to be set";
}

static const char *check_azure(const CharmConfig *config, UNUSED Arena *arena) {
        if (!is_backend(config, "azure") || is_set(config->azure_connection_string))
                return NULL;
        return "Azure backups require \"azure_connection_string\"";
}

static const char *check_ssh(const CharmConfig *config, Arena *arena) {
        const Backend *backend = config_backend(config);
        bool has_secret = is_set(config->remote_password) || is_set(config->private_ssh_key);
        if (!backend->needs_host_key || target_is_rsync_daemon(config) ||
            (is_set(config->known_host_key) && has_secret))
                return NULL;
        return arena_print(arena,
                           "%s backend requires known_host_key and either \"remote_password\" or "
                           "\"private_ssh_key\" to be set",
                           backend->name);
}

/* A daemon's module wants a password, or nothing; everything else goes through ssh. Stands before check_ssh: without
 * either, this is what the predecessor said. */
static const char *check_rsync(const CharmConfig *config, UNUSED Arena *arena) {
        if (!is_backend(config, "rsync") || target_is_rsync_daemon(config) || is_set(config->private_ssh_key))
                return NULL;
        return "rsync backend requires private_ssh_key. remote_password auth not supported";
}

static const char *check_encryption(const CharmConfig *config, UNUSED Arena *arena) {
        if (config->disable_encryption || is_set(config->encryption_passphrase) || is_set(config->gpg_public_key))
                return NULL;
        return "Must set either an encryption passphrase, GPG public key, or disable encryption";
}

static const char *check_gpg_key(const CharmConfig *config, Arena *arena) {
        const char *key = config->gpg_public_key;
        if (!is_set(key) || config->disable_encryption || strstr(key, "-----BEGIN PGP PUBLIC KEY BLOCK-----"))
                return NULL;
        if (strstr(key, "PRIVATE KEY"))
                return "\"gpg_public_key\" holds a private key: set the public one, and keep the private one elsewhere";
        if (config_key_name(config, arena))
                return NULL;
        return "Invalid \"gpg_public_key\": it has to be an armoured public key (gpg --armor --export), or the id or "
               "fingerprint of a key";
}

static const char *check_ssh_key(const CharmConfig *config, UNUSED Arena *arena) {
        AUTO_VALUE(buffer_clear) Buffer key = { .data = NULL };
        if (!is_set(config->private_ssh_key))
                return NULL;
        bool is_right = encode_from_base64(bytes_of(config->private_ssh_key), &key) &&
                        strstr(buffer_text(&key), "PRIVATE KEY-----");
        if (key.length)
                secret_wipe(key.data, key.length);
        return is_right ? NULL : "Invalid private_ssh_key. ensure that key is base64 encoded";
}

static const char *invalid(Arena *arena, const char *option, const char *value) {
        return arena_print(arena, "Invalid value \"%s\" for \"%s\"", shown(value, arena), option);
}

static const char *check_schedule(const char *option, const char *value, bool for_deletion, Arena *arena) {
        const char *cron;
        Schedule schedule;
        if (!config_schedule(value, for_deletion, &cron))
                return invalid(arena, option, value);
        if (cron && schedule_parse(cron, &schedule) && schedule_never_runs(&schedule))
                return arena_print(arena, "%s: there is no such day, it would never run",
                                   invalid(arena, option, value));
        return NULL;
}

static const char *check_frequency(const CharmConfig *config, Arena *arena) {
        return check_schedule("backup_frequency", config->backup_frequency, false, arena);
}

static const char *check_retention(const CharmConfig *config, Arena *arena) {
        int64_t seconds;
        return config_retention(config->retention_period, &seconds)
                       ? NULL
                       : invalid(arena, "retention_period", config->retention_period);
}

static const char *check_deletion(const CharmConfig *config, Arena *arena) {
        return check_schedule("deletion_frequency", config->deletion_frequency, true, arena);
}

static const char *check_folders(const CharmConfig *config, Arena *arena) {
        AUTO_VALUE(text_list_clear) TextList folders = { .items = NULL };
        if (config_folders(config, arena, &folders))
                return NULL;
        return "\"aux_backup_directory\" has to name folders from the root, separated by commas, like "
               "/var/backups/db,/etc";
}

static const char *check_target(const CharmConfig *config, Arena *arena) {
        const char *url;
        AUTO(error_free) Error *error = target_url(config, "unit-0", arena, &url);
        return error ? arena_text(arena, error_story(error)) : NULL;
}

/* The engine would refuse what it cannot read, or what can match nothing, when the backup is due. */
static const char *check_exclude(const CharmConfig *config, Arena *arena) {
        AUTO_VALUE(text_list_clear) TextList folders = { .items = NULL };
        AUTO_VALUE(selection_option_list_clear) SelectionOptionList rules = { .items = NULL };
        AUTO(selection_close) Selection *selection = NULL;
        (void)config_folders(config, arena, &folders); /* check_folders stands before */
        config_select(config, &folders, arena, &rules);
        AUTO(error_free) Error *error = selection_open(&rules, false, config_source(&folders), &selection);
        return error ? arena_print(arena, "Invalid \"exclude\": %s", shown(error_story(error), arena)) : NULL;
}

/* Options of which the value is one of a few words. */
static const char *check_words(const CharmConfig *config, Arena *arena) {
        const struct {
                const char *option, *value, *wanted;
                const char *const words[4];
        } options[] = {
                { "backup_type",
                  config->backup_type,
                  "auto, full or incremental",
                  { "auto", "full", "incremental", NULL } },
                { "s3_addressing_style",
                  config->s3_addressing_style,
                  "auto, path or virtual",
                  { "auto", "path", "virtual", NULL } },
                { "package_status", config->package_status, "install or hold", { "install", "hold", NULL } },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(options); i++)
                if (!bytes_equal_any(bytes_of(options[i].value), options[i].words))
                        return arena_print(arena, "%s: it has to be %s",
                                           invalid(arena, options[i].option, options[i].value), options[i].wanted);
        return NULL;
}

static const char *check_intervals(const CharmConfig *config, Arena *arena) {
        const struct {
                const char *option, *value, *example;
        } options[] = {
                { "full_if_older_than", config->full_if_older_than, "30D" },
                { "alert_after", config->alert_after, "36h" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(options); i++) {
                int64_t seconds;
                AUTO(error_free)
                Error *error =
                        is_set(options[i].value) ? when_parse_interval(bytes_of(options[i].value), &seconds) : NULL;
                if (error || (is_set(options[i].value) && seconds <= 0))
                        return arena_print(arena,
                                           "%s: it has to be a time with its unit (s, m, h, D, W, M or Y), like %s",
                                           invalid(arena, options[i].option, options[i].value), options[i].example);
        }
        return NULL;
}

static const char *check_volume_size(const CharmConfig *config, Arena *arena) {
        enum { MOST = 10240 };
        uint64_t size;
        if (bytes_to_number(bytes_of(config->volume_size), &size) && size >= 1 && size <= MOST)
                return NULL;
        return arena_print(arena, "%s: it has to be a number of MiB from 1 to %d",
                           invalid(arena, "volume_size", config->volume_size), MOST);
}

static const char *check_keeps(const CharmConfig *config, Arena *arena) {
        enum { MOST = 10000 };
        const struct {
                const char *option;
                uint64_t value;
        } options[] = { { "keep_daily", config->keep_daily },
                        { "keep_weekly", config->keep_weekly },
                        { "keep_monthly", config->keep_monthly },
                        { "keep_yearly", config->keep_yearly } };
        for (size_t i = 0; i < ARRAY_LENGTH(options); i++)
                if (options[i].value > MOST)
                        return arena_print(arena, "Invalid value for \"%s\": it has to be a number from 0 to %d",
                                           options[i].option, MOST);
        return NULL;
}

static const char *check_tls(const CharmConfig *config, UNUSED Arena *arena) {
        if (!is_set(config->tls_ca_certificate) || strstr(config->tls_ca_certificate, "-----BEGIN CERTIFICATE-----"))
                return NULL;
        return "Invalid \"tls_ca_certificate\": it has to hold certificates in PEM form (-----BEGIN CERTIFICATE-----)";
}

static const char *check_nagios(const CharmConfig *config, Arena *arena) {
        if (!config_is_nagios_context(config->nagios_context))
                return arena_print(arena, "%s: it has to be letters, digits, '_', '.' and '-'",
                                   invalid(arena, "nagios_context", config->nagios_context));
        if (!config_is_nagios_groups(config->nagios_servicegroups))
                return arena_print(arena, "%s: it has to be names separated by commas",
                                   invalid(arena, "nagios_servicegroups", config->nagios_servicegroups));
        return NULL;
}

static const char *check_reading(const CharmConfig *config, UNUSED Arena *arena) {
        return config->misread;
}

static const char *find_problem(Rule *const *rules, size_t count, const CharmConfig *config, Arena *arena) {
        const char *problem = NULL;
        for (size_t i = 0; !problem && i < count; i++)
                problem = rules[i](config, arena);
        return problem;
}

const char *validate_config(const CharmConfig *config, Arena *arena) {
        static Rule *const for_backups[] = {
                check_backend,  check_path,       check_s3,          check_azure,     check_rsync,
                check_ssh,      check_encryption, check_ssh_key,     check_frequency, check_retention,
                check_deletion, check_target,     check_folders,     check_gpg_key,   check_exclude,
                check_words,    check_intervals,  check_volume_size, check_keeps,     check_tls,
        };
        static Rule *const always[] = { check_reading, check_nagios };
        const char *problem = NULL;
        if (!config_is_disabled(config))
                problem = find_problem(for_backups, ARRAY_LENGTH(for_backups), config, arena);
        return problem ? problem : find_problem(always, ARRAY_LENGTH(always), config, arena);
}
