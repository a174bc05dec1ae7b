#include "charm/logbook.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/when.h"
#include "charm/document.h"
#include "charm/juju.h"
#include "charm/wording.h"
#include "sys/clock.h"
#include "sys/file.h"

enum { LARGEST = 5 << 20, ELDERS = 5 };

static int log_fd = -1;
static bool is_beside_juju;

static void tell_juju(UNUSED void *context, const LogRecord *record) {
        AUTO(arena_free) Arena *arena = arena_new();
        if (record->text[0])
                juju_log(record->told_as, wording_of_charm(record->text, arena));
}

void logbook_begin(void) {
        log_open(tell_juju, NULL, LOG_NOTICE);
}

static void write_line(void *context, const LogRecord *record) {
        const char *path = context;
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO_VALUE(buffer_clear) Buffer line = { .data = NULL };
        char time[24];
        if (!record->text[0])
                return;
        if (is_beside_juju)
                tell_juju(NULL, record);
        when_print_w3(clock_now(), time);
        (void)buffer_print(&line, "%s %s %s\n", time, log_level_name(record->told_as),
                           wording_of_charm(record->text, arena));
        error_free(file_write(log_fd, path, buffer_bytes(&line))); /* there is no better place to tell it */
}

/* What cannot be renamed stays, and grows. */
static void rotate(const char *path) {
        struct stat facts;
        if (stat(path, &facts) < 0 || facts.st_size < LARGEST)
                return;
        for (int i = ELDERS; i > 0; i--) {
                AUTO_TEXT char *elder = memory_print("%s.%d", path, i);
                AUTO_TEXT char *younger = i > 1 ? memory_print("%s.%d", path, i - 1) : memory_text(path);
                (void)rename(younger, elder);
        }
}

Error *logbook_remove(const char *path) {
        Error *error = document_remove(path);
        for (int i = 1; i <= ELDERS; i++) {
                AUTO_TEXT char *elder = memory_print("%s.%d", path, i);
                error = error_first(error, document_remove(elder));
        }
        return error;
}

Error *logbook_open(const char *path, bool beside_juju) {
        static char *kept; /* for the messages of a log that outlives its opener */
        rotate(path);
        logbook_close();
        TRY(file_open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0640, &log_fd));
        memory_free(kept);
        kept = memory_text(path);
        is_beside_juju = beside_juju;
        log_open(write_line, kept, LOG_NOTICE);
        return NULL;
}

void logbook_close(void) {
        if (log_fd < 0)
                return;
        log_open(is_beside_juju ? tell_juju : NULL, NULL, LOG_NOTICE);
        file_close(&log_fd);
}
