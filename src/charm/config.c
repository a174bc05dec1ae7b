#include "charm/config.h"

#include <stddef.h>
#include <strings.h>

#include "base/attribute.h"

typedef enum OptionKind {
        OPTION_TEXT,
        OPTION_PASSWORD, /* a text of which blanks are a part */
        OPTION_NUMBER,
        OPTION_FLAG,
} OptionKind;

typedef struct ConfigOption {
        const char *name;
        OptionKind kind;
        size_t field;
        const char *initial;     /* its default, as config.yaml has it; NULL: none */
        const char *description; /* lines */
} ConfigOption;

#define TEXT(name_) .name = #name_, .kind = OPTION_TEXT, .field = offsetof(CharmConfig, name_)
#define PASSWORD(name_) .name = #name_, .kind = OPTION_PASSWORD, .field = offsetof(CharmConfig, name_)
#define NUMBER(name_) .name = #name_, .kind = OPTION_NUMBER, .field = offsetof(CharmConfig, name_)
#define FLAG(name_) .name = #name_, .kind = OPTION_FLAG, .field = offsetof(CharmConfig, name_)

static const ConfigOption options[] = {
        { TEXT(aux_backup_directory), .initial = "/tmp/duplicity",
          .description = "What to back up: one folder, or several separated by commas or line ends. A folder that is\n"
                         "missing is made. /tmp is emptied when the machine starts: choose another one.\n"
                         "Example: /var/backups/db,/etc" },
        { TEXT(exclude), .initial = "",
          .description =
                  "What to leave out: shell patterns of full paths, one a line; '*' does not match '/', '**' does.\n"
                  "Example: /var/backups/db/**.tmp" },
        { TEXT(backend), .initial = "",
          .description =
                  "Kind of storage: s3, ssh, scp, sftp, ftp, rsync, file, azure or webdav, in any case of letters.\n"
                  "Empty: no backups are made.\n"
                  "Example: sftp" },
        { TEXT(remote_backup_url), .initial = "",
          .description =
                  "Where the backups go, with or without the backend in front (\"sftp://\"). A folder with the unit's\n"
                  "name is added. Blanks and special characters are written as they are.\n"
                  "  s3       s3.example.com/bucket/folder, s3:host[:port]/bucket/folder, or bucket/folder on AWS\n"
                  "  ssh, scp, sftp, ftp  host[:port]/folder of the login, host//folder from the root\n"
                  "  rsync    host[:port]/folder, host//folder, or host::module/folder\n"
                  "  file     /folder\n"
                  "  azure    container; azure:// for one with the unit's name\n"
                  "  webdav   host[:port]/folder (TLS), or http://host/folder\n"
                  "Example: backup.example.com/units" },
        { TEXT(backup_frequency), .initial = "manual",
          .description =
                  "How often: hourly, daily, weekly, monthly, manual (only by the action do-backup), or the five\n"
                  "fields of a cron schedule. Nothing is scheduled until this is set.\n"
                  "Example: 30 2 * * mon-fri" },
        { TEXT(backup_type), .initial = "auto",
          .description =
                  "Kind of the scheduled backups: auto (incremental, and full where there is none yet or the last is\n"
                  "older than full_if_older_than), full or incremental.\n"
                  "Example: auto" },
        { TEXT(full_if_older_than), .initial = "30D",
          .description =
                  "With backup_type auto: make a full backup when the last one is older than this; s, m, h, D, W, M\n"
                  "and Y are units. Empty: one full backup for ever.\n"
                  "Example: 2W" },
        { TEXT(volume_size), .initial = "200",
          .description = "Size of the files that backups are kept in, in MiB of data before compression: 1 to 10240.\n"
                         "Example: 200" },
        { TEXT(retention_period), .initial = "manual",
          .description =
                  "How long backups are kept: days (30d) or hours (48h), or manual for ever. A chain of backups is\n"
                  "deleted when all of it is older, and never the newest one. Where a keep option is set, those\n"
                  "decide alone.\n"
                  "Example: 30d" },
        { TEXT(deletion_frequency), .initial = "daily",
          .description =
                  "How often old backups are deleted, where retention_period or a keep option asks for it: hourly,\n"
                  "daily (at 23:00) or the five fields of a cron schedule.\n"
                  "Example: 0 4 * * sun" },
        { NUMBER(keep_daily), .initial = "0",
          .description =
                  "Keep the last backup of each of this many days. Chains of backups that none of the keep options\n"
                  "(daily, weekly, monthly, yearly) wants are deleted. 0: no such rule.\n"
                  "Example: 7" },
        { NUMBER(keep_weekly), .initial = "0",
          .description = "Keep the last backup of each of this many weeks; see keep_daily.\nExample: 4" },
        { NUMBER(keep_monthly), .initial = "0",
          .description = "Keep the last backup of each of this many months; see keep_daily.\nExample: 12" },
        { NUMBER(keep_yearly), .initial = "0",
          .description = "Keep the last backup of each of this many years; see keep_daily.\nExample: 3" },
        { TEXT(remote_user), .initial = "",
          .description = "Name to log in with at the storage (ssh, scp, sftp, ftp, rsync, webdav).\nExample: backup" },
        { PASSWORD(remote_password), .initial = "",
          .description = "Password for remote_user. Any characters; only line ends at its end are left out.\nExample: p@ss/w:rd" },
        { TEXT(known_host_key), .initial = "",
          .description = "The server's ssh host key, one line or several, as ssh-keyscan prints them.\n"
                         "Example: backup.example.com ssh-ed25519 AAAAC3Nza..." },
        { TEXT(private_ssh_key), .initial = "",
          .description = "A private ssh key without passphrase, base64 encoded: base64 -w0 ~/.ssh/id_ed25519\n"
                         "Example: LS0tLS1CRUdJTiBPUEVOU1NIIFBSSVZBVEUgS0VZLS0tLS0K..." },
        { TEXT(aws_access_key_id), .initial = "",
          .description = "Access key of the S3 storage.\nExample: AKIAIOSFODNN7EXAMPLE" },
        { TEXT(aws_secret_access_key), .initial = "",
          .description = "Secret key that belongs to aws_access_key_id.\nExample: wJalrXUtnFEMI/K7MDENG..." },
        { TEXT(s3_region), .initial = "",
          .description = "Region of the bucket. Empty: the server is asked.\nExample: eu-central-1" },
        { TEXT(s3_addressing_style), .initial = "auto",
          .description = "How a bucket is named in requests: path (host/bucket), virtual (bucket.host) or "
                         "auto.\nExample: path" },
        { TEXT(azure_connection_string), .initial = "",
          .description = "Connection string of the Azure storage account, as its portal shows it.\n"
                         "Example: DefaultEndpointsProtocol=https;AccountName=...;AccountKey=..." },
        { TEXT(tls_ca_certificate), .initial = "",
          .description =
                  "Certificates (PEM) of the authorities to trust in place of the system's, for s3, ftp, azure and\n"
                  "webdav.\n"
                  "Example: @ca.pem" },
        { FLAG(disable_encryption), .initial = "false",
          .description =
                  "Store backups readable for whoever gets at the storage. One of this, encryption_passphrase and\n"
                  "gpg_public_key has to be set.\n"
                  "Example: true" },
        { PASSWORD(encryption_passphrase), .initial = "",
          .description = "Encrypt with this passphrase. Keep it elsewhere too: without it nothing comes back. Any\n"
                         "characters; only line ends at its end are left out.\n"
                         "Example: correct horse battery staple" },
        { TEXT(gpg_public_key), .initial = "",
          .description =
                  "Encrypt to this GnuPG key: an armoured public key, or the id or fingerprint of one in root's\n"
                  "keyring. Keep the secret key elsewhere: without it nothing comes back.\n"
                  "Example: @backup-key.asc" },
        { TEXT(extra_packages), .initial = "",
          .description = "Further packages to install, separated by blanks.\nExample: nfs-common" },
        { TEXT(install_sources), .initial = "",
          .description =
                  "Package sources to add: a YAML list, or one a line: 'deb ...' lines, 'ppa:...' or 'cloud:...'.\n"
                  "Example: deb http://archive.example.com/ubuntu jammy main" },
        { TEXT(install_keys), .initial = "",
          .description =
                  "Keys of install_sources in the same order: a YAML list of armoured keys, of fingerprints that\n"
                  "Ubuntu's key server knows, or null for none.\n"
                  "Example: [null, 6F8A3C1D5B7E9F0246813579BDF02468ACE13579]" },
        { TEXT(package_status), .initial = "install",
          .description =
                  "State of the packages that the charm installs: install, or hold so that nobody upgrades them.\n"
                  "Example: hold" },
        { TEXT(alert_after), .initial = "",
          .description = "Raise an alert when the last good backup is older than this. Empty: the longest pause of\n"
                         "backup_frequency and a quarter of it, at least an hour.\n"
                         "Example: 36h" },
        { TEXT(nagios_context), .initial = "juju",
          .description = "First part of the host names that Nagios sees.\nExample: juju-production" },
        { TEXT(nagios_servicegroups), .initial = "",
          .description = "Service groups of the Nagios checks, separated by commas. Empty: nagios_context.\nExample: "
                         "backups" },
};

