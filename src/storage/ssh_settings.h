/* What --ssh-options asks for. */
#ifndef STORAGE_SSH_SETTINGS_H
#define STORAGE_SSH_SETTINGS_H

#include "base/arena.h"
#include "base/error.h"
#include "base/list.h"

typedef struct SshSettings {
        TextList identities;        /* -i, IdentityFile */
        const char *known_hosts;    /* UserKnownHostsFile */
        const char *config;         /* -F */
        const char *user, *port;    /* -l, -p, User, Port */
        const char *proxy_command;  /* ProxyCommand */
        const char *bind_address;   /* -b, BindAddress */
        const char *ciphers, *macs; /* -c, -m, Ciphers, MACs */
        const char *key_exchange, *host_key_types, *key_types; /* KexAlgorithms, HostKeyAlgorithms, Pubkey... */
        const char *compression;    /* Compression */
        bool identities_only;       /* IdentitiesOnly */
} SshSettings;

/* Reads WORDS as ssh(1) takes them: -oNAME=VALUE, -o "NAME VALUE", -i FILE and the like; the first of several values
 * counts, files of keys add up. A leading "~/" is in HOME (NULL: stays). New texts come out of ARENA. ERROR_USER, exit
 * code 2: an option that is not known here, names it and those there are; one that would weaken the check of host keys.
 * Release with ssh_settings_clear, after an error too. */
CHECKED Error *ssh_settings_read(const TextList *words, const char *home, Arena *arena, SshSettings *settings);

/* ERROR_USER when PATH, the file of --ssh-known-hosts, is given and cannot be read. */
CHECKED Error *ssh_settings_check_known_hosts(const char *path);

void ssh_settings_clear(SshSettings *settings);

#endif
