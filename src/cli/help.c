#include "cli/help.h"

#include "cli/options.h"

enum { COLUMNS = 80, INDENT = 8 };

static const HelpNote url_notes[] = {
        { "file:///folder, /folder", "a folder of this machine; file://folder is relative to the current one" },
        { "scheme://[user[:password]@]host[:port]/path",
          "anything else; special characters of user, password and path are written as %HH" },
        { "s3://host[:port]/bucket/folder, s3:host/bucket/folder", "a bucket of an S3 server; s3+http:// without TLS" },
        { "s3://bucket/folder, boto3+s3://bucket/folder", "a bucket of Amazon's, or of --s3-endpoint-url" },
        { "azure://container/folder", "a container of Azure's blob storage" },
        { "webdavs://, webdav://", "WebDAV with TLS and without" },
        { "ftp://, ftpes://, ftps://", "FTP without TLS; with TLS on port 21; with TLS on port 990; //path is absolute" },
};

static const HelpNote glob_notes[] = {
        { "*, ?, **", "any characters but '/'; one of them; any characters" },
        { "[a-z], [!a-z]", "one of these; one that is none of these" },
        { "ignorecase:GLOB", "case does not count" },
        { "GLOB/", "folders only" },
        { "/srv/data/tmp, **/tmp",
          "globs are about whole paths, beginning with the source as it is typed; what lies in a folder that matches "
          "is included or excluded with it" },
};

static const HelpNote time_notes[] = {
        { "2026-11-23, 2026/11/23, 11-23-2026", "midnight of that day" },
        { "2026-11-23T04:43:46Z, 2026-11-23T04:43:46+01:00", "a moment; without a zone, of local time" },
        { "3D, 1h30m, 1M2W",
          "that long ago: s seconds, m minutes, h hours, D days, W weeks, M months of 30 days, Y years of 365" },
        { "1700000000, now", "seconds since 1970, this moment" },
};

static const HelpNote environment_notes[] = {
        { "PASSPHRASE", "passphrase to encrypt and decrypt with, or of the decryption key; asked for when missing" },
        { "SIGN_PASSPHRASE", "passphrase of the key of --sign-key" },
        { "FTP_PASSWORD", "password for the storage where the URL has none, whatever its scheme" },
        { "SSH_PASSPHRASE", "passphrase of the private key that logs in over ssh" },
        { "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_PROFILE", "keys for S3, or which profile of ~/.aws has them" },
        { "AZURE_CONNECTION_STRING", "account and key for Azure" },
        { "http_proxy, https_proxy, no_proxy", "the way to S3, Azure, WebDAV and FTP" },
        { "TMPDIR, XDG_CACHE_HOME, HOME", "defaults of --tempdir and --archive-dir" },
};

static const HelpNote exit_notes[] = {
        { "0", "everything was done" },
        { "1", "verify or check found something, or some files could not be backed up or restored" },
        { "2", "the command line is wrong" },
        { "3, 42", "this repository holds the backup of another host, of another folder" },
        { "4", "interrupted" },
        { "5, 6", "manifests differ; a manifest makes no sense" },
        { "7", "a list of files cannot be read" },
        { "8, 10", "the URL is wrong; what --sign-key got is no key" },
        { "9", "the archive folder cannot be used" },
        { "11, 12, 13",
          "what to restore into is there and not an empty folder; the folder to compare with, to back up is missing" },
        { "14, 15, 16", "a pattern can match nothing in the source; is malformed; includes what is included anyway" },
        { "17, 19, 20", "nothing to continue from; no such path in the backup; no backup at all" },
        { "21, 22, 31", "a volume is damaged; its signature is missing or wrong; GnuPG failed" },
        { "23", "the request makes no sense, or another run holds the lock" },
        { "30, 34, 36", "a failure of the program itself; no temporary files can be made; too few open files" },
        { "44", "what was stored has another size than what was sent" },
        { "50, 51, 52, 53", "the storage failed; refused; has no such thing; is full" },
        { "70, 71, 72, 73",
          "a filter option says what is so anyway; is the last; --files-from has an absolute path; has none" },
};

static const HelpSection sections[] = {
        { "URLs", url_notes, ARRAY_LENGTH(url_notes) },
        { "Globs", glob_notes, ARRAY_LENGTH(glob_notes) },
        { "Times", time_notes, ARRAY_LENGTH(time_notes) },
        { "Environment", environment_notes, ARRAY_LENGTH(environment_notes) },
        { "Exit codes", exit_notes, ARRAY_LENGTH(exit_notes) },
};

const HelpSection *help_sections(size_t *ret_count) {
        *ret_count = ARRAY_LENGTH(sections);
        return sections;
}

