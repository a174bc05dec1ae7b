/* SFTP, scp by the shell and rsync over ssh, at servers that ask for a password; and the rsync daemon. */
#include "base/memory.h"
#include "contract/network_contract.h"

#define USER "us%%20er%%40x"
#define PASSWORD "p%40ss%3Aw%2Frd%20%231%25%2B%3D%26%C3%BC"
#define FOLDER "folder%%20%%40%%3A%%25%%2B%%3D%%26%%23%%C3%%BC/deep"

static char *ssh_url(const char *scheme, const char *password, const char *server) {
        return memory_print("%s://" USER ":%s@%s//tmp/%s/" FOLDER, scheme, password, server, server_unique());
}

static char *sftp_url(const char *server) {
        return ssh_url("sftp", PASSWORD, server);
}

static char *wrong_sftp_url(const char *server) {
        return ssh_url("sftp", "no-such-password", server);
}

static char *scp_url(const char *server) {
        return ssh_url("scp", PASSWORD, server);
}

static char *wrong_scp_url(const char *server) {
        return ssh_url("scp", "no-such-password", server);
}

static char *rsync_url(const char *server) {
        return ssh_url("rsync", PASSWORD, server);
}

static char *wrong_rsync_url(const char *server) {
        return ssh_url("rsync", "no-such-password", server);
}

static char *daemon_url(const char *server) {
        return memory_print("rsync://us%%25er%%40x:S3cret%%20pw@%s::closed/%s/" FOLDER, server, server_unique());
}

static char *wrong_daemon_url(const char *server) {
        return memory_print("rsync://us%%25er%%40x:no-such-password@%s::closed/%s", server, server_unique());
}

#define SSH_SERVER(kind, right_url, bad_url, word)                                                                     \
        { .name = kind, .url = right_url, .wrong_url = bad_url, .wrong_word = word, .cut = 300000,                     \
          .options = { .timeout = 30 } }

static Server sftp_server = SSH_SERVER("SFTP", sftp_url, wrong_sftp_url, "it refused the password");
static Server scp_server = SSH_SERVER("SCP", scp_url, wrong_scp_url, "it refused the password");
static Server rsync_server = SSH_SERVER("RSYNC", rsync_url, wrong_rsync_url, "Permission denied");
static const Server rsync_daemon = SSH_SERVER("RSYNCD", daemon_url, wrong_daemon_url, "user and password in the URL");

/* The same, whose host key is known. */
static const Server *known(Server *server) {
        server->options.ssh_known_hosts = server_variable_of(server, "KNOWN_HOSTS");
        return server;
}

NETWORK_CONTRACT(sftp, known(&sftp_server))
NETWORK_CONTRACT(scp, known(&scp_server))
NETWORK_CONTRACT(rsync, known(&rsync_server))
NETWORK_CONTRACT(rsyncd, &rsync_daemon)
