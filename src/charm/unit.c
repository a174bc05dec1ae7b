#include "charm/unit.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/attribute.h"
#include "sys/folder.h"

/* Application names are [a-z][a-z0-9]*(-[a-z0-9]*[a-z][a-z0-9]*)*, units have a number behind the slash. What is
 * checked is what matters for file names. */
static bool is_unit_name(const char *name) {
        const char *slash = strchr(name, '/');
        size_t application = slash ? (size_t)(slash - name) : 0;
        return application && name[0] >= 'a' && name[0] <= 'z' &&
               strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == application && slash[1] &&
               strspn(slash + 1, "0123456789") == strlen(slash + 1);
}

Error *unit_make(const char *name, const char *charm, const char *root, Arena *arena, Unit *ret_unit) {
        if (!is_unit_name(name))
                return error_new(ERROR_USER, "'%s' is not the name of a unit: it must be like 'duplicity/0'", name);
        Unit unit = { .name = arena_text(arena, name), .charm = arena_text(arena, charm), .run_action = "juju run" };
        char *dashed = arena_text(arena, name);
        size_t slash = strcspn(name, "/");
        dashed[slash] = '-';
        unit.dashed = dashed;
        unit.application = arena_bytes(arena, bytes_make(name, slash));
        unit.program = charm ? arena_print(arena, "%s/bin/charm-duplicity", charm) : NULL;
        unit.state_folder = arena_print(arena, "%s/var/lib/charm-duplicity/%s", root, dashed);
        unit.private_folder = arena_print(arena, "%s/private", unit.state_folder);
        unit.snapshot = arena_print(arena, "%s/config.json", unit.private_folder);
        unit.ssh_key = arena_print(arena, "%s/ssh_key", unit.private_folder);
        unit.known_hosts = arena_print(arena, "%s/known_hosts", unit.private_folder);
        unit.gnupg_home = arena_print(arena, "%s/gnupg", unit.private_folder);
        unit.tls_ca = arena_print(arena, "%s/ca.pem", unit.private_folder);
        unit.protection = arena_print(arena, "%s/protection", unit.private_folder);
        unit.package_sources = arena_print(arena, "%s/package-sources", unit.private_folder);
        unit.added_repositories = arena_print(arena, "%s/added-repositories", unit.private_folder);
        unit.held_packages = arena_print(arena, "%s/held-packages", unit.private_folder);
        unit.backup_outcome = arena_print(arena, "%s/backup.json", unit.state_folder);
        unit.deletion_outcome = arena_print(arena, "%s/deletion.json", unit.state_folder);
        unit.plan = arena_print(arena, "%s/plan.json", unit.state_folder);
        unit.run_lock = arena_print(arena, "%s/run", unit.state_folder);
        unit.read_lock = arena_print(arena, "%s/reading", unit.state_folder);
        unit.archive_folder = arena_print(arena, "%s/var/cache/charm-duplicity", root);
        unit.scratch_folder = arena_print(arena, "%s/var/tmp", root);
        unit.log_folder = arena_print(arena, "%s/var/log/duplicity", root);
        unit.log = arena_print(arena, "%s/%s.log", unit.log_folder, dashed);
        unit.output_folder = arena_print(arena, "%s/%s", unit.log_folder, dashed);
        unit.backup_cron = arena_print(arena, "%s/etc/cron.d/periodic_backup-%s", root, dashed);
        unit.deletion_cron = arena_print(arena, "%s/etc/cron.d/periodic_deletion-%s", root, dashed);
        unit.nrpe_folder = arena_print(arena, "%s/etc/nagios/nrpe.d", root);
        unit.nagios_export_folder = arena_print(arena, "%s/var/lib/nagios/export", root);
        unit.apt_sources_folder = arena_print(arena, "%s/etc/apt/sources.list.d", root);
        unit.apt_keys_folder = arena_print(arena, "%s/etc/apt/trusted.gpg.d", root);
        unit.os_release = arena_print(arena, "%s/etc/os-release", root);
        *ret_unit = unit;
        return NULL;
}

/* Made before with another mode, or another umask: the mode is part of the promise. */
static Error *make_folder(const char *path, mode_t mode) {
        TRY(folder_make_path(path, mode));
        return chmod(path, mode) == 0 ? NULL : error_from_errno(errno, "cannot set the mode of '%s'", path);
}

Error *unit_make_folders(const Unit *unit) {
        const struct {
                const char *path;
                mode_t mode;
        } folders[] = {
                { unit->state_folder, 0755 },   { unit->private_folder, 0700 }, { unit->gnupg_home, 0700 },
                { unit->archive_folder, 0700 }, { unit->run_lock, 0755 },       { unit->log_folder, 0750 },
                { unit->output_folder, 0750 },  { unit->read_lock, 0755 },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(folders); i++)
                TRY(make_folder(folders[i].path, folders[i].mode));
        return NULL;
}
