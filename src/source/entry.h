/* Entry: all we keep about one path. */
#ifndef SOURCE_ENTRY_H
#define SOURCE_ENTRY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/arena.h"

typedef enum EntryType {
        ENTRY_FILE,
        ENTRY_FOLDER,
        ENTRY_LINK, /* symbolic */
        ENTRY_FIFO,
        ENTRY_CHAR_DEVICE,
        ENTRY_BLOCK_DEVICE,
} EntryType;

typedef struct Entry {
        EntryType type;
        const char *path; /* relative to the root; "" is the root */
        uint64_t size;    /* files only: bytes of content; ENTRY_SIZE_UNKNOWN in entries read from archives without our
                             record */
        int64_t modified; /* seconds since 1970, may be negative */
        int32_t modified_nanoseconds; /* 0..999999999, or -1 when unknown */
        uint32_t mode;    /* permission bits, 07777 */
        uint32_t uid, gid;
        const char *user, *group; /* NULL when unknown */
        const char *target;       /* links only */
        uint32_t major, minor;    /* devices only */
} Entry;

#define ENTRY_SIZE_UNKNOWN UINT64_MAX

/* True when NOW, an entry of the tree, shows nothing that BEFORE, an entry of an archive, does not already say
 * (FORMAT.md, "Change detection"): same type; files, folders, fifos: mode, uid, gid and modified equal (all times <=
 * 0 count as equal); files also size and nanoseconds where BEFORE knows them; links: target only; devices: mode, uid,
 * gid, numbers. BEFORE's uid and gid must have been mapped to this machine already. */
bool entry_is_unchanged(const Entry *before, const Entry *now);

/* A deep copy in ARENA. */
Entry *entry_copy(const Entry *entry, Arena *arena);

/* "file", "folder", "symbolic link", ... */
const char *entry_type_name(EntryType type);

/* The same as duplicity's records for programs have it: "reg", "dir", "sym", ... */
const char *entry_type_code(EntryType type);

#endif
