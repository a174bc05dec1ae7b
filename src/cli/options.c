#include "cli/options.h"

#include <ctype.h>
#include <stddef.h>
#include <strings.h>

#include "base/log.h"
#include "base/path.h"
#include "base/words.h"
#include "cli/nearest.h"
#include "cli/refusals.h"

#define FIELD(member) offsetof(CommandLine, member)

enum { ANY_NUMBER = INT32_MAX, DAY_SECONDS = 86400, KIBIBYTE = 1 << 10, MEBIBYTE = 1 << 20 };

/* Parts of a row: where the option stands, and what it is set to. */
#define FLAG(group_, field_) .kind = OPTION_FLAG, .group = OPTION_GROUP_##group_, .field = FIELD(field_)
#define IDLE .kind = OPTION_IDLE, .group = OPTION_GROUP_IDLE
#define IDLE_VALUE(argument_, example_) IDLE, .argument = argument_, .example = example_
#define S3_CLASS(class_)                                                                                               \
        .kind = OPTION_PRESET, .group = OPTION_GROUP_OBJECTS, .field = FIELD(job.storage.s3_storage_class),            \
        .preset = class_, .help = "store volumes in the class " class_
#define VALUE(kind_, group_, field_, argument_, example_)                                                              \
        .kind = OPTION_##kind_, .group = OPTION_GROUP_##group_, .field = FIELD(field_), .argument = argument_,         \
        .example = example_

#define SELECT(kind_) .kind = OPTION_SELECTION, .group = OPTION_GROUP_SELECTION, .selection = SELECTION_##kind_
#define SELECT_BY(kind_, argument_, example_) SELECT(kind_), .argument = argument_, .example = example_

static const char *const s3_styles[] = { "path", "virtual", NULL };
static const char *const azure_tiers[] = { "Hot", "Cool", "Cold", "Archive", NULL };

