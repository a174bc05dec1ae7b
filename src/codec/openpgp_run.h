/* One run of gpg through gpgme: context, passphrases, status lines, data, and what its failures are called. Internal to
 * openpgp*.c, which alone see gpgme. */
#ifndef CODEC_OPENPGP_RUN_H
#define CODEC_OPENPGP_RUN_H

#include <gpgme.h>

#include "base/arena.h"
#include "base/list.h"
#include "codec/openpgp.h"
#include "codec/openpgp_loop.h"

struct OpenPgp {
        Arena *arena;
        OpenPgpOptions options; /* texts out of the arena; secrets are ours */
        TextList words;         /* of --gpg-options */
        const char *program;    /* for gpgme, NULL: its own choice */
        char *recipients;       /* in gpgme's notation, NULL: symmetric */
        gpgme_key_t signer;
        bool has_settings; /* there is a gpg.conf */
        bool is_checked;   /* GnuPG is there */
};

/* What gpg said of a message in its status lines. */
typedef struct OpenPgpStatuses {
        bool was_written;
        bool is_encrypted;
        bool has_plaintext;
        bool lacks_key; /* none of ours is for it, or for one of its recipients; gpg 2.2 often leaves it out */
        bool has_failed;
} OpenPgpStatuses;

typedef struct OpenPgpRun {
        /* set by the caller */
        const OpenPgp *openpgp;
        const char *name; /* of the message, for errors; NULL when writing */
        Bytes front;      /* goes before what IN gives */
        Reader *in;
        Writer *out;

        /* made by openpgp_run_prepare */
        gpgme_ctx_t context;
        gpgme_data_t input;  /* front and IN */
        gpgme_data_t output; /* OUT */
        OpenPgpLoop loop;
        uint8_t *pieces; /* on their way to gpg and from it */
        Bytes unsent;    /* of what was read from IN */
        bool in_ended;

        /* what happens while gpg runs */
        Error *error; /* of in or out */
        OpenPgpStatuses statuses;
        bool has_output;        /* something came out */
        const char *passphrase; /* name of the one that gpg asked for last, NULL: did not ask */
        bool is_symmetric;      /* it was not a key's */
        bool lacks_passphrase;  /* there was none */
        bool was_wrong;         /* gpg asked again */
} OpenPgpRun;

/* The first line of the passphrase, as stock duplicity hands it to gpg; empty when there is none. */
Bytes openpgp_run_passphrase(const Secret *passphrase);

/* Checks that GnuPG can be run, unless openpgp_open has. ERROR_SYSTEM, exit code 31, naming the package. */
CHECKED Error *openpgp_run_check_program(const OpenPgp *openpgp);

/* True when a passphrase is all there is, and nobody has said how gpg is to be run: messages that it alone protects may
 * be read and, without settings, written without gpg. */
bool openpgp_run_is_plain(const OpenPgp *openpgp);

/* A context in which --gpg-binary, --gpg-options and the home count. ERROR_SYSTEM, exit code 31. */
CHECKED Error *openpgp_run_open_context(const OpenPgp *openpgp, gpgme_ctx_t *ret_context);
DEFINE_AUTO(struct gpgme_context, gpgme_release)

/* What gpgme knows of gpg, NULL: nothing. CONTEXT's. */
gpgme_engine_info_t openpgp_run_engine(gpgme_ctx_t context);

/* Makes RUN ready for one call of gpgme. ERROR_SYSTEM, exit code 31. */
CHECKED Error *openpgp_run_prepare(OpenPgpRun *run);

/* Also after openpgp_run_prepare has failed. */
void openpgp_run_clear(OpenPgpRun *run);

/* gpgme's text for FAILURE, in memory of the caller. */
char *openpgp_run_text(gpgme_error_t failure);

/* WHAT failed with FAILURE: ERROR_DENIED when the passphrase can be the reason, NULL when it is something else. */
CHECKED Error *openpgp_run_passphrase_failure(const OpenPgpRun *run, gpgme_error_t failure, const char *what);

/* The command that puts a key where this run looks for it: 'gpg --import', with the home when it has one of its own.
 * Caller frees. */
char *openpgp_run_import(const OpenPgp *openpgp);

/* The signer cannot be used for REASON: ERROR_USER, exit code 10. */
CHECKED Error *openpgp_run_signer_failure(const OpenPgp *openpgp, const char *reason);

/* The same, where an import of the signer's key is the remedy. */
CHECKED Error *openpgp_run_no_signer(const OpenPgp *openpgp, const char *reason);

/* Failures without a story of their own: gpgme's text for FAILURE, and gpg's own words. */
CHECKED Error *openpgp_run_other_failure(const OpenPgpRun *run, gpgme_error_t failure, ErrorKind kind,
                                         const char *what);

#endif
