#include "cli/parse.h"

#include "base/log.h"
#include "cli/options.h"
#include "cli/verbs.h"
#include "support/test.h"

enum { MOST_WORDS = 20 };

static const Surroundings somewhere = {
        .home = "/home/me",
        .times = { .now = { 1700000000 }, .local_offset = 3600 },
};

/* Parses the WORDS, up to a NULL. */
static Error *parse_words(char *const *words, const Surroundings *surroundings, CommandLine *command) {
        char *argv[MOST_WORDS + 2] = { (char[]){ "charm-duplicity" } };
        int argc = 1;
        for (; words[argc - 1]; argc++)
                argv[argc] = words[argc - 1];
        return command_line_parse(argc, argv, surroundings, command);
}

#define PARSE(command, ...) parse_words((char *const[]){ __VA_ARGS__, NULL }, &somewhere, (command))

/* Parses a backup with further arguments, which must be right. */
#define PARSE_BACKUP(command, ...) assert_ok(PARSE(command, "full", "/srv", "file:///repo", __VA_ARGS__))

/* Fails unless the arguments are refused with exit code 2 and a story that contains TEXT. */
#define ASSERT_REFUSED(text, ...)                                                                                      \
        do {                                                                                                           \
                AUTO_VALUE(command_line_clear) CommandLine refused_;                                                   \
                Error *error_ = PARSE(&refused_, __VA_ARGS__);                                                         \
                assert_int_equal(error_exit_code(error_), EXIT_CODE_COMMAND_LINE);                                     \
                assert_error(error_, ERROR_USER, text);                                                                \
        } while (0)

TEST(parse_fills_in_the_defaults) {
        AUTO_VALUE(command_line_clear) CommandLine command;
        assert_ok(PARSE(&command, "full", "/srv", "file:///repo"));
        assert_string_equal(command.verb->name, "full");
        assert_int_equal(command.job.kind, BACKUP_FULL);
        assert_string_equal(command.job.folder, "/srv");
        assert_string_equal(command.job.url->path, "/repo");
        assert_string_equal(command.job.archive_dir, "/home/me/.cache/duplicity");
        assert_string_equal(command.job.temp_folder, "/tmp");
        assert_int_equal(command.job.volume_size, 200 << 20);
        assert_int_equal(command.job.storage.retries, 5);
        assert_int_equal(command.job.concurrency, 2);
        assert_false(command.job.asynchronous);
        assert_int_equal(command.job.times.now.seconds, 1700000000);
        assert_int_equal(command.job.times.local_offset, 3600);
        assert_int_equal(command.verbosity, 3);
        assert_true(command.progress_rate == 3);
        assert_false(command.job.has_time || command.job.has_full_before || command.has_now || command.wants_help);
}

TEST(parse_takes_local_folders_from_the_surroundings) {
        const Surroundings elsewhere = { .home = "/home/me", .cache_home = "/cache", .temp_folder = "/scratch" };
        const Surroundings empty = { .home = "/home/me", .cache_home = "", .temp_folder = "" };
        const Surroundings nowhere = { .home = NULL };
        char *words[] = { (char[]){ "st" }, (char[]){ "file:///repo" }, NULL };
        AUTO_VALUE(command_line_clear) CommandLine first, second, third;
        assert_ok(parse_words(words, &elsewhere, &first));
        assert_string_equal(first.job.archive_dir, "/cache/duplicity");
        assert_string_equal(first.job.temp_folder, "/scratch");
        assert_ok(parse_words(words, &empty, &second));
        assert_string_equal(second.job.archive_dir, "/home/me/.cache/duplicity");
        assert_string_equal(second.job.temp_folder, "/tmp");
        assert_error(parse_words(words, &nowhere, &third), ERROR_USER, "--archive-dir");
}

