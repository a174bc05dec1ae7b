#include "codec/openpgp_run.h"

#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "base/memory.h"
#include "codec/openpgp_symmetric.h"
#include "sys/cancel.h"

DEFINE_AUTO(struct gpgme_data, gpgme_data_release)

enum {
        WORDS_OF_GPG_MAX = 4096, /* of gpg's own words in a message */
        PIECE_SIZE = 65536,
        FIRST_SIZE = 512, /* as much as fits any pipe that can be written to */
};

char *openpgp_run_text(gpgme_error_t failure) {
        char text[256] = "";
        (void)gpgme_strerror_r(failure, text, sizeof text); /* cut short at worst */
        return memory_text(text);
}

static Error *gpg_error_from(gpgme_error_t failure, const char *what) {
        AUTO_TEXT char *text = openpgp_run_text(failure);
        return error_with_code(error_new(ERROR_SYSTEM, "%s: %s", what, text), EXIT_CODE_GPG);
}

static bool is_of_key(const char *passphrase_info) {
        /* "<16 digits of the key id> ..." for keys, "<cipher> <s2k mode> <s2k hash>" for symmetric messages */
        return passphrase_info && strcspn(passphrase_info, " ") == 16;
}

static const Secret *wanted_secret(OpenPgpRun *run, const char *passphrase_info) {
        const OpenPgpOptions *options = &run->openpgp->options;
        bool is_signing = !run->name && is_of_key(passphrase_info);
        run->passphrase = is_signing ? "SIGN_PASSPHRASE" : "PASSPHRASE";
        run->is_symmetric = !is_of_key(passphrase_info);
        if (run->is_symmetric)
                return options->passphrase;
        const Secret *first = is_signing ? options->sign_passphrase : options->passphrase;
        const Secret *second = is_signing ? options->passphrase : options->sign_passphrase;
        return first ? first : second;
}

Bytes openpgp_run_passphrase(const Secret *passphrase) {
        Bytes rest;
        return bytes_cut(secret_reveal(passphrase), '\n', &rest);
}

/* A key without an answer gets an empty one: it may not be the only key that is tried. */
static gpgme_error_t answer_passphrase(void *hook, UNUSED const char *uid_hint, const char *passphrase_info,
                                       int was_wrong, int fd) {
        OpenPgpRun *run = hook;
        Bytes line = openpgp_run_passphrase(wanted_secret(run, passphrase_info));
        run->was_wrong = was_wrong;
        run->lacks_passphrase = line.length == 0;
        if (was_wrong || (run->lacks_passphrase && run->is_symmetric))
                return gpgme_error(GPG_ERR_CANCELED);
        if (gpgme_io_writen(fd, line.at, line.length) < 0 || gpgme_io_writen(fd, "\n", 1) < 0)
                return gpgme_error_from_syserror();
        return 0;
}

static gpgme_error_t note_status(void *hook, const char *keyword, UNUSED const char *arguments) {
        static const struct {
                const char *keyword;
                size_t field;
        } meanings[] = {
                { "END_ENCRYPTION", offsetof(OpenPgpStatuses, was_written) },
                { "BEGIN_DECRYPTION", offsetof(OpenPgpStatuses, is_encrypted) },
                { "PLAINTEXT", offsetof(OpenPgpStatuses, has_plaintext) },
                { "NO_SECKEY", offsetof(OpenPgpStatuses, lacks_key) },
                { "ERROR", offsetof(OpenPgpStatuses, has_failed) },
                { "FAILURE", offsetof(OpenPgpStatuses, has_failed) },
                { "NODATA", offsetof(OpenPgpStatuses, has_failed) },
                { "BADARMOR", offsetof(OpenPgpStatuses, has_failed) },
                { "UNEXPECTED", offsetof(OpenPgpStatuses, has_failed) },
        };
        OpenPgpRun *run = hook;
        for (size_t i = 0; i < ARRAY_LENGTH(meanings); i++)
                if (strcmp(keyword, meanings[i].keyword) == 0)
                        *((bool *)((char *)&run->statuses + meanings[i].field)) = true;
        return 0;
}

/* Reads the next piece of IN, unless some of the last is left. False at the end, or after a failure. */
static bool fill_piece(OpenPgpRun *run) {
        size_t length = 0;
        if (run->unsent.length)
                return true;
        if (run->error || run->in_ended) /* the first error counts */
                return false;
        run->error = run->in->read(run->in, run->pieces, PIECE_SIZE, &length);
        run->in_ended = !run->error && length == 0;
        run->unsent = bytes_make(run->pieces, run->error ? 0 : length);
        return run->unsent.length > 0;
}

static bool move_input(void *hook, int fd) {
        OpenPgpRun *run = hook;
        if (!fill_piece(run))
                return false;
        ssize_t sent = write(fd, run->unsent.at, run->unsent.length);
        if (sent < 0)
                return errno == EAGAIN || errno == EINTR;
        run->unsent = bytes_slice(run->unsent, (size_t)sent, run->unsent.length);
        return true;
}

