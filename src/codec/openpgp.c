#include "codec/openpgp.h"

#include <dirent.h>
#include <errno.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/words.h"
#include "codec/openpgp_program.h"
#include "codec/openpgp_run.h"

DEFINE_AUTO(struct _gpgme_key, gpgme_key_unref)

static const char **copy_texts(Arena *arena, const char *const *texts, size_t count) {
        const char **copies = arena_zeroed(arena, memory_size(count, sizeof copies[0]));
        for (size_t i = 0; i < count; i++)
                copies[i] = arena_text(arena, texts[i]);
        return copies;
}

static void copy_options(OpenPgp *openpgp, const OpenPgpOptions *from) {
        OpenPgpOptions *to = &openpgp->options;
        *to = *from;
        to->binary = arena_text(openpgp->arena, from->binary);
        to->home = arena_text(openpgp->arena, from->home);
        to->options = arena_text(openpgp->arena, from->options);
        to->signer = arena_text(openpgp->arena, from->signer);
        to->recipients = copy_texts(openpgp->arena, from->recipients, from->recipient_count);
        to->hidden_recipients = copy_texts(openpgp->arena, from->hidden_recipients, from->hidden_recipient_count);
        to->passphrase = secret_copy(from->passphrase);
        to->sign_passphrase = secret_copy(from->sign_passphrase);
}

/* gpgme's notation is a key a line; lines that begin with "--" are its keywords. */
static Error *add_recipients(const char *const *keys, size_t count, const char *option, Buffer *list) {
        for (size_t i = 0; i < count; i++) {
                if (!keys[i][0] || strncmp(keys[i], "--", 2) == 0 || strchr(keys[i], '\n'))
                        return error_with_code(error_new(ERROR_USER, "'%s' (%s) is not a key", keys[i], option),
                                               EXIT_CODE_GPG);
                buffer_print(list, "%s\n", keys[i]);
        }
        return NULL;
}

static Error *list_recipients(OpenPgp *openpgp) {
        AUTO_VALUE(buffer_clear) Buffer list = { .data = NULL };
        const OpenPgpOptions *options = &openpgp->options;
        TRY(add_recipients(options->recipients, options->recipient_count, "--encrypt-key", &list));
        if (options->hidden_recipient_count)
                buffer_add_text(&list, "--hidden\n");
        TRY(add_recipients(options->hidden_recipients, options->hidden_recipient_count, "--hidden-encrypt-key", &list));
        openpgp->recipients = list.length ? arena_text(openpgp->arena, buffer_text(&list)) : NULL;
        return NULL;
}

static Error *choose_program(OpenPgp *openpgp) {
        AUTO(gpgme_release) gpgme_ctx_t context = NULL;
        const OpenPgpOptions *options = &openpgp->options;
        if (options->options)
                TRY(words_split(options->options, "--gpg-options", openpgp->arena, &openpgp->words));
        if (!options->binary && !openpgp->words.count)
                return NULL;
        TRY(openpgp_run_open_context(openpgp, &context));
        gpgme_engine_info_t usual = openpgp_run_engine(context);
        const char *binary = usual && usual->file_name ? usual->file_name : "gpg";
        openpgp_program_announce(options->binary ? options->binary : binary, &openpgp->words);
        openpgp->program = openpgp_program_ourselves;
        return NULL;
}

/* Where gpg looks for the user's settings, NULL: cannot be said. Caller frees. */
static char *settings_folder(const OpenPgp *openpgp) {
        const char *given = openpgp->options.home ? openpgp->options.home : getenv("GNUPGHOME");
        const char *home = getenv("HOME");
        if (given && given[0])
                return memory_text(given);
        return home && home[0] ? memory_print("%s/.gnupg", home) : NULL;
}

static bool is_settings_name(const char *name) {
        return bytes_start_with(bytes_of(name), "gpg.conf") && !bytes_end_with(bytes_of(name), "~");
}