TEST(parse_sets_every_flag) {
        AUTO_VALUE(command_line_clear) CommandLine command;
        PARSE_BACKUP(&command, "--no-encryption", "--no-compression", "--use-agent", "--always-trust",
                     "--accept-unprotected", "--allow-source-mismatch", "--no-files-changed", "--dry-run",
                     "--compare-data", "--force", "--numeric-owner", "--no-restore-ownership", "--progress",
                     "--no-print-statistics");
        AUTO_VALUE(command_line_clear) CommandLine further;
        PARSE_BACKUP(&further, "--ignore-errors", "--skip-if-no-change", "--jsonstat");
        assert_true(further.job.ignore_errors && further.job.skip_if_no_change && further.job.write_statistics);
        const Job *job = &command.job;
        assert_true(job->no_encryption && job->no_compression && job->use_agent && job->always_trust &&
                    job->accept_unprotected);
        assert_true(job->allow_source_mismatch && job->no_files_changed && job->dry_run);
        assert_true(job->compare_data && job->force && job->numeric_owner && job->no_restore_ownership);
        assert_true(command.wants_progress && command.no_statistics);
}

TEST(parse_takes_every_text) {
        AUTO_VALUE(command_line_clear) CommandLine command;
        PARSE_BACKUP(&command, "--archive-dir", "/archive", "--name=web1", "--tempdir", "~/tmp", "--sign-key",
                     "ABCD0123", "--gpg-binary=~user/gpg", "--gpg-options", "--compress-algo=bzip2 -v", "--gpg-home",
                     "~");
        assert_string_equal(command.job.archive_dir, "/archive");
        assert_string_equal(command.job.name, "web1");
        assert_string_equal(command.job.temp_folder, "/home/me/tmp");
        assert_string_equal(command.job.sign_key, "ABCD0123");
        assert_string_equal(command.job.gpg_binary, "~user/gpg");
        assert_string_equal(command.job.gpg_options, "--compress-algo=bzip2 -v");
        assert_string_equal(command.job.gpg_home, "/home/me");
}

TEST(parse_takes_every_prefix) {
        AUTO_VALUE(command_line_clear) CommandLine command;
        PARSE_BACKUP(&command, "--file-prefix", "p-", "--file-prefix-archive=a-", "--file-prefix-manifest", "m-",
                     "--file-prefix-signature", "", "--file-prefix-jsonstat", "j-");
        assert_string_equal(command.job.prefixes.all, "p-");
        assert_string_equal(command.job.prefixes.volume, "a-");
        assert_string_equal(command.job.prefixes.manifest, "m-");
        assert_string_equal(command.job.prefixes.signature, "");
        assert_string_equal(command.job.prefixes.statistics, "j-");
        ASSERT_REFUSED("'--file-prefix'", "st", "file:///r", "--file-prefix", "folder/");
        ASSERT_REFUSED("'--file-prefix-archive'", "st", "file:///r", "--file-prefix-archive", ".hidden");
}

TEST(parse_gathers_keys) {
        AUTO_VALUE(command_line_clear) CommandLine command;
        PARSE_BACKUP(&command, "--encrypt-key", "A", "--hidden-encrypt-key", "B", "--encrypt-key=C",
                     "--encrypt-sign-key", "0xDDDDDDDD");
        assert_int_equal(command.job.encrypt_keys.count, 3);
        assert_string_equal(command.job.encrypt_keys.items[0], "A");
        assert_string_equal(command.job.encrypt_keys.items[1], "C");
        assert_string_equal(command.job.encrypt_keys.items[2], "0xDDDDDDDD");
        assert_int_equal(command.job.hidden_keys.count, 1);
        assert_string_equal(command.job.hidden_keys.items[0], "B");
        assert_string_equal(command.job.sign_key, "0xDDDDDDDD");
}

TEST(parse_demands_the_number_of_a_key_to_sign_with) {
        static char *const bad[] = { "", "me@example.com", "1234567", "123456789", "0x", "0123456g" };
        static char *const good[] = { "01234567", "0123456789abcdef", "0x0123456789ABCDEF0123456789ABCDEF01234567" };
        for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
                AUTO_VALUE(command_line_clear) CommandLine command, other;
                Error *error = PARSE(&command, "st", "file:///r", "--sign-key", bad[i]);
                assert_int_equal(error_exit_code(error), EXIT_CODE_BAD_SIGN_KEY);
                assert_error(error, ERROR_USER, "'--sign-key': it must be 8, 16 or 40 hexadecimal digits");
                error = PARSE(&other, "st", "file:///r", "--encrypt-sign-key", bad[i]);
                assert_int_equal(error_exit_code(error), EXIT_CODE_BAD_SIGN_KEY);
                error_free(error);
        }
        for (size_t i = 0; i < ARRAY_LENGTH(good); i++) {
                AUTO_VALUE(command_line_clear) CommandLine command;
                PARSE_BACKUP(&command, "--sign-key", good[i]);
                assert_string_equal(command.job.sign_key, good[i]);
        }
}

