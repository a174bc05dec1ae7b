#include "storage/ssh_session.h"

#include "base/memory.h"

/* How ssh's own tools call the host: "[host]:port" unless the port is the usual one. */
static char *tool_name(SshLink *link) {
        char *host = NULL;
        unsigned port = 0;
        (void)ssh_options_get_port(link->session, &port); /* fails for no session only */
        if (ssh_options_get(link->session, SSH_OPTIONS_HOST, &host) != SSH_OK)
                return memory_text(link->url->host);
        char *name = port && port != 22 ? memory_print("[%s]:%u", host, port) : memory_text(host);
        ssh_string_free_char(host);
        return name;
}

/* The command that writes the host's keys into the file. */
static char *keyscan_command(SshLink *link) {
        char *host = NULL;
        unsigned port = 0;
        (void)ssh_options_get_port(link->session, &port);
        (void)ssh_options_get(link->session, SSH_OPTIONS_HOST, &host); /* then the URL's has to do */
        char *command = memory_print("ssh-keyscan -p %u '%s' >>'%s'", port ? port : 22, host ? host : link->url->host,
                                     link->known_hosts);
        if (host)
                ssh_string_free_char(host);
        return command;
}

/* "ssh-ed25519 key SHA256:..." */
static Error *describe_key(SshLink *link, char **ret_text) {
        ssh_key key = NULL;
        unsigned char *hash = NULL;
        size_t length = 0;
        if (ssh_get_server_publickey(link->session, &key) != SSH_OK)
                return ssh_session_failure(link, "read the key of");
        int result = ssh_get_publickey_hash(key, SSH_PUBLICKEY_HASH_SHA256, &hash, &length);
        char *print = result == 0 ? ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, length) : NULL;
        const char *kind = ssh_key_type_to_char(ssh_key_type(key));
        *ret_text = memory_print("%s key %s", kind ? kind : "unknown", print ? print : "(no fingerprint)");
        if (print)
                ssh_string_free_char(print);
        ssh_clean_pubkey_hash(&hash);
        ssh_key_free(key);
        return NULL;
}

static Error *refuse_unknown(SshLink *link, const char *key) {
        AUTO_TEXT char *name = tool_name(link), *scan = keyscan_command(link);
        return error_new(ERROR_DENIED,
                         "the server %s is not known: it shows the %s, and '%s' has no key of it; if that is its key "
                         "('ssh-keygen -lf' on the server tells), run: %s",
                         name, key, link->known_hosts, scan);
}

static Error *refuse_changed(SshLink *link, const char *key) {
        AUTO_TEXT char *name = tool_name(link), *scan = keyscan_command(link);
        return error_new(ERROR_DENIED,
                         "the server %s is not the known one, or its key has changed: it shows the %s, which is not "
                         "the one in '%s'; if that is its key ('ssh-keygen -lf' on the server tells), run: ssh-keygen "
                         "-R '%s' -f '%s'; %s",
                         name, key, link->known_hosts, name, link->known_hosts, scan);
}

Error *ssh_session_check_host(SshLink *link) {
        AUTO_TEXT char *key = NULL;
        TRY(describe_key(link, &key));
        switch (ssh_session_is_known_server(link->session)) {
        case SSH_KNOWN_HOSTS_OK:
                return NULL;
        case SSH_KNOWN_HOSTS_CHANGED:
        case SSH_KNOWN_HOSTS_OTHER: /* a key of another kind than those known */
                return refuse_changed(link, key);
        case SSH_KNOWN_HOSTS_UNKNOWN:
        case SSH_KNOWN_HOSTS_NOT_FOUND:
                return refuse_unknown(link, key);
        default:
                return error_new(ERROR_DENIED, "cannot compare the key of %s with '%s': %s", link->place,
                                 link->known_hosts, ssh_get_error(link->session));
        }
}