/* A gpg.conf may choose another cipher, among much else: it is gpg's to read. There may be one for each version. */
static bool has_settings(const OpenPgp *openpgp) {
        AUTO_TEXT char *folder = settings_folder(openpgp);
        if (!folder || access("/etc/gnupg/gpg.conf", F_OK) == 0)
                return true;
        DIR *listing = opendir(folder);
        bool is_found = !listing && errno != ENOENT;
        for (struct dirent *entry; listing && !is_found && (entry = readdir(listing));)
                is_found = is_settings_name(entry->d_name);
        if (listing)
                closedir(listing);
        return is_found;
}

/* Of gpg, only what will be needed. */
static Error *prepare_program(OpenPgp *openpgp) {
        openpgp->has_settings = has_settings(openpgp);
        if (openpgp_run_is_plain(openpgp) && !openpgp->recipients && !openpgp->options.signer &&
            !(openpgp->options.for_writing && openpgp->has_settings))
                return NULL;
        TRY(openpgp_run_check_program(openpgp));
        openpgp->is_checked = true;
        return NULL;
}

/* The public key: it is all that checking takes, and gpg looks for the secret one itself. */
static Error *find_signer(OpenPgp *openpgp) {
        AUTO(gpgme_release) gpgme_ctx_t context = NULL;
        AUTO(gpgme_key_unref) gpgme_key_t other = NULL;
        if (!openpgp->options.signer)
                return NULL;
        TRY(openpgp_run_open_context(openpgp, &context));
        gpgme_error_t failure = gpgme_op_keylist_start(context, openpgp->options.signer, 0);
        if (!failure)
                failure = gpgme_op_keylist_next(context, &openpgp->signer);
        if (failure)
                return openpgp_run_no_signer(openpgp, "it is not known");
        if (!gpgme_op_keylist_next(context, &other))
                return openpgp_run_signer_failure(openpgp, "several keys are called so: name it by its fingerprint");
        return NULL;
}

/* A message that nothing but a given passphrase protects can fail only with gpg itself. */
static bool may_not_write(const OpenPgp *openpgp) {
        const OpenPgpOptions *options = &openpgp->options;
        return openpgp->recipients || openpgp->signer || options->use_agent || !options->passphrase ||
               openpgp->words.count;
}

static Error *try_writing(const OpenPgp *openpgp) {
        AUTO_VALUE(buffer_clear) Buffer nowhere = { .data = NULL };
        AUTO(reader_close) Reader *in = stream_read_bytes(bytes_of(""));
        AUTO(writer_abandon) Writer *out = stream_write_buffer(&nowhere);
        return openpgp->options.for_writing && may_not_write(openpgp) ? openpgp_encrypt(openpgp, OPENPGP_PLAIN, in, out)
                                                                      : NULL;
}

Error *openpgp_open(const OpenPgpOptions *options, OpenPgp **ret_openpgp) {
        AUTO(openpgp_free) OpenPgp *openpgp = memory_new(OpenPgp);
        openpgp->arena = arena_new();
        copy_options(openpgp, options);
        TRY(list_recipients(openpgp));
        TRY(choose_program(openpgp));
        TRY(prepare_program(openpgp));
        TRY(find_signer(openpgp));
        TRY(try_writing(openpgp));
        *ret_openpgp = TAKE(openpgp);
        return NULL;
}

bool openpgp_takes_compressed(const OpenPgp *openpgp) {
        return !openpgp->signer && !openpgp_program_shapes_contents(&openpgp->words);
}

bool openpgp_is_symmetric(const OpenPgp *openpgp) {
        return !openpgp->recipients;
}

void openpgp_free(OpenPgp *openpgp) {
        if (!openpgp)
                return;
        secret_free((Secret *)openpgp->options.passphrase);
        secret_free((Secret *)openpgp->options.sign_passphrase);
        gpgme_key_unref(openpgp->signer);
        text_list_clear(&openpgp->words);
        arena_free(openpgp->arena);
        memory_free(openpgp);
}

void openpgp_become_gpg(char **argv) {
        openpgp_program_become(argv);
}
