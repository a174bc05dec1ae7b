/* Ssh: a connection to a host that has shown its known key, and one stream at a time over it: a command or a subsystem
 * on the far side. libssh.
 *
 * Waits are bounded by the options' timeout (seconds without progress) and end when the run is asked to stop. Errors
 * name host and user and never hold a secret; what a broken or silent connection causes is ERROR_TRANSIENT, and the
 * link must be dropped then. */
#ifndef STORAGE_SSH_H
#define STORAGE_SSH_H

#include "storage/storage.h"

typedef struct SshLink SshLink;

/* Reads what is asked for; connects to nothing yet. Keeps what it needs of URL. ERROR_USER for bad --ssh-options, a URL
 * without host, a file of host keys that cannot be read. */
CHECKED Error *ssh_link_new(const Url *url, const StorageOptions *options, SshLink **ret_link);

/* Connects, compares the host's key with the known ones, logs in. ERROR_DENIED: the host's key is unknown or another
 * one (shows its fingerprint, and how to accept it), or no way to log in was accepted (names those there are).
 * ERROR_USER: no such host (exit code 52), a key file that cannot be used, no algorithm in common. */
CHECKED Error *ssh_link_connect(SshLink *link);

/* Connects, compares the host's key with the known ones, and leaves without a login. Errors: those of
 * ssh_link_connect until then. */
CHECKED Error *ssh_link_check_host(SshLink *link);

/* True while connected as far as can be seen without waiting. */
bool ssh_link_is_up(SshLink *link);

/* The host and user, for messages; lives as long as the link. */
const char *ssh_link_place(const SshLink *link);

/* Begins a stream and ends the one before. *ret_is_offered becomes false, without an error, when the server refuses the
 * subsystem. */
CHECKED Error *ssh_link_begin_subsystem(SshLink *link, const char *name, bool *ret_is_offered);

/* Begins a stream to COMMAND, run by the account's shell. ERROR_DENIED when the server runs none. */
CHECKED Error *ssh_link_begin_command(SshLink *link, const char *command);

/* Hands all of BYTES over for sending. */
CHECKED Error *ssh_link_send(SshLink *link, Bytes bytes);

/* Says that nothing more will be sent. */
CHECKED Error *ssh_link_send_end(SshLink *link);

/* Waits for something: *ret_length is from 1 to CAPACITY, or 0 at the stream's end. The far side may send about
 * CAPACITY bytes ahead of us: what brings contents from afar offers room for SSH_AHEAD. */
enum { SSH_AHEAD = 2 << 20 };
CHECKED Error *ssh_link_receive(SshLink *link, void *buffer, size_t capacity, size_t *ret_length);

/* Waits for the command's end, dropping what it still prints: its exit status, and what it said on standard error,
 * valid until the next stream. */
CHECKED Error *ssh_link_end_command(SshLink *link, int *ret_status, const char **ret_complaint);

/* Ends stream and connection. */
void ssh_link_drop(SshLink *link);

void ssh_link_free(SshLink *link);
DEFINE_AUTO(SshLink, ssh_link_free)

#endif