static bool move_output(void *hook, int fd) {
        OpenPgpRun *run = hook;
        if (run->error)
                return false;
        uint8_t *piece = run->pieces + PIECE_SIZE;
        ssize_t length = read(fd, piece, PIECE_SIZE);
        if (length < 0)
                return errno == EAGAIN || errno == EINTR;
        if (length > 0)
                run->error = writer_write(run->out, bytes_make(piece, (size_t)length));
        return length > 0 && !run->error;
}

/* Gives little at first: gpgme can write that at once, and has nothing left when others take over its pipe. */
static ssize_t give_input(void *hook, void *buffer, size_t size) {
        OpenPgpRun *run = hook;
        Bytes *from = run->front.length ? &run->front : &run->unsent;
        if (!run->front.length && !fill_piece(run) && run->error) {
                errno = EIO;
                return -1;
        }
        Bytes given = bytes_slice(*from, 0, MIN(size, (size_t)FIRST_SIZE));
        if (given.length)
                memcpy(buffer, given.at, given.length);
        *from = bytes_slice(*from, given.length, from->length);
        if (!run->front.length)
                openpgp_loop_take_over(&run->loop, move_input, run);
        return (ssize_t)given.length;
}

static ssize_t take_output(void *hook, const void *buffer, size_t size) {
        OpenPgpRun *run = hook;
        run->has_output = true;
        if (!run->error)
                run->error = writer_write(run->out, bytes_make(buffer, size));
        openpgp_loop_take_over(&run->loop, move_output, run);
        if (!run->error)
                return (ssize_t)size;
        errno = EIO;
        return -1;
}

static struct gpgme_data_cbs input_calls = { .read = give_input };
static struct gpgme_data_cbs output_calls = { .write = take_output };

/* gpgme moves 512 bytes at a time unless told otherwise, which its older versions do not understand. */
static gpgme_error_t open_data(struct gpgme_data_cbs *calls, OpenPgpRun *run, gpgme_data_t *ret_data) {
        gpgme_error_t failure = gpgme_data_new_from_cbs(ret_data, calls, run);
        if (!failure)
                (void)gpgme_data_set_flag(*ret_data, "io-buffer-size", "65536");
        return failure;
}

static void start_gpgme(void) {
        (void)gpgme_check_version(NULL); /* sets gpgme up; there is no version that we refuse */
}

Error *openpgp_run_open_context(const OpenPgp *openpgp, gpgme_ctx_t *ret_context) {
        static pthread_once_t once = PTHREAD_ONCE_INIT;
        (void)pthread_once(&once, start_gpgme);
        AUTO(gpgme_release) gpgme_ctx_t context = NULL;
        gpgme_error_t failure = gpgme_new(&context);
        if (!failure)
                failure = gpgme_ctx_set_engine_info(context, GPGME_PROTOCOL_OpenPGP, openpgp->program,
                                                    openpgp->options.home);
        if (gpgme_err_code(failure) == GPG_ERR_INV_ENGINE)
                return error_with_code(error_new(ERROR_SYSTEM, "gpg cannot be run: install the package gnupg"),
                                       EXIT_CODE_GPG);
        if (failure)
                return gpg_error_from(failure, "cannot prepare gpg");
        gpgme_set_armor(context, 0);
        gpgme_set_offline(context, 1);
        *ret_context = TAKE(context);
        return NULL;
}

gpgme_engine_info_t openpgp_run_engine(gpgme_ctx_t context) {
        gpgme_engine_info_t engine = gpgme_ctx_get_engine_info(context);
        while (engine && engine->protocol != GPGME_PROTOCOL_OpenPGP)
                engine = engine->next;
        return engine;
}

/* A program that does not run has version 1.0.0 for gpgme. The real version 1 would not do: it knows no loopback. */
Error *openpgp_run_check_program(const OpenPgp *openpgp) {
        AUTO(gpgme_release) gpgme_ctx_t context = NULL;
        if (openpgp->is_checked)
                return NULL;
        TRY(openpgp_run_open_context(openpgp, &context));
        gpgme_engine_info_t engine = openpgp_run_engine(context);
        if (engine && engine->version && strncmp(engine->version, "1.", 2) != 0)
                return NULL;
        const char *binary = openpgp->options.binary ? openpgp->options.binary : "gpg";
        const char *remedy =
                openpgp->options.binary ? "see whether --gpg-binary names GnuPG" : "install the package gnupg";
        const char *hint = openpgp->words.count ? ", or see whether it understands --gpg-options" : "";
        return error_with_code(error_new(ERROR_SYSTEM, "cannot run '%s': %s%s", binary, remedy, hint), EXIT_CODE_GPG);
}

bool openpgp_run_is_plain(const OpenPgp *openpgp) {
        const OpenPgpOptions *options = &openpgp->options;
        return openpgp_symmetric_knows(openpgp_run_passphrase(options->passphrase)) && !options->use_agent &&
               !openpgp->signer && !openpgp->words.count && !options->binary;
}

