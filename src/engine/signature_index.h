/* SignatureIndex: what a signature archive says of each path, but for the signatures. A private file beside the local
 * copy of the archive (FORMAT.md, "Archive folder"), with which a run need not unpack it unless files have changed. It
 * is made with the archive, or when that has been read to its end and was whole; it can be deleted at any time. */
#ifndef ENGINE_SIGNATURE_INDEX_H
#define ENGINE_SIGNATURE_INDEX_H

#include "codec/tar.h"

/* At most so many bytes of each signature are kept, those that signature_read_facts looks at. */
enum { SIGNATURE_INDEX_FRONT = 12 };

typedef struct SignatureIndexMaker SignatureIndexMaker;

/* Begins an index in FD (not owned), an empty file. Every error below is of writing to it. */
SignatureIndexMaker *signature_index_maker_new(int fd);

/* Adds the next member of the archive: HEADER as tar_reader_next will give it, PAYLOAD at least its first
 * SIGNATURE_INDEX_FRONT bytes where it has as many. */
CHECKED Error *signature_index_maker_add(SignatureIndexMaker *maker, const TarMember *header, Bytes payload);

/* Ends the index: it is of the archive that ARCHIVE_FD is the file of, as that is now. Does not release. */
CHECKED Error *signature_index_maker_finish(SignatureIndexMaker *maker, int archive_fd);

void signature_index_maker_free(SignatureIndexMaker *maker);
DEFINE_AUTO(SignatureIndexMaker, signature_index_maker_free)

/* Reads ARCHIVE (not owned), plain tar, which comes from ARCHIVE_FD, to its end, and so makes its index in FD, an empty
 * file. NAME is for messages. Errors: those of the tar reader; of writing; an archive without a byte, or with a part of
 * a block, is ERROR_CORRUPT. */
CHECKED Error *signature_index_make(Reader *archive, const char *name, int archive_fd, int fd);

typedef struct SignatureIndex SignatureIndex;

/* Opens the index in FD (owned, also when there is none). *ret_index becomes NULL unless it is whole, and of
 * ARCHIVE_FD's file, untouched since. NAME is for messages, and must outlive it. */
CHECKED Error *signature_index_open(int fd, const char *name, int archive_fd, SignatureIndex **ret_index);

/* The next member's header, in archive order, with its payload's beginning (less than SIGNATURE_INDEX_FRONT bytes where
 * there is no more); *ret_header becomes NULL at the end. Both are valid until the next call. */
CHECKED Error *signature_index_next(SignatureIndex *index, const TarMember **ret_header, Bytes *ret_front);

void signature_index_close(SignatureIndex *index);
DEFINE_AUTO(SignatureIndex, signature_index_close)

#endif
