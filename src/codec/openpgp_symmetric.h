/* Messages that a passphrase alone protects, without gpg: a symmetric-key encrypted session key and integrity protected
 * data (RFC 4880 sections 5.3, 5.13, 5.14), as gpg makes them. Several times as fast as gpg, which stays in charge of
 * keys, of signatures, and of whatever else is not exactly this. The ciphers are libcrypto's. */
#ifndef CODEC_OPENPGP_SYMMETRIC_H
#define CODEC_OPENPGP_SYMMETRIC_H

#include "base/secret.h"
#include "codec/stream.h"

/* True when PASSPHRASE is one that gpg would take as it is: one line, neither empty nor longer
 * than 255 bytes, without NUL. */
bool openpgp_symmetric_knows(Bytes passphrase);

/* Encrypts FRONT and all of IN to OUT, as the packets of one message; finishes neither. AES-256, the key made from
 * PASSPHRASE by 65011712 bytes of SHA-256 with a salt of the message's own (section 3.7.1.3: no more can be said).
 * That is done before IN is asked for anything. Errors of IN and OUT are returned as they are; ERROR_SYSTEM when the
 * system has no random numbers, ERROR_CANCELLED when this process is asked to stop. */
CHECKED Error *openpgp_symmetric_encrypt(Bytes passphrase, Bytes front, Reader *in, Writer *out);

enum { OPENPGP_SYMMETRIC_FRONT = 24 }; /* bytes at the beginning of a message that tell what it is */

/* How a message was made, as far as it has to be known. */
typedef struct OpenPgpSymmetricKind {
        size_t key_size; /* bytes */
        DigestKind digest;
        uint8_t salt[8];
        uint64_t count; /* of bytes that were hashed */
} OpenPgpSymmetricKind;

/* Looks at FRONT, the first OPENPGP_SYMMETRIC_FRONT bytes of a message or all of a shorter one. False when gpg has to
 * read it: other ciphers and digests, several passphrases, recipients, no integrity protection, or no message. */
bool openpgp_symmetric_recognise(Bytes front, OpenPgpSymmetricKind *ret_kind);

/* Decrypts MESSAGE, all of it, of the kind that was recognised: what was encrypted, which are packets again, goes to
 * OUT, which is not finished. It is proven only when this returns success. NAME is for messages. Wrong passphrase:
 * ERROR_DENIED; a message that breaks off, is followed by something, or has been altered: ERROR_CORRUPT; exit code 31
 * both. ERROR_CANCELLED when this process is asked to stop. Errors of MESSAGE and OUT are returned as they are. */
CHECKED Error *openpgp_symmetric_decrypt(Bytes passphrase, const OpenPgpSymmetricKind *kind, Reader *message,
                                         Writer *out, const char *name);

#endif
