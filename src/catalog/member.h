/* Member: tar path to (kind, path, chunk) and back (FORMAT.md, "Volumes" and "Signature archives"). */
#ifndef CATALOG_MEMBER_H
#define CATALOG_MEMBER_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"

typedef enum MemberKind {
        MEMBER_SNAPSHOT,  /* snapshot/P, multivol_snapshot/P/k */
        MEMBER_DIFF,      /* diff/P, multivol_diff/P/k */
        MEMBER_DELETED,   /* deleted/P */
        MEMBER_SIGNATURE, /* signature/P */
} MemberKind;

typedef struct Member {
        MemberKind kind;
        const char *path; /* relative, "" for the root */
        int64_t chunk;    /* from 1; 0: not in chunks */
} Member;

/* Where a name stands: the two kinds of archives accept different prefixes and write the root differently. */
typedef enum MemberPlace { MEMBER_IN_VOLUME, MEMBER_IN_SIGNATURES } MemberPlace;

/* Reads a tar member's name; the path is made in ARENA. Unknown prefix, missing or zero chunk number, an absolute path,
 * or an empty, "." or ".." component: ERROR_CORRUPT showing the name. */
CHECKED Error *member_parse(const char *name, MemberPlace place, Arena *arena, Member *ret_member);

/* Appends the tar name. IS_FOLDER adds the trailing '/' that snapshot/ entries of folders have. */
void member_print(const Member *member, MemberPlace place, bool is_folder, Buffer *out);

#endif
