/* One program, several roles: which one follows from the name it is called by, and from its first word. */
#include <malloc.h>

#include "base/attribute.h"
#include "base/path.h"
#include "charm/charm.h"
#include "charm/check.h"
#include "cli/cli.h"
#include "codec/openpgp.h"
#include "storage/ssh_askpass.h"

/* Roles of links: hooks/config-changed, actions/do-backup. */
static const struct {
        const char *folder;
        int (*run)(const char *name);
} link_roles[] = {
        { "hooks", charm_hook },
        { "actions", charm_action },
};

/* Roles of words: run-backup duplicity/0. */
static const struct {
        const char *word;
        int (*run)(const char *kind, const char *unit);
        const char *kind;
} word_roles[] = {
        { "run-backup", charm_run, "backup" },
        { "run-deletion", charm_run, "deletion" },
        { "check-backups", check_main, "backups" },
        { "check-deletions", check_main, "deletions" },
};

/* True when the last folder of PATH is called NAME. */
static bool is_in_folder(const char *path, const char *name) {
        size_t end = path_parent_length(path), length = strlen(name);
        return end >= length && strncmp(path + end - length, name, length) == 0 &&
               (end == length || path[end - length - 1] == '/');
}

/* Chunks of a quarter of a MiB come and go, from one thread to another. Left to itself, the allocator hands most of them
 * back to the kernel each time, which clears their pages before it gives them out again: a tenth of a backup's time. */
static void keep_memory(void) {
        enum { OWN_MAPPING = 4 << 20, GIVEN_BACK = 32 << 20 };
        (void)mallopt(M_MMAP_THRESHOLD, OWN_MAPPING);
        (void)mallopt(M_TRIM_THRESHOLD, GIVEN_BACK);
}

int main(int argc, char **argv) {
        openpgp_become_gpg(argv);
        ssh_askpass_become(argc);
        keep_memory();
        const char *path = argc ? argv[0] : "";
        for (size_t i = 0; i < ARRAY_LENGTH(link_roles); i++)
                if (is_in_folder(path, link_roles[i].folder))
                        return link_roles[i].run(path_name(path));
        for (size_t i = 0; argc == 3 && i < ARRAY_LENGTH(word_roles); i++)
                if (strcmp(argv[1], word_roles[i].word) == 0)
                        return word_roles[i].run(word_roles[i].kind, argv[2]);
        return cli_main(argc, argv); /* by any other name it is the command line */
}
