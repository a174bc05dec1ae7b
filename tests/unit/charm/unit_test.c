#include "charm/unit.h"

#include <sys/stat.h>

#include "support/test.h"

TEST(paths_have_the_units_name_and_the_root) {
        AUTO(arena_free) Arena *arena = arena_new();
        Unit unit;
        assert_ok(unit_make("db-backup/12", "/charm", "/root", arena, &unit));
        assert_string_equal(unit.application, "db-backup");
        assert_string_equal(unit.dashed, "db-backup-12");
        assert_string_equal(unit.program, "/charm/bin/charm-duplicity"); /* the charm's folder is where Juju says */
        assert_string_equal(unit.backup_cron, "/root/etc/cron.d/periodic_backup-db-backup-12");
        assert_string_equal(unit.deletion_cron, "/root/etc/cron.d/periodic_deletion-db-backup-12");
        assert_string_equal(unit.snapshot, "/root/var/lib/charm-duplicity/db-backup-12/private/config.json");
        assert_string_equal(unit.log, "/root/var/log/duplicity/db-backup-12.log");
        assert_ok(unit_make("duplicity/0", NULL, "", arena, &unit));
        assert_string_equal(unit.log, "/var/log/duplicity/duplicity-0.log");
        assert_null(unit.program);
}

TEST(what_is_no_unit_cannot_become_a_path) {
        static const char *const bad[] = { "",      "/0",          "duplicity", "duplicity/", "duplicity/0/1", "../x/0",
                                           "a b/0", "Duplicity/0", "-a/0",      "a/0\n",      "a.b/0" };
        for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
                AUTO(arena_free) Arena *arena = arena_new();
                Unit unit;
                assert_error(unit_make(bad[i], NULL, "", arena, &unit), ERROR_USER, "is not the name of a unit");
        }
}

static void assert_mode(const char *path, mode_t mode) {
        struct stat facts;
        assert_int_equal(stat(path, &facts), 0);
        assert_int_equal(facts.st_mode & 07777, mode);
}

TEST(folders_get_their_modes_again) {
        AUTO(arena_free) Arena *arena = arena_new();
        Unit unit;
        assert_ok(unit_make("duplicity/0", NULL, ".", arena, &unit));
        assert_ok(unit_make_folders(&unit));
        assert_int_equal(chmod(unit.private_folder, 0755), 0);
        assert_int_equal(chmod(unit.state_folder, 0700), 0);
        assert_ok(unit_make_folders(&unit));
        assert_mode(unit.private_folder, 0700);
        assert_mode(unit.gnupg_home, 0700);
        assert_mode(unit.archive_folder, 0700);
        assert_mode(unit.state_folder, 0755); /* the check goes through it */
}
