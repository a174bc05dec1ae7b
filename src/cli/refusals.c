#include "cli/refusals.h"

#include <string.h>

#include "base/attribute.h"

#define NO_PAR2 "no par2 files are made: leave it out, and give the URL without 'par2+'"
#define NO_SWIFT "there is no Swift storage: use its S3 interface, for example s3://swift.example.com/bucket"
#define NO_IMAP "there is no IMAP storage: use another one, for example sftp://user@host/folder"

static const Refusal options[] = {
        { "short-filenames", "short names are not written, and are read without an option: leave it out" },
        { "old-filenames", "old names are not written, and are read without an option: leave it out" },
        { "gio", "GVfs is not used: mount the folder and give its file:// URL, or use sftp://, ftp:// or webdav://" },
        { "encrypt-secret-keyring", "GnuPG 2.1 and later have no file of secret keys: name the folder of the keys with "
                                    "--gpg-home FOLDER, or --gpg-options '--homedir FOLDER'" },
        { "ssl-no-check-certificate", "the server's certificate is always checked: give the one it was signed with by "
                                      "--ssl-cacert-file FILE" },
        { "webdav-headers", "requests are sent without further headers: give user and password in the URL" },
        { "par2-options", NO_PAR2 },
        { "par2-redundancy", NO_PAR2 },
        { "par2-volumes", NO_PAR2 },
        { "s3-european-buckets", "buckets lie where their region is: name it, for example --s3-region-name eu-west-1" },
        { "swift-storage-policy", NO_SWIFT },
        { "mp-segment-size", NO_SWIFT },
        { "cf-backend", "there is no Cloud Files storage: use another one, for example s3://host/bucket" },
        { "b2-hide-files", "there is no storage of B2's own kind: use its S3 interface, for example "
                           "s3://s3.eu-central-003.backblazeb2.com/bucket, and set rules for old versions there" },
        { "imap-full-address", NO_IMAP },
        { "imap-mailbox", NO_IMAP },
        { "mf-purge", "there is no MediaFire storage: use another one, for example sftp://user@host/folder" },
        { "idr-fakeroot", "there is no IDrive storage: use another one, for example sftp://user@host/folder" },
        { "pydevd", "there is no Python here that could be debugged: leave it out" },
};

static const Refusal commands[] = {
        { "replicate", "removed from duplicity, too: copy the files of the repository with any tool, they are the same "
                       "everywhere" },
};

const Refusal *refusal_options(size_t *ret_count) {
        *ret_count = ARRAY_LENGTH(options);
        return options;
}

const Refusal *refusal_commands(size_t *ret_count) {
        *ret_count = ARRAY_LENGTH(commands);
        return commands;
}

Error *refusal_of_option(Bytes name, bool exactly) {
        for (size_t i = 0; i < ARRAY_LENGTH(options); i++) {
                size_t length = strlen(options[i].name);
                if (name.length > length || (exactly && name.length < length) ||
                    memcmp(options[i].name, name.at, name.length) != 0)
                        continue;
                return error_with_code(error_new(ERROR_USER, "cannot take option '--%s': %s", options[i].name,
                                                 options[i].reason),
                                       EXIT_CODE_COMMAND_LINE);
        }
        return NULL;
}

Error *refusal_of_command(const char *word) {
        for (size_t i = 0; i < ARRAY_LENGTH(commands); i++)
                if (strcmp(commands[i].name, word) == 0)
                        return error_with_code(error_new(ERROR_USER, "cannot take command '%s': %s", word,
                                                         commands[i].reason),
                                               EXIT_CODE_COMMAND_LINE);
        return NULL;
}
