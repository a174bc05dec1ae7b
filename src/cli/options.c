#include "cli/options.h"

#include <stddef.h>
#include <strings.h>

#include "base/log.h"
#include "base/path.h"
#include "cli/nearest.h"

#define FIELD(member) offsetof(CommandLine, member)

enum { ANY_NUMBER = INT32_MAX, DAY_SECONDS = 86400, MEBIBYTE = 1 << 20 };

static const Option options[] = {
        { { "full-if-older-than" }, 0, OPTION_TIME, OPTION_GROUP_BACKUP, FIELD(job.full_before), FIELD(job.has_full_before), 0, 0, 0,
          "TIME", "1M", "make a full backup when the last one is older than this" },
        { { "volsize" }, 0, OPTION_SIZE, OPTION_GROUP_BACKUP, FIELD(job.volume_size), 0, 1, 1 << 20, MEBIBYTE,
          "MIB", "200", "close a volume after this many MiB of data (200)" },
        { { "max-blocksize" }, 0, OPTION_SIZE, OPTION_GROUP_BACKUP, FIELD(job.max_block), 0, 512, 1 << 20, 1,
          "BYTES", "2048", "compare changed files in blocks of at most this size (2048)" },
        { { "allow-source-mismatch" }, 0, OPTION_FLAG, OPTION_GROUP_BACKUP, FIELD(job.allow_source_mismatch), 0, 0, 0, 0,
          NULL, NULL, "continue the backup of another host or folder" },
        { { "no-files-changed" }, 0, OPTION_FLAG, OPTION_GROUP_BACKUP, FIELD(job.no_files_changed), 0, 0, 0, 0,
          NULL, NULL, "leave the list of changed files out of the manifest" },
        { { "dry-run" }, 0, OPTION_FLAG, OPTION_GROUP_BACKUP, FIELD(job.dry_run), 0, 0, 0, 0,
          NULL, NULL, "say what would be done, and change nothing" },

        { { "time", "restore-time" }, 't', OPTION_TIME, OPTION_GROUP_RESTORE, FIELD(job.time), FIELD(job.has_time), 0, 0, 0,
          "TIME", "3D", "restore, verify or list the files as they were at this time (now)" },
        { { "path-to-restore", "file-to-restore" }, 'r', OPTION_INNER_PATH, OPTION_GROUP_RESTORE, FIELD(job.path), 0, 1, 0, 0,
          "PATH", "etc/passwd", "restore or verify only this file or folder, a path relative to the source of the backup" },
        { { "compare-data" }, 0, OPTION_FLAG, OPTION_GROUP_RESTORE, FIELD(job.compare_data), 0, 0, 0, 0,
          NULL, NULL, "verify: compare with the files of the folder too" },
        { { "force" }, 0, OPTION_FLAG, OPTION_GROUP_RESTORE, FIELD(job.force), 0, 0, 0, 0,
          NULL, NULL, "restore into a folder that is not empty" },
        { { "numeric-owner" }, 0, OPTION_FLAG, OPTION_GROUP_RESTORE, FIELD(job.numeric_owner), 0, 0, 0, 0,
          NULL, NULL, "take the numbers of users and groups, not their names" },
        { { "no-restore-ownership", "do-not-restore-ownership" }, 0, OPTION_FLAG, OPTION_GROUP_RESTORE,
          FIELD(job.no_restore_ownership), 0, 0, 0, 0, NULL, NULL, "leave restored files to whoever restores them" },

        { { "no-encryption" }, 0, OPTION_FLAG, OPTION_GROUP_ENCRYPTION, FIELD(job.no_encryption), 0, 0, 0, 0,
          NULL, NULL, "store readable files" },
        { { "no-compression" }, 0, OPTION_FLAG, OPTION_GROUP_ENCRYPTION, FIELD(job.no_compression), 0, 0, 0, 0,
          NULL, NULL, "do not compress" },
        { { "encrypt-key" }, 0, OPTION_LIST, OPTION_GROUP_ENCRYPTION, FIELD(job.encrypt_keys), 0, 1, 0, 0,
          "KEY", "0123456789ABCDEF", "encrypt to this GnuPG key instead of with a passphrase; may be repeated" },
        { { "hidden-encrypt-key" }, 0, OPTION_LIST, OPTION_GROUP_ENCRYPTION, FIELD(job.hidden_keys), 0, 1, 0, 0,
          "KEY", "0123456789ABCDEF", "the same, without a trace of the key in the files; may be repeated" },
        { { "sign-key" }, 0, OPTION_TEXT, OPTION_GROUP_ENCRYPTION, FIELD(job.sign_key), 0, 1, 0, 0,
          "KEY", "0123456789ABCDEF", "sign what is written, and demand this key's signature of what is read" },
        { { "encrypt-sign-key" }, 0, OPTION_ENCRYPT_SIGN_KEY, OPTION_GROUP_ENCRYPTION, FIELD(job.encrypt_keys), 0, 1, 0, 0,
          "KEY", "0123456789ABCDEF", "--encrypt-key and --sign-key in one" },
        { { "gpg-binary" }, 0, OPTION_PATH, OPTION_GROUP_ENCRYPTION, FIELD(job.gpg_binary), 0, 1, 0, 0,
          "PROGRAM", "/usr/bin/gpg", "run this gpg" },
        { { "gpg-options" }, 0, OPTION_TEXT, OPTION_GROUP_ENCRYPTION, FIELD(job.gpg_options), 0, 0, 0, 0,
          "WORDS", "--compress-algo=bzip2", "further options for gpg" },
        { { "gpg-home" }, 0, OPTION_PATH, OPTION_GROUP_ENCRYPTION, FIELD(job.gpg_home), 0, 1, 0, 0,
          "FOLDER", "/etc/backup/gnupg", "GnuPG's folder of keys ($GNUPGHOME or ~/.gnupg)" },
        { { "use-agent" }, 0, OPTION_FLAG, OPTION_GROUP_ENCRYPTION, FIELD(job.use_agent), 0, 0, 0, 0,
          NULL, NULL, "let GnuPG's agent ask for passphrases" },
        { { "always-trust" }, 0, OPTION_FLAG, OPTION_GROUP_ENCRYPTION, FIELD(job.always_trust), 0, 0, 0, 0,
          NULL, NULL, "encrypt to keys that are not marked as trusted" },
        { { "accept-unprotected" }, 0, OPTION_FLAG, OPTION_GROUP_ENCRYPTION, FIELD(job.accept_unprotected), 0, 0, 0, 0,
          NULL, NULL, "read files that say they are encrypted but are not, or could have been altered unnoticed" },

        { { "num-retries" }, 0, OPTION_COUNT, OPTION_GROUP_STORAGE, FIELD(job.storage.retries), 0, 0, ANY_NUMBER, 0,
          "COUNT", "5", "further tries after a transient failure of the storage (5)" },
        { { "backend-retry-delay" }, 0, OPTION_SECONDS, OPTION_GROUP_STORAGE, FIELD(job.storage.retry_delay), 0, 0, DAY_SECONDS, 0,
          "SECONDS", "30", "pause before the first of them, doubled each time (30)" },
        { { "timeout" }, 0, OPTION_SECONDS, OPTION_GROUP_STORAGE, FIELD(job.storage.timeout), 0, 1, DAY_SECONDS, 0,
          "SECONDS", "30", "give up a transfer that has not moved for this long (30)" },
        { { "concurrency" }, 0, OPTION_COUNT, OPTION_GROUP_STORAGE, FIELD(job.concurrency), 0, 0, 64, 0,
          "COUNT", "4", "transfers at a time (1)" },
        { { "file-prefix" }, 0, OPTION_PREFIX, OPTION_GROUP_STORAGE, FIELD(job.prefixes.all), 0, 0, 0, 0,
          "TEXT", "web1-", "begin the names of all remote files with this" },
        { { "file-prefix-archive" }, 0, OPTION_PREFIX, OPTION_GROUP_STORAGE, FIELD(job.prefixes.volume), 0, 0, 0, 0,
          "TEXT", "a-", "further beginning of volumes' names" },
        { { "file-prefix-manifest" }, 0, OPTION_PREFIX, OPTION_GROUP_STORAGE, FIELD(job.prefixes.manifest), 0, 0, 0, 0,
          "TEXT", "m-", "further beginning of manifests' names" },
        { { "file-prefix-signature" }, 0, OPTION_PREFIX, OPTION_GROUP_STORAGE, FIELD(job.prefixes.signature), 0, 0, 0, 0,
          "TEXT", "s-", "further beginning of signature archives' names" },

        { { "archive-dir" }, 0, OPTION_PATH, OPTION_GROUP_LOCAL, FIELD(job.archive_dir), 0, 1, 0, 0,
          "FOLDER", "/var/cache/duplicity", "where local copies of manifests and signatures are kept ($XDG_CACHE_HOME/duplicity or "
          "~/.cache/duplicity)" },
        { { "name" }, 0, OPTION_TEXT, OPTION_GROUP_LOCAL, FIELD(job.name), 0, 1, 0, 0,
          "NAME", "web1", "this backup's folder in there (made from the URL)" },
        { { "tempdir" }, 0, OPTION_PATH, OPTION_GROUP_LOCAL, FIELD(job.temp_folder), 0, 1, 0, 0,
          "FOLDER", "/var/tmp", "where temporary files are made ($TMPDIR or /tmp)" },
        { { "current-time" }, 0, OPTION_TIME, OPTION_GROUP_LOCAL, FIELD(now), FIELD(has_now), 0, 0, 0,
          "TIME", "1700000000", "take this for the time it is now" },

        { { "verbosity" }, 'v', OPTION_VERBOSITY, OPTION_GROUP_OUTPUT, FIELD(verbosity), 0, 0, 9, 0,
          "LEVEL", "5", "0 to 9, or error, warning, notice, info, debug, or their first letters (notice, which is 3)" },
        { { "progress" }, 0, OPTION_FLAG, OPTION_GROUP_OUTPUT, FIELD(wants_progress), 0, 0, 0, 0,
          NULL, NULL, "show progress even when nobody sits at a terminal" },
        { { "progress-rate" }, 0, OPTION_SECONDS, OPTION_GROUP_OUTPUT, FIELD(progress_rate), 0, 1, DAY_SECONDS, 0,
          "SECONDS", "3", "without a terminal, how often (3)" },
        { { "no-print-statistics" }, 0, OPTION_FLAG, OPTION_GROUP_OUTPUT, FIELD(no_statistics), 0, 0, 0, 0,
          NULL, NULL, "no table of numbers after a backup" },
        { { "help" }, 'h', OPTION_FLAG, OPTION_GROUP_OUTPUT, FIELD(wants_help), 0, 0, 0, 0,
          NULL, NULL, "show this, or what one command does" },
        { { "version" }, 0, OPTION_FLAG, OPTION_GROUP_OUTPUT, FIELD(wants_version), 0, 0, 0, 0,
          NULL, NULL, "show the version" },
};

