/* One tar header block: its layout, printed from a member and read into one. Internal to tar_*.c. */
#ifndef CODEC_TAR_HEADER_H
#define CODEC_TAR_HEADER_H

#include "codec/tar.h"
#include "codec/tar_extras.h"

/* POSIX ustar; the last three fields are our record, in bytes that POSIX leaves unused. */
typedef struct TarBlock {
        char name[100];
        char mode[8];
        char uid[8];
        char gid[8];
        char size[12];
        char modified[12];
        char checksum[8];
        char type;
        char target[100];
        char magic[6];
        char version[2];
        char user[32];
        char group[32];
        char major[8];
        char minor[8];
        char prefix[155];
        uint8_t marker;
        uint8_t content_size[7]; /* big-endian, as is the next one */
        uint8_t nanoseconds[4];
} TarBlock;
_Static_assert(sizeof(TarBlock) == TAR_BLOCK, "a header is one block");

/* Room for the texts of a block, which need not end in NUL there. */
typedef struct TarTexts {
        char name[sizeof((TarBlock *)0)->prefix + 1 + sizeof((TarBlock *)0)->name + 1];
        char target[sizeof((TarBlock *)0)->target + 1];
        char user[sizeof((TarBlock *)0)->user + 1];
        char group[sizeof((TarBlock *)0)->group + 1];
} TarTexts;

/* Fills BLOCK. What a field cannot hold is left out: that is for tar_extras_print. */
void tar_header_print(const TarMember *member, TarBlock *block);

/* ERROR_CORRUPT unless the checksum is right. */
CHECKED Error *tar_header_check(const TarBlock *block);

/* Only the size field: for blocks that are not a member's own. */
CHECKED Error *tar_header_size(const TarBlock *block, uint64_t *ret_size);

/* Reads a member's BLOCK; EXTRAS have precedence. The member's texts lie in EXTRAS or TEXTS. ERROR_CORRUPT says what is
 * wrong, without a place. */
CHECKED Error *tar_header_parse(const TarBlock *block, const TarExtras *extras, TarTexts *texts, TarMember *ret_member);

#endif