/* Each reads TEXT into the option's field; false: it is of another type. Any text will do: validate.c judges it. */
typedef bool Reader(const char *text, Arena *arena, void *field);

static bool read_text(const char *text, Arena *arena, void *field) {
        *(const char **)field = arena_bytes(arena, bytes_trim(bytes_of(text)));
        return true;
}

/* Whoever takes it from a file gets the file's last line end too. */
static bool read_password(const char *text, Arena *arena, void *field) {
        Bytes password = bytes_of(text);
        while (bytes_end_with(password, "\n"))
                password.length -= bytes_end_with(password, "\r\n") ? 2 : 1;
        *(const char **)field = arena_bytes(arena, password);
        return true;
}

static bool read_number(const char *text, UNUSED Arena *arena, void *field) {
        return bytes_to_number(bytes_of(text), field);
}

static bool read_flag(const char *text, UNUSED Arena *arena, void *field) {
        bool is_true = strcasecmp(text, "true") == 0;
        *(bool *)field = is_true;
        return is_true || strcasecmp(text, "false") == 0;
}

CharmConfig config_read(const Node *answer, Arena *arena) {
        static const struct {
                Reader *read;
                const char *wanted;
        } kinds[] = {
                [OPTION_TEXT] = { read_text, "a text without NUL bytes" },
                [OPTION_PASSWORD] = { read_password, "a text without NUL bytes" },
                [OPTION_NUMBER] = { read_number, "a whole number, 0 or more" },
                [OPTION_FLAG] = { read_flag, "true or false" },
        };
        CharmConfig config = { .misread = NULL };
        for (size_t i = 0; i < ARRAY_LENGTH(options); i++) {
                const ConfigOption *option = &options[i];
                const Node *node = node_get(answer, option->name);
                bool is_set = node && node->kind != NODE_NULL;
                const char *text = node_text(node);
                void *field = (char *)&config + option->field;
                if (is_set && text && kinds[option->kind].read(text, arena, field))
                        continue;
                (void)kinds[option->kind].read(option->initial, arena, field); /* defaults are right */
                if (is_set && !config.misread)
                        config.misread = arena_print(arena, "Invalid value for \"%s\": it has to be %s", option->name,
                                                     kinds[option->kind].wanted);
        }
        return config;
}

