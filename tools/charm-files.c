/* Writes what the charm's tables say into a folder: config.yaml, actions.yaml, and a link for each hook and action.
 * Links of hooks and actions that the tables no longer have are removed.
 *
 * charm-files FOLDER */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "charm/actions.h"
#include "charm/config.h"
#include "charm/document.h"
#include "charm/hooks.h"
#include "sys/folder.h"

#define PROGRAM "../bin/charm-duplicity"

typedef const char *NameTable(size_t index);

static bool has_name(NameTable *table, const char *name) {
        const char *known;
        for (size_t i = 0; (known = table(i)); i++)
                if (strcmp(known, name) == 0)
                        return true;
        return false;
}

static Error *remove_others(const char *folder, NameTable *table) {
        DIR *stream = opendir(folder);
        Error *error = stream ? NULL : error_from_errno(errno, "cannot open '%s'", folder);
        for (struct dirent *entry; !error && (entry = readdir(stream));) {
                AUTO_TEXT char *path = memory_print("%s/%s", folder, entry->d_name);
                if (entry->d_name[0] != '.' && !has_name(table, entry->d_name))
                        error = document_remove(path);
        }
        if (stream)
                (void)closedir(stream); /* was only read */
        return error;
}

static Error *write_links(const char *root, const char *name, NameTable *table) {
        AUTO_TEXT char *folder = memory_print("%s/%s", root, name);
        const char *link;
        TRY(folder_make_path(folder, 0755));
        TRY(remove_others(folder, table));
        for (size_t i = 0; (link = table(i)); i++) {
                AUTO_TEXT char *path = memory_print("%s/%s", folder, link);
                if (symlink(PROGRAM, path) < 0 && errno != EEXIST)
                        return error_from_errno(errno, "cannot make the link '%s'", path);
        }
        return NULL;
}

static Error *write_text(const char *root, const char *name, void (*print)(Buffer *)) {
        AUTO_TEXT char *path = memory_print("%s/%s", root, name);
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        print(&text);
        return document_update(path, 0644, buffer_bytes(&text), NULL);
}

static Error *write_all(const char *root) {
        TRY(write_text(root, "config.yaml", config_print_yaml));
        TRY(write_text(root, "actions.yaml", action_print_yaml));
        TRY(write_links(root, "hooks", hook_name));
        return write_links(root, "actions", action_name);
}

int main(int argc, char **argv) {
        if (argc != 2) {
                fprintf(stderr, "usage: charm-files FOLDER\n");
                return 2;
        }
        AUTO(error_free) Error *error = write_all(argv[1]);
        if (error)
                fprintf(stderr, "charm-files: %s\n", error_story(error));
        return error ? 1 : 0;
}
