/* Reading of messages: gpg decrypts in the background, and what it says of a message decides whether it is accepted.
 * What a passphrase alone protects is decrypted without it. */
#include "codec/openpgp.h"

#include <strings.h>

#include "base/memory.h"
#include "codec/openpgp_message.h"
#include "codec/openpgp_run.h"
#include "codec/openpgp_symmetric.h"
#include "codec/read_ahead.h"
#include "sys/conduit.h"
#include "sys/task.h"

static Error *no_secret_key(const OpenPgpRun *run, const char *what) {
        AUTO_VALUE(buffer_clear) Buffer keys = { .data = NULL };
        AUTO_TEXT char *import = openpgp_run_import(run->openpgp);
        gpgme_decrypt_result_t result = gpgme_op_decrypt_result(run->context);
        for (gpgme_recipient_t to = result ? result->recipients : NULL; to; to = to->next)
                buffer_print(&keys, "%s%s", keys.length ? ", " : "",
                             to->keyid && strspn(to->keyid, "0") < 16 ? to->keyid : "hidden");
        return error_new(ERROR_DENIED, "%s: no secret key for it here, it is encrypted to: %s (import one with %s)",
                         what, buffer_text(&keys), import);
}

static bool lacks_protection(const OpenPgpRun *run) {
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

/* How one run of gpg reads. */
typedef enum ReadingMode {
        MODE_WHOLE,  /* gpg decrypts and unpacks */
        MODE_UNWRAP, /* gpg decrypts, and gives the packets that were encrypted: we unpack several times faster */
        MODE_UNPACK, /* of such packets, when they are armored, or compressed in a way that only gpg knows */
} ReadingMode;

static Error *not_encrypted(const OpenPgpRun *run) {
        return error_new(ERROR_CORRUPT, "cannot decrypt '%s': it is not encrypted", run->name);
}

static bool accepts_plain(const OpenPgpRun *run, ReadingMode mode) {
        return mode == MODE_UNPACK || run->openpgp->options.accept_unprotected;
}

static Error *reading_failure(OpenPgpRun *run, ReadingMode mode, gpgme_error_t failure) {
        AUTO_TEXT char *what = memory_print("cannot decrypt '%s'", run->name);
        bool is_plain = run->statuses.has_plaintext && !run->statuses.is_encrypted;
        bool is_whole = gpgme_err_code(failure) == GPG_ERR_NO_DATA && !run->statuses.has_failed;
        if (is_plain && is_whole && accepts_plain(run, mode))
                return NULL;
        if (is_plain && mode != MODE_UNPACK)
                return not_encrypted(run);
        Error *error = openpgp_run_passphrase_failure(run, failure, what);
        if (error)
                return error;
        if (gpgme_err_code(failure) == GPG_ERR_NO_SECKEY)
                return no_secret_key(run, what);
        if (lacks_protection(run))
                return error_new(ERROR_CORRUPT, "%s: it has no integrity protection", what);
        return openpgp_run_other_failure(run, failure, kind_of_failure(failure), what);
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

static Error *check_signer(const OpenPgpRun *run) {
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
                AUTO_TEXT char *reason = openpgp_run_text(first->status);
                return error_new(ERROR_CORRUPT, "'%s' has a signature of %s that is not valid: %s", run->name, wanted,
                                 reason);
        }
        return error_new(ERROR_CORRUPT, "'%s' was signed by key %s, not by %s", run->name, first->fpr, wanted);
}

/* gpg 2.4 says of a message to none of our keys what the last of them made of it; gpg 2.2 says that there is no key. */
static gpgme_error_t no_key_or(const OpenPgpRun *run, gpgme_error_t failure) {
        gpgme_err_code_t code = gpgme_err_code(failure);
        bool is_of_key = code == GPG_ERR_CHECKSUM || code == GPG_ERR_WRONG_SECKEY;
        return is_of_key && run->statuses.lacks_key ? gpgme_error(GPG_ERR_NO_SECKEY) : failure;
}

static gpgme_error_t decrypt(OpenPgpRun *run, ReadingMode mode) {
        gpgme_decrypt_flags_t flags = mode == MODE_UNWRAP ? GPGME_DECRYPT_UNWRAP : GPGME_DECRYPT_VERIFY;
        bool is_lenient = run->openpgp->options.accept_unprotected;
        gpgme_error_t failure = is_lenient ? gpgme_set_ctx_flag(run->context, "ignore-mdc-error", "1") : 0;
        if (!failure)
                failure = gpgme_op_decrypt_ext_start(run->context, flags, run->input, run->output);
        failure = openpgp_loop_run(&run->loop, run->context, failure);
        return no_key_or(run, failure);
}

static Error *run_decryption(OpenPgpRun *run, ReadingMode mode) {
        TRY(openpgp_run_prepare(run));
        gpgme_error_t failure = decrypt(run, mode);
        if (run->error)
                return TAKE(run->error);
        if (failure)
                TRY(error_with_code(reading_failure(run, mode, failure), EXIT_CODE_GPG));
        if (mode == MODE_UNWRAP && run->statuses.has_plaintext) /* gpg has unpacked what was beside the encrypted */
                return error_with_code(not_encrypted(run), EXIT_CODE_GPG);
        return error_with_code(check_signer(run), EXIT_CODE_BAD_SIGNATURE);
}

/* A task decrypts; the reader is at the other end of a conduit. */
typedef struct Decryption {
        Reader reader;
        const OpenPgp *openpgp;
        ReadingMode mode;
        Reader message;                         /* all of it: FRONT, and then NEXT */
        uint8_t front[OPENPGP_SYMMETRIC_FRONT]; /* what stands before NEXT, or has been looked at of it */
        size_t front_length, front_given;
        Reader *next;
        bool next_has_ended;
        char *name;
        Conduit *conduit;
        Task *task;
        bool has_ended;
} Decryption;

/* The task's end of the conduit. */
typedef struct ConduitWriter {
        Writer writer;
        Conduit *conduit;
} ConduitWriter;

static Error *write_to_conduit(Writer *writer, Bytes bytes) {
        bool is_wanted = conduit_write(((ConduitWriter *)writer)->conduit, bytes);
        return is_wanted ? NULL : error_new(ERROR_CANCELLED, "nobody reads it any more");
}

static Error *read_message(Reader *reader, void *buffer, size_t capacity, size_t *ret_length) {
        Decryption *decryption = (Decryption *)((char *)reader - offsetof(Decryption, message));
        size_t length = MIN(capacity, decryption->front_length - decryption->front_given);
        *ret_length = length;
        if (length)
                memcpy(buffer, decryption->front + decryption->front_given, length);
        decryption->front_given += length;
        return length || decryption->next_has_ended
                       ? NULL
                       : decryption->next->read(decryption->next, buffer, capacity, ret_length);
}

static Error *decrypt_by_gpg(Decryption *decryption, Writer *out) {
        AUTO_VALUE(openpgp_run_clear) OpenPgpRun run = { .openpgp = decryption->openpgp, .name = decryption->name };
        TRY(openpgp_run_check_program(decryption->openpgp));
        run.in = &decryption->message;
        run.out = out;
        return run_decryption(&run, decryption->mode);
}

static Error *look_at_front(Decryption *decryption) {
        size_t wanted = sizeof decryption->front;
        TRY(reader_read(decryption->next, decryption->front, wanted, &decryption->front_length));
        decryption->next_has_ended = decryption->front_length < wanted;
        return NULL;
}

/* What has been unpacked is no message, and what need not be encrypted is gpg's to judge. */
static bool may_take_no_gpg(const Decryption *decryption) {
        return decryption->mode == MODE_UNWRAP && openpgp_run_is_plain(decryption->openpgp);
}

static Error *decrypt_message(Decryption *decryption, Writer *out) {
        OpenPgpSymmetricKind kind;
        if (!may_take_no_gpg(decryption))
                return decrypt_by_gpg(decryption, out);
        TRY(look_at_front(decryption));
        if (!openpgp_symmetric_recognise(bytes_make(decryption->front, decryption->front_length), &kind))
                return decrypt_by_gpg(decryption, out);
        return openpgp_symmetric_decrypt(openpgp_run_passphrase(decryption->openpgp->options.passphrase), &kind,
                                         &decryption->message, out, decryption->name);
}

static Error *decrypt_to_conduit(void *context) {
        Decryption *decryption = context;
        ConduitWriter out = { .writer = { .write = write_to_conduit }, .conduit = decryption->conduit };
        Error *error = decrypt_message(decryption, &out.writer);
        conduit_end(decryption->conduit);
        return error;
}

static Error *read_decrypted(Reader *reader, void *buffer, size_t capacity, size_t *ret_length) {
        Decryption *decryption = (Decryption *)reader;
        *ret_length = 0;
        if (decryption->has_ended || capacity == 0)
                return NULL;
        *ret_length = conduit_read(decryption->conduit, buffer, capacity);
        if (*ret_length)
                return NULL;
        decryption->has_ended = true;
        return task_join(TAKE(decryption->task));
}

/* The task ends when nobody reads any more; what it says of that is of no interest. */
static void close_decryption(Reader *reader) {
        Decryption *decryption = (Decryption *)reader;
        conduit_leave(decryption->conduit);
        error_free(task_join(decryption->task));
        conduit_free(decryption->conduit);
        reader_close(decryption->next);
        memory_free(decryption->name);
        memory_free(decryption);
}

static Decryption *new_decryption(const OpenPgp *openpgp, ReadingMode mode, Reader *next, const char *name) {
        Decryption *decryption = memory_new(Decryption);
        decryption->reader = (Reader){ .read = read_decrypted, .close = close_decryption };
        decryption->openpgp = openpgp;
        decryption->mode = mode;
        decryption->message.read = read_message;
        decryption->next = next;
        decryption->name = memory_text(name);
        decryption->conduit = conduit_new();
        return decryption;
}

/* The message that has been decrypted, unpacked here. */
typedef struct Unwrapped {
        Reader reader;
        Decryption *decryption; /* the message's */
        Reader *message;
} Unwrapped;

/* What decryption has to say of the rest. */
static Error *verdict_of(Decryption *decryption) {
        for (;;) {
                char dropped[16 * 1024];
                size_t length;
                TRY(read_decrypted(&decryption->reader, dropped, sizeof dropped, &length));
                if (length == 0)
                        return NULL;
        }
}

/* Where a message makes no sense decryption may know why: it was not encrypted, or somebody has altered it. */
static Error *read_unwrapped(Reader *reader, void *buffer, size_t capacity, size_t *ret_length) {
        Unwrapped *self = (Unwrapped *)reader;
        AUTO(error_free) Error *damage = self->message->read(self->message, buffer, capacity, ret_length);
        if (damage)
                TRY(verdict_of(self->decryption));
        return TAKE(damage);
}

static void close_unwrapped(Reader *reader) {
        Unwrapped *self = (Unwrapped *)reader;
        reader_close(self->message);
        memory_free(self);
}

static Error *unpack(const void *context, Bytes front, Reader *body, const char *name, Reader **ret_reader) {
        Decryption *decryption = new_decryption(context, MODE_UNPACK, body, name);
        AUTO(reader_close) Reader *reader = &decryption->reader;
        decryption->front_length = MIN(front.length, sizeof decryption->front);
        if (decryption->front_length)
                memcpy(decryption->front, front.at, decryption->front_length);
        TRY(task_start(decrypt_to_conduit, decryption, &decryption->task));
        *ret_reader = TAKE(reader);
        return NULL;
}

static Reader *unwrap(Decryption *decryption) {
        Unwrapped *self = memory_new(Unwrapped);
        self->reader = (Reader){ .read = read_unwrapped, .close = close_unwrapped };
        self->decryption = decryption;
        self->message = openpgp_message_read(&decryption->reader, decryption->name, unpack, decryption->openpgp);
        return &self->reader;
}

/* A signer is found by gpg, and so is what a message is that need not be encrypted. */
static ReadingMode mode_of(const OpenPgp *openpgp) {
        return openpgp->options.signer || openpgp->options.accept_unprotected ? MODE_WHOLE : MODE_UNWRAP;
}

Error *openpgp_read(const OpenPgp *openpgp, Reader *next, const char *name, Reader **ret_reader) {
        Decryption *decryption = new_decryption(openpgp, mode_of(openpgp), next, name);
        AUTO(reader_close) Reader *reader = &decryption->reader;
        TRY(task_start(decrypt_to_conduit, decryption, &decryption->task));
        if (decryption->mode == MODE_UNWRAP) {
                Reader *message = unwrap(decryption);
                reader = NULL;
                return read_ahead_open(message, ret_reader);
        }
        *ret_reader = TAKE(reader);
        return NULL;
}
