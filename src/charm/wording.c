#include "charm/wording.h"

#include <string.h>

#include "base/attribute.h"
#include "base/buffer.h"

/* Longer ones stand before those that they begin with. */
static const struct {
        const char *engine, *charm;
} words[] = {
        { "SIGN_PASSPHRASE", "encryption_passphrase" },
        { "PASSPHRASE", "encryption_passphrase" },
        { "FTP_PASSWORD", "remote_password" },
        { "AWS_ACCESS_KEY_ID", "aws_access_key_id" },
        { "AWS_SECRET_ACCESS_KEY", "aws_secret_access_key" },
        { "AZURE_CONNECTION_STRING", "azure_connection_string" },
        { "--no-encryption", "disable_encryption" },
        { "--encrypt-key", "gpg_public_key" },
        { "--ssh-known-hosts", "known_host_key" },
        { "--ssh-options", "private_ssh_key" },
        { "--ssl-cacert-file", "tls_ca_certificate" },
        { "--s3-region-name", "s3_region" },
        { "--full-if-older-than", "full_if_older_than" },
        { "--volsize", "volume_size" },
        { "--path-to-restore", "path" },
        { "--restore-time", "time" },
        { "--time", "time" },
        { "say --force", "give force=true" },
        { "--force", "force=true" },
};

/* The row that TEXT begins with; ARRAY_LENGTH(words) when it is none. */
static size_t find_row(const char *text) {
        size_t row = 0;
        while (row < ARRAY_LENGTH(words) && strncmp(text, words[row].engine, strlen(words[row].engine)) != 0)
                row++;
        return row;
}

const char *wording_of_charm(const char *story, Arena *arena) {
        AUTO_VALUE(buffer_clear) Buffer out = { .data = NULL };
        while (*story) {
                size_t row = find_row(story);
                bool is_known = row < ARRAY_LENGTH(words);
                if (is_known)
                        (void)buffer_add_text(&out, words[row].charm);
                else
                        (void)buffer_add_byte(&out, (uint8_t)*story);
                story += is_known ? strlen(words[row].engine) : 1;
        }
        return arena_text(arena, buffer_text(&out));
}