const Option *option_table(size_t *ret_count) {
        *ret_count = ARRAY_LENGTH(options);
        return options;
}

const char *option_group_title(OptionGroup group) {
        static const char *const titles[] = {
                [OPTION_GROUP_BACKUP] = "Backup",
                [OPTION_GROUP_RESTORE] = "Restore, verify and list",
                [OPTION_GROUP_ENCRYPTION] = "Encryption and compression",
                [OPTION_GROUP_STORAGE] = "Remote storage",
                [OPTION_GROUP_LOCAL] = "Local files and time",
                [OPTION_GROUP_OUTPUT] = "Output",
        };
        return titles[group];
}

/* The name at INDEX of all names of all options, one after the other; NULL behind the last. */
static const char *name_at(size_t index, const Option **ret_option) {
        size_t row = index / ARRAY_LENGTH(options[0].names);
        if (row >= ARRAY_LENGTH(options))
                return NULL;
        *ret_option = &options[row];
        const char *name = options[row].names[index % ARRAY_LENGTH(options[0].names)];
        return name ? name : ""; /* an unused place */
}

static Error *unknown_option(Bytes name) {
        const Option *option;
        const char *candidate;
        Nearest nearest = nearest_begin(name);
        for (size_t i = 0; (candidate = name_at(i, &option)); i++)
                nearest_offer(&nearest, candidate);
        int length = (int)MIN(name.length, (size_t)100);
        const char *text = (const char *)name.at;
        if (nearest.word)
                return error_with_code(error_new(ERROR_USER, "unknown option '--%.*s' (did you mean '--%s'?)", length, text,
                                                 nearest.word), EXIT_CODE_COMMAND_LINE);
        return error_with_code(error_new(ERROR_USER, "unknown option '--%.*s'", length, text), EXIT_CODE_COMMAND_LINE);
}

