#include "charm/takeover.h"

#include <string.h>

#include "base/attribute.h"
#include "base/buffer.h"
#include "base/log.h"
#include "base/memory.h"
#include "charm/document.h"
#include "charm/nrpe.h"

/* Its schedules name the unit that they are for: those of another application are left to that one. */
static const char *const schedules[] = { "/etc/cron.d/periodic_backup", "/etc/cron.d/periodic_deletion" };

/* What all its units on a machine shared. */
static const char *const shared[] = {
        "/usr/local/lib/nagios/plugins/check_backup_status.py",
        "/usr/local/lib/nagios/plugins/check_deletion_status.py",
        "/var/run/periodic_backup.pid",
        "/var/run/periodic_backup.error",
        "/var/run/periodic_deletion.pid",
        "/var/run/periodic_deletion.error",
        "/root/.ssh/duplicity_id_rsa",
};

static void only_tell(Error *error) {
        log_and_go_on(error, "remove it by hand: it is of the charm's predecessor");
}

static Owner owner_of_schedule(const Unit *unit, const char *path) {
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        AUTO_TEXT char *word = memory_print(" %s ", unit->name);
        AUTO(error_free) Error *error = document_text(path, &text);
        if (error || !strstr(buffer_text(&text), "/scripts/periodic_"))
                return OWNER_NOBODY; /* or one of somebody else's making */
        return strstr(buffer_text(&text), word) ? OWNER_US : OWNER_OTHERS;
}

void takeover_clean(const Unit *unit, const char *root) {
        bool has_others = false;
        for (size_t i = 0; i < ARRAY_LENGTH(schedules); i++) {
                AUTO_TEXT char *path = memory_print("%s%s", root, schedules[i]);
                Owner owner = owner_of_schedule(unit, path);
                has_others |= owner == OWNER_OTHERS;
                if (owner == OWNER_US)
                        only_tell(document_remove(path));
        }
        if (has_others)
                return;
        for (size_t i = 0; i < ARRAY_LENGTH(shared); i++) {
                AUTO_TEXT char *path = memory_print("%s%s", root, shared[i]);
                only_tell(document_remove(path));
        }
        only_tell(nrpe_take_over(unit));
}