/* Without an agent, what is given is tried, not what the agent may still remember of another run. */
static gpgme_error_t take_over_passphrases(OpenPgpRun *run) {
        (void)gpgme_set_ctx_flag(run->context, "no-symkey-cache", "1"); /* old gpg know no such cache */
        gpgme_set_passphrase_cb(run->context, answer_passphrase, run);
        return gpgme_set_pinentry_mode(run->context, GPGME_PINENTRY_MODE_LOOPBACK);
}

Error *openpgp_run_prepare(OpenPgpRun *run) {
        TRY(openpgp_run_open_context(run->openpgp, &run->context));
        gpgme_set_status_cb(run->context, note_status, run);
        (void)gpgme_set_ctx_flag(run->context, "full-status", "1"); /* known to every version that we build with */
        gpgme_error_t failure = open_data(&input_calls, run, &run->input);
        if (!failure)
                failure = open_data(&output_calls, run, &run->output);
        if (!failure && !run->openpgp->options.use_agent)
                failure = take_over_passphrases(run);
        if (failure)
                return gpg_error_from(failure, "cannot prepare gpg");
        openpgp_loop_open(&run->loop, run->context);
        run->pieces = memory_resize(NULL, 2 * PIECE_SIZE);
        return NULL;
}

void openpgp_run_clear(OpenPgpRun *run) {
        gpgme_data_release(run->input);
        gpgme_data_release(run->output);
        gpgme_release(run->context);
        memory_free(run->pieces);
        error_free(run->error);
}

/* True when the passphrase can be what went wrong. Of messages to hidden recipients gpg says then that it has no key;
 * of symmetric ones the older gpg just that it failed. */
static bool is_about_passphrase(const OpenPgpRun *run, gpgme_error_t failure) {
        switch (gpgme_err_code(failure)) {
        case GPG_ERR_BAD_PASSPHRASE:
        case GPG_ERR_NO_PASSPHRASE:
                return true;
        case GPG_ERR_NO_SECKEY:
                return run->passphrase;
        case GPG_ERR_CANCELED:
                return run->lacks_passphrase || run->was_wrong;
        case GPG_ERR_DECRYPT_FAILED:
                return run->is_symmetric && !run->has_output;
        default:
                return false;
        }
}

Error *openpgp_run_passphrase_failure(const OpenPgpRun *run, gpgme_error_t failure, const char *what) {
        if (!is_about_passphrase(run, failure))
                return NULL;
        const char *passphrase = run->passphrase ? run->passphrase : "PASSPHRASE";
        if (run->lacks_passphrase)
                return error_new(ERROR_DENIED, "%s: a passphrase is needed (set %s)", what, passphrase);
        return error_new(ERROR_DENIED, "%s: bad passphrase (check %s)", what, passphrase);
}

char *openpgp_run_import(const OpenPgp *openpgp) {
        const char *home = openpgp->options.home;
        return home ? memory_print("'gpg --homedir %s --import'", home) : memory_text("'gpg --import'");
}

Error *openpgp_run_signer_failure(const OpenPgp *openpgp, const char *reason) {
        return error_with_code(
                error_new(ERROR_USER, "cannot sign with key '%s' (--sign-key): %s", openpgp->options.signer, reason),
                EXIT_CODE_BAD_SIGN_KEY);
}

Error *openpgp_run_no_signer(const OpenPgp *openpgp, const char *reason) {
        AUTO_TEXT char *import = openpgp_run_import(openpgp);
        AUTO_TEXT char *whole = memory_print("%s: import it with %s", reason, import);
        return openpgp_run_signer_failure(openpgp, whole);
}

/* What gpg itself said, one line; NULL when it said nothing. */
static char *words_of_gpg(const OpenPgpRun *run) {
        AUTO(gpgme_data_release) gpgme_data_t data = NULL;
        if (gpgme_data_new(&data) || gpgme_op_getauditlog(run->context, data, GPGME_AUDITLOG_DIAG))
                return NULL;
        char text[WORDS_OF_GPG_MAX];
        (void)gpgme_data_seek(data, 0, SEEK_SET); /* memory: cannot fail */
        ssize_t length = gpgme_data_read(data, text, sizeof text);
        if (length <= 0)
                return NULL;
        Bytes words = bytes_trim(bytes_make(text, (size_t)length));
        for (size_t i = 0; i < words.length; i++)
                if (words.at[i] == '\n')
                        text[words.at + i - (const uint8_t *)text] = ';';
        return words.length ? memory_copy(words.at, words.length) : NULL;
}

Error *openpgp_run_other_failure(const OpenPgpRun *run, gpgme_error_t failure, ErrorKind kind, const char *what) {
        if (run->loop.was_cancelled)
                return cancel_check();
        AUTO_TEXT char *text = openpgp_run_text(failure);
        AUTO_TEXT char *words = words_of_gpg(run);
        return error_new(kind, "%s: %s%s%s%s", what, text, words ? " (" : "", words ? words : "", words ? ")" : "");
}