static bool begins_with(const char *candidate, Bytes name) {
        return strlen(candidate) >= name.length && memcmp(candidate, name.at, name.length) == 0;
}

Error *option_find(Bytes name, const Option **ret_option) {
        const Option *option, *found = NULL;
        const char *candidate, *found_name = NULL;
        if (name.length == 0)
                return unknown_option(bytes_of(""));
        for (size_t i = 0; (candidate = name_at(i, &option)); i++) {
                if (bytes_equal_text(name, candidate)) {
                        *ret_option = option;
                        return NULL;
                }
        }
        for (size_t i = 0; (candidate = name_at(i, &option)); i++) {
                if (!begins_with(candidate, name))
                        continue;
                if (found && found != option)
                        return error_with_code(error_new(ERROR_USER, "ambiguous option '--%.*s': it may be '--%s' or '--%s'",
                                                         (int)name.length, (const char *)name.at, found_name, candidate),
                                               EXIT_CODE_COMMAND_LINE);
                found = option;
                found_name = candidate;
        }
        if (!found)
                return unknown_option(name);
        *ret_option = found;
        return NULL;
}

const Option *option_find_letter(char letter) {
        for (size_t i = 0; i < ARRAY_LENGTH(options); i++)
                if (options[i].letter && options[i].letter == letter)
                        return &options[i];
        return NULL;
}

