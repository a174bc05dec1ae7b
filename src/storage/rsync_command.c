#include "storage/rsync_command.h"

#include "base/memory.h"
#include "base/path.h"
#include "storage/ssh_askpass.h"
#include "storage/ssh_settings.h"

static Error *refuse_url(const Url *url, const char *why) {
        AUTO_TEXT char *printable = url_printable(url);
        return error_with_code(error_new(ERROR_USER,
                                         "cannot use the URL '%s': %s, for example "
                                         "'rsync://user@host/folder' or 'rsync://host::/module/folder'",
                                         printable, why),
                               EXIT_CODE_BAD_URL);
}

static Error *refuse_option(const char *word) {
        return error_with_code(error_new(ERROR_USER,
                                         "cannot pass '%s' of --rsync-options on: it would change which "
                                         "files are there, or what is in them",
                                         word),
                               EXIT_CODE_COMMAND_LINE);
}

/* ---- what the user adds ---- */

/* Options that would have other files moved than the one that is meant, or none. */
static bool is_harmful(const char *word) {
        static const char *const beginnings[] = {
                "--append",        "--daemon",           "--del",        "--dry-run", "--existing",  "--files-from",
                "--filter",        "--exclude",          "--include",    "--ignore-", "--inplace",   "--list-only",
                "--max-size",      "--min-size",         "--read-batch", "--remove-", "--size-only", "--update",
                "--write-batch",   "--only-write-batch", "--recursive",  "--archive", "--no-R",      "--no-rel",
                "--write-devices", "--backup",
        };
        for (size_t i = 0; i < ARRAY_LENGTH(beginnings); i++)
                if (bytes_start_with(bytes_of(word), beginnings[i]))
                        return true;
        return word[0] == '-' && word[1] != '-' && word[strcspn(word, "nufarCbP")] != '\0';
}

/* The command for the remote shell at *INDEX of WORDS, NULL when it is something else. */
static const char *shell_of(const TextList *words, size_t *index) {
        const char *word = words->items[*index];
        if ((strcmp(word, "-e") == 0 || strcmp(word, "--rsh") == 0) && *index + 1 < words->count)
                return words->items[++*index];
        if (bytes_start_with(bytes_of(word), "--rsh="))
                return word + strlen("--rsh=");
        if (bytes_start_with(bytes_of(word), "-e") && word[2])
                return word + 2;
        return NULL;
}

static Error *add_options(const TextList *options, RsyncPlace *place, const char **ret_shell) {
        for (size_t i = 0; i < options->count; i++) {
                const char *shell = shell_of(options, &i);
                if (shell)
                        *ret_shell = shell;
                else if (is_harmful(options->items[i]))
                        return refuse_option(options->items[i]);
                else
                        text_list_add(&place->words, options->items[i]);
        }
        return NULL;
}

/* ---- over ssh ---- */

/* Rsync cuts the command at blanks and knows quotes; one that is doubled in quotes is one. */
static void add_shell_word(Buffer *shell, const char *word) {
        buffer_add_text(shell, " '");
        for (; *word; word++)
                buffer_add_text(shell, *word == '\'' ? "''" : (const char[]){ *word, '\0' });
        buffer_add_byte(shell, '\'');
}

/* ssh counts the first of several values: ours stand in front. The word for the file is quoted for ssh itself, which
 * takes several files. */
static void add_ssh_words(const Url *url, const StorageOptions *options, bool has_password, Buffer *shell) {
        AUTO_VALUE(buffer_clear) Buffer word = { .data = NULL };
        unsigned seconds = (unsigned)MAX(options->timeout, 1.0);
        add_shell_word(shell, "-oStrictHostKeyChecking=yes");
        add_shell_word(shell, has_password ? "-oNumberOfPasswordPrompts=1" : "-oBatchMode=yes");
        buffer_print(shell, " -oConnectTimeout=%u -oServerAliveInterval=%u -oServerAliveCountMax=2", seconds,
                     MAX(seconds / 2, 1u));
        if (url->port)
                buffer_print(shell, " -p %u", url->port);
        if (url->user) {
                buffer_add_text(shell, " -l");
                add_shell_word(shell, url->user);
        }
        if (!options->ssh_known_hosts)
                return;
        buffer_print(&word, "-oUserKnownHostsFile=\"%s\"", options->ssh_known_hosts);
        add_shell_word(shell, buffer_text(&word));
        add_shell_word(shell, "-oGlobalKnownHostsFile=/dev/null");
}

/* GIVEN is the user's own command; NULL: ssh. */
static Error *add_shell(const Url *url, const StorageOptions *options, const char *given, Arena *arena,
                        RsyncPlace *place) {
        const Secret *password = url->password ? url->password : options->password;
        AUTO_VALUE(buffer_clear) Buffer shell = { .data = NULL };
        AUTO_VALUE(ssh_settings_clear) SshSettings settings = { .config = NULL };
        TRY(ssh_settings_read(&options->ssh_options, options->home, arena, &settings));
        if (given && strcasestr(given, "StrictHostKeyChecking"))
                return refuse_option(given);
        const char *command = given ? given + strspn(given, " ") : "ssh";
        size_t length = strcspn(command, " ");
        buffer_add(&shell, bytes_make(command, length));
        add_ssh_words(url, options, password != NULL, &shell);
        for (size_t i = 0; i < options->ssh_options.count; i++)
                add_shell_word(&shell, options->ssh_options.items[i]);
        buffer_add_text(&shell, command + length);
        text_list_add(&place->words, "-e");
        text_list_add(&place->words, arena_text(arena, buffer_text(&shell)));
        if (password)
                ssh_askpass_announce(password, arena, &place->environment);
        return NULL;
}