TEST(parse_takes_what_back_ends_need) {
        AUTO_VALUE(command_line_clear) CommandLine command;
        PARSE_BACKUP(&command, "--ssh-options", "-oPort=22 -oIdentityFile='/a b'", "--ssh-options=-4", "--ssh-askpass",
                     "--ssh-known-hosts", "~/hosts", "--rsync-options=--bwlimit=5", "--ftp-regular",
                     "--limit-upload", "100", "--limit-download=7");
        const StorageOptions *storage = &command.job.storage;
        assert_int_equal(storage->ssh_options.count, 3);
        assert_string_equal(storage->ssh_options.items[0], "-oPort=22");
        assert_string_equal(storage->ssh_options.items[1], "-oIdentityFile=/a b");
        assert_string_equal(storage->ssh_options.items[2], "-4");
        assert_true(storage->ssh_askpass && storage->ftp_regular);
        assert_string_equal(storage->ssh_known_hosts, "/home/me/hosts");
        assert_int_equal(storage->rsync_options.count, 1);
        assert_int_equal(storage->limit_upload, 100 << 10);
        assert_int_equal(storage->limit_download, 7 << 10);
        ASSERT_REFUSED("quote without an end in --ssh-options", "st", "file:///r", "--ssh-options", "-o 'x");
}

TEST(parse_takes_what_object_stores_need) {
        AUTO_VALUE(command_line_clear) CommandLine command;
        PARSE_BACKUP(&command, "--s3-endpoint-url", "http://h:1", "--s3-region-name", "r", "--s3-use-ia",
                     "--s3-unencrypted-connection", "--s3-multipart-chunk-size", "25", "--s3-use-glacier-ir",
                     "--s3-use-server-side-kms-encryption", "--s3-kms-key-id", "k", "--s3-kms-grant", "g",
                     "--azure-blob-tier=cool", "--s3-uri-style", "virtual");
        const StorageOptions *storage = &command.job.storage;
        assert_string_equal(storage->s3_endpoint_url, "http://h:1");
        assert_string_equal(storage->s3_region, "r");
        assert_string_equal(storage->s3_storage_class, "GLACIER_IR"); /* the last one */
        assert_int_equal(storage->s3_part_size, 25 << 20);
        assert_string_equal(storage->s3_uri_style, "virtual");
        assert_true(storage->s3_unencrypted && storage->s3_sse_kms && !storage->s3_sse);
        assert_string_equal(storage->s3_kms_key, "k");
        assert_string_equal(storage->s3_kms_grant, "g");
        assert_string_equal(storage->azure_tier, "Cool");
        ASSERT_REFUSED("it must be one of Hot, Cool, Cold, Archive, for example '--azure-blob-tier Cool'", "st",
                       "file:///r", "--azure-blob-tier", "Warm");
}

TEST(parse_raises_parts_to_what_services_take) {
        AUTO_VALUE(command_line_clear) CommandLine small, none;
        PARSE_BACKUP(&small, "--s3-multipart-chunk-size", "1");
        PARSE_BACKUP(&none, "--dry-run");
        assert_int_equal(small.job.storage.s3_part_size, 5 << 20);
        assert_int_equal(none.job.storage.s3_part_size, 0);
}

TEST(parse_lets_the_last_of_ftp_modes_win) {
        AUTO_VALUE(command_line_clear) CommandLine passive, regular;
        PARSE_BACKUP(&passive, "--ftp-regular", "--ftp-passive");
        PARSE_BACKUP(&regular, "--ftp-passive", "--ftp-regular");
        assert_false(passive.job.storage.ftp_regular);
        assert_true(regular.job.storage.ftp_regular);
}

TEST(parse_joins_options_for_gpg) {
        AUTO_VALUE(command_line_clear) CommandLine command;
        PARSE_BACKUP(&command, "--gpg-options", "--a b", "--gpg-options=--c");
        assert_string_equal(command.job.gpg_options, "--a b --c");
}