bool option_is_early(const Option *option) {
        return option->field == FIELD(now);
}

/* A field of COMMAND. */
static void *place_of(const OptionSetting *setting, CommandLine *command) {
        return (char *)command + setting->option->field;
}

static Error *bad_value(const OptionSetting *setting, const char *wanted) {
        return error_with_code(error_new(ERROR_USER, "bad value '%s' of option '%s': it must be %s, for example '%s %s'", setting->value,
                                         setting->spelled, wanted, setting->spelled, setting->option->example),
                               EXIT_CODE_COMMAND_LINE);
}

static Error *set_flag(const OptionSetting *setting, CommandLine *command) {
        *(bool *)place_of(setting, command) = true;
        return NULL;
}

static Error *check_length(const OptionSetting *setting) {
        return strlen(setting->value) < setting->option->least ? bad_value(setting, "something") : NULL;
}

static Error *set_text(const OptionSetting *setting, CommandLine *command) {
        TRY(check_length(setting));
        *(const char **)place_of(setting, command) = setting->value;
        return NULL;
}

static Error *set_path(const OptionSetting *setting, CommandLine *command) {
        TRY(check_length(setting));
        bool at_home = command->home && setting->value[0] == '~' && (setting->value[1] == '/' || setting->value[1] == '\0');
        *(const char **)place_of(setting, command) =
                at_home ? arena_print(command->arena, "%s%s", command->home, setting->value + 1) : setting->value;
        return NULL;
}

static Error *set_inner_path(const OptionSetting *setting, CommandLine *command) {
        Bytes path = bytes_of(setting->value);
        while (bytes_start_with(path, "./"))
                path = bytes_slice(path, 2, SIZE_MAX);
        while (path.length > 1 && bytes_end_with(path, "/"))
                path.length--;
        const char *text = bytes_equal_text(path, ".") ? "" : arena_bytes(command->arena, path);
        if (setting->value[0] == '\0' || !path_is_safe(text))
                return bad_value(setting, "a path relative to the source of the backup, without '..'");
        *(const char **)place_of(setting, command) = text[0] ? text : NULL;
        return NULL;
}

static Error *set_prefix(const OptionSetting *setting, CommandLine *command) {
        if (setting->value[0] == '.' || strchr(setting->value, '/'))
                return bad_value(setting, "the beginning of a file name, without '/' and not beginning with '.'");
        return set_text(setting, command);
}

