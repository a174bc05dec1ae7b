/* OpenPGP through GnuPG (gpgme): encrypt, sign, decrypt, verify. Only openpgp*.c see gpgme. What a passphrase alone
 * protects is encrypted and decrypted here, without gpg (openpgp_symmetric.h), unless somebody has a say in how gpg does
 * it: an agent, --gpg-options, --gpg-binary, and for writing a gpg.conf.
 *
 * An OpenPgp holds options only; each call makes its own context, so calls may run in several threads at once.
 * Passphrases reach gpg through a pipe, never through arguments or environment. */
#ifndef CODEC_OPENPGP_H
#define CODEC_OPENPGP_H

#include "base/secret.h"
#include "codec/stream.h"

typedef struct OpenPgpOptions {
        const char *binary;                   /* gpg program, NULL: gpgme's own choice */
        const char *home;                     /* GnuPG home, NULL: the user's */
        const char *options;                  /* --gpg-options: words as a shell would split them, NULL: none */
        const char *const *recipients;        /* --encrypt-key, count below; none of either kind: symmetric */
        size_t recipient_count;
        const char *const *hidden_recipients; /* --hidden-encrypt-key */
        size_t hidden_recipient_count;
        const char *signer;                   /* --sign-key: signs what is written, demanded of what is read */

        /* May be NULL. Where a key needs one of them that is not given, the other stands in for it. */
        const Secret *passphrase;             /* PASSPHRASE: symmetric, or of the decryption key */
        const Secret *sign_passphrase;        /* SIGN_PASSPHRASE: of the signing key */

        bool always_trust;                    /* take recipients whose keys are not marked as trusted */
        bool use_agent;                       /* --use-agent: the agent asks, we give no passphrase */
        bool accept_unprotected;              /* reading: take what is not encrypted, or has no integrity protection */
        bool for_writing;                     /* try now whether we can encrypt to the recipients and sign */
} OpenPgpOptions;

typedef struct OpenPgp OpenPgp;

/* To be called first in main of every program that uses this room: when gpgme runs us in gpg's place (that is how
 * --gpg-options and --gpg-binary reach gpg), this becomes gpg and does not return. */
void openpgp_become_gpg(char **argv);

/* Checks that GnuPG is there, where it may be needed, and knows the signer; with for_writing also, by writing a message to nowhere, that
 * recipients, signer, agent and options can be used. (Not always: who restores need not have all the recipients' keys.) Copies
 * OPTIONS; the secrets are copied too. Binary and options are handed on in the environment: all OpenPgp of a process
 * that have any must have the same ones, and the first is opened before there are threads.
 * Missing gpg: ERROR_SYSTEM, exit code 31, naming the package. Bad key: ERROR_USER, exit code 31 (10 for the signer),
 * naming the option, the key and the remedy. Options that are not words: ERROR_USER, exit code 2. */
CHECKED Error *openpgp_open(const OpenPgpOptions *options, OpenPgp **ret_openpgp);

/* True when messages written with these options may be handed over already compressed (not when signing, nor when
 * --gpg-options speak of compression or the literal packet): OPENPGP_COMPRESSED is allowed. */
bool openpgp_takes_compressed(const OpenPgp *openpgp);

/* True when there are no recipients: what is written is protected by the passphrase alone. */
bool openpgp_is_symmetric(const OpenPgp *openpgp);

typedef enum OpenPgpInput {
        OPENPGP_PLAIN,      /* bytes to be encrypted; gpg compresses, always */
        OPENPGP_COMPRESSED, /* a raw deflate stream of a literal packet (see openpgp_literal_header); framed here */
} OpenPgpInput;

/* The bytes that must stand in front of the plain data before it is deflated for OPENPGP_COMPRESSED: a literal
 * packet's header of indeterminate length (RFC 4880 section 5.9: binary, no name, no date). */
extern const uint8_t openpgp_literal_header[];
extern const size_t openpgp_literal_header_size;

/* Encrypts (and signs) all of IN to OUT; finishes neither. Blocks; calls IN and OUT from this thread. An error from
 * IN or OUT is returned as it is. Others have exit code 31 or, about the signer, 10: an unusable key (ERROR_USER), a
 * passphrase that is wrong or missing (ERROR_DENIED), or ERROR_SYSTEM with gpg's own words. */
CHECKED Error *openpgp_encrypt(const OpenPgp *openpgp, OpenPgpInput input, Reader *in, Writer *out);

/* Decrypts NEXT (owned, also on error) as it is read. The data is proven only when the end has been read without an
 * error: integrity, that it was encrypted at all (else ERROR_CORRUPT, exit code 31, unless accept_unprotected), and
 * the signer when one is demanded (else exit code 22, naming both keys). Wrong passphrase or no secret key:
 * ERROR_DENIED, exit code 31, says which and the remedy. Where gpg need not look at signatures it decrypts only, and
 * the message is unpacked here (openpgp_message.h). Background tasks decrypt and unpack: NEXT is called there.
 * NAME (copied) is for messages. OPENPGP must outlive the reader. */
CHECKED Error *openpgp_read(const OpenPgp *openpgp, Reader *next, const char *name, Reader **ret_reader);

void openpgp_free(OpenPgp *openpgp);
DEFINE_AUTO(OpenPgp, openpgp_free)

#endif