/* ---- to a daemon ---- */

/* rsync asks on the terminal where it has no password: it always gets one. */
static void add_login(const Url *url, const StorageOptions *options, Arena *arena, RsyncPlace *place) {
        const Secret *password = url->password ? url->password : options->password;
        const char *text = password ? (const char *)secret_reveal(password).at : "";
        text_list_add(&place->environment, arena_print(arena, "RSYNC_PASSWORD=%s", text));
        if (url->user)
                text_list_add(&place->environment, arena_print(arena, "USER=%s", url->user));
        if (url->port)
                text_list_add(&place->words, arena_print(arena, "--port=%u", url->port));
        text_list_add(&place->words, arena_print(arena, "--contimeout=%u", (unsigned)MAX(options->timeout, 1.0)));
}

/* ---- all of it ---- */

/* The host as rsync wants it in front of a colon. */
static const char *host_of(const Url *url, Arena *arena) {
        return strchr(url->host, ':') ? arena_print(arena, "[%s]", url->host) : url->host;
}

static Error *set_folder(const Url *url, const char *path, Arena *arena, RsyncPlace *place) {
        AUTO_TEXT char *clean = path_clean(path + strspn(path, "/"));
        if (!path_is_safe(clean))
                return refuse_url(url, "its path may hold no '..'");
        place->folder = arena_text(arena, clean);
        return NULL;
}

/* PATH is "::module/folder" or "::/module/folder". */
static Error *set_module(const Url *url, const StorageOptions *options, Arena *arena, RsyncPlace *place) {
        const char *module = url->path + 2 + strspn(url->path + 2, "/");
        size_t length = strcspn(module, "/");
        if (!length)
                return refuse_url(url, "it names no module");
        place->is_daemon = true;
        place->root = arena_print(arena, "%s::%.*s/", host_of(url, arena), (int)length, module);
        add_login(url, options, arena, place);
        return set_folder(url, module + length, arena, place);
}

static Error *set_path(const Url *url, const StorageOptions *options, const char *shell, Arena *arena,
                       RsyncPlace *place) {
        bool is_absolute = bytes_start_with(bytes_of(url->path), "//");
        place->root = arena_print(arena, is_absolute ? "%s:/" : "%s:./", host_of(url, arena));
        TRY(add_shell(url, options, shell, arena, place));
        return set_folder(url, url->path, arena, place);
}

Error *rsync_command_place(const Url *url, const StorageOptions *options, Arena *arena, RsyncPlace *place) {
        const char *shell = NULL;
        *place = (RsyncPlace){ .is_daemon = false };
        if (!url->host)
                return refuse_url(url, "it names no host");
        place->text = arena_print(arena, "'%s'", url->host);
        text_list_add(&place->words, "rsync");
        TRY(add_options(&options->rsync_options, place, &shell));
        text_list_add(&place->words, arena_print(arena, "--timeout=%u", (unsigned)MAX(options->timeout, 1.0)));
        if (bytes_start_with(bytes_of(url->path), "::"))
                TRY(set_module(url, options, arena, place));
        else
                TRY(set_path(url, options, shell, arena, place));
        text_list_add(&place->environment, arena_text(arena, "LC_ALL=C"));
        text_list_add(&place->environment, NULL);
        return NULL;
}

/* A backslash escapes only in patterns that hold a wildcard; in others it stands for itself. */
static void add_literally(const char *text, bool is_wild, Buffer *out) {
        for (; *text; text++) {
                if (is_wild && strchr("*?[\\", *text))
                        buffer_add_byte(out, '\\');
                buffer_add_byte(out, (uint8_t)*text);
        }
}

void rsync_command_add_pattern(const char *path, Buffer *out) {
        bool is_wild = path[strcspn(path, "*?[")] != '\0';
        buffer_add_byte(out, '/');
        add_literally(path, is_wild, out);
}

void rsync_command_add_others(const char *folder, Buffer *out) {
        buffer_add_byte(out, '/');
        add_literally(folder, true, out);
        buffer_add_byte(out, '*');
}

/* True when TEXT begins with "\#ooo". */
static bool is_escape(Bytes text) {
        bool is_one = bytes_start_with(text, "\\#") && text.length >= 5;
        for (size_t i = 2; is_one && i < 5; i++)
                is_one = text.at[i] >= '0' && text.at[i] <= '7';
        return is_one;
}

char *rsync_command_read_name(Bytes name) {
        Buffer out;
        buffer_init(&out, 0);
        for (size_t i = 0; i < name.length;) {
                const uint8_t *at = name.at + i;
                bool is_one = is_escape(bytes_slice(name, i, name.length));
                unsigned value = is_one ? (at[2] & 7u) << 6 | (at[3] & 7u) << 3 | (at[4] & 7u) : at[0];
                buffer_add_byte(&out, (uint8_t)value);
                i += is_one ? 5 : 1;
        }
        return buffer_detach(&out);
}

void rsync_command_clear(RsyncPlace *place) {
        for (size_t i = 0; i < place->environment.count && place->environment.items[i]; i++) {
                char *text = (char *)(uintptr_t)place->environment.items[i]; /* the arena's, and ours to write to */
                secret_wipe(text, strlen(text));
        }
        text_list_clear(&place->words);
        text_list_clear(&place->environment);
}
