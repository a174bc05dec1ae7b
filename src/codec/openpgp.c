#include "codec/openpgp.h"

#include <errno.h>
#include <fcntl.h>
#include <gpgme.h>
#include <pthread.h>
#include <strings.h>
#include <unistd.h>

#include "base/list.h"
#include "base/memory.h"
#include "codec/openpgp_program.h"
#include "sys/file.h"
#include "sys/task.h"

enum {
        PIPE_SIZE = 1 << 20,     /* wish; what the system grants will do */
        WORDS_OF_GPG_MAX = 4096, /* of gpg's own words in a message */
};

struct OpenPgp {
        Arena *arena;
        OpenPgpOptions options; /* texts out of the arena; secrets are ours */
        TextList words;         /* of --gpg-options */
        const char *program;    /* for gpgme, NULL: its own choice */
        char *recipients;       /* in gpgme's notation, NULL: symmetric */
        gpgme_key_t signer;
};

/* RFC 4880: old-format packets (section 4.2.1) of indeterminate length */
enum {
        PACKET_OLD_INDETERMINATE = 0x80 | 3,
        PACKET_COMPRESSED = 8 << 2,
        PACKET_LITERAL = 11 << 2,
        COMPRESSION_ZIP = 1,
};
static const uint8_t compressed_header[] = { PACKET_OLD_INDETERMINATE | PACKET_COMPRESSED, COMPRESSION_ZIP };
const uint8_t openpgp_literal_header[] = { PACKET_OLD_INDETERMINATE | PACKET_LITERAL, 'b', 0, 0, 0, 0, 0 };
const size_t openpgp_literal_header_size = sizeof openpgp_literal_header;

/* ---- one run of gpg ---- */

/* What gpg said of a message in its status lines. */
typedef struct Statuses {
        bool was_written;
        bool is_encrypted;
        bool has_plaintext;
        bool has_failed;
} Statuses;

typedef struct Run {
        const OpenPgp *openpgp;
        const char *name; /* of the message, for errors; NULL when writing */
        gpgme_ctx_t context;
        Bytes front; /* goes before what IN gives */
        Reader *in;
        Writer *out;
        Error *error; /* of in or out */
        Statuses statuses;
        const char *passphrase; /* name of the one that gpg asked for last, NULL: did not ask */
        bool is_symmetric;      /* it was not a key's */
        bool lacks_passphrase;  /* there was none */
        bool was_wrong;         /* gpg asked again */
} Run;

static void release_context(gpgme_ctx_t *context) {
        if (*context)
                gpgme_release(*context);
}

static void release_data(gpgme_data_t *data) {
        if (*data)
                gpgme_data_release(*data);
}

static void release_key(gpgme_key_t *key) {
        if (*key)
                gpgme_key_unref(*key);
}

/* gpgme's text for FAILURE, in memory of the caller. */
static char *failure_text(gpgme_error_t failure) {
        char text[256] = "";
        (void)gpgme_strerror_r(failure, text, sizeof text); /* cut short at worst */
        return memory_text(text);
}

static Error *gpg_error_from(gpgme_error_t failure, const char *what) {
        AUTO_TEXT char *text = failure_text(failure);
        return error_with_code(error_new(ERROR_SYSTEM, "%s: %s", what, text), EXIT_CODE_GPG);
}

static bool is_of_key(const char *passphrase_info) {
        /* "<16 digits of the key id> ..." for keys, "<cipher> <s2k mode> <s2k hash>" for symmetric messages */
        return passphrase_info && strcspn(passphrase_info, " ") == 16;
}

