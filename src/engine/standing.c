#include "engine/standing.h"

#include "base/memory.h"
#include "base/path.h"
#include "engine/header.h"

/* What lies beneath a path that is no folder (any more) can only be gone. */
static void note_closed(Standing *standing, const Change *change) {
        bool is_folder = change->now ? change->now->type == ENTRY_FOLDER : change->kind != CHANGE_GONE;
        if (is_folder || (standing->has_closed && path_is_within(change->path, buffer_text(&standing->closed))))
                return;
        buffer_truncate(&standing->closed, 0);
        (void)buffer_add_text(&standing->closed, change->path); /* no ceiling */
        standing->has_closed = true;
}

void standing_begin(Standing *standing, const Summary *summary, const Change *change) {
        standing->mark = summary_mark(summary);
        standing->at = change->path;
        note_closed(standing, change);
}

void standing_end(Standing *standing) {
        standing->at = NULL;
}

/* A run that begins again at a path beneath what was no folder could not know whether it has become one. */
static bool is_firm(const Standing *standing) {
        const char *closed = buffer_text(&standing->closed);
        return !standing->at || !standing->has_closed || strcmp(standing->at, closed) == 0 ||
               !path_is_within(standing->at, closed);
}

void standing_describe(const Standing *standing, const Summary *summary, Checkpoint *checkpoint) {
        checkpoint->mark = standing->at ? standing->mark : summary_mark(summary);
        checkpoint->next = memory_text(standing->at);
        checkpoint->is_firm = is_firm(standing);
}

/* The time of its last change of any kind, which nobody can set, tells what happened to the file since. */
void standing_identify(const Entry *entry, const struct stat *status, uint8_t identity[DIGEST_SHA256_SIZE]) {
        Entry without_size = *entry;
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        without_size.size = 0; /* unknown until all of it has been read */
        TarMember header = header_with_record(&without_size);
        header.name = entry->path;
        tar_print_header(&header, &text);
        (void)buffer_print(&text, "%jd.%09ld", (intmax_t)status->st_ctim.tv_sec, status->st_ctim.tv_nsec);
        digest_once(DIGEST_SHA256, buffer_bytes(&text), identity);
}

void standing_clear(Standing *standing) {
        buffer_clear(&standing->closed);
}
