/* What the parts of ssh*.c share. Sees libssh. */
#ifndef STORAGE_SSH_SESSION_H
#define STORAGE_SSH_SESSION_H

#include <libssh/libssh.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "storage/pace.h"
#include "storage/ssh.h"
#include "storage/ssh_settings.h"

struct SshLink {
        ssh_session session; /* NULL: not connected */
        ssh_channel channel; /* NULL: no stream */
        Url *url;
        StorageOptions options;
        Arena *arena;
        SshSettings settings;
        const char *known_hosts; /* the file to add keys to */
        const char *place;       /* "'user@host'", for messages */
        Pace up, down;
        size_t ungranted;        /* bytes received since the far side was last told how much it may send */
        Buffer complaint;        /* what came as standard error */
};

/* One try of a call of libssh's that does not wait. */
typedef int SshStep(SshLink *link, void *context);

/* Tries STEP until it gives something else than AGAIN, which *ret_result becomes. WHAT is for messages ("log in"). */
CHECKED Error *ssh_session_drive(SshLink *link, SshStep *step, void *context, int again, const char *what,
                                 int *ret_result);

/* "cannot WHAT PLACE: " and libssh's own words; ERROR_TRANSIENT but for words that tell of something lasting. */
CHECKED Error *ssh_session_failure(SshLink *link, const char *what);

/* ssh_host.c. The contract of ssh_link_connect has its errors. */
CHECKED Error *ssh_session_check_host(SshLink *link);

/* ssh_login.c, likewise. */
CHECKED Error *ssh_session_log_in(SshLink *link);

#endif
