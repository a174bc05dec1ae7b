#include "cli/help.h"

#include "cli/options.h"

enum { COLUMNS = 80, INDENT = 8 };

static const HelpNote url_notes[] = {
        { "file:///folder", "a folder of this machine; file://folder is relative to the current one" },
        { "scheme://[user[:password]@]host[:port]/path",
          "anything else; special characters of user, password and path are written as %HH" },
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
        { "TMPDIR, XDG_CACHE_HOME, HOME", "defaults of --tempdir and --archive-dir" },
};

static const HelpNote exit_notes[] = {
        { "0", "everything was done" },
        { "1", "verify or check found something, or some files could not be backed up or restored" },
        { "2", "the command line is wrong" },
        { "3, 42", "this repository holds the backup of another host, of another folder" },
        { "4", "interrupted" },
        { "7", "a list of files cannot be read" },
        { "8, 10", "the URL is wrong; what --sign-key got is no key" },
        { "9", "the archive folder cannot be used" },
        { "11, 13", "the folder to restore into is not empty; the folder to back up is missing" },
        { "14, 15, 16", "a pattern can match nothing in the source; is malformed; includes what is included anyway" },
        { "17, 19, 20", "nothing to continue from; no such path in the backup; no backup at all" },
        { "21, 22, 31", "a volume is damaged; its signature is missing or wrong; GnuPG failed" },
        { "23", "the request makes no sense, or another run holds the lock" },
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

static void print_options(Buffer *out) {
        size_t count;
        const Option *options = option_table(&count);
        for (size_t i = 0; i < count; i++) {
                if (i == 0 || options[i].group != options[i - 1].group)
                        (void)buffer_print(out, "\n%s:\n", option_group_title(options[i].group));
                print_option(&options[i], out);
        }
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
        add(out, "\nOptions may stand anywhere, and be abbreviated; '--' ends them.\n");
}

void help_print(const Verb *verb, Buffer *out) {
        if (verb) {
                (void)buffer_print(out, "Usage: charm-duplicity %s [OPTION...] %s\n\n", verb->name,
                                   verb_arguments_text(verb->arguments));
                print_wrapped(verb->help, 0, out);
        } else {
                print_verbs(out);
        }
        print_options(out);
        for (size_t i = 0; i < ARRAY_LENGTH(sections); i++)
                print_section(&sections[i], out);
}

void help_print_version(Buffer *out) {
        add(out, "charm-duplicity " VERSION "\nformat: duplicity\n");
}
