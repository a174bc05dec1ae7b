#include "charm/keys.h"

#include <sys/stat.h>

#include "base/attribute.h"
#include "base/encode.h"
#include "base/memory.h"
#include "base/secret.h"
#include "charm/document.h"
#include "sys/folder.h"
#include "sys/process.h"

enum { GPG_TIMEOUT = 60, GPG_ANSWER = 1 << 20 };

bool keys_is_armoured(const CharmConfig *config) {
        return strstr(config->gpg_public_key, "-----BEGIN PGP PUBLIC KEY BLOCK-----") != NULL;
}

/* Text, if any, with one line end at its end. */
static Error *write_lines(const char *path, const char *text) {
        AUTO_VALUE(buffer_clear) Buffer lines = { .data = NULL };
        if (!text[0])
                return NULL;
        (void)buffer_print(&lines, "%s\n", text);
        return document_update(path, 0600, buffer_bytes(&lines), NULL);
}

static Error *write_ssh_key(const Unit *unit, const CharmConfig *config) {
        Buffer key = { .data = NULL };
        if (!config->private_ssh_key[0])
                return NULL;
        (void)encode_from_base64(bytes_of(config->private_ssh_key), &key); /* validate.c has tried */
        if (!bytes_end_with(buffer_bytes(&key), "\n"))
                (void)buffer_add_text(&key, "\n"); /* ssh insists on it */
        Error *error = document_update(unit->ssh_key, 0600, buffer_bytes(&key), NULL);
        secret_wipe(key.data, key.length);
        buffer_clear(&key);
        return error;
}

/* ---- the keyring ---- */

/* HOME NULL: root's own keyring. Public keys need no agent; one that gpg started would take its folder's removal amiss,
 * and be in the way of the next. */
static Error *run_gpg(const char *home, const char *const *words, Bytes input, ProcessResult *ret_result) {
        const char *arguments[16] = { "gpg", "--batch", "--no-tty", "--quiet", "--no-autostart", "--with-colons" };
        size_t count = 6;
        if (home) {
                arguments[count++] = "--homedir";
                arguments[count++] = home;
        }
        for (; *words; words++)
                arguments[count++] = *words;
        const ProcessSpec spec = { .arguments = arguments, .input = input, .most = GPG_ANSWER, .timeout = GPG_TIMEOUT };
        return process_run(&spec, ret_result);
}

/* Field NUMBER, counted from 1, of a line of a listing with colons. */
static Bytes field_of(Bytes line, int number) {
        for (; number > 1; number--)
                (void)bytes_cut(line, ':', &line);
        return bytes_cut(line, ':', &line);
}

/* The next line of a listing that is about KIND ("fpr:"); without bytes when there is none. */
static Bytes next_line(Bytes *listing, const char *kind) {
        while (listing->length) {
                Bytes line = bytes_cut(*listing, '\n', listing);
                if (bytes_start_with(line, kind))
                        return line;
        }
        return (Bytes){ .at = NULL };
}

Error *keys_find_imported(const Unit *unit, Arena *arena, const char **ret_fingerprint) {
        static const char *const words[] = { "--list-keys", NULL };
        AUTO_VALUE(process_result_clear) ProcessResult result = { .status = 0 };
        TRY(run_gpg(unit->gnupg_home, words, bytes_of(""), &result));
        Bytes listing = buffer_bytes(&result.out), line = next_line(&listing, "fpr:");
        if (!line.length)
                return error_new(ERROR_MISSING, "the unit's keyring '%s' is empty (set gpg_public_key again)",
                                 unit->gnupg_home);
        *ret_fingerprint = arena_bytes(arena, field_of(line, 10));
        return NULL;
}

/* What a key that is no longer wanted has left. An empty keyring may be in use by a backup: it is left alone. */
static Error *drop_imported(const Unit *unit, Arena *arena) {
        const char *found;
        AUTO(error_free) Error *none = keys_find_imported(unit, arena, &found);
        return none ? NULL : folder_remove_content(unit->gnupg_home);
}

/* A keyring of this key only, as it is now: a renewed one has the same fingerprint, and what was there before would
 * stand in its way. What was imported lies beside it, and goes with it. */
