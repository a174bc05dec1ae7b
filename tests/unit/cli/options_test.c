#include "cli/options.h"

#include "cli/refusals.h"
#include "support/test.h"

TEST(options_have_help_and_names_of_their_own) {
        size_t count;
        const Option *options = option_table(&count);
        bool letters[256] = { false };
        for (size_t i = 0; i < count; i++) {
                assert_true(options[i].help[0]);
                bool is_flag = options[i].kind == OPTION_FLAG || options[i].kind == OPTION_CLEAR ||
                               options[i].kind == OPTION_PRESET;
                if (options[i].kind != OPTION_IDLE && options[i].kind != OPTION_SELECTION)
                        assert_int_equal(options[i].argument == NULL, is_flag);
                assert_int_equal(options[i].argument != NULL, options[i].example != NULL);
                assert_int_equal(options[i].kind == OPTION_IDLE, options[i].group == OPTION_GROUP_IDLE);
                assert_false(options[i].letter && letters[(unsigned char)options[i].letter]);
                letters[(unsigned char)options[i].letter] = true;
                for (size_t k = 0; k < ARRAY_LENGTH(options[i].names) && options[i].names[k]; k++) {
                        const Option *found = NULL;
                        assert_ok(option_find(bytes_of(options[i].names[k]), &found));
                        assert_ptr_equal(found, &options[i]);
                }
        }
}

/* What the messages hold up as right has to be. */
TEST(options_accept_their_own_examples) {
        size_t count;
        const Option *options = option_table(&count);
        for (size_t i = 0; i < count; i++) {
                CommandLine command = { .arena = arena_new(), .job = job_defaults() };
                command.job.times.now.seconds = 1700000000;
                const OptionSetting setting = { &options[i], options[i].names[0], options[i].example, "else" };
                assert_ok(option_apply(&setting, &command));
                command_line_clear(&command);
        }
}

/* ---- each option that duplicity 0.8.22, 2.x or 3.x has ---- */

typedef enum Fate {
        TAKEN,
        IDLE, /* without a meaning here */
        REFUSED,
} Fate;

