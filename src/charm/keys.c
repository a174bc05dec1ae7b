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

static Error *run_gpg(const Unit *unit, const char *const *words, Bytes input, ProcessResult *ret_result) {
        const char *arguments[16] = { "gpg", "--homedir", unit->gnupg_home, "--batch", "--no-tty", "--quiet" };
        size_t count = 6;
        for (; *words; words++)
                arguments[count++] = *words;
        const ProcessSpec spec = { .arguments = arguments, .input = input, .most = GPG_ANSWER, .timeout = GPG_TIMEOUT };
        return process_run(&spec, ret_result);
}

/* The fingerprint of the first primary key in a listing with colons; NULL when there is none. */
static const char *first_fingerprint(Bytes listing, Arena *arena) {
        while (listing.length) {
                Bytes line = bytes_cut(listing, '\n', &listing);
                if (!bytes_start_with(line, "fpr:"))
                        continue;
                for (int field = 1; field < 10; field++)
                        (void)bytes_cut(line, ':', &line);
                return arena_bytes(arena, bytes_cut(line, ':', &line));
        }
        return NULL;
}

Error *keys_find_imported(const Unit *unit, Arena *arena, const char **ret_fingerprint) {
        static const char *const words[] = { "--with-colons", "--list-keys", NULL };
        AUTO_VALUE(process_result_clear) ProcessResult result = { .status = 0 };
        TRY(run_gpg(unit, words, bytes_of(""), &result));
        *ret_fingerprint = first_fingerprint(buffer_bytes(&result.out), arena);
        return *ret_fingerprint ? NULL
                                : error_new(ERROR_MISSING,
                                            "the unit's keyring '%s' is empty (set gpg_public_key "
                                            "again)",
                                            unit->gnupg_home);
}

/* What a key that is no longer wanted has left. An empty keyring may be in use by a backup: it is left alone. */
static Error *drop_imported(const Unit *unit, Arena *arena) {
        const char *found;
        AUTO(error_free) Error *none = keys_find_imported(unit, arena, &found);
        return none ? NULL : folder_remove_content(unit->gnupg_home);
}

/* A keyring that holds this key only: what was there before would stand in its way. */
static Error *import(const Unit *unit, const CharmConfig *config, Arena *arena, const char **ret_problem) {
        static const char *const show[] = { "--with-colons", "--import-options", "show-only", "--import", NULL };
        static const char *const take[] = { "--import", NULL };
        AUTO_VALUE(process_result_clear) ProcessResult shown = { .status = 0 }, taken = { .status = 0 };
        const char *wanted, *found = NULL;
        TRY(run_gpg(unit, show, bytes_of(config->gpg_public_key), &shown));
        wanted = first_fingerprint(buffer_bytes(&shown.out), arena);
        error_free(keys_find_imported(unit, arena, &found));
        if (wanted && found && strcmp(wanted, found) == 0)
                return NULL;
        TRY(folder_remove_content(unit->gnupg_home));
        if (wanted)
                TRY(run_gpg(unit, take, bytes_of(config->gpg_public_key), &taken));
        if (wanted && taken.status == 0)
                return NULL;
        AUTO_TEXT char *words = process_last_words(wanted ? &taken : &shown);
        *ret_problem = arena_print(arena, "Invalid \"gpg_public_key\": gpg cannot read it (%s)", words);
        return NULL;
}

static Error *seek_in_roots(const CharmConfig *config, Arena *arena, const char **ret_problem) {
        const char *const arguments[] = { "gpg",     "--batch",     "--no-tty",
                                          "--quiet", "--list-keys", config->gpg_public_key,
                                          NULL };
        const ProcessSpec spec = { .arguments = arguments, .most = GPG_ANSWER, .timeout = GPG_TIMEOUT };
        AUTO_VALUE(process_result_clear) ProcessResult result = { .status = 0 };
        TRY(process_run(&spec, &result));
        if (result.status)
                *ret_problem =
                        arena_print(arena,
                                    "\"gpg_public_key\": the key %s is not in root's keyring: import it there, or "
                                    "set the armoured key itself",
                                    config->gpg_public_key);
        return NULL;
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
        return keys_is_armoured(config) ? import(unit, config, arena, ret_problem)
                                        : seek_in_roots(config, arena, ret_problem);
}