static const Secret *wanted_secret(Run *run, const char *passphrase_info) {
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

/* One line, as stock duplicity tells it. A key without an answer gets an empty one: it may not be the only key that
 * is tried. */
static gpgme_error_t answer_passphrase(void *hook, UNUSED const char *uid_hint, const char *passphrase_info,
                                       int was_wrong, int fd) {
        Run *run = hook;
        Bytes rest, line = bytes_cut(secret_reveal(wanted_secret(run, passphrase_info)), '\n', &rest);
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
                { "END_ENCRYPTION", offsetof(Statuses, was_written) },
                { "BEGIN_DECRYPTION", offsetof(Statuses, is_encrypted) },
                { "PLAINTEXT", offsetof(Statuses, has_plaintext) },
                { "ERROR", offsetof(Statuses, has_failed) },
                { "FAILURE", offsetof(Statuses, has_failed) },
                { "NODATA", offsetof(Statuses, has_failed) },
                { "BADARMOR", offsetof(Statuses, has_failed) },
                { "UNEXPECTED", offsetof(Statuses, has_failed) },
        };
        Run *run = hook;
        for (size_t i = 0; i < ARRAY_LENGTH(meanings); i++)
                if (strcmp(keyword, meanings[i].keyword) == 0)
                        *((bool *)((char *)&run->statuses + meanings[i].field)) = true;
        return 0;
}

static ssize_t give_input(void *hook, void *buffer, size_t size) {
        Run *run = hook;
        size_t length = MIN(size, run->front.length);
        if (length) {
                memcpy(buffer, run->front.at, length);
                run->front = bytes_slice(run->front, length, run->front.length);
                return (ssize_t)length;
        }
        if (!run->error) /* the first one counts */
                run->error = run->in->read(run->in, buffer, size, &length);
        if (!run->error)
                return (ssize_t)length;
        errno = EIO;
        return -1;
}

static ssize_t take_output(void *hook, const void *buffer, size_t size) {
        Run *run = hook;
        if (!run->error)
                run->error = writer_write(run->out, bytes_make(buffer, size));
        if (!run->error)
                return (ssize_t)size;
        errno = EIO;
        return -1;
}

static struct gpgme_data_cbs input_calls = { .read = give_input };
static struct gpgme_data_cbs output_calls = { .write = take_output };

/* gpgme moves 512 bytes at a time unless told otherwise, which its older versions do not understand. */
static gpgme_error_t open_data(struct gpgme_data_cbs *calls, Run *run, gpgme_data_t *ret_data) {
        gpgme_error_t failure = gpgme_data_new_from_cbs(ret_data, calls, run);
        if (!failure)
                (void)gpgme_data_set_flag(*ret_data, "io-buffer-size", "65536");
        return failure;
}

static void start_gpgme(void) {
        (void)gpgme_check_version(NULL); /* sets gpgme up; there is no version that we refuse */
}

/* Where --gpg-binary, --gpg-options and the home count: in every context. */
static Error *open_context(const OpenPgp *openpgp, gpgme_ctx_t *ret_context) {
        static pthread_once_t once = PTHREAD_ONCE_INIT;
        (void)pthread_once(&once, start_gpgme);
        AUTO_VALUE(release_context) gpgme_ctx_t context = NULL;
        gpgme_error_t failure = gpgme_new(&context);
        if (!failure)
                failure = gpgme_ctx_set_engine_info(context, GPGME_PROTOCOL_OpenPGP, openpgp->program,
                                                    openpgp->options.home);
        if (failure)
                return gpg_error_from(failure, "cannot prepare gpg");
        gpgme_set_armor(context, 0);
        gpgme_set_offline(context, 1);
        *ret_context = TAKE(context);
        return NULL;
}

static Error *prepare_run(Run *run) {
        TRY(open_context(run->openpgp, &run->context));
        gpgme_set_status_cb(run->context, note_status, run);
        (void)gpgme_set_ctx_flag(run->context, "full-status", "1"); /* known to every version that we build with */
        if (run->openpgp->options.use_agent)
                return NULL;
        /* what is given is tried, not what the agent may still remember of another run; old gpg know no such cache */
        (void)gpgme_set_ctx_flag(run->context, "no-symkey-cache", "1");
        gpgme_error_t failure = gpgme_set_pinentry_mode(run->context, GPGME_PINENTRY_MODE_LOOPBACK);
        gpgme_set_passphrase_cb(run->context, answer_passphrase, run);
        return failure ? gpg_error_from(failure, "cannot prepare gpg") : NULL;
}

