/* Manifest: what one set consists of (FORMAT.md, "Manifest").
 *
 * Reading and writing go line by line, since the list of changed files at the end grows with the tree: feed lines to a
 * ManifestParser, print volumes and file lines one at a time. Nothing of the list is kept in memory. */
#ifndef CATALOG_MANIFEST_H
#define CATALOG_MANIFEST_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"

/* A place in a set: a path, and the chunk of it when that is not the last. */
typedef struct Position {
        const char *path; /* "" is the root */
        int64_t block;    /* number of the multivol chunk; -1: none */
} Position;

typedef enum ManifestHash { MANIFEST_HASH_NONE, MANIFEST_HASH_SHA1, MANIFEST_HASH_MD5 } ManifestHash;

typedef struct Volume {
        uint64_t number;      /* from 1 */
        Position first, last; /* what it holds, for restoring one path and for resuming */
        ManifestHash hash_kind;
        uint8_t hash[20]; /* of the file as stored; SHA-1 20 bytes, MD5 16 */
} Volume;

typedef struct Manifest {
        const char *host;   /* NULL when absent */
        const char *source; /* Localdir, NULL when absent */
        size_t volume_count;
        const Volume *volumes; /* in order of number, each once */
} Manifest;

/* One line of the list of changed files. */
typedef enum FileChange { FILE_CHANGE_NEW, FILE_CHANGE_CHANGED, FILE_CHANGE_DELETED } FileChange;
typedef Error *ManifestFileSink(void *context, FileChange change, const char *path);

typedef struct ManifestParser ManifestParser;

/* Begins. SINK is told each line of the file list; NULL: the list is not looked at. All text of the result is made in
 * ARENA. */
ManifestParser *manifest_parser_new(Arena *arena, ManifestFileSink *sink, void *context);

/* Takes the next bytes of the manifest, in pieces of any size. A line over 1 MiB, or one that makes no sense:
 * ERROR_CORRUPT, exit code 6, with its number. Field names in any case, unknown fields, CRLF and a missing last newline
 * are accepted; of several blocks for one volume the last wins, and volumes numbered above the last block are dropped
 * (resumed backups write such). */
CHECKED Error *manifest_parser_feed(ManifestParser *parser, Bytes bytes);

/* The result. A gap in the volumes' numbers, or none at all: ERROR_CORRUPT, exit code 6. */
CHECKED Error *manifest_parser_finish(ManifestParser *parser, Manifest *ret_manifest);

void manifest_parser_free(ManifestParser *parser);
DEFINE_AUTO(ManifestParser, manifest_parser_free)

/* The pieces of the text form, in the order they are written. */
void manifest_print_head(const char *host, const char *source, Buffer *out);
void manifest_print_volume(const Volume *volume, Buffer *out);
void manifest_print_file_count(uint64_t count, Buffer *out);
void manifest_print_file(FileChange change, const char *path, Buffer *out);

/* Appends PATH as manifests have it: as it is, or in double quotes with \xHH for blanks, backslash and quotes. */
void manifest_quote(const char *path, Buffer *out);

/* True when VOLUME may hold something of PATH or of what lies beneath it. "" is everything. */
bool volume_may_hold(const Volume *volume, const char *path);

#endif