void config_print(const CharmConfig *config, Json *json, const char *key) {
        json_object(json, key);
        for (size_t i = 0; i < ARRAY_LENGTH(options); i++) {
                const void *field = (const char *)config + options[i].field;
                switch (options[i].kind) {
                case OPTION_TEXT:
                case OPTION_PASSWORD:
                        json_text(json, options[i].name, *(const char *const *)field);
                        break;
                case OPTION_NUMBER:
                        json_number(json, options[i].name, *(const uint64_t *)field);
                        break;
                case OPTION_FLAG:
                        json_bool(json, options[i].name, *(const bool *)field);
                        break;
                }
        }
        json_end(json);
}

static void print_lines(const char *text, Buffer *out) {
        Bytes rest = bytes_of(text);
        while (rest.at) {
                Bytes line = bytes_cut(rest, '\n', &rest);
                (void)buffer_add_text(out, "      ");
                (void)buffer_add(out, line);
                (void)buffer_add_text(out, "\n");
        }
}

void config_print_yaml(Buffer *out) {
        static const struct {
                const char *name, *quote;
        } types[] = {
                [OPTION_TEXT] = { "string", "\"" },
                [OPTION_PASSWORD] = { "string", "\"" },
                [OPTION_NUMBER] = { "int", "" },
                [OPTION_FLAG] = { "boolean", "" },
        };
        (void)buffer_add_text(out, "options:\n");
        for (size_t i = 0; i < ARRAY_LENGTH(options); i++) {
                const ConfigOption *option = &options[i];
                const char *quote = types[option->kind].quote;
                (void)buffer_print(out, "  %s:\n    type: %s\n    default: %s%s%s\n    description: |\n", option->name,
                                   types[option->kind].name, quote, option->initial, quote);
                print_lines(option->description, out);
        }
}