/* Front ends read there why nothing was done. */
TEST(parse_finds_the_logs_behind_a_mistake) {
        AUTO_VALUE(command_line_clear) CommandLine unknown, bad;
        assert_error(PARSE(&unknown, "--nonsense", "x", "--log-fd", "5", "--json", "--log-file=/l"), ERROR_USER,
                     "'--nonsense'");
        assert_true(unknown.has_log_fd && unknown.log_fd == 5 && unknown.wants_json);
        assert_string_equal(unknown.log_file, "/l");
        assert_error(PARSE(&bad, "--volsize", "x", "--log-timestamp", "--log-fd", "6"), ERROR_USER, "'--volsize'");
        assert_true(bad.has_log_fd && bad.log_fd == 6 && bad.wants_timestamps);
}

TEST(parse_refuses_what_it_cannot_do_with_the_reason) {
        ASSERT_REFUSED("cannot take option '--gio': GVfs", "st", "file:///r", "--gio");
        ASSERT_REFUSED("cannot take option '--encrypt-secret-keyring'", "st", "file:///r", "--encrypt-sec", "x");
        ASSERT_REFUSED("cannot take command 'replicate'", "replicate", "file:///r", "file:///s");
}

TEST(parse_refuses_empty_keys_and_folders) {
        static char *const names[] = { "--encrypt-key", "--hidden-encrypt-key", "--archive-dir", "--name", "--tempdir",
                                       "--gpg-binary",  "--gpg-home",           "--path-to-restore" };
        for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
                ASSERT_REFUSED(names[i], "st", "file:///r", names[i], "");
}

TEST(parse_takes_no_encryption_beside_keys_as_stock_does) {
        AUTO_VALUE(command_line_clear) CommandLine command;
        PARSE_BACKUP(&command, "--encrypt-key", "A", "--no-encryption", "--sign-key", "BBBBBBBB");
        assert_true(command.job.no_encryption);
        assert_string_equal(command.job.sign_key, "BBBBBBBB");
}

TEST(parse_reads_numbers) {
        AUTO_VALUE(command_line_clear) CommandLine command;
        PARSE_BACKUP(&command, "--volsize", "25", "--max-blocksize=4096", "--num-retries", "0", "--concurrency", "8",
                     "--backend-retry-delay", "0.5", "--timeout", "120", "--progress-rate", "10");
        assert_int_equal(command.job.volume_size, 25 << 20);
        assert_int_equal(command.job.max_block, 4096);
        assert_int_equal(command.job.storage.retries, 0);
        assert_int_equal(command.job.concurrency, 8);
        assert_true(command.job.storage.retry_delay == 0.5);
        assert_true(command.job.storage.timeout == 120);
        assert_true(command.progress_rate == 10);
}

TEST(parse_takes_no_concurrency_for_one_transfer) {
        AUTO_VALUE(command_line_clear) CommandLine command;
        PARSE_BACKUP(&command, "--concurrency", "0");
        assert_int_equal(command.job.concurrency, 1);
}

TEST(parse_takes_asynchronous_uploads_for_two_transfers_at_least) {
        AUTO_VALUE(command_line_clear) CommandLine one, many;
        PARSE_BACKUP(&one, "--asynchronous-upload", "--concurrency", "1");
        PARSE_BACKUP(&many, "--asynchronous-upload", "--concurrency", "7");
        assert_int_equal(one.job.concurrency, 2);
        assert_true(one.job.asynchronous);
        assert_int_equal(many.job.concurrency, 7);
}