static Error *import(const Unit *unit, const char *key, Arena *arena, const char **ret_problem) {
        static const char *const take[] = { "--import", NULL };
        AUTO_TEXT char *imported = memory_print("%s/imported.asc", unit->gnupg_home);
        AUTO_VALUE(process_result_clear) ProcessResult taken = { .status = 0 };
        const char *found;
        if (document_holds(imported, 0600, bytes_of(key)))
                return NULL;
        TRY(folder_remove_content(unit->gnupg_home));
        TRY(run_gpg(unit->gnupg_home, take, bytes_of(key), &taken));
        AUTO(error_free) Error *none = keys_find_imported(unit, arena, &found);
        if (taken.status == 0 && !none)
                return document_write(imported, 0600, bytes_of(key));
        AUTO_TEXT char *words = process_last_words(&taken);
        *ret_problem = arena_print(arena, "Invalid \"gpg_public_key\": gpg cannot read it (%s)", words);
        return folder_remove_content(unit->gnupg_home);
}

/* Why the key of this line ("pub:") cannot be encrypted to now; NULL when it can. */
static const char *reason_against(Bytes line) {
        static const struct {
                const char *validity, *reason;
        } reasons[] = { { "e", "has expired" }, { "r", "is revoked" } };
        Bytes validity = field_of(line, 2), abilities = field_of(line, 12);
        if (abilities.length && memchr(abilities.at, 'E', abilities.length)) /* of the key and its subkeys together */
                return NULL;
        for (size_t i = 0; i < ARRAY_LENGTH(reasons); i++)
                if (bytes_equal_text(validity, reasons[i].validity))
                        return reasons[i].reason;
        return "has no subkey for encryption that is valid now";
}

/* Looks whether one of the keys that are called NAME can be encrypted to, today. */
static Error *judge(const char *home, const char *name, Arena *arena, const char **ret_problem) {
        const char *const words[] = { "--list-keys", name, NULL };
        AUTO_VALUE(process_result_clear) ProcessResult result = { .status = 0 };
        TRY(run_gpg(home, words, bytes_of(""), &result));
        Bytes listing = buffer_bytes(&result.out);
        const char *reason = NULL;
        for (Bytes line; (line = next_line(&listing, "pub:")).length;)
                if (!(reason = reason_against(line)))
                        return NULL;
        *ret_problem =
                !reason ? arena_print(arena,
                                      "\"gpg_public_key\": the key %s is not in root's keyring: import it there, or "
                                      "set the armoured key itself",
                                      name)
                        : arena_print(arena, "\"gpg_public_key\": the key %s %s: renew it and %s, or set another one",
                                      name, reason, home ? "set it again" : "import it into root's keyring");
        return NULL;
}

static Error *set_up_keyring(const Unit *unit, const CharmConfig *config, Arena *arena, const char **ret_problem) {
        const char *fingerprint;
        if (!keys_is_armoured(config))
                return judge(NULL, config_key_name(config, arena), arena, ret_problem);
        TRY(import(unit, config->gpg_public_key, arena, ret_problem));
        if (*ret_problem)
                return NULL;
        TRY(keys_find_imported(unit, arena, &fingerprint));
        return judge(unit->gnupg_home, fingerprint, arena, ret_problem);
}

/* ---- all of them ---- */

Error *keys_drop(const Unit *unit, const CharmConfig *config) {
        const struct {
                const char *path, *option;
        } files[] = {
                { unit->ssh_key, config->private_ssh_key },
                { unit->known_hosts, config->known_host_key },
                { unit->tls_ca, config->tls_ca_certificate },
        };
        AUTO(arena_free) Arena *arena = arena_new();
        for (size_t i = 0; i < ARRAY_LENGTH(files); i++)
                if (!files[i].option[0])
                        TRY(document_remove(files[i].path));
        return keys_is_armoured(config) ? NULL : drop_imported(unit, arena);
}

Error *keys_set_up(const Unit *unit, const CharmConfig *config, Arena *arena, const char **ret_problem) {
        *ret_problem = NULL;
        TRY(write_ssh_key(unit, config));
        TRY(write_lines(unit->known_hosts, config->known_host_key));
        TRY(write_lines(unit->tls_ca, config->tls_ca_certificate));
        if (config->disable_encryption || !config->gpg_public_key[0])
                return NULL;
        return set_up_keyring(unit, config, arena, ret_problem);
}
