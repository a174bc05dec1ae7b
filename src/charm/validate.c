#include "charm/validate.h"

#include <strings.h>

#include "base/attribute.h"
#include "base/encode.h"
#include "base/secret.h"
#include "charm/target.h"

typedef struct Backend {
        const char *name, *scheme;
        bool needs_host_key; /* beside a password or a key */
} Backend;

static const Backend backends[] = {
        { "s3", "s3", false },     { "ssh", "sftp", true },     { "scp", "scp", true },
        { "sftp", "sftp", true },  { "ftp", "ftp", false },     { "rsync", "rsync", false },
        { "file", "file", false }, { "azure", "azure", false }, { "webdav", "webdavs", false },
};

static const Backend *find_backend(const CharmConfig *config) {
        for (size_t i = 0; i < ARRAY_LENGTH(backends); i++)
                if (strcasecmp(config->backend, backends[i].name) == 0)
                        return &backends[i];
        return NULL;
}

static bool is_backend(const CharmConfig *config, const char *name) {
        return strcasecmp(config->backend, name) == 0;
}

static bool is_set(const char *text) {
        return text[0] != '\0';
}

/* WORDS end in NULL. */
static bool is_one_of(const char *text, const char *const *words) {
        for (; *words; words++)
                if (strcmp(text, *words) == 0)
                        return true;
        return false;
}

/* ---- what options mean ---- */

bool config_is_disabled(const CharmConfig *config) {
        return !is_set(config->backend);
}

const char *config_scheme(const CharmConfig *config) {
        const Backend *backend = find_backend(config);
        return backend ? backend->scheme : NULL;
}

bool config_folders(const CharmConfig *config, Arena *arena, TextList *ret_folders) {
        Bytes rest = bytes_of(config->aux_backup_directory);
        while (rest.at) {
                size_t length = 0;
                while (length < rest.length && !strchr(",\n", rest.at[length]))
                        length++;
                Bytes folder = bytes_trim(bytes_slice(rest, 0, length));
                rest = length < rest.length ? bytes_slice(rest, length + 1, SIZE_MAX) : (Bytes){ .at = NULL };
                if (folder.length == 0)
                        continue;
                if (folder.at[0] != '/')
                        return false;
                text_list_add(ret_folders, arena_bytes(arena, folder));
        }
        return ret_folders->count > 0;
}

bool config_schedule(const char *text, bool for_deletion, const char **ret_cron) {
        static const struct {
                const char *word, *backup, *deletion;
        } words[] = {
                { "hourly", "@hourly", "40 * * * *" },
                { "daily", "@daily", "0 23 * * *" },
                { "weekly", "@weekly", NULL },
                { "monthly", "@monthly", NULL },
        };
        Schedule schedule;
        *ret_cron = NULL;
        if (!for_deletion && strcmp(text, "manual") == 0)
                return true;
        for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
                if (strcmp(text, words[i].word) != 0)
                        continue;
                *ret_cron = for_deletion ? words[i].deletion : words[i].backup;
                return *ret_cron;
        }
        if (!schedule_parse(text, &schedule) || strpbrk(text, "\n%"))
                return false;
        *ret_cron = text;
        return true;
}

bool config_retention(const char *text, int64_t *ret_seconds) {
        enum { MOST = 100000 };
        Bytes number = bytes_of(text);
        uint64_t count;
        *ret_seconds = 0;
        if (strcmp(text, "manual") == 0)
                return true;
        if (number.length < 2 || text[0] == '0')
                return false;
        int64_t unit = bytes_end_with(number, "d") ? 86400 : bytes_end_with(number, "h") ? 3600 : 0;
        number.length--;
        if (!unit || !bytes_to_number(number, &count) || count > MOST)
                return false;
        *ret_seconds = (int64_t)count * unit;
        return true;
}

bool config_keeps_by_calendar(const CharmConfig *config) {
        return config->keep_daily || config->keep_weekly || config->keep_monthly || config->keep_yearly;
}

bool config_deletes(const CharmConfig *config) {
        int64_t seconds;
        return config_keeps_by_calendar(config) || (config_retention(config->retention_period, &seconds) && seconds);
}

/* ---- the rules: NULL when all is well ---- */

typedef const char *Rule(const CharmConfig *config, Arena *arena);

static const char *check_path(const CharmConfig *config, UNUSED Arena *arena) {
        return is_set(config->remote_backup_url) ? NULL
                                                 : "Backup path is required. Set config for \"remote_backup_url\"";
}

static const char *check_backend(const CharmConfig *config, Arena *arena) {
        return find_backend(config) ? NULL : arena_print(arena, "Unrecognized backend \"%s\"", config->backend);
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
        const Backend *backend = find_backend(config);
        bool has_secret = is_set(config->remote_password) || is_set(config->private_ssh_key);
        if (!backend->needs_host_key || (is_set(config->known_host_key) && has_secret))
                return NULL;
        return arena_print(arena, "%s backend requires known_host_key and either \"remote_password\" or "
                           "\"private_ssh_key\" to be set", backend->name);
}

/* A daemon's module wants a password, or nothing; everything else goes through ssh. */
static const char *check_rsync(const CharmConfig *config, UNUSED Arena *arena) {
        bool is_daemon = strstr(config->remote_backup_url, "::") != NULL;
        if (!is_backend(config, "rsync") || is_daemon || is_set(config->private_ssh_key))
                return NULL;
        return "rsync backend requires private_ssh_key. remote_password auth not supported";
}

static const char *check_encryption(const CharmConfig *config, UNUSED Arena *arena) {
        if (config->disable_encryption || is_set(config->encryption_passphrase) || is_set(config->gpg_public_key))
                return NULL;
        return "Must set either an encryption passphrase, GPG public key, or disable encryption";
}