static const Option options[] = {
        { .names = { "full-if-older-than" }, .present = FIELD(job.has_full_before),
          VALUE(TIME, BACKUP, job.full_before, "TIME", "1M"),
          .help = "make a full backup when the last one is older than this" },
        { .names = { "volsize" }, .least = 1, .most = 1 << 20, .unit = MEBIBYTE,
          VALUE(SIZE, BACKUP, job.volume_size, "MIB", "200"),
          .help = "close a volume after this many MiB of data (200)" },
        { .names = { "max-blocksize" }, .least = 512, .most = 1 << 20, .unit = 1,
          VALUE(SIZE, BACKUP, job.max_block, "BYTES", "2048"),
          .help = "compare changed files in blocks of at most this size (2048)" },
        { .names = { "allow-source-mismatch" }, FLAG(BACKUP, job.allow_source_mismatch),
          .help = "continue the backup of another host or folder" },
        { .names = { "no-files-changed" }, FLAG(BACKUP, job.no_files_changed),
          .help = "leave the list of changed files out of the manifest" },
        { .names = { "skip-if-no-change" }, FLAG(BACKUP, job.skip_if_no_change),
          .help = "make no incremental backup when nothing has changed" },
        { .names = { "jsonstat" }, FLAG(BACKUP, job.write_statistics),
          .help = "store the numbers of the backup beside it, as JSON" },
        { .names = { "dry-run" }, FLAG(BACKUP, job.dry_run), .help = "say what would be done, and change nothing" },

        { .names = { "include" }, SELECT_BY(INCLUDE, "GLOB", "/srv/www/**.html"),
          .help = "back up what GLOB matches, what lies in it, and the folders that lead to it" },
        { .names = { "exclude" }, SELECT_BY(EXCLUDE, "GLOB", "**/.cache"),
          .help = "do not back up what GLOB matches, nor what lies in it" },
        { .names = { "include-regexp" }, SELECT_BY(INCLUDE_REGEXP, "REGEXP", "\\.html$"),
          .help = "back up paths in which this regular expression (as Python's) is found" },
        { .names = { "exclude-regexp" }, SELECT_BY(EXCLUDE_REGEXP, "REGEXP", "\\.(o|pyc)$"),
          .help = "do not back up those" },
        { .names = { "include-filelist", "include-globbing-filelist" },
          SELECT_BY(INCLUDE_LIST, "FILE", "/etc/backup/list"),
          .help = "include each line of FILE ('-' is standard input), or exclude it where it begins with '- '" },
        { .names = { "exclude-filelist", "exclude-globbing-filelist" },
          SELECT_BY(EXCLUDE_LIST, "FILE", "/etc/backup/list"),
          .help = "exclude each line of FILE, or include it where it begins with '+ '" },
        { .names = { "include-filelist-stdin" }, SELECT(INCLUDE_LIST), .help = "--include-filelist -" },
        { .names = { "exclude-filelist-stdin" }, SELECT(EXCLUDE_LIST), .help = "--exclude-filelist -" },
        { .names = { "files-from" }, SELECT_BY(FILES_FROM, "FILE", "/etc/backup/paths"),
          .help = "consider only the paths that FILE lists, relative to the source; what lies in listed folders has to "
                  "be listed too" },
        { .names = { "null-separator" }, FLAG(SELECTION, job.null_separator),
          .help = "lines of these files end with a NUL instead of a newline" },
        { .names = { "exclude-if-present" }, SELECT_BY(EXCLUDE_IF_PRESENT, "NAME", ".nobackup"),
          .help = "do not back up folders that hold a file of this name, whatever is included" },
        { .names = { "exclude-device-files" }, SELECT(EXCLUDE_DEVICE_FILES),
          .help = "do not back up devices, whatever is included" },
        { .names = { "exclude-other-filesystems" }, SELECT(EXCLUDE_OTHER_FILESYSTEMS),
          .help = "stay on the file system of the source" },
        { .names = { "exclude-older-than" }, SELECT_BY(EXCLUDE_OLDER_THAN, "TIME", "2026-11-23"),
          .help = "do not back up files modified before this time" },
        { .names = { "filter-globbing" }, SELECT(FILTER_GLOBBING),
          .help = "--include, --exclude and lists that follow hold globs (the default)" },
        { .names = { "filter-literal" }, SELECT(FILTER_LITERAL), .help = "they hold paths, as they are" },
        { .names = { "filter-regexp" }, SELECT(FILTER_REGEXP), .help = "they hold regular expressions" },
        { .names = { "filter-ignorecase" }, SELECT(FILTER_IGNORE_CASE), .help = "case does not count in them" },
        { .names = { "filter-strictcase" }, SELECT(FILTER_STRICT_CASE), .help = "it does (the default)" },
        { .names = { "copy-links" }, FLAG(SELECTION, job.copy_links),
          .help = "back up what symbolic links lead to instead of the links" },

        { .names = { "time", "restore-time", "to" }, .letter = 't', .present = FIELD(job.has_time),
          VALUE(TIME, RESTORE, job.time, "TIME", "3D"),
          .help = "restore, verify, list or compare the files as they were at this time (now)" },
        { .names = { "path-to-restore", "file-to-restore" }, .letter = 'r', .least = 1,
          VALUE(INNER_PATH, RESTORE, job.path, "PATH", "etc/passwd"),
          .help = "restore, verify or compare only this file or folder, a path relative to the source of the backup" },
        { .names = { "compare-data" }, FLAG(RESTORE, job.compare_data),
          .help = "verify: compare with the files of the folder too" },
        { .names = { "force" }, FLAG(RESTORE, job.force), .help = "restore into a folder that is not empty; delete what a removing command lists" },
        { .names = { "rename" }, VALUE(RENAME, RESTORE, job.renames, "OLD NEW", "etc etc.old"),
          .help = "restore the path OLD as NEW, both relative to what is restored; may be repeated, the longest OLD "
                  "counts" },
        { .names = { "ignore-errors" }, FLAG(RESTORE, job.ignore_errors),
          .help = "restore and verify go on past missing, damaged and undecryptable volumes, and say which files are "
                  "lost or older than they should be" },
        { .names = { "numeric-owner" }, FLAG(RESTORE, job.numeric_owner),
          .help = "take the numbers of users and groups, not their names" },
        { .names = { "no-restore-ownership", "do-not-restore-ownership" }, FLAG(RESTORE, job.no_restore_ownership),
          .help = "leave restored files to whoever restores them" },

        { .names = { "keep-last" }, .least = 1, .most = ANY_NUMBER,
          VALUE(COUNT, REMOVAL, job.retention.keep[RETENTION_LAST], "COUNT", "3"),
          .help = "remove-by-policy: keep the last backups, and the chains they belong to" },
        { .names = { "keep-daily" }, .least = 1, .most = ANY_NUMBER,
          VALUE(COUNT, REMOVAL, job.retention.keep[RETENTION_DAY], "COUNT", "7"),
          .help = "the same of the last backup of each of the newest days that have any" },
        { .names = { "keep-weekly" }, .least = 1, .most = ANY_NUMBER,
          VALUE(COUNT, REMOVAL, job.retention.keep[RETENTION_WEEK], "COUNT", "4"),
          .help = "the same of weeks, which begin on Monday" },
        { .names = { "keep-monthly" }, .least = 1, .most = ANY_NUMBER,
          VALUE(COUNT, REMOVAL, job.retention.keep[RETENTION_MONTH], "COUNT", "12"), .help = "the same of months" },
        { .names = { "keep-yearly" }, .least = 1, .most = ANY_NUMBER,
          VALUE(COUNT, REMOVAL, job.retention.keep[RETENTION_YEAR], "COUNT", "5"), .help = "the same of years" },

        { .names = { "long" }, FLAG(INSPECT, long_listing),
          .help = "list-current-files: show mode, owner, size and time too" },
        { .names = { "from" }, .present = FIELD(job.has_from), VALUE(TIME, INSPECT, job.from, "TIME", "7D"),
          .help = "diff: compare with the files as they were at this time (before the last backup)" },
        { .names = { "sample" }, .least = 1, .most = 100, VALUE(PERCENT, INSPECT, job.sample_percent, "PERCENT", "5%"),
          .help = "check: fetch this share of the volumes only, others each time, at least one of each backup" },
        { .names = { "full" }, FLAG(INSPECT, job.replay), .help = "check: restore everything, to nowhere" },
        { .names = { "file-changed" }, .least = 1,
          VALUE(INNER_PATH, INSPECT, job.changed_path, "PATH", "etc/passwd"),
          .help = "collection-status: show in which backups this file changed" },
        { .names = { "show-changes-in-set" }, .present = FIELD(job.has_changes_in_set), .most = ANY_NUMBER,
          VALUE(COUNT, INSPECT, job.changes_in_set, "NUMBER", "0"),
          .help = "collection-status: show what changed in this backup, counted from 0, the newest" },

        { .names = { "no-encryption" }, FLAG(ENCRYPTION, job.no_encryption), .help = "store readable files" },
        { .names = { "no-compression" }, FLAG(ENCRYPTION, job.no_compression), .help = "do not compress" },
        { .names = { "encrypt-key" }, .least = 1, VALUE(LIST, ENCRYPTION, job.encrypt_keys, "KEY", "0123456789ABCDEF"),
          .help = "encrypt to this GnuPG key instead of with a passphrase; may be repeated" },
        { .names = { "hidden-encrypt-key" }, .least = 1,
          VALUE(LIST, ENCRYPTION, job.hidden_keys, "KEY", "0123456789ABCDEF"),
          .help = "the same, without a trace of the key in the files; may be repeated" },
        { .names = { "sign-key" }, .least = 1, VALUE(KEY, ENCRYPTION, job.sign_key, "KEY", "0123456789ABCDEF"),
          .help = "sign what is written, and demand this key's signature of what is read" },
        { .names = { "encrypt-sign-key" }, .least = 1,
          VALUE(ENCRYPT_SIGN_KEY, ENCRYPTION, job.encrypt_keys, "KEY", "0123456789ABCDEF"),
          .help = "--encrypt-key and --sign-key in one" },
        { .names = { "gpg-binary" }, .least = 1, VALUE(PATH, ENCRYPTION, job.gpg_binary, "PROGRAM", "/usr/bin/gpg"),
          .help = "run this gpg" },
        { .names = { "gpg-options" }, VALUE(JOINED, ENCRYPTION, job.gpg_options, "WORDS", "--compress-algo=bzip2"),
          .help = "further options for gpg; may be repeated" },
        { .names = { "gpg-home" }, .least = 1, VALUE(PATH, ENCRYPTION, job.gpg_home, "FOLDER", "/etc/backup/gnupg"),
          .help = "GnuPG's folder of keys ($GNUPGHOME or ~/.gnupg)" },
        { .names = { "use-agent" }, FLAG(ENCRYPTION, job.use_agent), .help = "let GnuPG's agent ask for passphrases" },
        { .names = { "always-trust" }, FLAG(ENCRYPTION, job.always_trust),
          .help = "encrypt to keys that are not marked as trusted" },
        { .names = { "accept-unprotected" }, FLAG(ENCRYPTION, job.accept_unprotected),
          .help = "read files that say they are encrypted but are not, or could have been altered unnoticed" },

        { .names = { "num-retries" }, .most = ANY_NUMBER, VALUE(COUNT, STORAGE, job.storage.retries, "COUNT", "5"),
          .help = "further tries after a transient failure of the storage (5)" },
        { .names = { "backend-retry-delay" }, .most = DAY_SECONDS,
          VALUE(SECONDS, STORAGE, job.storage.retry_delay, "SECONDS", "30"),
          .help = "pause before the first of them, doubled each time (30)" },
        { .names = { "timeout" }, .least = 1, .most = DAY_SECONDS,
          VALUE(SECONDS, STORAGE, job.storage.timeout, "SECONDS", "30"),
          .help = "give up a transfer that has not moved for this long (30)" },
        { .names = { "concurrency" }, .most = 64, VALUE(COUNT, STORAGE, job.concurrency, "COUNT", "4"),
          .help = "transfers at a time (2; 0 is 1); volumes are always sent while the next ones are made" },
        { .names = { "asynchronous-upload" }, FLAG(STORAGE, job.asynchronous),
          .help = "at least two transfers at a time" },
        { .names = { "file-prefix" }, VALUE(PREFIX, STORAGE, job.prefixes.all, "TEXT", "web1-"),
          .help = "begin the names of all remote files with this" },
        { .names = { "file-prefix-archive" }, VALUE(PREFIX, STORAGE, job.prefixes.volume, "TEXT", "a-"),
          .help = "further beginning of volumes' names" },
        { .names = { "file-prefix-manifest" }, VALUE(PREFIX, STORAGE, job.prefixes.manifest, "TEXT", "m-"),
          .help = "further beginning of manifests' names" },
        { .names = { "file-prefix-signature" }, VALUE(PREFIX, STORAGE, job.prefixes.signature, "TEXT", "s-"),
          .help = "further beginning of signature archives' names" },
        { .names = { "file-prefix-jsonstat" }, VALUE(PREFIX, STORAGE, job.prefixes.statistics, "TEXT", "j-"),
          .help = "further beginning of the names of --jsonstat's files" },
        { .names = { "limit-upload" }, .least = 1, .most = ANY_NUMBER, .unit = KIBIBYTE,
          VALUE(SIZE, STORAGE, job.storage.limit_upload, "KIB", "500"),
          .help = "send at most this many KiB a second, over one connection" },
        { .names = { "limit-download" }, .least = 1, .most = ANY_NUMBER, .unit = KIBIBYTE,
          VALUE(SIZE, STORAGE, job.storage.limit_download, "KIB", "500"),
          .help = "receive at most this many KiB a second, over one connection" },

        { .names = { "ssh-options" },
          VALUE(WORDS, TRANSPORT, job.storage.ssh_options, "WORDS", "-oIdentityFile=~/.ssh/backup"),
          .help = "ssh, sftp, scp, rsync: options as OpenSSH's ssh takes them; may be repeated" },
        { .names = { "ssh-known-hosts" }, .least = 1,
          VALUE(PATH, TRANSPORT, job.storage.ssh_known_hosts, "FILE", "/etc/backup/known_hosts"),
          .help = "the keys of known ssh servers (~/.ssh/known_hosts)" },
        { .names = { "ssh-askpass" }, FLAG(TRANSPORT, job.storage.ssh_askpass), .help = "ask for the ssh password" },
        { .names = { "rsync-options" },
          VALUE(WORDS, TRANSPORT, job.storage.rsync_options, "WORDS", "--bwlimit=500"),
          .help = "further options for rsync; may be repeated" },
        { .names = { "ftp-passive" }, .kind = OPTION_CLEAR, .group = OPTION_GROUP_TRANSPORT,
          .field = FIELD(job.storage.ftp_regular), .help = "ftp: we make both connections; it is so already" },
        { .names = { "ftp-regular" }, FLAG(TRANSPORT, job.storage.ftp_regular),
          .help = "ftp: the server makes the connections for data" },
        { .names = { "ssl-cacert-file" }, .least = 1,
          VALUE(PATH, TRANSPORT, job.storage.ssl_ca_file, "FILE", "/etc/backup/ca.pem"),
          .help = "trust the certificate authorities in this PEM file, not the system's" },
        { .names = { "ssl-cacert-path" }, .least = 1,
          VALUE(PATH, TRANSPORT, job.storage.ssl_ca_path, "FOLDER", "/etc/backup/ca"),
          .help = "the same with a folder of them, as c_rehash makes it" },

        { .names = { "s3-endpoint-url" }, .least = 1,
          VALUE(TEXT, OBJECTS, job.storage.s3_endpoint_url, "URL", "https://s3.example.com"),
          .help = "the S3 server, where it is not Amazon's" },
        { .names = { "s3-region-name" }, .least = 1,
          VALUE(TEXT, OBJECTS, job.storage.s3_region, "REGION", "eu-west-1"), .help = "where the bucket lies" },
        { .names = { "s3-unencrypted-connection" }, FLAG(OBJECTS, job.storage.s3_unencrypted),
          .help = "talk HTTP with the S3 server, without TLS" },
        { .names = { "s3-uri-style" }, .choices = s3_styles,
          VALUE(CHOICE, OBJECTS, job.storage.s3_uri_style, "STYLE", "path"),
          .help = "where the bucket stands: path (host/bucket) or virtual (bucket.host)" },
        { .names = { "s3-multipart-chunk-size" }, .least = 1, .most = 5120, .unit = MEBIBYTE,
          VALUE(SIZE, OBJECTS, job.storage.s3_part_size, "MIB", "25"),
          .help = "send larger volumes in parts of this many MiB (256; less than 5 is taken for 5)" },
        { .names = { "s3-use-rrs" }, S3_CLASS("REDUCED_REDUNDANCY") },
        { .names = { "s3-use-ia" }, S3_CLASS("STANDARD_IA") },
        { .names = { "s3-use-onezone-ia" }, S3_CLASS("ONEZONE_IA") },
        { .names = { "s3-use-glacier" }, S3_CLASS("GLACIER") },
        { .names = { "s3-use-glacier-ir" }, S3_CLASS("GLACIER_IR") },
        { .names = { "s3-use-deep-archive" }, S3_CLASS("DEEP_ARCHIVE") },
        { .names = { "s3-use-server-side-encryption" }, FLAG(OBJECTS, job.storage.s3_sse),
          .help = "have the S3 server encrypt with keys of its own" },
        { .names = { "s3-use-server-side-kms-encryption" }, FLAG(OBJECTS, job.storage.s3_sse_kms),
          .help = "have it encrypt with a key of its key management service" },
        { .names = { "s3-kms-key-id" }, .least = 1,
          VALUE(TEXT, OBJECTS, job.storage.s3_kms_key, "KEY", "arn:aws:kms:eu-west-1:111122223333:key/backup"),
          .help = "that key" },
        { .names = { "s3-kms-grant" }, .least = 1,
          VALUE(TEXT, OBJECTS, job.storage.s3_kms_grant, "GRANTEE", "id=0123456789abcdef"),
          .help = "who else gets full control of what is stored" },
        { .names = { "azure-blob-tier" }, .choices = azure_tiers,
          VALUE(CHOICE, OBJECTS, job.storage.azure_tier, "TIER", "Cool"),
          .help = "store volumes in this tier: Hot, Cool, Cold, Archive" },
        { .names = { "azure-max-block-size" }, .least = 1, .most = ANY_NUMBER, .unit = 1,
          VALUE(SIZE, OBJECTS, job.storage.azure_block_size, "BYTES", "67108864"),
          .help = "send larger volumes in blocks of this many bytes (64 MiB)" },

        { .names = { "archive-dir" }, .least = 1, VALUE(PATH, LOCAL, job.archive_dir, "FOLDER", "/var/cache/duplicity"),
          .help = "where local copies of manifests and signatures are kept ($XDG_CACHE_HOME/duplicity or "
                  "~/.cache/duplicity)" },
        { .names = { "name" }, .least = 1, VALUE(TEXT, LOCAL, job.name, "NAME", "web1"),
          .help = "this backup's folder in there (made from the URL)" },
        { .names = { "metadata-sync-mode" }, VALUE(SYNC_MODE, LOCAL, job.sync_all, "MODE", "full"),
          .help = "partial: keep copies of the metadata that is needed; full: of all there is (partial)" },
        { .names = { "tempdir" }, .least = 1, VALUE(PATH, LOCAL, job.temp_folder, "FOLDER", "/var/tmp"),
          .help = "where temporary files are made ($TMPDIR or /tmp)" },
        { .names = { "time-separator" }, VALUE(SEPARATOR, LOCAL, job.times.separator, "CHARACTER", "_"),
          .help = "this character may stand for ':' in times, and in the names of very old backups" },
        { .names = { "current-time" }, .present = FIELD(has_now), VALUE(TIME, LOCAL, now, "TIME", "1700000000"),
          .help = "take this for the time it is now" },

        { .names = { "verbosity" }, .letter = 'v', .most = 9, VALUE(VERBOSITY, OUTPUT, verbosity, "LEVEL", "5"),
          .help = "0 to 9, or error, warning, notice, info, debug, or their first letters (notice, which is 3)" },
        { .names = { "progress" }, FLAG(OUTPUT, wants_progress),
          .help = "show progress even when nobody sits at a terminal" },
        { .names = { "progress-rate" }, .least = 1, .most = DAY_SECONDS,
          VALUE(SECONDS, OUTPUT, progress_rate, "SECONDS", "3"),
          .help = "without a terminal, how often (3)" },
        { .names = { "no-print-statistics" }, FLAG(OUTPUT, no_statistics),
          .help = "no table of numbers after a backup" },
        { .names = { "json" }, FLAG(OUTPUT, wants_json),
          .help = "print one JSON document on standard output, and everything else on standard error" },
        { .names = { "log-file" }, .least = 1, VALUE(PATH, OUTPUT, log_file, "FILE", "/var/log/backup.log"),
          .help = "append records for programs to this file" },
        { .names = { "log-fd" }, .most = ANY_NUMBER, .present = FIELD(has_log_fd),
          VALUE(COUNT, OUTPUT, log_fd, "NUMBER", "3"), .help = "write them to this open file descriptor" },
        { .names = { "log-timestamp" }, FLAG(OUTPUT, wants_timestamps),
          .help = "begin messages with their time and level" },
        { .names = { "help" }, .letter = 'h', FLAG(OUTPUT, wants_help), .help = "show this, or what one command does" },
        { .names = { "version" }, .letter = 'V', FLAG(OUTPUT, wants_version), .help = "show the version" },

        { .names = { "fail-on-volume" }, .least = 1, .most = UINT32_MAX, .unit = 1,
          VALUE(SIZE, TRIAL, job.fail_on_volume, "NUMBER", "3"),
          .help = "end with the exit code 30 when this volume is stored, as a backup that was killed" },
        { .names = { "skip-volume" }, .least = 1, .most = UINT32_MAX, .unit = 1,
          VALUE(SIZE, TRIAL, job.skip_volume, "NUMBER", "1"),
          .help = "lose this volume on its way to the storage: the backup notices, and ends with the exit code 44" },

        { .names = { "config-dir" }, IDLE_VALUE("FOLDER", "/etc/duplicity"), .help = "there are no files of settings" },
        { .names = { "copy-blocksize" }, IDLE_VALUE("KIB", "128"), .help = "files are read in pieces of 64 KiB" },
        { .names = { "scp-command" }, IDLE_VALUE("COMMAND", "scp"), .help = "no program is run to copy over ssh" },
        { .names = { "sftp-command" }, IDLE_VALUE("COMMAND", "sftp"), .help = "no program is run to copy over ssh" },
        { .names = { "s3-use-new-style" }, IDLE, .help = "how a bucket is addressed follows from its name and server" },
        { .names = { "s3-use-multiprocessing" }, IDLE, .help = "see --concurrency" },
        { .names = { "s3-multipart-max-procs" }, IDLE_VALUE("COUNT", "4"), .help = "see --concurrency" },
        { .names = { "s3-multipart-max-timeout" }, IDLE_VALUE("SECONDS", "30"), .help = "see --timeout" },
        { .names = { "azure-max-connections" }, IDLE_VALUE("COUNT", "2"), .help = "see --concurrency" },
        { .names = { "azure-max-single-put-size" }, IDLE_VALUE("BYTES", "67108864"),
          .help = "see --azure-max-block-size" },
};

