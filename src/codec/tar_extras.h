/* What is said about a tar member outside its header block: pax records, GNU long names. Internal to tar_*.c. */
#ifndef CODEC_TAR_EXTRAS_H
#define CODEC_TAR_EXTRAS_H

#include "codec/tar.h"

enum { TAR_MAX_EXTRAS = 2 * 1024 * 1024, TAR_MAX_NAME = 1024 * 1024 };

/* Greatest values of the 8 and 12 byte number fields. */
#define TAR_MAX_SHORT_NUMBER UINT64_C(07777777)
#define TAR_MAX_LONG_NUMBER UINT64_C(077777777777)

typedef enum TarText { TAR_TEXT_NAME, TAR_TEXT_TARGET, TAR_TEXT_USER, TAR_TEXT_GROUP, TAR_TEXTS } TarText;

typedef enum TarNumber {
        TAR_NUMBER_UID,
        TAR_NUMBER_GID,
        TAR_NUMBER_SIZE,
        TAR_NUMBER_MODIFIED,
        TAR_NUMBER_MODE, /* this and those after it are never extras */
        TAR_NUMBER_MAJOR,
        TAR_NUMBER_MINOR,
        TAR_NUMBERS,
} TarNumber;

typedef struct TarExtras {
        Buffer text;              /* all blocks read so far; one byte in front makes every offset positive */
        size_t texts[TAR_TEXTS];  /* offsets of NUL-terminated texts, 0: not given */
        int64_t numbers[TAR_NUMBERS];
        bool has_number[TAR_NUMBERS];
        bool has_sha256;
        uint8_t sha256[DIGEST_SHA256_SIZE];
        bool is_incomplete;
} TarExtras;

/* Appends the pax records that MEMBER needs; nothing when its header block can hold it all. */
void tar_extras_print(const TarMember *member, Buffer *out);

/* Makes a zeroed or used TarExtras empty; it keeps its memory for the next member. */
void tar_extras_reset(TarExtras *extras);
void tar_extras_clear(TarExtras *extras);

/* Makes room for a block of SIZE bytes at the end of text; NULL when the member's extras grow beyond all reason. The
 * caller fills it and calls one of the next two. */
void *tar_extras_reserve(TarExtras *extras, size_t size);

/* Reads a block of SIZE bytes, just reserved, as pax records. ERROR_CORRUPT when they are not. */
CHECKED Error *tar_extras_add_pax(TarExtras *extras, size_t size);

/* Takes a block of SIZE bytes, just reserved, as the text WHICH up to its first NUL (GNU types L and K). */
CHECKED Error *tar_extras_add_text(TarExtras *extras, TarText which, size_t size);

/* The text WHICH, NULL when it was not given. */
const char *tar_extras_text(const TarExtras *extras, TarText which);

#endif
