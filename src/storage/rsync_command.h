/* The command lines that rsync is run with. */
#ifndef STORAGE_RSYNC_COMMAND_H
#define STORAGE_RSYNC_COMMAND_H

#include "base/arena.h"
#include "base/buffer.h"
#include "storage/storage.h"

/* Where files are to go, in the words of rsync. All texts live as long as the arena they were made in. */
typedef struct RsyncPlace {
        bool is_daemon;
        const char *root;     /* what paths are relative to: "host:./", "host:/", "host::module/" */
        const char *folder;   /* the path of the folder in there, "" for the root itself */
        TextList words;       /* of every run: options, how to connect */
        TextList environment; /* "NAME=VALUE", passwords among them; ends with NULL */
        const char *text;     /* "'host'", for messages */
} RsyncPlace;

/* Reads URL and OPTIONS. ERROR_USER: no host, no module, a ".." in the path, --rsync-options that change what is done,
 * or bad --ssh-options. PLACE has to be released after an error too. */
CHECKED Error *rsync_command_place(const Url *url, const StorageOptions *options, Arena *arena, RsyncPlace *place);

/* Append patterns of rsync's filters, anchored: one that PATH alone matches; one that everything in FOLDER, which is ""
 * or ends with '/', matches. */
void rsync_command_add_pattern(const char *path, Buffer *out);
void rsync_command_add_others(const char *folder, Buffer *out);

/* Reads NAME as --list-only -8 prints it, with control bytes as \#ooo. Caller frees. */
char *rsync_command_read_name(Bytes name);

/* Passwords are overwritten. */
void rsync_command_clear(RsyncPlace *place);

#endif