const Option *option_table(size_t *ret_count) {
        *ret_count = ARRAY_LENGTH(options);
        return options;
}

const char *option_group_title(OptionGroup group) {
        static const char *const titles[] = {
                [OPTION_GROUP_BACKUP] = "Backup",
                [OPTION_GROUP_SELECTION] = "Selection of files, for backup and verify (the first that applies decides)",
                [OPTION_GROUP_RESTORE] = "Restore, verify and list",
                [OPTION_GROUP_REMOVAL] = "Remove",
                [OPTION_GROUP_INSPECT] = "Status, list, diff and check",
                [OPTION_GROUP_ENCRYPTION] = "Encryption and compression",
                [OPTION_GROUP_STORAGE] = "Remote storage",
                [OPTION_GROUP_TRANSPORT] = "ssh, rsync, ftp and TLS",
                [OPTION_GROUP_OBJECTS] = "S3 and Azure",
                [OPTION_GROUP_LOCAL] = "Local files and time",
                [OPTION_GROUP_OUTPUT] = "Output",
                [OPTION_GROUP_TRIAL] = "To try what happens to backups that go wrong",
                [OPTION_GROUP_IDLE] = "Known to duplicity, accepted without effect",
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
                return error_with_code(error_new(ERROR_USER, "unknown option '--%.*s' (did you mean '--%s'?)", length,
                                                 text, nearest.word),
                                       EXIT_CODE_COMMAND_LINE);
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
        TRY(refusal_of_option(name, true));
        for (size_t i = 0; (candidate = name_at(i, &option)); i++) {
                if (!begins_with(candidate, name))
                        continue;
                if (found && found != option)
                        return error_with_code(
                                error_new(ERROR_USER, "ambiguous option '--%.*s': it may be '--%s' or '--%s'",
                                          (int)name.length, (const char *)name.at, found_name, candidate),
                                EXIT_CODE_COMMAND_LINE);
                found = option;
                found_name = candidate;
        }
        if (!found) {
                TRY(refusal_of_option(name, false));
                return unknown_option(name);
        }
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
        static const size_t fields[] = { FIELD(now),      FIELD(job.times.separator), FIELD(wants_json),
                                         FIELD(log_file), FIELD(log_fd),              FIELD(wants_timestamps) };
        for (size_t i = 0; i < ARRAY_LENGTH(fields); i++)
                if (option->field == fields[i])
                        return true;
        return false;
}

/* A field of COMMAND. */
static void *place_of(const OptionSetting *setting, CommandLine *command) {
        return (char *)command + setting->option->field;
}

static Error *bad_value_with_code(const OptionSetting *setting, const char *wanted, ExitCode code) {
        return error_with_code(
                error_new(ERROR_USER, "bad value '%s' of option '%s': it must be %s, for example '%s %s'",
                          setting->value, setting->spelled, wanted, setting->spelled, setting->option->example),
                code);
}

static Error *bad_value(const OptionSetting *setting, const char *wanted) {
        return bad_value_with_code(setting, wanted, EXIT_CODE_COMMAND_LINE);
}

static Error *set_flag(const OptionSetting *setting, CommandLine *command) {
        *(bool *)place_of(setting, command) = true;
        return NULL;
}

static Error *clear_flag(const OptionSetting *setting, CommandLine *command) {
        *(bool *)place_of(setting, command) = false;
        return NULL;
}

static Error *set_preset(const OptionSetting *setting, CommandLine *command) {
        *(const char **)place_of(setting, command) = setting->option->preset;
        return NULL;
}

static Error *set_nothing(UNUSED const OptionSetting *setting, UNUSED CommandLine *command) {
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
        bool at_home =
                command->home && setting->value[0] == '~' && (setting->value[1] == '/' || setting->value[1] == '\0');
        *(const char **)place_of(setting, command) =
                at_home ? arena_print(command->arena, "%s%s", command->home, setting->value + 1) : setting->value;
        return NULL;
}

static Error *set_percent(const OptionSetting *setting, CommandLine *command) {
        const Option *option = setting->option;
        Bytes text = bytes_of(setting->value);
        uint64_t number;
        if (bytes_end_with(text, "%"))
                text.length--;
        if (!bytes_to_number(text, &number) || number < option->least || number > option->most)
                return bad_value(setting, "a whole number of percent from 1 to 100");
        *(unsigned *)place_of(setting, command) = (unsigned)number;
        return NULL;
}

static Error *set_inner_path(const OptionSetting *setting, CommandLine *command) {
        Bytes path = bytes_of(setting->value);
        while (bytes_start_with(path, "./") || (path.length > 1 && bytes_start_with(path, "/")))
                path = bytes_slice(path, path.at[0] == '.' ? 2 : 1, SIZE_MAX);
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

static Error *set_choice(const OptionSetting *setting, CommandLine *command) {
        AUTO_VALUE(buffer_clear) Buffer wanted = { .data = NULL };
        for (size_t i = 0; setting->option->choices[i]; i++) {
                const char *choice = setting->option->choices[i];
                if (strcasecmp(setting->value, choice) == 0) {
                        *(const char **)place_of(setting, command) = choice;
                        return NULL;
                }
                (void)buffer_print(&wanted, "%s%s", i ? ", " : "one of ", choice); /* no ceiling, cannot fail */
        }
        return bad_value(setting, buffer_text(&wanted));
}

static Error *add_joined(const OptionSetting *setting, CommandLine *command) {
        const char **place = place_of(setting, command);
        *place = *place ? arena_print(command->arena, "%s %s", *place, setting->value) : setting->value;
        return NULL;
}

static Error *add_words(const OptionSetting *setting, CommandLine *command) {
        return words_split(setting->value, setting->spelled, command->arena, place_of(setting, command));
}

/* What a signature shows is compared with the number, so a name will not do. */
static bool is_key_number(const char *text) {
        size_t start = strncmp(text, "0x", 2) == 0 ? 2 : 0;
        size_t digits = strspn(text + start, "0123456789abcdefABCDEF");
        return text[start + digits] == '\0' && (digits == 8 || digits == 16 || digits == 40 || digits == 64);
}

static Error *check_key(const OptionSetting *setting) {
        if (is_key_number(setting->value))
                return NULL;
        return bad_value_with_code(setting, "8, 16 or 40 hexadecimal digits as 'gpg --list-secret-keys' shows them",
                                   EXIT_CODE_BAD_SIGN_KEY);
}

static Error *set_key(const OptionSetting *setting, CommandLine *command) {
        TRY(check_key(setting));
        *(const char **)place_of(setting, command) = setting->value;
        return NULL;
}

static Error *add_to_list(const OptionSetting *setting, CommandLine *command) {
        TRY(check_length(setting));
        text_list_add(place_of(setting, command), setting->value);
        return NULL;
}

static Error *set_encrypt_sign_key(const OptionSetting *setting, CommandLine *command) {
        TRY(check_key(setting));
        command->job.sign_key = setting->value;
        return add_to_list(setting, command);
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
        uint64_t number = 0;
        TRY(read_number(setting, &number));
        *(uint64_t *)place_of(setting, command) = number * setting->option->unit;
        return NULL;
}

static Error *set_count(const OptionSetting *setting, CommandLine *command) {
        uint64_t number = 0;
        TRY(read_number(setting, &number));
        *(unsigned *)place_of(setting, command) = (unsigned)number;
        return NULL;
}

static Error *set_seconds(const OptionSetting *setting, CommandLine *command) {
        const Option *option = setting->option;
        char wanted[80], *end;
        double seconds = strtod(setting->value, &end);
        bool is_decimal =
                setting->value[0] && setting->value[strspn(setting->value, "0123456789.")] == '\0' && *end == '\0';
        if (is_decimal && seconds >= (double)option->least && seconds <= (double)option->most) {
                *(double *)place_of(setting, command) = seconds;
                return NULL;
        }
        snprintf(wanted, sizeof wanted, "a number of seconds from %llu to %llu", (unsigned long long)option->least,
                 (unsigned long long)option->most);
        return bad_value(setting, wanted);
}

static Error *set_time(const OptionSetting *setting, CommandLine *command) {
        TRY_AS(when_parse(bytes_of(setting->value), &command->job.times, place_of(setting, command)), "option '%s'",
               setting->spelled);
        return NULL;
}

static Error *set_verbosity(const OptionSetting *setting, CommandLine *command) {
        static const struct {
                const char *word;
                LogLevel level;
        } words[] = {
                { "error", LOG_ERROR },   { "e", LOG_ERROR },  { "warning", LOG_WARNING }, { "w", LOG_WARNING },
                { "notice", LOG_NOTICE }, { "n", LOG_NOTICE }, { "info", LOG_INFO },       { "i", LOG_INFO },
                { "debug", LOG_DEBUG },   { "d", LOG_DEBUG },
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

/* A clean relative path, "" for ".". */
static Error *read_clean_path(const OptionSetting *setting, const char *text, CommandLine *command,
                              const char **ret_path) {
        AUTO_TEXT char *clean = path_clean(text);
        if (!text[0] || !path_is_safe(clean))
                return error_with_code(
                        error_new(ERROR_USER,
                                  "bad value '%s' of option '%s': it must be a path relative to what is restored, "
                                  "without '..', for example '%s %s'",
                                  text, setting->spelled, setting->spelled, setting->option->example),
                        EXIT_CODE_COMMAND_LINE);
        *ret_path = arena_text(command->arena, clean);
        return NULL;
}

/* Of two renames of one path the later counts; two onto one path would lose something. */
static Error *add_rename(const OptionSetting *setting, CommandLine *command) {
        RenameList *renames = place_of(setting, command);
        Rename rename;
        TRY(read_clean_path(setting, setting->value, command, &rename.from));
        TRY(read_clean_path(setting, setting->second, command, &rename.to));
        if (!rename.from[0])
                return bad_value(setting, "a path in what is restored, not all of it");
        size_t at = renames->count;
        for (size_t i = 0; i < renames->count; i++) {
                if (strcmp(renames->items[i].from, rename.from) == 0)
                        at = i;
                else if (strcmp(renames->items[i].to, rename.to) == 0)
                        return error_with_code(
                                error_new(ERROR_USER, "option '%s' brings both '%s' and '%s' to '%s': choose two names",
                                          setting->spelled, renames->items[i].from, rename.from, setting->second),
                                EXIT_CODE_COMMAND_LINE);
        }
        if (at == renames->count)
                rename_list_add(renames, rename);
        renames->items[at] = rename;
        return NULL;
}

static Error *set_sync_mode(const OptionSetting *setting, CommandLine *command) {
        bool is_full = strcmp(setting->value, "full") == 0;
        if (!is_full && strcmp(setting->value, "partial") != 0)
                return bad_value(setting, "'partial' or 'full'");
        *(bool *)place_of(setting, command) = is_full;
        return NULL;
}

static Error *set_separator(const OptionSetting *setting, CommandLine *command) {
        bool is_usable = setting->value[0] && !setting->value[1] && ispunct((unsigned char)setting->value[0]) &&
                         !strchr("-+./", setting->value[0]);
        if (!is_usable)
                return bad_value(setting, "one character that is no letter, digit, '-', '+', '.' or '/'");
        *(char *)place_of(setting, command) = setting->value[0];
        return NULL;
}

static Error *add_selection(const OptionSetting *setting, CommandLine *command) {
        SelectionOption selection = {
                .kind = setting->option->selection, .spelled = setting->spelled, .value = setting->value
        };
        bool is_list = selection.kind == SELECTION_INCLUDE_LIST || selection.kind == SELECTION_EXCLUDE_LIST;
        if (selection.kind == SELECTION_EXCLUDE_OLDER_THAN)
                TRY_AS(when_parse(bytes_of(setting->value), &command->job.times, &selection.before), "option '%s'",
                       setting->spelled);
        if (selection.kind == SELECTION_EXCLUDE_IF_PRESENT && (!setting->value[0] || strchr(setting->value, '/')))
                return bad_value(setting, "the name of a file, without '/'");
        if (is_list && !selection.value)
                selection.value = "-";
        selection_option_list_add(&command->job.selection, selection);
        return NULL;
}

Error *option_apply(const OptionSetting *setting, CommandLine *command) {
        static Error *(*const setters[])(const OptionSetting *, CommandLine *) = {
                [OPTION_FLAG] = set_flag,
                [OPTION_CLEAR] = clear_flag,
                [OPTION_PRESET] = set_preset,
                [OPTION_IDLE] = set_nothing,
                [OPTION_TEXT] = set_text,
                [OPTION_PATH] = set_path,
                [OPTION_INNER_PATH] = set_inner_path,
                [OPTION_PREFIX] = set_prefix,
                [OPTION_CHOICE] = set_choice,
                [OPTION_JOINED] = add_joined,
                [OPTION_LIST] = add_to_list,
                [OPTION_WORDS] = add_words,
                [OPTION_KEY] = set_key,
                [OPTION_SIZE] = set_size,
                [OPTION_COUNT] = set_count,
                [OPTION_SECONDS] = set_seconds,
                [OPTION_PERCENT] = set_percent,
                [OPTION_TIME] = set_time,
                [OPTION_VERBOSITY] = set_verbosity,
                [OPTION_ENCRYPT_SIGN_KEY] = set_encrypt_sign_key,
                [OPTION_RENAME] = add_rename,
                [OPTION_SYNC_MODE] = set_sync_mode,
                [OPTION_SEPARATOR] = set_separator,
                [OPTION_SELECTION] = add_selection,
        };
        TRY(setters[setting->option->kind](setting, command));
        if (setting->option->present)
                *(bool *)((char *)command + setting->option->present) = true;
        return NULL;
}