static const char *check_gpg_key(const CharmConfig *config, UNUSED Arena *arena) {
        static const char hex[] = "0123456789abcdefABCDEF";
        const char *key = config->gpg_public_key;
        const char *digits = strncasecmp(key, "0x", 2) == 0 ? key + 2 : key;
        size_t length = strlen(digits);
        if (!is_set(key) || config->disable_encryption || strstr(key, "-----BEGIN PGP PUBLIC KEY BLOCK-----"))
                return NULL;
        if (strstr(key, "PRIVATE KEY"))
                return "\"gpg_public_key\" holds a private key: set the public one, and keep the private one elsewhere";
        if (strspn(digits, hex) == length && (length == 8 || length == 16 || length == 32 || length == 40))
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
        return arena_print(arena, "Invalid value \"%s\" for \"%s\"", value, option);
}

static const char *check_frequency(const CharmConfig *config, Arena *arena) {
        const char *cron;
        return config_schedule(config->backup_frequency, false, &cron)
                       ? NULL
                       : invalid(arena, "backup_frequency", config->backup_frequency);
}

static const char *check_retention(const CharmConfig *config, Arena *arena) {
        int64_t seconds;
        return config_retention(config->retention_period, &seconds)
                       ? NULL
                       : invalid(arena, "retention_period", config->retention_period);
}

static const char *check_deletion(const CharmConfig *config, Arena *arena) {
        const char *cron;
        return config_schedule(config->deletion_frequency, true, &cron)
                       ? NULL
                       : invalid(arena, "deletion_frequency", config->deletion_frequency);
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

static const char *check_exclude(const CharmConfig *config, Arena *arena) {
        Bytes rest = bytes_of(config->exclude);
        while (rest.at) {
                Bytes line = bytes_trim(bytes_cut(rest, '\n', &rest));
                if (line.length && line.at[0] != '/' && !bytes_start_with(line, "**"))
                        return arena_print(arena, "\"exclude\" has \"%.*s\", which cannot match: patterns are of full "
                                           "paths and begin with / or **", (int)MIN(line.length, (size_t)100), line.at);
        }
        return NULL;
}

/* Options of which the value is one of a few words. */
static const char *check_words(const CharmConfig *config, Arena *arena) {
        const struct {
                const char *option, *value, *wanted;
                const char *const words[4];
        } options[] = {
                { "backup_type", config->backup_type, "auto, full or incremental",
                  { "auto", "full", "incremental", NULL } },
                { "s3_addressing_style", config->s3_addressing_style, "auto, path or virtual",
                  { "auto", "path", "virtual", NULL } },
                { "package_status", config->package_status, "install or hold", { "install", "hold", NULL } },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(options); i++)
                if (!is_one_of(options[i].value, options[i].words))
                        return arena_print(arena, "Invalid value \"%s\" for \"%s\": it has to be %s", options[i].value,
                                           options[i].option, options[i].wanted);
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
                AUTO(error_free) Error *error = is_set(options[i].value)
                                                        ? when_parse_interval(bytes_of(options[i].value), &seconds)
                                                        : NULL;
                if (error || (is_set(options[i].value) && seconds <= 0))
                        return arena_print(arena, "Invalid value \"%s\" for \"%s\": it has to be a time with its unit "
                                           "(s, m, h, D, W, M or Y), like %s", options[i].value, options[i].option,
                                           options[i].example);
        }
        return NULL;
}

static const char *check_volume_size(const CharmConfig *config, Arena *arena) {
        enum { MOST = 10240 };
        uint64_t size;
        if (bytes_to_number(bytes_of(config->volume_size), &size) && size >= 1 && size <= MOST)
                return NULL;
        return arena_print(arena, "Invalid value \"%s\" for \"volume_size\": it has to be a number of MiB from 1 to %d",
                           config->volume_size, MOST);
}

static const char *check_tls(const CharmConfig *config, UNUSED Arena *arena) {
        if (!is_set(config->tls_ca_certificate) || strstr(config->tls_ca_certificate, "-----BEGIN CERTIFICATE-----"))
                return NULL;
        return "Invalid \"tls_ca_certificate\": it has to hold certificates in PEM form (-----BEGIN CERTIFICATE-----)";
}

/* Each becomes part of a line, or of a file's name. */
static const char *check_nagios(const CharmConfig *config, Arena *arena) {
        static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
        const char *groups = config->nagios_servicegroups;
        if (!is_set(config->nagios_context) || strspn(config->nagios_context, good) != strlen(config->nagios_context))
                return arena_print(arena, "Invalid value \"%s\" for \"nagios_context\": letters, digits, '_', '.' and "
                                   "'-' only", config->nagios_context);
        for (const char *at = groups; *at; at++)
                if (!strchr(good, *at) && *at != ',' && *at != ' ')
                        return arena_print(arena, "Invalid value \"%s\" for \"nagios_servicegroups\": names separated "
                                           "by commas", groups);
        return NULL;
}

const char *validate_config(const CharmConfig *config, Arena *arena) {
        static Rule *const rules[] = {
                check_backend,   check_path,      check_s3,       check_azure,       check_ssh,
                check_rsync,     check_encryption, check_ssh_key, check_frequency,   check_retention,
                check_deletion,  check_target,    check_folders,  check_gpg_key,     check_exclude,
                check_words,     check_intervals, check_volume_size, check_tls,      check_nagios,
        };
        const char *problem = NULL;
        if (config_is_disabled(config))
                return NULL;
        for (size_t i = 0; !problem && i < ARRAY_LENGTH(rules); i++)
                problem = rules[i](config, arena);
        return problem;
}
