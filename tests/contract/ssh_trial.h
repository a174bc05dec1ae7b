/* Storages at the tests' own SSH servers. */
#ifndef CONTRACT_SSH_TRIAL_H
#define CONTRACT_SSH_TRIAL_H

#include "contract/own_server.h"
#include "storage/storage.h"

/* What differs from one test to the next; NULL and 0 stand for what usually works. */
typedef struct SshTrial {
        OwnServer *server;
        const StorageClass *class;
        const char *login;       /* "user:password@"; percent-encoded */
        const char *host;        /* 127.0.0.1 */
        const char *path;        /* what follows the port: "//x"; repository/deep in the test's folder */
        const char *words[8];    /* of --ssh-options; -i and the server's key */
        const char *known_hosts; /* the server's; "": not given */
        const char *home;        /* /nonexistent */
        const char *passphrase, *password;
        double timeout;          /* 20 */
        unsigned retries;        /* more than 0: with retry and trace around it, which begin after 0.2 s */
        uint64_t limit_upload;
} SshTrial;

/* Starts the server if need be and opens the storage. */
Error *ssh_trial_open(const SshTrial *trial, Storage **ret_storage);

/* The same; fails the test when it fails. */
Storage *ssh_trial_must_open(const SshTrial *trial);

/* The test's folder. Valid until the next call. */
const char *ssh_trial_folder(void);

/* Runs a line of shell in the test's folder; fails the test when it fails. */
void ssh_trial_shell(const char *format, ...) PRINTF_LIKE(1, 2);

/* Replaces a file with one that the disk has no room for, which must leave the old one and nothing else; returns the
 * refusal, with duplicity's exit code for full disks. OPEN opens a storage in repository/deep of the test's folder.
 * Needs root, else the test is skipped. */
Error *ssh_trial_fill_disk(Storage *(*open)(void));

#endif
