#include "charm/wording.h"

#include <string.h>

#include "base/attribute.h"
#include "base/buffer.h"

/* The first that fits counts: longer ones stand before those that they begin with. */
static const struct {
        const char *engine;
        const char *end; /* what lies between is left out too; NULL: ENGINE is all of it */
        const char *charm;
} phrases[] = {
        { "SIGN_PASSPHRASE", NULL, "encryption_passphrase" },
        { "set SSH_PASSPHRASE or load it into an agent", NULL, "set private_ssh_key to one without" },
        { "is another one, see SSH_PASSPHRASE", NULL, "is not known: set private_ssh_key to one without" },
        { "PASSPHRASE", NULL, "encryption_passphrase" },
        { "user and password in the URL, or FTP_PASSWORD", NULL, "remote_user and remote_password" },
        { "in the URL, FTP_PASSWORD or --ssh-askpass", NULL, "set remote_password" },
        { "it refused the password", NULL, "it refused remote_password: correct it, or remote_user" },
        { "it refused the key '", "'", "it refused private_ssh_key: correct it, or remote_user" },
        { "holds no private key that libssh reads", NULL, "holds no private key: correct private_ssh_key" },
        { "see -oIdentityFile= of --ssh-options, the user in the URL, and the password there or in FTP_PASSWORD", NULL,
          "correct private_ssh_key, or remote_user and remote_password" },
        { "see -oIdentityFile= and -oIdentitiesOnly=yes of --ssh-options", NULL, "set private_ssh_key" },
        { "see -oIdentityFile= of --ssh-options", NULL, "set private_ssh_key" },
        { "see -oIdentitiesOnly=yes of --ssh-options", NULL, "set private_ssh_key" },
        { "of --ssh-options", NULL, "of /root/.ssh/config" },
        { "run: ssh-keygen -R", "; ssh-keyscan", "set known_host_key to what this prints: ssh-keyscan" },
        { "run: ssh-keyscan", NULL, "set known_host_key to what this prints: ssh-keyscan" },
        { " >>'", "'", "" },
        { "then add it with ssh-keyscan, see --ssh-known-hosts", NULL,
          "then set known_host_key to what ssh-keyscan prints" },
        { "see --ssh-known-hosts", NULL, "set known_host_key to what ssh-keyscan prints" },
        { "--ssh-known-hosts", NULL, "known_host_key" },
        { "AWS_ACCESS_KEY_ID", NULL, "aws_access_key_id" },
        { "AWS_SECRET_ACCESS_KEY", NULL, "aws_secret_access_key" },
        { "AZURE_CONNECTION_STRING or AZURE_STORAGE_KEY", NULL, "azure_connection_string" },
        { "AZURE_CONNECTION_STRING or AZURE_STORAGE_ACCOUNT", NULL, "azure_connection_string" },
        { "AZURE_CONNECTION_STRING", NULL, "azure_connection_string" },
        { "'--s3-region-name' or '--s3-endpoint-url'", NULL, "s3_region or remote_backup_url" },
        { "'--s3-region-name'", NULL, "s3_region" },
        { "the URL or in '--s3-endpoint-url'", NULL, "remote_backup_url" },
        { "'--s3-endpoint-url'", NULL, "remote_backup_url" },
        { "--s3-uri-style", NULL, "s3_addressing_style" },
        { "'--ssl-cacert-file' or '--ssl-cacert-path'", NULL, "tls_ca_certificate" },
        { "'--ssl-cacert-file'", NULL, "tls_ca_certificate" },
        { "the variables http_proxy, https_proxy, ftp_proxy, all_proxy", NULL,
          "juju-http-proxy, juju-https-proxy and juju-ftp-proxy of the model" },
        { "http_proxy, https_proxy, ftp_proxy, all_proxy", NULL,
          "juju-http-proxy, juju-https-proxy and juju-ftp-proxy of the model" },
        { "name the host in no_proxy", NULL, "name the host in juju-no-proxy" },
        { "correct the variables http_proxy, https_proxy", NULL,
          "correct juju-http-proxy and juju-https-proxy of the model" },
        { "others are connected, or we too often: see '--concurrency'", NULL,
          "others are connected, or we too often: raise the server's limit for this account" },
        { ", see --timeout", NULL, "" },
        { " (option '--timeout')", NULL, "" },
        { "try 'scp://' instead", NULL, "set backend to scp" },
        { "it is not known, or cannot be used: import it with 'gpg", "'", "it is not known: set gpg_public_key again" },
        { "name another key, or extend it with 'gpg --quick-set-expire'", NULL,
          "renew it and set gpg_public_key again, or to another one" },
        { "import one with 'gpg", NULL, "on the unit, import one with 'sudo gpg" },
        { "the URL", NULL, "remote_backup_url" },
        { "--no-encryption", NULL, "disable_encryption" },
        { "--encrypt-key", NULL, "gpg_public_key" },
        { "--full-if-older-than", NULL, "full_if_older_than" },
        { "--volsize", NULL, "volume_size" },
        { "--path-to-restore", NULL, "path" },
        { "--restore-time", NULL, "time" },
        { "'--time ", NULL, "'time=" },
        { "--time", NULL, "time" },
        { "--ignore-errors reads", NULL, "on the unit, 'charm-duplicity restore --ignore-errors' reads" },
        { " (--archive-dir names another)", NULL, "" },
        { " (--accept-unprotected takes them)", NULL, "" },
        { "'check --full'", NULL, "the action 'check full=true'" },
        { "'cleanup --force'", NULL, "the action 'cleanup force=true'" },
        { "Run duplicity again with the --force option", NULL, "Run the action again with force=true" },
        { "say --force", NULL, "give force=true" },
        { "--force", NULL, "force=true" },
};

/* Where the phrase of ROW ends when TEXT begins with it; NULL when it does not. */
static const char *end_of(size_t row, const char *text) {
        size_t length = strlen(phrases[row].engine);
        const char *end = phrases[row].end;
        if (strncmp(text, phrases[row].engine, length) != 0)
                return NULL;
        const char *at = end ? strstr(text + length, end) : text + length;
        return at && end ? at + strlen(end) : at;
}

const char *wording_of_charm(const char *story, Arena *arena) {
        AUTO_VALUE(buffer_clear) Buffer out = { .data = NULL };
        while (*story) {
                const char *after = NULL;
                size_t row = 0;
                while (row < ARRAY_LENGTH(phrases) && !(after = end_of(row, story)))
                        row++;
                if (after)
                        (void)buffer_add_text(&out, phrases[row].charm);
                else
                        (void)buffer_add_byte(&out, (uint8_t)*story);
                story = after ? after : story + 1;
        }
        return arena_text(arena, buffer_text(&out));
}