static Error *add_to_list(const OptionSetting *setting, CommandLine *command) {
        TRY(check_length(setting));
        text_list_add(place_of(setting, command), setting->value);
        return NULL;
}

static Error *set_encrypt_sign_key(const OptionSetting *setting, CommandLine *command) {
        TRY(add_to_list(setting, command));
        command->job.sign_key = setting->value;
        return NULL;
}

static Error *read_number(const OptionSetting *setting, uint64_t *ret_number) {
        const Option *option = setting->option;
        char wanted[80];
        uint64_t number;
        if (bytes_to_number(bytes_of(setting->value), &number) && number >= option->least && number <= option->most) {
                *ret_number = number;
                return NULL;
        }
        snprintf(wanted, sizeof wanted, "a whole number from %llu to %llu", (unsigned long long)option->least,
                 (unsigned long long)option->most);
        return bad_value(setting, wanted);
}

static Error *set_size(const OptionSetting *setting, CommandLine *command) {
        uint64_t number;
        TRY(read_number(setting, &number));
        *(uint64_t *)place_of(setting, command) = number * setting->option->unit;
        return NULL;
}

static Error *set_count(const OptionSetting *setting, CommandLine *command) {
        uint64_t number;
        TRY(read_number(setting, &number));
        *(unsigned *)place_of(setting, command) = (unsigned)number;
        return NULL;
}

static Error *set_seconds(const OptionSetting *setting, CommandLine *command) {
        const Option *option = setting->option;
        char wanted[80], *end;
        double seconds = strtod(setting->value, &end);
        bool is_decimal = setting->value[0] && setting->value[strspn(setting->value, "0123456789.")] == '\0' && *end == '\0';
        if (is_decimal && seconds >= (double)option->least && seconds <= (double)option->most) {
                *(double *)place_of(setting, command) = seconds;
                return NULL;
        }
        snprintf(wanted, sizeof wanted, "a number of seconds from %llu to %llu", (unsigned long long)option->least,
                 (unsigned long long)option->most);
        return bad_value(setting, wanted);
}

static Error *set_time(const OptionSetting *setting, CommandLine *command) {
        TRY_AS(when_parse(bytes_of(setting->value), &command->job.times, 0, place_of(setting, command)), "option '%s'",
               setting->spelled);
        *(bool *)((char *)command + setting->option->present) = true;
        return NULL;
}

static Error *set_verbosity(const OptionSetting *setting, CommandLine *command) {
        static const struct {
                const char *word;
                LogLevel level;
        } words[] = {
                { "error", LOG_ERROR },     { "e", LOG_ERROR },  { "warning", LOG_WARNING }, { "w", LOG_WARNING }, { "notice", LOG_NOTICE },
                { "n", LOG_NOTICE }, { "info", LOG_INFO }, { "i", LOG_INFO }, { "debug", LOG_DEBUG }, { "d", LOG_DEBUG },
        };
        uint64_t number;
        for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
                if (strcasecmp(setting->value, words[i].word) == 0) {
                        command->verbosity = words[i].level;
                        return NULL;
                }
        }
        if (!bytes_to_number(bytes_of(setting->value), &number) || number > setting->option->most)
                return bad_value(setting, "0 to 9, or error, warning, notice, info, debug, or their first letters");
        command->verbosity = (unsigned)number;
        return NULL;
}

Error *option_apply(const OptionSetting *setting, CommandLine *command) {
        static Error *(*const setters[])(const OptionSetting *, CommandLine *) = {
                [OPTION_FLAG] = set_flag,
                [OPTION_TEXT] = set_text,
                [OPTION_PATH] = set_path,
                [OPTION_INNER_PATH] = set_inner_path,
                [OPTION_PREFIX] = set_prefix,
                [OPTION_LIST] = add_to_list,
                [OPTION_SIZE] = set_size,
                [OPTION_COUNT] = set_count,
                [OPTION_SECONDS] = set_seconds,
                [OPTION_TIME] = set_time,
                [OPTION_VERBOSITY] = set_verbosity,
                [OPTION_ENCRYPT_SIGN_KEY] = set_encrypt_sign_key,
        };
        return setters[setting->option->kind](setting, command);
}
