/* Real servers on loopback (tests/support/servers.sh), each started by the first test that wants it and stopped when
 * the test program ends. */
#ifndef CONTRACT_OWN_SERVER_H
#define CONTRACT_OWN_SERVER_H

#include <stdbool.h>

typedef struct OwnServer {
        const char *kind;           /* "sshd", "rsyncd" */
        const char *arguments[6];   /* further ones of servers.sh */
        const char *password;       /* SSHD_PASSWORD, may be NULL */
        char folder[80];            /* "": not started yet */
        unsigned port;
} OwnServer;

/* Starts SERVER unless it runs. Fails the test when it cannot be started. */
void own_server_need(OwnServer *server);

/* Path of one of its files (known_hosts, id_ed25519, log). Lives until the eighth call after this. */
const char *own_server_file(OwnServer *server, const char *name);

/* Does what servers.sh calls COMMAND: freeze, thaw, stop, again. */
void own_server_tell(OwnServer *server, const char *command);

#endif
