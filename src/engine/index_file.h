/* Indexes of signature archives (signature_index.h) as files of the archive folder. They save time and nothing else:
 * whoever cannot have one does without it, which the log tells. The caller has the lock of the folder wherever one is
 * made. */
#ifndef ENGINE_INDEX_FILE_H
#define ENGINE_INDEX_FILE_H

#include "engine/signature_index.h"
#include "sys/scratch.h"

/* What the index of the local copy called COPY is called. Caller frees. */
char *index_file_name(const char *copy);

/* What the copy is called whose index would be called NAME; NULL when no index is called so. Caller frees. */
char *index_file_copy(const char *name);

/* True for copies of so many bytes that an index pays. */
bool index_file_is_due(uint64_t copy_size);

/* The index of FOLDER's copy called COPY, open as COPY_FD; NULL when there is none that is whole and of this copy.
 * ARCHIVE is what messages call it, and must outlive it. */
SignatureIndex *index_file_open(const char *folder, const char *archive, const char *copy, int copy_fd);

/* Makes that index out of ARCHIVE (not owned), which is what the copy holds. Errors: those of signature_index_make, and
 * of the folder; there is no index then. */
CHECKED Error *index_file_make(const char *folder, const char *copy, int copy_fd, Reader *archive);

/* Removes it, if there is one; an index that cannot be removed stays. */
void index_file_remove(const char *folder, const char *copy);

/* An index that is made while the archive is written: in a scratch file, until the archive is there. */
typedef struct IndexFile IndexFile;

/* Begins the index of the copy that will be called COPY. */
IndexFile *index_file_begin(Scratch *scratch, const char *folder, const char *copy);

/* Adds the next member, as signature_index_maker_add. All three welcome NULL: no index is made. */
void index_file_add(IndexFile *file, const TarMember *header, Bytes payload);

/* The archive has been written, and is the copy if that has been put in place: puts the index beside it when it is due,
 * and releases. */
void index_file_finish(IndexFile *file);

/* Leaves none. */
void index_file_abandon(IndexFile *file);
DEFINE_AUTO(IndexFile, index_file_abandon)

#endif
