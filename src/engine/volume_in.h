/* SetReader: one set's volumes as a sequence of paths, each with its whole payload: chunks joined, over the ends of
 * volumes too. */
#ifndef ENGINE_VOLUME_IN_H
#define ENGINE_VOLUME_IN_H

#include "catalog/member.h"
#include "codec/tar.h"
#include "engine/session.h"

/* One path of a set. Valid until the next call of set_reader_next. */
typedef struct SetMember {
        MemberKind kind;
        const char *path;
        bool is_chunked;         /* there may be more than the first chunk */
        const TarMember *header; /* of the first chunk */
} SetMember;

typedef struct SetReader SetReader;

/* Begins. Only volumes that may hold something of PATH ("" is everything) are fetched. SPOOL: decode each volume into
 * a scratch file as a whole, so that no decryption stays open: for many sets at a time. A volume that the manifest
 * names and the far side lacks is ERROR_MISSING with exit code 52, naming it, before anything is read.
 *
 * With session->losses, whatever cannot be read is counted there and passed over: volumes that are missing, damaged or
 * not to be decrypted, and a damaged manifest, without which all volumes are read. What lost volumes held is told from
 * the signature archive: non-files as they were; files with a problem in place of their content. */
CHECKED Error *set_reader_open(Session *session, const BackupSet *set, const char *path, bool spool,
                               SetReader **ret_reader);

/* The next path; what is left of the payload of the one before is passed over, and checked. *ret_member becomes NULL
 * at the end. ERROR_CORRUPT: a damaged volume (exit code 21 for its hash), paths out of order. Nothing more can be
 * read then; the story says how to go on all the same. */
CHECKED Error *set_reader_next(SetReader *reader, const SetMember **ret_member);

/* Reads payload of the current path; *ret_length 0 at its end. A missing chunk makes the current path unusable: the
 * end is told, and set_reader_problem says why. */
CHECKED Error *set_reader_read(SetReader *reader, void *buffer, size_t capacity, size_t *ret_length);

/* After the payload's end: what is wrong with it, NULL when it is whole. Valid until set_reader_next. */
const char *set_reader_problem(const SetReader *reader);

/* After the payload's end: header of the last chunk, which speaks of the whole content. Valid until set_reader_next. */
const TarMember *set_reader_last_header(const SetReader *reader);

/* True when an error of a volume has ended the reading. */
bool set_reader_is_broken(const SetReader *reader);

/* True when what has been read so far is proven, though the volume at work has not been read to its end: by its hash in
 * the manifest, and no signer is demanded. */
bool set_reader_is_proven(const SetReader *reader);

/* Number of the set's volumes that the manifest does not speak of: it was cut, or they are leftovers. Nothing is read
 * from them. */
size_t set_reader_unlisted(const SetReader *reader);

/* Adds to *DONE and *TOTAL how many volumes have been read, and are to be read. */
void set_reader_add_volumes(const SetReader *reader, size_t *done, size_t *total);

/* Adds to *DONE and *TOTAL how much has been read, and is to be read, of the volumes as they are stored. */
void set_reader_add_progress(const SetReader *reader, uint64_t *done, uint64_t *total);

/* The set itself, for messages. */
const BackupSet *set_reader_set(const SetReader *reader);

void set_reader_close(SetReader *reader);
DEFINE_AUTO(SetReader, set_reader_close)

#endif