TEST(parse_takes_two_values_of_a_rename) {
        AUTO_VALUE(command_line_clear) CommandLine command;
        PARSE_BACKUP(&command, "--rename", "a/", "./b//c", "--rename=x", "y", "--rename", "a", "z", "--rename", "q", ".");
        assert_int_equal(command.job.renames.count, 3);
        assert_string_equal(command.job.renames.items[0].from, "a");
        assert_string_equal(command.job.renames.items[0].to, "z"); /* the later of two counts */
        assert_string_equal(command.job.renames.items[1].from, "x");
        assert_string_equal(command.job.renames.items[1].to, "y");
        assert_string_equal(command.job.renames.items[2].to, "");
        ASSERT_REFUSED("needs two values, for example '--rename etc etc.old'", "rb", "file:///r", "/t", "--rename", "a");
        ASSERT_REFUSED("'../b'", "rb", "file:///r", "/t", "--rename", "a", "../b");
        ASSERT_REFUSED("'/b'", "rb", "file:///r", "/t", "--rename", "a", "/b");
        ASSERT_REFUSED("'/a'", "rb", "file:///r", "/t", "--rename", "/a", "b");
        ASSERT_REFUSED("'a/../b'", "rb", "file:///r", "/t", "--rename", "a/../b", "c");
        ASSERT_REFUSED("not all of it", "rb", "file:///r", "/t", "--rename", ".", "c");
        ASSERT_REFUSED("''", "rb", "file:///r", "/t", "--rename", "a", "");
        ASSERT_REFUSED("both 'a' and 'b' to 'c/'", "rb", "file:///r", "/t", "--rename", "a", "c", "--rename", "b", "c/");
}

TEST(parse_knows_two_ways_to_keep_metadata) {
        AUTO_VALUE(command_line_clear) CommandLine full, partial;
        PARSE_BACKUP(&full, "--metadata-sync-mode", "full");
        PARSE_BACKUP(&partial, "--metadata-sync-mode=partial");
        assert_true(full.job.sync_all);
        assert_false(partial.job.sync_all);
        ASSERT_REFUSED("'partial' or 'full'", "st", "file:///r", "--metadata-sync-mode", "some");
}

TEST(parse_reads_times_with_another_separator_given_later) {
        AUTO_VALUE(command_line_clear) CommandLine command;
        PARSE_BACKUP(&command, "--time", "2023-11-14T22_13_20Z", "--time-separator", "_");
        assert_int_equal(command.job.time.seconds, 1700000000);
        assert_int_equal(command.job.times.separator, '_');
        static char *const bad[] = { "", "-", "__", "a", "1", ".", "+", "/", " " };
        for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
                ASSERT_REFUSED("'--time-separator'", "st", "file:///r", "--time-separator", bad[i]);
}