static const struct {
        const char *name;
        Fate fate;
        bool has_value;
} duplicity[] = {
        { "allow-source-mismatch", TAKEN, false },
        { "archive-dir", TAKEN, true },
        { "asynchronous-upload", TAKEN, false },
        { "azure-blob-tier", TAKEN, true },
        { "azure-max-block-size", TAKEN, true },
        { "azure-max-connections", IDLE, true },
        { "azure-max-single-put-size", IDLE, true },
        { "b2-hide-files", REFUSED, false },
        { "backend-retry-delay", TAKEN, true },
        { "cf-backend", REFUSED, true },
        { "compare-data", TAKEN, false },
        { "concurrency", TAKEN, true },
        { "config-dir", IDLE, true },
        { "copy-blocksize", IDLE, true },
        { "copy-links", TAKEN, false },
        { "current-time", TAKEN, true },
        { "do-not-restore-ownership", TAKEN, false },
        { "dry-run", TAKEN, false },
        { "encrypt-key", TAKEN, true },
        { "encrypt-secret-keyring", REFUSED, true },
        { "encrypt-sign-key", TAKEN, true },
        { "exclude", TAKEN, true },
        { "exclude-device-files", TAKEN, false },
        { "exclude-filelist", TAKEN, true },
        { "exclude-filelist-stdin", TAKEN, false },
        { "exclude-globbing-filelist", TAKEN, true },
        { "exclude-if-present", TAKEN, true },
        { "exclude-older-than", TAKEN, true },
        { "exclude-other-filesystems", TAKEN, false },
        { "exclude-regexp", TAKEN, true },
        { "fail-on-volume", TAKEN, true },
        { "file-prefix", TAKEN, true },
        { "file-prefix-archive", TAKEN, true },
        { "file-prefix-jsonstat", TAKEN, true },
        { "file-prefix-manifest", TAKEN, true },
        { "file-prefix-signature", TAKEN, true },
        { "file-to-restore", TAKEN, true },
        { "files-from", TAKEN, true },
        { "filter-globbing", TAKEN, false },
        { "filter-ignorecase", TAKEN, false },
        { "filter-literal", TAKEN, false },
        { "filter-regexp", TAKEN, false },
        { "filter-strictcase", TAKEN, false },
        { "force", TAKEN, false },
        { "ftp-passive", TAKEN, false },
        { "ftp-regular", TAKEN, false },
        { "full-if-older-than", TAKEN, true },
        { "gio", REFUSED, false },
        { "gpg-binary", TAKEN, true },
        { "gpg-options", TAKEN, true },
        { "help", TAKEN, false },
        { "hidden-encrypt-key", TAKEN, true },
        { "idr-fakeroot", REFUSED, true },
        { "ignore-errors", TAKEN, false },
        { "imap-full-address", REFUSED, false },
        { "imap-mailbox", REFUSED, true },
        { "include", TAKEN, true },
        { "include-filelist", TAKEN, true },
        { "include-filelist-stdin", TAKEN, false },
        { "include-globbing-filelist", TAKEN, true },
        { "include-regexp", TAKEN, true },
        { "jsonstat", TAKEN, false },
        { "log-fd", TAKEN, true },
        { "log-file", TAKEN, true },
        { "log-timestamp", TAKEN, false },
        { "max-blocksize", TAKEN, true },
        { "metadata-sync-mode", TAKEN, true },
        { "mf-purge", REFUSED, false },
        { "mp-segment-size", REFUSED, true },
        { "name", TAKEN, true },
        { "no-compression", TAKEN, false },
        { "no-encryption", TAKEN, false },
        { "no-files-changed", TAKEN, false },
        { "no-print-statistics", TAKEN, false },
        { "no-restore-ownership", TAKEN, false },
        { "null-separator", TAKEN, false },
        { "num-retries", TAKEN, true },
        { "numeric-owner", TAKEN, false },
        { "old-filenames", REFUSED, false },
        { "par2-options", REFUSED, true },
        { "par2-redundancy", REFUSED, true },
        { "par2-volumes", REFUSED, true },
        { "path-to-restore", TAKEN, true },
        { "progress", TAKEN, false },
        { "progress-rate", TAKEN, true },
        { "pydevd", REFUSED, false },
        { "rename", TAKEN, true },
        { "restore-time", TAKEN, true },
        { "rsync-options", TAKEN, true },
        { "s3-endpoint-url", TAKEN, true },
        { "s3-european-buckets", REFUSED, false },
        { "s3-kms-grant", TAKEN, true },
        { "s3-kms-key-id", TAKEN, true },
        { "s3-multipart-chunk-size", TAKEN, true },
        { "s3-multipart-max-procs", IDLE, true },
        { "s3-multipart-max-timeout", IDLE, true },
        { "s3-region-name", TAKEN, true },
        { "s3-unencrypted-connection", TAKEN, false },
        { "s3-use-deep-archive", TAKEN, false },
        { "s3-use-glacier", TAKEN, false },
        { "s3-use-glacier-ir", TAKEN, false },
        { "s3-use-ia", TAKEN, false },
        { "s3-use-multiprocessing", IDLE, false },
        { "s3-use-new-style", IDLE, false },
        { "s3-use-onezone-ia", TAKEN, false },
        { "s3-use-rrs", TAKEN, false },
        { "s3-use-server-side-encryption", TAKEN, false },
        { "s3-use-server-side-kms-encryption", TAKEN, false },
        { "scp-command", IDLE, true },
        { "sftp-command", IDLE, true },
        { "short-filenames", REFUSED, false },
        { "sign-key", TAKEN, true },
        { "skip-if-no-change", TAKEN, false },
        { "skip-volume", TAKEN, true },
        { "ssh-askpass", TAKEN, false },
        { "ssh-options", TAKEN, true },
        { "ssl-cacert-file", TAKEN, true },
        { "ssl-cacert-path", TAKEN, true },
        { "ssl-no-check-certificate", REFUSED, false },
        { "swift-storage-policy", REFUSED, true },
        { "tempdir", TAKEN, true },
        { "time", TAKEN, true },
        { "time-separator", TAKEN, true },
        { "timeout", TAKEN, true },
        { "use-agent", TAKEN, false },
        { "verbosity", TAKEN, true },
        { "version", TAKEN, false },
        { "volsize", TAKEN, true },
        { "webdav-headers", REFUSED, true },
};

TEST(options_of_duplicity_are_taken_or_refused_with_a_reason) {
        for (size_t i = 0; i < ARRAY_LENGTH(duplicity); i++) {
                const Option *option = NULL;
                const char *name = duplicity[i].name;
                if (duplicity[i].fate == REFUSED) {
                        assert_error(option_find(bytes_of(name), &option), ERROR_USER, name);
                        assert_error(option_find(bytes_of(name), &option), ERROR_USER, ": ");
                        assert_error(refusal_of_option(bytes_of(name), true), ERROR_USER, name);
                        continue;
                }
                assert_ok(option_find(bytes_of(name), &option));
                assert_int_equal(option->kind == OPTION_IDLE, duplicity[i].fate == IDLE);
                assert_int_equal(option->argument != NULL, duplicity[i].has_value);
        }
}

TEST(options_that_are_refused_are_no_options) {
        size_t count;
        const Refusal *refusals = refusal_options(&count);
        assert_true(count > 10);
        for (size_t i = 0; i < count; i++) {
                size_t option_count;
                const Option *options = option_table(&option_count);
                for (size_t k = 0; k < option_count; k++)
                        assert_string_not_equal(refusals[i].name, options[k].names[0]);
                assert_true(strlen(refusals[i].reason) > 20);
        }
}

TEST(options_have_duplicitys_letters) {
        static const struct {
                char letter;
                const char *name;
        } letters[] = {
                { 'h', "help" }, { 'r', "path-to-restore" }, { 't', "time" }, { 'v', "verbosity" }, { 'V', "version" }
        };
        for (size_t i = 0; i < ARRAY_LENGTH(letters); i++)
                assert_string_equal(option_find_letter(letters[i].letter)->names[0], letters[i].name);
}
