#include "charm/assignment.h"

#include <stdlib.h>

#include "support/test.h"

#define GOOD "backend: file\nremote_backup_url: /mnt/b\nencryption_passphrase: x\n"

typedef struct Fixture {
        Arena *arena;
        Unit unit;
        Snapshot snapshot;
        Job job;
} Fixture;

/* The Job that SETTINGS mean, of a unit in this folder. */
static Fixture set_up(const char *settings) {
        Fixture fixture = { .arena = arena_new() };
        const Node *root = NULL;
        assert_ok(unit_make("duplicity/0", NULL, ".", fixture.arena, &fixture.unit));
        assert_ok(unit_make_folders(&fixture.unit));
        assert_ok(yaml_parse(bytes_of(settings), "the test", fixture.arena, &root));
        fixture.snapshot.config = config_read(root, fixture.arena);
        return fixture;
}

static Fixture make(const char *settings) {
        Fixture fixture = set_up(settings);
        assert_ok(assignment_make(&fixture.unit, &fixture.snapshot, fixture.arena, &fixture.job));
        return fixture;
}

static void clear(Fixture *fixture) {
        assignment_clear(&fixture->job);
        arena_free(fixture->arena);
}

TEST(options_become_fields) {
        AUTO_VALUE(clear)
        Fixture fixture = make(GOOD "volume_size: '50'\naux_backup_directory: /var/a\nfull_if_older_than: 2D\n");
        const Job *job = &fixture.job;
        assert_string_equal(job->url->text, "file:///mnt/b/duplicity-0");
        assert_string_equal(job->folder, "/var/a");
        assert_int_equal(job->volume_size, 50 << 20);
        assert_true(job->has_full_before);
        assert_int_equal(job->times.now.seconds - job->full_before.seconds, 2 * 86400);
        assert_string_equal(job->name, "duplicity-0"); /* the cache is found again after a change of the URL */
        assert_bytes_equal(secret_reveal(job->passphrase), bytes_of("x"));
        assert_string_equal(job->gpg_home, fixture.unit.gnupg_home);
        assert_int_equal(job->selection.count, 0);
        assert_null(job->storage.ssh_known_hosts);
        assert_null(job->storage.s3_uri_style);
        assert_int_equal(job->storage.ssh_options.count, 0);
}

TEST(without_a_limit_one_full_backup_lasts_for_ever) {
        AUTO_VALUE(clear) Fixture fixture = make(GOOD "full_if_older_than: ''\n");
        assert_false(fixture.job.has_full_before);
}

TEST(of_several_folders_nothing_else_is_taken) {
        AUTO_VALUE(clear)
        Fixture fixture = make(GOOD "aux_backup_directory: '/var/[a], /etc'\nexclude: |\n  /etc/x\n\n  **.tmp\n");
        const SelectionOption *rules = fixture.job.selection.items;
        static const struct {
                SelectionKind kind;
                const char *pattern;
        } wanted[] = { { SELECTION_EXCLUDE, "/etc/x" },
                       { SELECTION_EXCLUDE, "**.tmp" },
                       { SELECTION_INCLUDE, "/var/[[]a]" }, /* brackets in a name mean themselves */
                       { SELECTION_INCLUDE, "/etc" },
                       { SELECTION_EXCLUDE, "/**" } };
        assert_string_equal(fixture.job.folder, "/");
        assert_int_equal(fixture.job.selection.count, ARRAY_LENGTH(wanted));
        for (size_t i = 0; i < ARRAY_LENGTH(wanted); i++) {
                assert_int_equal(rules[i].kind, wanted[i].kind);
                assert_string_equal(rules[i].value, wanted[i].pattern);
        }
}

