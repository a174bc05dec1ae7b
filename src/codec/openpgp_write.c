/* Writing of messages: what gpg is given to encrypt and sign, and what is wrong with keys. */
#include "codec/openpgp.h"

#include "base/memory.h"
#include "codec/openpgp_run.h"
#include "codec/openpgp_symmetric.h"

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
        AUTO_TEXT char *import = openpgp_run_import(openpgp);
        AUTO_TEXT char *unknown = memory_print("it is not known, or cannot be used: import it with %s", import);
        const char *text = unknown;
        for (size_t i = 0; i < ARRAY_LENGTH(reasons); i++)
                if (reasons[i].code == gpgme_err_code(invalid->reason))
                        text = reasons[i].text;
        const char *key = invalid->fpr ? invalid->fpr : "?";
        const char *option = is_hidden_recipient(&openpgp->options, key) ? "hidden-encrypt-key" : "encrypt-key";
        return error_new(ERROR_USER, "cannot encrypt to key '%s' (--%s): %s", key, option, text);
}

static Error *writing_failure(OpenPgpRun *run, gpgme_error_t failure) {
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
        Error *error = openpgp_run_passphrase_failure(run, failure, "cannot encrypt");
        if (error)
                return error;
        if (signature && signature->invalid_signers)
                return openpgp_run_no_signer(run->openpgp, "its secret key is not here, or has expired");
        return openpgp_run_other_failure(run, failure, ERROR_SYSTEM, "cannot encrypt");
}

static gpgme_error_t start(OpenPgpRun *run, OpenPgpInput input) {
        const OpenPgp *openpgp = run->openpgp;
        unsigned bits = openpgp->options.always_trust ? GPGME_ENCRYPT_ALWAYS_TRUST : 0;
        if (input == OPENPGP_COMPRESSED) {
                bits |= GPGME_ENCRYPT_WRAP | GPGME_ENCRYPT_NO_COMPRESS;
                run->front = bytes_make(compressed_header, sizeof compressed_header);
        }
        gpgme_encrypt_flags_t flags = (gpgme_encrypt_flags_t)bits;
        if (!openpgp->signer)
                return gpgme_op_encrypt_ext_start(run->context, NULL, openpgp->recipients, flags, run->input,
                                                  run->output);
        gpgme_error_t failure = gpgme_signers_add(run->context, openpgp->signer);
        return failure ? failure
                       : gpgme_op_encrypt_sign_ext_start(run->context, NULL, openpgp->recipients, flags, run->input,
                                                         run->output);
}

static Error *encrypt_by_gpg(const OpenPgp *openpgp, OpenPgpInput input, Reader *in, Writer *out) {
        AUTO_VALUE(openpgp_run_clear) OpenPgpRun run = { .openpgp = openpgp, .in = in, .out = out };
        TRY(openpgp_run_check_program(openpgp));
        TRY(openpgp_run_prepare(&run));
        gpgme_error_t failure = openpgp_loop_run(&run.loop, run.context, start(&run, input));
        bool is_ours = !run.error;
        Error *error = writing_failure(&run, failure);
        return is_ours ? error_with_code(error, EXIT_CODE_GPG) : error;
}

/* What gpg would make of a passphrase when nobody has told it anything else. */
static bool takes_no_gpg(const OpenPgp *openpgp, OpenPgpInput input) {
        return input == OPENPGP_COMPRESSED && !openpgp->recipients && !openpgp->has_settings &&
               openpgp_run_is_plain(openpgp);
}

Error *openpgp_encrypt(const OpenPgp *openpgp, OpenPgpInput input, Reader *in, Writer *out) {
        if (takes_no_gpg(openpgp, input))
                return openpgp_symmetric_encrypt(openpgp_run_passphrase(openpgp->options.passphrase),
                                                 bytes_make(compressed_header, sizeof compressed_header), in, out);
        return encrypt_by_gpg(openpgp, input, in, out);
}
