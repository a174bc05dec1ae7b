/* Checkpoint: a volume that is safe on the far side, and all it takes to go on behind it; and the lines of text that
 * keep such things (FORMAT.md, "State of an unfinished backup"). Pure: no file is touched here.
 *
 * A line is the CRC-32 of what follows it, a blank, a letter that says what it is, and its fields. */
#ifndef ENGINE_CHECKPOINT_H
#define ENGINE_CHECKPOINT_H

#include "base/digest.h"
#include "catalog/manifest.h"
#include "engine/summary.h"

/* How far a local file counts, and gzip's CRC-32 of that. */
typedef struct CheckpointFile {
        uint64_t length, crc;
} CheckpointFile;

/* The file in whose chunks the volume ends. */
typedef struct CheckpointCut {
        uint64_t chunks;                      /* that are stored; 0: no file is cut, and the rest says nothing */
        uint64_t kind;                        /* MemberKind */
        uint64_t payload_crc;                 /* gzip's CRC-32 of those chunks' payload */
        uint8_t identity[DIGEST_SHA256_SIZE]; /* digest of all that is known of the file besides its content */
} CheckpointCut;

typedef struct Checkpoint {
        Volume volume; /* its paths are the checkpoint's */
        uint64_t size; /* of the volume as stored */

        /* the signature archive: of every path that is complete in the volumes so far */
        CheckpointFile signatures;                /* as it is in its file, gzip's trailer missing */
        uint64_t signature_bytes, signature_crc;  /* of its plain content */
        CheckpointFile list;                      /* of changed files */
        uint64_t list_count;

        SummaryMark mark; /* the numbers up to NEXT */
        char *next;       /* the path at work when the volume ended: all before it is dealt with; NULL: all is */
        uint64_t is_firm; /* 0: NEXT lies beneath what was no folder any more; begin at an earlier checkpoint */
        CheckpointCut cut;
} Checkpoint;

/* An empty one that ends in a volume between FIRST and LAST (copied). */
Checkpoint *checkpoint_new(Position first, Position last);
void checkpoint_free(Checkpoint *checkpoint);
DEFINE_AUTO(Checkpoint, checkpoint_free)

/* Releases the paths of VOLUME, which were a checkpoint's. */
void checkpoint_clear_volume(Volume *volume);

/* What of a job has to be the same for its set to be continued. */
typedef enum CheckpointDemand {
        CHECKPOINT_HOST,
        CHECKPOINT_SOURCE,
        CHECKPOINT_FORM,
        CHECKPOINT_ENCRYPT_KEYS,
        CHECKPOINT_HIDDEN_KEYS,
        CHECKPOINT_SIGN_KEY,
        CHECKPOINT_GPG_OPTIONS,
        CHECKPOINT_PREFIX,
        CHECKPOINT_VOLUME_PREFIX,
        CHECKPOINT_MANIFEST_PREFIX,
        CHECKPOINT_SIGNATURE_PREFIX,
        CHECKPOINT_FILE_LIST,
        CHECKPOINT_SELECTION,
        CHECKPOINT_DEMANDS
} CheckpointDemand;

/* The set that is unfinished. */
typedef struct CheckpointHead {
        uint64_t is_full;
        uint64_t start, time; /* seconds of Moments */
        char *demands[CHECKPOINT_DEMANDS];
} CheckpointHead;

void checkpoint_clear_head(CheckpointHead *head);

/* What a line is. */
typedef enum CheckpointLine {
        CHECKPOINT_LINE_HEAD = 'H',
        CHECKPOINT_LINE_TOKEN = 'T',  /* one text */
        CHECKPOINT_LINE_VOLUME = 'V', /* a Checkpoint */
        CHECKPOINT_LINE_WHOLE = 'W',  /* nothing: signature archive and manifest are whole */
} CheckpointLine;

/* The first line, which has neither letter nor CRC: it names the version of this format. */
extern const char checkpoint_first_line[];

/* Append one line, its newline included. */
void checkpoint_print(const Checkpoint *checkpoint, Buffer *out);
void checkpoint_print_head(const CheckpointHead *head, Buffer *out);
void checkpoint_print_token(const char *token, Buffer *out);
void checkpoint_print_whole(Buffer *out);

/* Looks at LINE, which has no newline: *ret_fields is what follows the letter. False for a line that is damaged or was
 * cut, or whose letter says nothing. */
bool checkpoint_read_line(Bytes line, CheckpointLine *ret_kind, Bytes *ret_fields);

/* Read the fields of a line. False when they make no sense; nothing is to be released then. */
bool checkpoint_parse(Bytes fields, Checkpoint **ret_checkpoint);
bool checkpoint_parse_head(Bytes fields, CheckpointHead *ret_head);
bool checkpoint_parse_token(Bytes fields, char **ret_token);

#endif