TEST(keys_and_hosts_are_used_where_the_hooks_have_written_them) {
        AUTO_VALUE(clear)
        Fixture fixture = set_up("backend: sftp\nremote_backup_url: h/x\nremote_user: u\ndisable_encryption: true\n"
                                 "s3_region: eu\ns3_addressing_style: path\n");
        test_write_file(fixture.unit.ssh_key, bytes_of("k"));
        test_write_file(fixture.unit.known_hosts, bytes_of("h"));
        test_write_file(fixture.unit.tls_ca, bytes_of("c"));
        assert_ok(assignment_make(&fixture.unit, &fixture.snapshot, fixture.arena, &fixture.job));
        const StorageOptions *storage = &fixture.job.storage;
        assert_int_equal(storage->ssh_options.count, 2);
        assert_string_equal(storage->ssh_options.items[0],
                            "-oIdentityFile=./var/lib/charm-duplicity/duplicity-0/private/ssh_key");
        assert_string_equal(storage->ssh_options.items[1], "-oIdentitiesOnly=yes");
        assert_string_equal(storage->ssh_known_hosts, fixture.unit.known_hosts);
        assert_string_equal(storage->ssl_ca_file, fixture.unit.tls_ca);
        assert_string_equal(storage->s3_region, "eu");
        assert_string_equal(storage->s3_uri_style, "path");
        assert_string_equal(storage->temp_folder, fixture.unit.scratch_folder);
        assert_string_equal(storage->home, getenv("HOME"));
        assert_true(fixture.job.no_encryption);
        assert_null(fixture.job.passphrase);
}

TEST(a_key_of_root_is_looked_for_in_roots_keyring) {
        AUTO_VALUE(clear)
        Fixture fixture = make("backend: file\nremote_backup_url: /mnt\ngpg_public_key: 0123456789ABCDEF\n");
        assert_null(fixture.job.gpg_home);
        assert_int_equal(fixture.job.encrypt_keys.count, 1);
        assert_string_equal(fixture.job.encrypt_keys.items[0], "0123456789ABCDEF");
        assert_true(fixture.job.always_trust);
}

TEST(a_key_is_called_the_same_however_it_is_typed) {
        static const char *const typed[] = { "0x0123456789abcdef0123456789ABCDEF01234567",
                                             "0123456789ABCDEF0123456789ABCDEF01234567",
                                             "0123 4567 89AB CDEF 0123  4567 89AB CDEF 0123 4567",
                                             "0X0123456789abcdef 0123456789abcdef01234567" };
        for (size_t i = 0; i < ARRAY_LENGTH(typed); i++) {
                AUTO(arena_free) Arena *arena = arena_new();
                AUTO_VALUE(clear)
                Fixture fixture = make(
                        arena_print(arena, "backend: file\nremote_backup_url: /mnt\ngpg_public_key: '%s'\n", typed[i]));
                assert_string_equal(fixture.job.encrypt_keys.items[0], "0123456789ABCDEF0123456789ABCDEF01234567");
        }
}

TEST(credentials_become_options_of_the_storage) {
        AUTO_VALUE(clear)
        Fixture fixture = make("backend: s3\nremote_backup_url: b\naws_access_key_id: A\n"
                               "aws_secret_access_key: B\ndisable_encryption: true\n");
        const StorageOptions *storage = &fixture.job.storage;
        assert_string_equal(storage->s3_access_key, "A");
        assert_bytes_equal(secret_reveal(storage->s3_secret_key), bytes_of("B"));
        assert_null(storage->azure_connection);
}

TEST(a_path_of_the_machine_is_one_inside_the_backup) {
        AUTO(arena_free) Arena *arena = arena_new();
        Job job = { .folder = "/var/data/" };
        assert_string_equal(assignment_inner_path(&job, "/var/data/a/b", arena), "a/b");
        assert_string_equal(assignment_inner_path(&job, "/var/data", arena), "");
        assert_string_equal(assignment_inner_path(&job, "a//b/", arena), "a/b");
        assert_string_equal(assignment_inner_path(&job, "/var/database", arena), "var/database"); /* there is no such */
        job.folder = "/";
        assert_string_equal(assignment_inner_path(&job, "/etc/passwd", arena), "etc/passwd");
        assert_string_equal(assignment_inner_path(&job, "/", arena), "");
}

TEST(types_of_backups_are_kinds) {
        assert_int_equal(assignment_kind("auto"), BACKUP_AUTO);
        assert_int_equal(assignment_kind("full"), BACKUP_FULL);
        assert_int_equal(assignment_kind("incremental"), BACKUP_INCREMENTAL);
}