static void clear_run(Run *run) {
        release_context(&run->context);
        error_free(run->error);
}

/* What gpg itself said, one line; NULL when it said nothing. */
static char *words_of_gpg(Run *run) {
        AUTO_VALUE(release_data) gpgme_data_t data = NULL;
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

/* Failures without a story of their own. */
static Error *other_failure(Run *run, ErrorKind kind, const char *what, gpgme_error_t failure) {
        AUTO_TEXT char *text = failure_text(failure);
        AUTO_TEXT char *words = words_of_gpg(run);
        return error_new(kind, "%s: %s%s%s%s", what, text, words ? " (" : "", words ? words : "", words ? ")" : "");
}

/* True when the passphrase can be what went wrong. Of messages to hidden recipients gpg says then that it has no key;
 * of symmetric ones the older gpg just that it failed. */
static bool is_about_passphrase(const Run *run, gpgme_error_t failure) {
        switch (gpgme_err_code(failure)) {
        case GPG_ERR_BAD_PASSPHRASE:
        case GPG_ERR_NO_PASSPHRASE:
                return true;
        case GPG_ERR_NO_SECKEY:
                return run->passphrase;
        case GPG_ERR_CANCELED:
                return run->lacks_passphrase || run->was_wrong;
        case GPG_ERR_DECRYPT_FAILED:
                return run->is_symmetric && !run->statuses.has_plaintext;
        default:
                return false;
        }
}

/* NULL when it is something else. */
static Error *passphrase_failure(const Run *run, gpgme_error_t failure, const char *what) {
        if (!is_about_passphrase(run, failure))
                return NULL;
        const char *passphrase = run->passphrase ? run->passphrase : "PASSPHRASE";
        if (run->lacks_passphrase)
                return error_new(ERROR_DENIED, "%s: a passphrase is needed (set %s)", what, passphrase);
        return error_new(ERROR_DENIED, "%s: bad passphrase (check %s)", what, passphrase);
}

/* ---- writing ---- */

static bool is_hidden_recipient(const OpenPgpOptions *options, const char *key) {
        for (size_t i = 0; i < options->hidden_recipient_count; i++)
                if (strcmp(options->hidden_recipients[i], key) == 0)
                        return true;
        return false;
}

static Error *recipient_failure(const OpenPgp *openpgp, gpgme_invalid_key_t invalid) {
        static const struct {
                gpgme_err_code_t code;
                const char *text;
        } reasons[] = {
                { GPG_ERR_PUBKEY_NOT_TRUSTED,
                  "it is not trusted: if it is the right one say so with 'gpg --edit-key <key> trust', or add "
                  "--gpg-options='--trust-model always'" },
                { GPG_ERR_CERT_REVOKED, "it has been revoked: name another key" },
                { GPG_ERR_CERT_EXPIRED,
                  "it has expired: name another key, or extend it with 'gpg --quick-set-expire'" },
                { GPG_ERR_WRONG_KEY_USAGE, "it is not for encrypting: name another key" },
                { GPG_ERR_AMBIGUOUS_NAME, "several keys are called so: name it by its fingerprint" },
                { GPG_ERR_NO_SECKEY, "it has no secret key here" },
        };
        const char *text = "it is not known, or cannot be used: import it with 'gpg --import'";
        for (size_t i = 0; i < ARRAY_LENGTH(reasons); i++)
                if (reasons[i].code == gpgme_err_code(invalid->reason))
                        text = reasons[i].text;
        const char *key = invalid->fpr ? invalid->fpr : "?";
        const char *option = is_hidden_recipient(&openpgp->options, key) ? "hidden-encrypt-key" : "encrypt-key";
        return error_new(ERROR_USER, "cannot encrypt to key '%s' (--%s): %s", key, option, text);
}

static Error *signer_failure(const OpenPgp *openpgp, const char *reason) {
        return error_with_code(error_new(ERROR_USER, "cannot sign with key '%s' (--sign-key): %s",
                                         openpgp->options.signer, reason),
                               EXIT_CODE_BAD_SIGN_KEY);
}

static Error *writing_failure(Run *run, gpgme_error_t failure) {
        if (run->error)
                return TAKE(run->error);
        if (!failure && run->statuses.was_written)
                return NULL;
        if (!failure) /* gpgme overlooks some of gpg's failures */
                failure = gpgme_error(GPG_ERR_GENERAL);
        gpgme_encrypt_result_t encrypted = gpgme_op_encrypt_result(run->context);
        gpgme_sign_result_t signature = gpgme_op_sign_result(run->context);
        if (encrypted && encrypted->invalid_recipients)
                return recipient_failure(run->openpgp, encrypted->invalid_recipients);
        Error *error = passphrase_failure(run, failure, "cannot encrypt");
        if (error)
                return error;
        if (signature && signature->invalid_signers)
                return signer_failure(run->openpgp,
                                      "its secret key is not here, or has expired: import it with 'gpg --import'");
        return other_failure(run, ERROR_SYSTEM, "cannot encrypt", failure);
}

static gpgme_error_t encrypt(Run *run, OpenPgpInput input) {
        const OpenPgp *openpgp = run->openpgp;
        AUTO_VALUE(release_data) gpgme_data_t in = NULL;
        AUTO_VALUE(release_data) gpgme_data_t out = NULL;
        unsigned bits = openpgp->options.always_trust ? GPGME_ENCRYPT_ALWAYS_TRUST : 0;
        if (input == OPENPGP_COMPRESSED) {
                bits |= GPGME_ENCRYPT_WRAP | GPGME_ENCRYPT_NO_COMPRESS;
                run->front = bytes_make(compressed_header, sizeof compressed_header);
        }
        gpgme_encrypt_flags_t flags = (gpgme_encrypt_flags_t)bits;
        gpgme_error_t failure = open_data(&input_calls, run, &in);
        if (!failure)
                failure = open_data(&output_calls, run, &out);
        if (!failure && openpgp->signer)
                failure = gpgme_signers_add(run->context, openpgp->signer);
        if (failure)
                return failure;
        return openpgp->signer
                       ? gpgme_op_encrypt_sign_ext(run->context, NULL, openpgp->recipients, flags, in, out)
                       : gpgme_op_encrypt_ext(run->context, NULL, openpgp->recipients, flags, in, out);
}

Error *openpgp_encrypt(const OpenPgp *openpgp, OpenPgpInput input, Reader *in, Writer *out) {
        AUTO_VALUE(clear_run) Run run = { .openpgp = openpgp, .in = in, .out = out };
        TRY(prepare_run(&run));
        gpgme_error_t failure = encrypt(&run, input);
        bool is_ours = !run.error;
        Error *error = writing_failure(&run, failure);
        return is_ours ? error_with_code(error, EXIT_CODE_GPG) : error;
}

/* ---- reading ---- */

static Error *no_secret_key(const Run *run, const char *what) {
        AUTO_VALUE(buffer_clear) Buffer keys = { .data = NULL };
        gpgme_decrypt_result_t result = gpgme_op_decrypt_result(run->context);
        for (gpgme_recipient_t to = result ? result->recipients : NULL; to; to = to->next)
                buffer_print(&keys, "%s%s", keys.length ? ", " : "",
                             to->keyid && strspn(to->keyid, "0") < 16 ? to->keyid : "hidden");
        return error_new(ERROR_DENIED,
                         "%s: no secret key for it here, it is encrypted to: %s (import one with 'gpg --import')",
                         what, buffer_text(&keys));
}

static bool lacks_protection(const Run *run) {
        gpgme_decrypt_result_t result = gpgme_op_decrypt_result(run->context);
        return result && result->legacy_cipher_nomdc;
}

/* Kind of what is wrong with a message, when it is the message. */
static ErrorKind kind_of_failure(gpgme_error_t failure) {
        static const gpgme_err_code_t codes[] = {
                GPG_ERR_DECRYPT_FAILED, GPG_ERR_NO_DATA,         GPG_ERR_BAD_DATA, GPG_ERR_INV_PACKET,
                GPG_ERR_UNKNOWN_PACKET, GPG_ERR_CHECKSUM,        GPG_ERR_INV_DATA, GPG_ERR_INV_ARMOR,
                GPG_ERR_BAD_SIGNATURE,  GPG_ERR_INCOMPLETE_LINE, GPG_ERR_EOF,      GPG_ERR_TRUNCATED,
                GPG_ERR_UNEXPECTED,
        };
        for (size_t i = 0; i < ARRAY_LENGTH(codes); i++)
                if (codes[i] == gpgme_err_code(failure))
                        return ERROR_CORRUPT;
        return ERROR_SYSTEM;
}

static Error *reading_failure(Run *run, gpgme_error_t failure) {
        AUTO_TEXT char *what = memory_print("cannot decrypt '%s'", run->name);
        bool is_plain = run->statuses.has_plaintext && !run->statuses.is_encrypted;
        bool is_whole = gpgme_err_code(failure) == GPG_ERR_NO_DATA && !run->statuses.has_failed;
        if (is_plain && is_whole && run->openpgp->options.accept_unprotected)
                return NULL;
        if (is_plain)
                return error_new(ERROR_CORRUPT, "%s: it is not encrypted", what);
        Error *error = passphrase_failure(run, failure, what);
        if (error)
                return error;
        if (gpgme_err_code(failure) == GPG_ERR_NO_SECKEY)
                return no_secret_key(run, what);
        if (lacks_protection(run))
                return error_new(ERROR_CORRUPT, "%s: it has no integrity protection", what);
        return other_failure(run, kind_of_failure(failure), what, failure);
}

/* FINGERPRINT may be a whole one, or the key id at its end when gpg knows no more. */
static bool is_key(gpgme_key_t key, const char *fingerprint) {
        size_t end = strlen(fingerprint);
        for (gpgme_subkey_t part = key->subkeys; part; part = part->next) {
                size_t all = part->fpr ? strlen(part->fpr) : 0;
                if (end >= 16 && end <= all && strcasecmp(part->fpr + all - end, fingerprint) == 0)
                        return true;
        }
        return false;
}

/* An old message stays good when its key has expired since. */
static bool is_good(gpgme_signature_t signature) {
        gpgme_err_code_t code = gpgme_err_code(signature->status);
        return code == GPG_ERR_NO_ERROR || code == GPG_ERR_KEY_EXPIRED;
}

static Error *check_signer(const Run *run) {
        const char *wanted = run->openpgp->options.signer;
        if (!wanted)
                return NULL;
        gpgme_verify_result_t result = gpgme_op_verify_result(run->context);
        gpgme_signature_t first = result ? result->signatures : NULL;
        if (!first || !first->fpr)
                return error_new(ERROR_CORRUPT, "'%s' is not signed, and has to be by %s (--sign-key)", run->name,
                                 wanted);
        for (gpgme_signature_t signature = first; signature; signature = signature->next)
                if (is_good(signature) && signature->fpr && is_key(run->openpgp->signer, signature->fpr))
                        return NULL;
        if (is_key(run->openpgp->signer, first->fpr)) {
                AUTO_TEXT char *reason = failure_text(first->status);
                return error_new(ERROR_CORRUPT, "'%s' has a signature of %s that is not valid: %s", run->name, wanted,
                                 reason);
        }
        return error_new(ERROR_CORRUPT, "'%s' was signed by key %s, not by %s", run->name, first->fpr, wanted);
}

static gpgme_error_t decrypt(Run *run) {
        AUTO_VALUE(release_data) gpgme_data_t in = NULL;
        AUTO_VALUE(release_data) gpgme_data_t out = NULL;
        gpgme_error_t failure = open_data(&input_calls, run, &in);
        if (!failure)
                failure = open_data(&output_calls, run, &out);
        if (!failure && run->openpgp->options.accept_unprotected)
                failure = gpgme_set_ctx_flag(run->context, "ignore-mdc-error", "1");
        return failure ? failure : gpgme_op_decrypt_verify(run->context, in, out);
}

static Error *run_decryption(Run *run) {
        TRY(prepare_run(run));
        gpgme_error_t failure = decrypt(run);
        if (run->error)
                return TAKE(run->error);
        if (failure)
                TRY(error_with_code(reading_failure(run, failure), EXIT_CODE_GPG));
        return error_with_code(check_signer(run), EXIT_CODE_BAD_SIGNATURE);
}

/* gpg runs in a task, which owns the writing end of the pipe; the reader is at its other end. */
typedef struct Decryption {
        Reader reader;
        const OpenPgp *openpgp;
        Reader *next;
        char *name;
        int pipe_end;   /* for reading */
        int task_end;   /* for writing; the task's alone while it runs */
        Task *task;
        bool has_ended;
} Decryption;

static Error *decrypt_to_pipe(void *context) {
        Decryption *decryption = context;
        AUTO(writer_abandon) Writer *out = stream_write_fd(TAKE_FD(decryption->task_end), true, decryption->name);
        AUTO_VALUE(clear_run) Run run = { .openpgp = decryption->openpgp, .name = decryption->name };
        run.in = decryption->next;
        run.out = out;
        return run_decryption(&run);
}

static Error *read_decrypted(Reader *reader, void *buffer, size_t capacity, size_t *ret_length) {
        Decryption *decryption = (Decryption *)reader;
        *ret_length = 0;
        if (decryption->has_ended)
                return NULL;
        TRY(file_read(decryption->pipe_end, decryption->name, buffer, capacity, ret_length));
        if (*ret_length)
                return NULL;
        decryption->has_ended = true;
        return task_join(TAKE(decryption->task));
}

/* The task is woken by its pipe having no reader any more; what it says of that is of no interest. */
static void close_decryption(Reader *reader) {
        Decryption *decryption = (Decryption *)reader;
        file_close(&decryption->pipe_end);
        error_free(task_join(decryption->task));
        file_close(&decryption->task_end);
        reader_close(decryption->next);
        memory_free(decryption->name);
        memory_free(decryption);
}

Error *openpgp_read(const OpenPgp *openpgp, Reader *next, const char *name, Reader **ret_reader) {
        Decryption *decryption = memory_new(Decryption);
        decryption->reader = (Reader){ .read = read_decrypted, .close = close_decryption };
        AUTO(reader_close) Reader *reader = &decryption->reader;
        decryption->openpgp = openpgp;
        decryption->next = next;
        decryption->name = memory_text(name);
        int ends[2] = { -1, -1 };
        int failure = pipe2(ends, O_CLOEXEC) < 0 ? errno : 0;
        decryption->pipe_end = ends[0];
        decryption->task_end = ends[1];
        if (failure)
                return error_from_errno(failure, "cannot decrypt '%s'", name);
        (void)fcntl(ends[1], F_SETPIPE_SZ, PIPE_SIZE); /* the system may have less for us */
        TRY(task_start(decrypt_to_pipe, decryption, &decryption->task));
        *ret_reader = TAKE(reader);
        return NULL;
}

/* ---- options ---- */

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

static gpgme_engine_info_t engine_of(gpgme_ctx_t context) {
        gpgme_engine_info_t engine = gpgme_ctx_get_engine_info(context);
        while (engine && engine->protocol != GPGME_PROTOCOL_OpenPGP)
                engine = engine->next;
        return engine;
}

static Error *choose_program(OpenPgp *openpgp) {
        AUTO_VALUE(release_context) gpgme_ctx_t context = NULL;
        const OpenPgpOptions *options = &openpgp->options;
        if (options->options)
                TRY(openpgp_program_split(options->options, openpgp->arena, &openpgp->words));
        if (!options->binary && !openpgp->words.count)
                return NULL;
        TRY(open_context(openpgp, &context));
        gpgme_engine_info_t usual = engine_of(context);
        const char *binary = usual && usual->file_name ? usual->file_name : "gpg";
        openpgp_program_announce(options->binary ? options->binary : binary, &openpgp->words);
        openpgp->program = openpgp_program_ourselves;
        return NULL;
}

/* A program that does not run has version 1.0.0 for gpgme. The real version 1 would not do: it knows no loopback. */
static Error *check_program(const OpenPgp *openpgp) {
        AUTO_VALUE(release_context) gpgme_ctx_t context = NULL;
        TRY(open_context(openpgp, &context));
        gpgme_engine_info_t engine = engine_of(context);
        if (engine && engine->version && strncmp(engine->version, "1.", 2) != 0)
                return NULL;
        const char *binary = openpgp->options.binary ? openpgp->options.binary : "gpg";
        const char *hint = openpgp->words.count ? ", or see whether it understands --gpg-options" : "";
        return error_with_code(error_new(ERROR_SYSTEM, "cannot run '%s': install the package gnupg%s", binary, hint),
                               EXIT_CODE_GPG);
}

/* The public key: it is all that checking takes, and gpg looks for the secret one itself. */
static Error *find_signer(OpenPgp *openpgp) {
        AUTO_VALUE(release_context) gpgme_ctx_t context = NULL;
        AUTO_VALUE(release_key) gpgme_key_t other = NULL;
        if (!openpgp->options.signer)
                return NULL;
        TRY(open_context(openpgp, &context));
        gpgme_error_t failure = gpgme_op_keylist_start(context, openpgp->options.signer, 0);
        if (!failure)
                failure = gpgme_op_keylist_next(context, &openpgp->signer);
        if (failure)
                return signer_failure(openpgp, "it is not known: import it with 'gpg --import'");
        if (!gpgme_op_keylist_next(context, &other))
                return signer_failure(openpgp, "several keys are called so: name it by its fingerprint");
        return NULL;
}

static Error *try_writing(const OpenPgp *openpgp) {
        AUTO_VALUE(buffer_clear) Buffer nowhere = { .data = NULL };
        AUTO(reader_close) Reader *in = stream_read_bytes(bytes_of(""));
        AUTO(writer_abandon) Writer *out = stream_write_buffer(&nowhere);
        bool may_fail = openpgp->recipients || openpgp->signer;
        return openpgp->options.for_writing && may_fail ? openpgp_encrypt(openpgp, OPENPGP_PLAIN, in, out) : NULL;
}

Error *openpgp_open(const OpenPgpOptions *options, OpenPgp **ret_openpgp) {
        AUTO(openpgp_free) OpenPgp *openpgp = memory_new(OpenPgp);
        openpgp->arena = arena_new();
        copy_options(openpgp, options);
        TRY(list_recipients(openpgp));
        TRY(choose_program(openpgp));
        TRY(check_program(openpgp));
        TRY(find_signer(openpgp));
        TRY(try_writing(openpgp));
        *ret_openpgp = TAKE(openpgp);
        return NULL;
}

bool openpgp_takes_compressed(const OpenPgp *openpgp) {
        return !openpgp->signer && !openpgp_program_shapes_contents(&openpgp->words);
}

bool openpgp_can_read_own(const OpenPgp *openpgp) {
        return openpgp->options.passphrase || openpgp->options.use_agent;
}

bool openpgp_is_symmetric(const OpenPgp *openpgp) {
        return !openpgp->recipients;
}

void openpgp_free(OpenPgp *openpgp) {
        if (!openpgp)
                return;
        secret_free((Secret *)openpgp->options.passphrase);
        secret_free((Secret *)openpgp->options.sign_passphrase);
        release_key(&openpgp->signer);
        text_list_clear(&openpgp->words);
        arena_free(openpgp->arena);
        memory_free(openpgp);
}

void openpgp_become_gpg(char **argv) {
        openpgp_program_become(argv);
}
