/* Seal: brings manifests and signature archives into the form in which they are stored. */
#ifndef ENGINE_SEAL_H
#define ENGINE_SEAL_H

#include "engine/session.h"

/* How the files of a set are stored. */
typedef enum SealForm {
        SEAL_PLAIN,
        SEAL_GZIP,
        SEAL_OPENPGP,            /* we compress, and it is encrypted */
        SEAL_OPENPGP_COMPRESSES, /* gpg does both, or signs */
} SealForm;

/* The form of volumes and signature archives that JOB's options ask for. */
CHECKED Error *seal_choose(Session *session, SealForm *ret_form);

/* The raw deflate block that has to stand in front of deflated data to make it a literal packet, ready for
 * OPENPGP_COMPRESSED. */
void seal_print_literal_block(Buffer *out);

/* Encrypts TEXT to OUT as one message, in a FORM that is encrypted. */
CHECKED Error *seal_text(const OpenPgp *openpgp, SealForm form, Bytes text, Writer *out);

/* Writes to OUT, in FORM, what the gzip file GZIP holds: one member, as this program makes them. NAME is for
 * messages. */
CHECKED Error *seal_gzip_file(Session *session, SealForm form, int gzip, const char *name, Writer *out);

#endif
