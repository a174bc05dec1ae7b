#include "source/entry.h"

#include <string.h>

static bool has_same_rights(const Entry *a, const Entry *b) {
        return a->mode == b->mode && a->uid == b->uid && a->gid == b->gid;
}

/* Everything up to 1970 counts as one moment. */
static bool has_same_time(const Entry *a, const Entry *b) {
        return a->modified == b->modified || (a->modified <= 0 && b->modified <= 0);
}

static bool has_same_content(const Entry *before, const Entry *now) {
        bool same_size = before->size == ENTRY_SIZE_UNKNOWN || before->size == now->size;
        int32_t fraction = before->modified_nanoseconds;
        bool same_fraction = fraction < 0 || fraction == now->modified_nanoseconds;
        return same_size && same_fraction;
}

static bool has_same_target(const Entry *a, const Entry *b) {
        return strcmp(a->target ? a->target : "", b->target ? b->target : "") == 0;
}

static bool is_same_device(const Entry *a, const Entry *b) {
        return a->major == b->major && a->minor == b->minor;
}

bool entry_is_unchanged(const Entry *before, const Entry *now) {
        if (before->type != now->type)
                return false;
        switch (now->type) {
        case ENTRY_FILE:
                return has_same_rights(before, now) && has_same_time(before, now) && has_same_content(before, now);
        case ENTRY_FOLDER:
        case ENTRY_FIFO:
                return has_same_rights(before, now) && has_same_time(before, now);
        case ENTRY_LINK:
                return has_same_target(before, now);
        case ENTRY_CHAR_DEVICE:
        case ENTRY_BLOCK_DEVICE:
                return has_same_rights(before, now) && is_same_device(before, now);
        }
        return false;
}

Entry *entry_copy(const Entry *entry, Arena *arena) {
        Entry *copy = arena_make(arena, Entry);
        *copy = *entry;
        copy->path = arena_text(arena, entry->path);
        copy->user = arena_text(arena, entry->user);
        copy->group = arena_text(arena, entry->group);
        copy->target = arena_text(arena, entry->target);
        return copy;
}

const char *entry_type_name(EntryType type) {
        static const char *const names[] = {
                [ENTRY_FILE] = "file",
                [ENTRY_FOLDER] = "folder",
                [ENTRY_LINK] = "symbolic link",
                [ENTRY_FIFO] = "fifo",
                [ENTRY_CHAR_DEVICE] = "character device",
                [ENTRY_BLOCK_DEVICE] = "block device",
        };
        return names[type];
}

const char *entry_type_code(EntryType type) {
        static const char *const codes[] = {
                [ENTRY_FILE] = "reg",  [ENTRY_FOLDER] = "dir",      [ENTRY_LINK] = "sym",
                [ENTRY_FIFO] = "fifo", [ENTRY_CHAR_DEVICE] = "chr", [ENTRY_BLOCK_DEVICE] = "blk",
        };
        return codes[type];
}