static void add(Buffer *out, const char *text) {
        (void)buffer_add_text(out, text); /* no ceiling, cannot fail */
}

/* Appends TEXT in lines that begin with INDENT blanks. */
static void print_wrapped(const char *text, size_t indent, Buffer *out) {
        size_t column = 0;
        for (Bytes rest = bytes_of(text); rest.at;) {
                Bytes word = bytes_cut(rest, ' ', &rest);
                if (column && column + 1 + word.length > COLUMNS) {
                        add(out, "\n");
                        column = 0;
                }
                (void)buffer_print(out, "%*s%.*s", column ? 1 : (int)indent, "", (int)word.length,
                                   (const char *)word.at);
                column += (column ? 1 : indent) + word.length;
        }
        add(out, "\n");
}

static void print_option(const Option *option, Buffer *out) {
        AUTO_VALUE(buffer_clear) Buffer names;
        buffer_init(&names, 0);
        if (option->letter)
                (void)buffer_print(&names, "-%c, ", option->letter);
        for (size_t i = 0; i < ARRAY_LENGTH(option->names) && option->names[i]; i++)
                (void)buffer_print(&names, "%s--%s", i ? ", " : "", option->names[i]);
        (void)buffer_print(out, "  %s%s%s\n", buffer_text(&names), option->argument ? " " : "",
                           option->argument ? option->argument : "");
        print_wrapped(option->help, INDENT, out);
}

static const unsigned ALL_GROUPS = (1u << OPTION_GROUP_COUNT) - 1;

/* The options of GROUPS, a bit for each. */
static void print_groups(unsigned groups, Buffer *out) {
        size_t count;
        const Option *options = option_table(&count);
        for (size_t i = 0; i < count; i++) {
                if (!(groups & 1u << options[i].group))
                        continue;
                if (i == 0 || options[i].group != options[i - 1].group)
                        (void)buffer_print(out, "\n%s:\n", option_group_title(options[i].group));
                print_option(&options[i], out);
        }
}

static void print_named_options(const Verb *verb, Buffer *out) {
        size_t count;
        const Option *options = option_table(&count);
        if (verb->options)
                add(out, "\nOptions:\n");
        for (size_t i = 0; i < count; i++)
                if (verb_names_option(verb, &options[i]))
                        print_option(&options[i], out);
}

static void print_help_of(const Verb *verb, Buffer *out) {
        (void)buffer_print(out, "Usage: charm-duplicity %s [OPTION...] %s\n\n", verb->name,
                           verb_arguments_text(verb->arguments));
        print_wrapped(verb->help, 0, out);
        print_named_options(verb, out);
        print_groups(verb->groups, out);
        add(out, "\n");
        print_wrapped("See 'charm-duplicity --help' for what concerns every command: encryption, storage, local files "
                      "and output, URLs, globs, times, environment and exit codes.",
                      0, out);
}

static void print_section(const HelpSection *section, Buffer *out) {
        (void)buffer_print(out, "\n%s:\n", section->title);
        for (size_t i = 0; i < section->count; i++) {
                (void)buffer_print(out, "  %s\n", section->notes[i].title);
                print_wrapped(section->notes[i].text, INDENT, out);
        }
}

static void print_verb(const Verb *verb, Buffer *out) {
        (void)buffer_print(out, "  %s", verb->name);
        for (size_t i = 0; verb->aliases[i]; i++)
                (void)buffer_print(out, ", %s", verb->aliases[i]);
        (void)buffer_print(out, " %s\n", verb_arguments_text(verb->arguments));
        print_wrapped(verb->help, INDENT, out);
}

static void print_verbs(Buffer *out) {
        size_t count;
        const Verb *verbs = verb_table(&count);
        add(out, "Usage: charm-duplicity [COMMAND] [OPTION...] ARGUMENT...\n\n"
                 "Backs up folders to remote storage, encrypted and incrementally, in duplicity's\n"
                 "repository format.\n\nCommands:\n");
        for (size_t i = 0; i < count; i++)
                print_verb(&verbs[i], out);
        add(out, "\n'charm-duplicity help COMMAND' shows one command, with the options of its own.\n"
                 "Options may stand anywhere, and be abbreviated; '--' ends them.\n");
}

void help_print(const Verb *verb, Buffer *out) {
        if (verb) {
                print_help_of(verb, out);
                return;
        }
        print_verbs(out);
        print_groups(ALL_GROUPS, out);
        for (size_t i = 0; i < ARRAY_LENGTH(sections); i++)
                print_section(&sections[i], out);
}

void help_print_version(Buffer *out) {
        add(out, "charm-duplicity " VERSION "\nformat: duplicity\n");
}
