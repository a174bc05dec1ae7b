/* SignatureIn: one set's signature archive, path by path in archive order (FORMAT.md, "Signature archives"). */
#ifndef ENGINE_SIGNATURE_IN_H
#define ENGINE_SIGNATURE_IN_H

#include "base/when.h"
#include "catalog/member.h"
#include "codec/delta.h"
#include "codec/tar.h"
#include "engine/signature_index.h"
#include "source/entry.h"

/* A number of bytes of which only bounds may be known. */
typedef struct SizeRange {
        uint64_t least, most; /* most ENTRY_SIZE_UNKNOWN: no upper bound */
} SizeRange;

/* One path as recorded. */
typedef struct Recorded {
        Entry entry;
        Moment when;         /* the end of the set it was recorded in */
        SizeRange size;      /* of a file: entry.size where that is known, else what its signature tells; 0 for the rest */
        bool has_signature;  /* a file with a signature that makes sense */
        SignatureFacts signature;
} Recorded;

/* What stands in the archive. Valid until the next call of signature_in_next. */
typedef struct SignatureMember {
        MemberKind kind;
        const char *path;
        const TarMember *header;
} SignatureMember;

typedef struct SignatureIn SignatureIn;

/* Reads READER (owned), the archive as plain tar. NAME is for messages, and must outlive it. The first SKIPPED bytes of
 * each member's name are none of the format's: archives that were folded (previous.c). */
SignatureIn *signature_in_open(Reader *reader, const char *name, size_t skipped);

/* Reads INDEX (owned) of an archive instead, and ARCHIVE (owned), the archive itself as plain tar, no further than to
 * payloads that are asked for. When that fails, paths are still told, and what failed is the answer wherever a payload
 * is asked for from then on. */
SignatureIn *signature_in_open_index(SignatureIndex *index, Reader *archive, const char *name);

/* The next path; *ret_member becomes NULL at the end, which is proven to be one. Damage, names that make no sense, and
 * paths out of order: ERROR_CORRUPT. */
CHECKED Error *signature_in_next(SignatureIn *in, const SignatureMember **ret_member);

/* What is said of the path at work, which must not be a deleted one; but for the moment, and with uid and gid as they
 * are recorded. Texts live until signature_in_next. ERROR_CORRUPT when the archive ends within the payload. */
CHECKED Error *signature_in_describe(SignatureIn *in, Recorded *ret_recorded);

/* The payload of the path at work, by one of these: as it is, from its beginning; as a signature loaded for making
 * deltas (errors of signature_load); or its SHA-256. */
CHECKED Error *signature_in_read(SignatureIn *in, void *buffer, size_t capacity, size_t *ret_length);
CHECKED Error *signature_in_load(SignatureIn *in, Signature **ret_signature);
CHECKED Error *signature_in_digest(SignatureIn *in, uint8_t ret_sha256[DIGEST_SHA256_SIZE]);

/* What that was; NULL: nothing yet. */
const Error *signature_in_damage(const SignatureIn *in);

void signature_in_close(SignatureIn *in);
DEFINE_AUTO(SignatureIn, signature_in_close)

#endif
