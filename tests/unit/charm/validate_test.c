#include "charm/validate.h"

#include "charm/target.h"
#include "support/test.h"

/* A config of the defaults and what SETTINGS, lines of YAML, change. */
static CharmConfig config_of(Arena *arena, const char *settings) {
        const Node *root = NULL;
        CharmConfig config;
        assert_ok(yaml_parse(bytes_of(settings), "the test", arena, &root));
        config = config_read(root, arena);
        return config;
}

#define SSH_KEY "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQo=\n"
#define FILE_BACKEND "backend: file\nremote_backup_url: /mnt\ndisable_encryption: true\n"

static void assert_problem(const char *settings, const char *problem) {
        AUTO(arena_free) Arena *arena = arena_new();
        CharmConfig config = config_of(arena, settings);
        const char *found = validate_config(&config, arena);
        if (!found != !problem || (found && strcmp(found, problem) != 0))
                fail_msg("of '%s' it is said: %s", settings, found ? found : "all is well");
}

TEST(the_predecessors_texts_are_kept) {
        static const struct {
                const char *settings, *problem;
        } cases[] = {
                { "backend: tape\nremote_backup_url: x", "Unrecognized backend \"tape\"" },
                { "backend: file", "Backup path is required. Set config for \"remote_backup_url\"" },
                { "backend: S3\nremote_backup_url: b\naws_access_key_id: a",
                  "S3 backups require \"aws_access_key_id\" and \"aws_secret_access_key\" to be set" },
                { "backend: azure\nremote_backup_url: b", "Azure backups require \"azure_connection_string\"" },
                { "backend: SCP\nremote_backup_url: h\nknown_host_key: k",
                  "scp backend requires known_host_key and either \"remote_password\" or \"private_ssh_key\" to be "
                  "set" },
                { "backend: sftp\nremote_backup_url: h\nremote_password: p",
                  "sftp backend requires known_host_key and either \"remote_password\" or \"private_ssh_key\" to be "
                  "set" },
                { "backend: rsync\nremote_backup_url: h/x\nremote_password: p",
                  "rsync backend requires private_ssh_key. remote_password auth not supported" },
                { "backend: rsync\nremote_backup_url: h/x\nprivate_ssh_key: " SSH_KEY,
                  "rsync backend requires known_host_key and either \"remote_password\" or \"private_ssh_key\" to be "
                  "set" },
                { "backend: file\nremote_backup_url: /mnt",
                  "Must set either an encryption passphrase, GPG public key, or disable encryption" },
                { FILE_BACKEND "private_ssh_key: '###'", "Invalid private_ssh_key. ensure that key is base64 encoded" },
                { FILE_BACKEND "private_ssh_key: aGVsbG8=",
                  "Invalid private_ssh_key. ensure that key is base64 encoded" },
                { FILE_BACKEND "backup_frequency: '* * * *'", "Invalid value \"* * * *\" for \"backup_frequency\"" },
                { FILE_BACKEND "retention_period: 30", "Invalid value \"30\" for \"retention_period\"" },
                { FILE_BACKEND "retention_period: 0d", "Invalid value \"0d\" for \"retention_period\"" },
                { FILE_BACKEND "deletion_frequency: weekly", "Invalid value \"weekly\" for \"deletion_frequency\"" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
                assert_problem(cases[i].settings, cases[i].problem);
}

TEST(a_schedule_that_cron_would_refuse_or_never_run_blocks) {
        assert_problem(FILE_BACKEND "backup_frequency: '@Daily'", "Invalid value \"@Daily\" for \"backup_frequency\"");
        assert_problem(FILE_BACKEND "deletion_frequency: '@WEEKLY'",
                       "Invalid value \"@WEEKLY\" for \"deletion_frequency\"");
        assert_problem(FILE_BACKEND "backup_frequency: 0 0 31 2 *",
                       "Invalid value \"0 0 31 2 *\" for \"backup_frequency\": there is no such day, it would "
                       "never run");
        assert_problem(FILE_BACKEND "deletion_frequency: 0 0 30 2 *",
                       "Invalid value \"0 0 30 2 *\" for \"deletion_frequency\": there is no such day, it would "
                       "never run");
}

TEST(good_configs_are_good) {
        static const char *const cases[] = {
                "{}",
                FILE_BACKEND,
                FILE_BACKEND "backup_frequency: manual\nretention_period: manual\n",
                FILE_BACKEND "backup_frequency: Daily\n", /* the option's own words, as the predecessor took them */
                FILE_BACKEND "backup_frequency: MANUAL\ndeletion_frequency: Hourly\n",
                FILE_BACKEND "backup_frequency: '* * * * *'\nretention_period: 48h\ndeletion_frequency: hourly\n",
                "backend: FILE\nremote_backup_url: file:///mnt\nencryption_passphrase: x\n",
                "backend: s3\nremote_backup_url: s3.example.com/b\naws_access_key_id: a\naws_secret_access_key: b\n"
                "gpg_public_key: 0123456789abcdef\n",
                "backend: scp\nremote_backup_url: h/x\nknown_host_key: k\nremote_user: u\nremote_password: p\n"
                "encryption_passphrase: x\n",
                "backend: rsync\nremote_backup_url: h::module/x\nremote_user: u\nremote_password: "
                "p\nencryption_passphrase: x\n",
                "backend: rsync\nremote_backup_url: h/x\nknown_host_key: k\nencryption_passphrase: x\n"
                "private_ssh_key: " SSH_KEY,
                FILE_BACKEND "aux_backup_directory: /var/a, /etc\nexclude: |\n  /etc/x\n  **.tmp\n",
        };
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
                assert_problem(cases[i], NULL);
}

TEST(new_options_name_themselves_and_the_remedy) {
        static const struct {
                const char *settings, *problem;
        } cases[] = {
                { "aux_backup_directory: relative", "aux_backup_directory" },
                { "aux_backup_directory: ', ,'", "aux_backup_directory" },
                { "exclude: '*.tmp'", "\"exclude\": option 'exclude': bad pattern '*.tmp'" },
                { "backup_type: sometimes", "\"backup_type\": it has to be auto, full or incremental" },
                { "s3_addressing_style: x", "\"s3_addressing_style\": it has to be auto, path or virtual" },
                { "package_status: x", "\"package_status\": it has to be install or hold" },
                { "full_if_older_than: 30", "\"full_if_older_than\": it has to be a time with its unit" },
                { "alert_after: 1d", "\"alert_after\": it has to be a time with its unit" },
                { "volume_size: 0", "\"volume_size\"" },
                { "volume_size: 20000", "\"volume_size\"" },
                { "tls_ca_certificate: x", "\"tls_ca_certificate\"" },
                { "exclude: /elsewhere", "it can match nothing in '/tmp/duplicity'" },
                { "keep_daily: 10001", "\"keep_daily\": it has to be a number from 0 to 10000" },
                { "keep_yearly: -1", "\"keep_yearly\": it has to be a whole number, 0 or more" },
                { "nagios_context: 'a b'", "\"nagios_context\"" },
                { "nagios_context: '../x'", "\"nagios_context\"" },
                { "nagios_servicegroups: 'a;b'", "\"nagios_servicegroups\"" },
                { "remote_backup_url: sftp://h/x", "make them agree" },
                { "remote_backup_url: relative", "a folder from the root" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                AUTO(arena_free) Arena *arena = arena_new();
                const char *url = strstr(cases[i].settings, "url") ? "" : "remote_backup_url: /mnt\n";
                char *settings =
                        arena_print(arena, "backend: file\ndisable_encryption: true\n%s%s", url, cases[i].settings);
                CharmConfig config = config_of(arena, settings);
                const char *found = validate_config(&config, arena);
                if (!found || !strstr(found, cases[i].problem))
                        fail_msg("of '%s' it is said: %s", cases[i].settings, found ? found : "all is well");
        }
}

TEST(without_a_backend_only_what_is_used_anyway_is_looked_at) {
        assert_problem("encryption_passphrase: ''\nbackup_frequency: x\n", NULL);
        assert_problem("nagios_context: a/b\n",
                       "Invalid value \"a/b\" for \"nagios_context\": it has to be letters, digits, "
                       "'_', '.' and '-'");
}

TEST(long_values_are_shown_short_and_on_one_line) {
        AUTO(arena_free) Arena *arena = arena_new();
        char *value = arena_zeroed(arena, 5001);
        memset(value, 'x', 5000);
        CharmConfig config = config_of(arena, "remote_backup_url: /mnt\n");
        config.backend = value;
        assert_true(strlen(validate_config(&config, arena)) < 400);
        config.backend = "a\nb";
        assert_string_equal(validate_config(&config, arena), "Unrecognized backend \"a b\"");
}

TEST(a_wrong_public_key_is_told_and_a_private_one_refused) {
        static const struct {
                const char *key, *problem;
        } cases[] = { { "somebody@example.com", "Invalid \"gpg_public_key\"" },
                      { "0123", "Invalid \"gpg_public_key\"" },
                      { "-----BEGIN PGP PRIVATE KEY BLOCK-----", "holds a private key" } };
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                AUTO(arena_free) Arena *arena = arena_new();
                CharmConfig config = config_of(
                        arena, arena_print(arena, "backend: file\nremote_backup_url: /mnt\ngpg_public_key: '%s'",
                                           cases[i].key));
                assert_non_null(strstr(validate_config(&config, arena), cases[i].problem));
        }
}

TEST(targets_are_what_the_options_mean) {
        static const struct {
                const char *backend, *typed, *url;
        } cases[] = {
                /* each form that the predecessor's remote_backup_url had, with and without the scheme */
                { "file", "file:///some_dir", "file:///some_dir/duplicity-0" },
                { "file", "/some_dir", "file:///some_dir/duplicity-0" },
                { "ftp", "remote.host/some_dir", "ftp://u:p@remote.host/some_dir/duplicity-0" },
                { "ftp", "remote.host:2121/some_dir", "ftp://u:p@remote.host:2121/some_dir/duplicity-0" },
                { "ftp", "ftp://remote.host:2121/some_dir", "ftp://u:p@remote.host:2121/some_dir/duplicity-0" },
                { "sftp", "remote.host/some_dir", "sftp://u:p@remote.host/some_dir/duplicity-0" },
                { "sftp", "remote.host:22/some_dir", "sftp://u:p@remote.host:22/some_dir/duplicity-0" },
                { "sftp", "sftp://remote.host:22/some_dir", "sftp://u:p@remote.host:22/some_dir/duplicity-0" },
                { "rsync", "other.host::/module/some_dir", "rsync://u:p@other.host::/module/some_dir/duplicity-0" },
                { "rsync", "other.host:873::/module/some_dir",
                  "rsync://u:p@other.host:873::/module/some_dir/duplicity-0" },
                { "rsync", "rsync://other.host:873::/module/some_dir",
                  "rsync://u:p@other.host:873::/module/some_dir/duplicity-0" },
                { "rsync", "other.host/relative_path", "rsync://u:p@other.host/relative_path/duplicity-0" },
                { "rsync", "rsync://other.host:22/relative_path",
                  "rsync://u:p@other.host:22/relative_path/duplicity-0" },
                { "rsync", "other.host:22//absolute_path", "rsync://u:p@other.host:22//absolute_path/duplicity-0" },
                { "rsync", "rsync://other.host//absolute_path", "rsync://u:p@other.host//absolute_path/duplicity-0" },
                { "s3", "s3:other.host/bucket_name", "s3:other.host/bucket_name/duplicity-0" },
                { "s3", "s3:other.host:9000/bucket_name", "s3:other.host:9000/bucket_name/duplicity-0" },
                { "s3", "s3:minio/bucket_name/prefix", "s3:minio/bucket_name/prefix/duplicity-0" },
                { "s3", "S3:other.host:9000/bucket_name/prefix/", "s3:other.host:9000/bucket_name/prefix/duplicity-0" },
                { "s3", "other.host:9000/bucket_name/prefix", "s3://other.host:9000/bucket_name/prefix/duplicity-0" },
                { "s3", "s3+http://bucket_name", "s3+http:///bucket_name/duplicity-0" },
                { "s3", "s3+http://bucket_name/prefix", "s3+http://bucket_name/prefix/duplicity-0" },
                { "s3", "bucket_name/prefix", "s3://bucket_name/prefix/duplicity-0" },
                { "azure", "azure://", "azure://duplicity-0" }, /* the container that stock took then */
                { "azure", "azure://box", "azure://box/duplicity-0" },
                { "azure", "box", "azure://box/duplicity-0" },
                { "scp", "other.host/some_dir", "scp://u:p@other.host/some_dir/duplicity-0" },
                { "scp", "scp://other.host:22/some_dir", "scp://u:p@other.host:22/some_dir/duplicity-0" },
                { "ssh", "other.host:22/some_dir", "sftp://u:p@other.host:22/some_dir/duplicity-0" },
                { "ssh", "ssh://other.host/some_dir", "sftp://u:p@other.host/some_dir/duplicity-0" },

                /* and what else is taken */
                { "file", "/mnt/b/", "file:///mnt/b/duplicity-0" },
                { "FILE", "FILE:///", "file:///duplicity-0" },
                { "SSH", "SFTP://h//x", "sftp://u:p@h//x/duplicity-0" },
                { "s3", "a.bucket/", "s3:///a.bucket/duplicity-0" }, /* not a host */
                { "s3", "s3+http://a.bucket", "s3+http:///a.bucket/duplicity-0" },
                { "s3", "s3://b/x", "s3://b/x/duplicity-0" },
                { "s3", "s3:9000/b", "s3://s3:9000/b/duplicity-0" }, /* a host called s3 */
                { "s3", "boto3+s3://a.bucket/x", "boto3+s3://a.bucket/x/duplicity-0" },
                { "webdav", "http://h/x", "webdav://u:p@h/x/duplicity-0" },
                { "webdav", "h:444/x", "webdavs://u:p@h:444/x/duplicity-0" },
                { "webdav", "https://h/x", "webdavs://u:p@h/x/duplicity-0" },
                { "rsync", "h::m/x", "rsync://u:p@h::/m/x/duplicity-0" },
                { "rsync", "h/a::b", "rsync://u:p@h/a::b/duplicity-0" },
                { "rsync", "[2001:db8::1]/x", "rsync://u:p@[2001:db8::1]/x/duplicity-0" },
                { "rsync", "[2001:db8::1]::m", "rsync://u:p@[2001:db8::1]::/m/duplicity-0" },
                { "ftp", "ftps://h", "ftps://u:p@h/duplicity-0" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                AUTO(arena_free) Arena *arena = arena_new();
                CharmConfig config = config_of(arena, "remote_user: u\nremote_password: p\n");
                const char *url;
                config.backend = cases[i].backend;
                config.remote_backup_url = cases[i].typed;
                assert_ok(target_url(&config, "duplicity-0", arena, &url));
                assert_string_equal(url, cases[i].url);
        }
}

TEST(a_daemon_of_rsync_is_told_by_two_colons_behind_the_host) {
        static const struct {
                const char *backend, *typed;
                bool is_daemon;
        } cases[] = { { "rsync", "h::m/x", true },
                      { "RSYNC", "rsync://h:873::/m", true },
                      { "rsync", "[2001:db8::1]::m", true },
                      { "rsync", "rsync://[2001:db8::1]/x", false },
                      { "rsync", "[2001:db8::1]/x", false },
                      { "rsync", "h/a::b", false },
                      { "sftp", "h::m/x", false } };
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                const CharmConfig config = { .backend = cases[i].backend, .remote_backup_url = cases[i].typed };
                if (target_is_rsync_daemon(&config) != cases[i].is_daemon)
                        fail_msg("'%s' is taken for the other", cases[i].typed);
        }
}

TEST(passwords_may_hold_anything) {
        AUTO(arena_free) Arena *arena = arena_new();
        CharmConfig config = config_of(arena, "backend: scp\nremote_backup_url: h:22/x\nremote_user: u\n"
                                              "remote_password: p@:/ %\n");
        const char *url;
        assert_ok(target_url(&config, "duplicity-0", arena, &url));
        assert_string_equal(url, "scp://u:p%40%3A%2F%20%25@h:22/x/duplicity-0");
}

TEST(what_is_no_target_is_refused_with_the_form_that_the_backend_wants) {
        static const struct {
                const char *backend, *typed, *form;
        } cases[] = {
                { "sftp", "h:99999/x", "\"sftp\": it has to be like backup.example.com:22/folder" },
                { "scp", "h:x/y", "\"scp\": it has to be like backup.example.com:22/folder" },
                { "SFTP", "sftp://", "\"sftp\": it has to be like" },
                { "ftp", "/folder", "\"ftp\": it has to be like ftp.example.com:21/folder" },
                { "rsync", "::module", "backup.example.com::module/folder" },
                { "s3", "s3:host", "bucket/folder on AWS, or s3.example.com:9000/bucket/folder" },
                { "s3", "minio:9000", "s3.example.com:9000/bucket/folder" },
                { "s3", "s3://", "bucket/folder on AWS" },
                { "file", "relative", "/mnt/backup" },
                { "azure", "azure:///box", "\"azure\": it has to be like container" },
                { "azure", "a b", "\"azure\": it has to be like container" },
                { "webdav", "h<x/y", "dav.example.com:443/folder" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                AUTO(arena_free) Arena *arena = arena_new();
                CharmConfig config = config_of(arena, "remote_user: u\nremote_password: hidden\n");
                const char *url;
                config.backend = cases[i].backend;
                config.remote_backup_url = cases[i].typed;
                Error *error = target_url(&config, "unit-0", arena, &url);
                static const char *const never[] = { "unit-0", "://", "hidden" };
                for (size_t k = 0; k < ARRAY_LENGTH(never); k++)
                        if (error && strstr(error_story(error), never[k]))
                                fail_msg("'%s' shows %s", error_story(error), never[k]);
                assert_error(error, ERROR_USER, cases[i].form);
        }
}

TEST(two_users_are_refused_without_showing_the_password) {
        AUTO(arena_free) Arena *arena = arena_new();
        CharmConfig config = config_of(
                arena, "backend: ftp\nremote_backup_url: u:secret@h/x\nremote_user: v\nremote_password: hidden");
        const char *url;
        Error *error = target_url(&config, "duplicity-0", arena, &url);
        assert_null(strstr(error_story(error), "secret"));
        assert_null(strstr(error_story(error), "hidden"));
        assert_error(error, ERROR_USER, "remote_user");
}
