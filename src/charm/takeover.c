#include "charm/takeover.h"

#include <fcntl.h>

#include "base/attribute.h"
#include "base/buffer.h"
#include "base/log.h"
#include "base/memory.h"
#include "charm/document.h"
#include "sys/file.h"

typedef struct Leftover {
        const char *path;
        const char *mark; /* removed only when it holds this; NULL: in any case */
} Leftover;

static const Leftover leftovers[] = {
        { "/etc/cron.d/periodic_backup", "/scripts/periodic_backup.py" },
        { "/etc/cron.d/periodic_deletion", "/scripts/periodic_deletion.py" },
        { "/usr/local/lib/nagios/plugins/check_backup_status.py", NULL },
        { "/usr/local/lib/nagios/plugins/check_deletion_status.py", NULL },
        { "/var/run/periodic_backup.pid", NULL },
        { "/var/run/periodic_backup.error", NULL },
        { "/var/run/periodic_deletion.pid", NULL },
        { "/var/run/periodic_deletion.error", NULL },
        { "/root/.ssh/duplicity_id_rsa", NULL },
};

/* A file that is not there, or cannot be read, holds nothing. */
static bool holds(const char *path, const char *mark) {
        enum { LARGEST = 1 << 16 };
        AUTO_FD int fd = -1;
        AUTO_VALUE(buffer_clear) Buffer text = { .ceiling = LARGEST };
        AUTO(error_free) Error *error = file_open(path, O_RDONLY, 0, &fd);
        if (!error)
                error = file_read_all(fd, path, &text);
        return !error && strstr(buffer_text(&text), mark);
}

/* The cron file names the unit that made it: another application's is left for that one. */
static bool is_ours(const Unit *unit, const char *path, const char *mark) {
        return !mark || (holds(path, mark) && holds(path, unit->name));
}

void takeover_clean(const Unit *unit, const char *root) {
        for (size_t i = 0; i < ARRAY_LENGTH(leftovers); i++) {
                AUTO_TEXT char *path = memory_print("%s%s", root, leftovers[i].path);
                if (!is_ours(unit, path, leftovers[i].mark))
                        continue;
                AUTO(error_free) Error *error = document_remove(path);
                if (error)
                        log_warning("%s", error_story(error));
        }
}