TEST(parse_refuses_bad_numbers_with_a_right_example) {
        static char *const bad[][2] = {
                { "--volsize", "0" },         { "--volsize", "1048577" },
                { "--volsize", "-1" },        { "--volsize", "2M" },
                { "--volsize", "" },          { "--volsize", " 1" },
                { "--max-blocksize", "511" }, { "--concurrency", "65" },
                { "--num-retries", "x" },     { "--num-retries", "99999999999999999999" },
                { "--timeout", "0" },         { "--timeout", "1e3" },
                { "--timeout", "nan" },       { "--timeout", "0x10" },
                { "--timeout", "1.2.3" },     { "--timeout", "." },
                { "--timeout", "" },          { "--backend-retry-delay", "-1" },
                { "--progress-rate", "0.5" }, { "--sample", "0%" },
                { "--sample", "101%" },       { "--sample", "%" },
                { "--sample", "5%%" },        { "--show-changes-in-set", "-1" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
                ASSERT_REFUSED(bad[i][0], "st", "file:///r", bad[i][0], bad[i][1]);
                ASSERT_REFUSED("for example", "st", "file:///r", bad[i][0], bad[i][1]);
        }
}

TEST(parse_reads_times_against_the_current_one) {
        AUTO_VALUE(command_line_clear) CommandLine command;
        PARSE_BACKUP(&command, "--time", "1D", "--full-if-older-than", "1M2D");
        assert_true(command.job.has_time && command.job.has_full_before);
        assert_int_equal(command.job.time.seconds, 1700000000 - 86400);
        assert_int_equal(command.job.full_before.seconds, 1700000000 - 32 * 86400);
}

TEST(parse_reads_times_against_a_current_one_given_later) {
        AUTO_VALUE(command_line_clear) CommandLine command;
        PARSE_BACKUP(&command, "-t", "1D", "--current-time", "1000000000");
        assert_true(command.has_now);
        assert_int_equal(command.now.seconds, 1000000000);
        assert_int_equal(command.job.times.now.seconds, 1000000000);
        assert_int_equal(command.job.time.seconds, 1000000000 - 86400);
}

TEST(parse_reads_what_to_look_at) {
        AUTO_VALUE(command_line_clear) CommandLine command;
        assert_ok(PARSE(&command, "diff", "--from", "2D", "--to", "1D", "file:///r"));
        assert_true(command.job.has_from && command.job.has_time);
        assert_int_equal(command.job.from.seconds, 1700000000 - 2 * 86400);
        assert_int_equal(command.job.time.seconds, 1700000000 - 86400);
        command_line_clear(&command);
        assert_ok(PARSE(&command, "check", "--full", "file:///r"));
        assert_true(command.job.replay);
        assert_int_equal(command.job.sample_percent, 0);
        command_line_clear(&command);
        assert_ok(PARSE(&command, "check", "--sample", "7%", "file:///r"));
        assert_int_equal(command.job.sample_percent, 7);
        assert_false(command.job.replay);
        command_line_clear(&command);
        assert_ok(PARSE(&command, "st", "--show-changes-in-set", "0", "--file-changed", "./a b", "file:///r"));
        assert_true(command.job.has_changes_in_set);
        assert_int_equal(command.job.changes_in_set, 0);
        assert_string_equal(command.job.changed_path, "a b");
        command_line_clear(&command);
        assert_ok(PARSE(&command, "ls", "--long", "file:///r"));
        assert_true(command.long_listing);
        assert_false(command.job.has_changes_in_set);
        ASSERT_REFUSED("option '--full' belongs to 'check'", "backup", "--full", "/srv", "file:///r");
}

TEST(parse_refuses_bad_times) {
        ASSERT_REFUSED("option '--time': ", "restore", "file:///r", "/t", "--time", "1d");
        ASSERT_REFUSED("'2026-13-01'", "full", "/s", "file:///r", "--full-if-older-than=2026-13-01");
        ASSERT_REFUSED("option '-t': ", "restore", "file:///r", "/t", "-tyesterday");
}

TEST(parse_reads_every_verbosity) {
        static const struct {
                char *text;
                unsigned level;
        } levels[] = { { "0", 0 },    { "4", 4 },       { "9", 9 },    { "e", 0 },      { "Error", 0 },
                       { "w", 2 },    { "WARNING", 2 }, { "N", 3 },    { "notice", 3 }, { "i", 5 },
                       { "info", 5 }, { "d", 9 },       { "debug", 9 } };
        static char *const bad[] = { "10", "", "x", "inf", "-1", "debugs" };
        for (size_t i = 0; i < ARRAY_LENGTH(levels); i++) {
                AUTO_VALUE(command_line_clear) CommandLine command;
                PARSE_BACKUP(&command, "--verbosity", levels[i].text);
                assert_int_equal(command.verbosity, levels[i].level);
        }
        for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
                ASSERT_REFUSED("'-v'", "st", "file:///r", "-v", bad[i]);
}

TEST(parse_takes_short_options_with_and_without_a_blank) {
        AUTO_VALUE(command_line_clear) CommandLine command;
        PARSE_BACKUP(&command, "-v5", "-r", "etc/passwd", "-tnow");
        assert_int_equal(command.verbosity, 5);
        assert_string_equal(command.job.path, "etc/passwd");
        assert_int_equal(command.job.time.seconds, 1700000000);
        ASSERT_REFUSED("unknown option '-x'", "st", "file:///r", "-x");
        ASSERT_REFUSED("'-h' takes no value", "st", "file:///r", "-hx");
        ASSERT_REFUSED("'-v' needs a value, for example '-v 5'", "st", "file:///r", "-v");
}

TEST(parse_takes_the_spellings_of_other_versions) {
        AUTO_VALUE(command_line_clear) CommandLine command;
        PARSE_BACKUP(&command, "--file-to-restore", "a", "--do-not-restore-ownership", "--restore-time", "now");
        assert_string_equal(command.job.path, "a");
        assert_true(command.job.no_restore_ownership && command.job.has_time);
}

TEST(parse_tidies_the_path_to_restore) {
        static char *const paths[][2] = { { "a/b/", "a/b" }, { "./a", "a" }, { "././a//", "a" },
                                          { "a b", "a b" },  { ".", NULL },  { "./", NULL }, { "/etc/x/", "etc/x" } };
        static char *const bad[] = { "a/../b", "..", "a//b", "/" };
        for (size_t i = 0; i < ARRAY_LENGTH(paths); i++) {
                AUTO_VALUE(command_line_clear) CommandLine command;
                PARSE_BACKUP(&command, "--path-to-restore", paths[i][0]);
                if (paths[i][1])
                        assert_string_equal(command.job.path, paths[i][1]);
                else
                        assert_null(command.job.path);
        }
        for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
                ASSERT_REFUSED("for example '--path-to-restore etc/passwd'", "restore", "file:///r", "/t",
                               "--path-to-restore", bad[i]);
}

TEST(parse_takes_unique_abbreviations) {
        AUTO_VALUE(command_line_clear) CommandLine command;
        PARSE_BACKUP(&command, "--vols", "7", "--no-enc", "--verb=d", "--do-not");
        assert_int_equal(command.job.volume_size, 7 << 20);
        assert_true(command.job.no_encryption && command.job.no_restore_ownership);
        assert_int_equal(command.verbosity, 9);
        ASSERT_REFUSED("ambiguous option '--no-'", "st", "file:///r", "--no-");
        ASSERT_REFUSED("ambiguous option '--enc'", "st", "file:///r", "--enc", "A");
        ASSERT_REFUSED("'--encrypt-key' or '--encrypt-sign-key'", "st", "file:///r", "--encrypt", "A");
}

TEST(parse_prefers_a_whole_name_to_longer_ones) {
        AUTO_VALUE(command_line_clear) CommandLine command;
        PARSE_BACKUP(&command, "--file-prefix", "p", "--progress");
        assert_string_equal(command.job.prefixes.all, "p");
        assert_true(command.wants_progress);
}

TEST(parse_names_unknown_options_and_the_nearest_right_one) {
        ASSERT_REFUSED("unknown option '--encypt-key' (did you mean '--encrypt-key'?)", "st", "file:///r",
                       "--encypt-key", "A");
        ASSERT_REFUSED("unknown option '--fource' (did you mean '--force'?)", "st", "file:///r", "--fource");
        ASSERT_REFUSED("unknown option '--'", "st", "file:///r", "--=x");
        ASSERT_REFUSED("unknown option '--vosize' (did you mean '--volsize'?)", "st", "file:///r", "--vosize=3");
        AUTO_VALUE(command_line_clear) CommandLine command;
        AUTO(error_free) Error *error = PARSE(&command, "st", "file:///r", "--zzzzzzzzzz");
        assert_string_equal(error_story(error), "unknown option '--zzzzzzzzzz'");
}

TEST(parse_wants_values_where_they_belong) {
        ASSERT_REFUSED("'--force' takes no value", "st", "file:///r", "--force=yes");
        ASSERT_REFUSED("'--force' takes no value", "st", "file:///r", "--force=");
        ASSERT_REFUSED("'--volsize' needs a value, for example '--volsize 200'", "st", "file:///r", "--volsize");
}

TEST(parse_takes_options_anywhere_until_two_dashes) {
        AUTO_VALUE(command_line_clear) CommandLine first, second;
        assert_ok(PARSE(&first, "--volsize", "3", "inc", "-v1", "/srv", "--force", "file:///repo", "--dry-run"));
        assert_int_equal(first.job.kind, BACKUP_INCREMENTAL);
        assert_true(first.job.force && first.job.dry_run);
        assert_ok(PARSE(&second, "full", "--", "--strange-folder", "file:///repo"));
        assert_string_equal(second.job.folder, "--strange-folder");
}

TEST(parse_lets_the_last_of_several_win) {
        AUTO_VALUE(command_line_clear) CommandLine command;
        PARSE_BACKUP(&command, "--volsize", "3", "--volsize", "4");
        assert_int_equal(command.job.volume_size, 4 << 20);
}

TEST(parse_shows_help_whatever_else_is_missing) {
        AUTO_VALUE(command_line_clear) CommandLine all, one, version;
        assert_ok(PARSE(&all, "--help"));
        assert_true(all.wants_help);
        assert_null(all.verb);
        assert_ok(PARSE(&one, "restore", "-h"));
        assert_true(one.wants_help);
        assert_string_equal(one.verb->name, "restore");
        assert_ok(PARSE(&version, "--version"));
        assert_true(version.wants_version);
        ASSERT_REFUSED("unknown option", "--help", "--nonsense");
}

TEST(parse_takes_help_as_a_word) {
        AUTO_VALUE(command_line_clear) CommandLine all, one, folder;
        assert_ok(PARSE(&all, "help"));
        assert_true(all.wants_help);
        assert_null(all.verb);
        assert_ok(PARSE(&one, "help", "restore"));
        assert_true(one.wants_help);
        assert_string_equal(one.verb->name, "restore");
        assert_ok(PARSE(&folder, "help", "file:///repo"));
        assert_false(folder.wants_help);
        assert_string_equal(folder.job.folder, "help");
        ASSERT_REFUSED("unknown command 'restoer' (did you mean 'restore'?)", "help", "restoer");
}

TEST(parse_wants_arguments) {
        ASSERT_REFUSED("no command given", "--force");
        ASSERT_REFUSED("no command given", "--");
}

TEST(parse_tells_a_bad_url_by_its_own_code) {
        AUTO_VALUE(command_line_clear) CommandLine command;
        Error *error = PARSE(&command, "full", "/srv", "sftp://user:secret@host:0/x");
        assert_int_equal(error_exit_code(error), EXIT_CODE_BAD_URL);
        assert_null(strstr(error_story(error), "secret"));
        assert_error(error, ERROR_USER, "port");
}

TEST(parse_survives_no_arguments_at_all) {
        AUTO_VALUE(command_line_clear) CommandLine command;
        char *none[] = { NULL };
        assert_error(command_line_parse(0, none, &somewhere, &command), ERROR_USER, "no command given");
}

TEST(parse_keeps_the_order_of_selections) {
        static const struct {
                SelectionKind kind;
                const char *spelled, *value;
        } wanted[] = {
                { SELECTION_EXCLUDE, "--exclude", "a" },
                { SELECTION_INCLUDE_LIST, "--include-filelist", "-" },
                { SELECTION_EXCLUDE_DEVICE_FILES, "--exclude-device-files", NULL },
                { SELECTION_INCLUDE, "--include", "b" },
                { SELECTION_EXCLUDE_OLDER_THAN, "--exclude-older-than", "1D" },
                { SELECTION_EXCLUDE_LIST, "--exclude-filelist-stdin", "-" },
                { SELECTION_EXCLUDE, "--exclude", "c" },
        };
        AUTO_VALUE(command_line_clear) CommandLine command;
        PARSE_BACKUP(&command, "--exclude", "a", "--include-filelist=-", "--exclude-device-files", "--include", "b",
                     "--exclude-older-than", "1D", "--exclude-filelist-stdin", "--exclude=c", "--null-separator",
                     "--copy-links");
        assert_int_equal(command.job.selection.count, ARRAY_LENGTH(wanted));
        for (size_t i = 0; i < ARRAY_LENGTH(wanted); i++) {
                const SelectionOption *option = &command.job.selection.items[i];
                assert_int_equal(option->kind, wanted[i].kind);
                assert_string_equal(option->spelled, wanted[i].spelled);
                assert_int_equal(option->value != NULL, wanted[i].value != NULL);
                if (option->value)
                        assert_string_equal(option->value, wanted[i].value);
        }
        assert_int_equal(command.job.selection.items[4].before.seconds, 1700000000 - 86400);
        assert_true(command.job.null_separator && command.job.copy_links);
}

TEST(parse_refuses_bad_selections) {
        ASSERT_REFUSED("option '--exclude-older-than'", "full", "/srv", "file:///repo", "--exclude-older-than", "soon");
        ASSERT_REFUSED("bad value 'a/b' of option '--exclude-if-present'", "full", "/srv", "file:///repo",
                       "--exclude-if-present", "a/b");
        ASSERT_REFUSED("bad value ''", "full", "/srv", "file:///repo", "--exclude-if-present", "");
        ASSERT_REFUSED("option '--exclude-device-files' takes no value", "full", "/srv", "file:///repo",
                       "--exclude-device-files=yes");
        ASSERT_REFUSED("option '--exclude' needs a value", "full", "/srv", "file:///repo", "--exclude");
}
