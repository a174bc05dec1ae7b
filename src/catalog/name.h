/* Remote file names: text to FileName and back (FORMAT.md, "File names"). */
#ifndef CATALOG_NAME_H
#define CATALOG_NAME_H

#include "base/buffer.h"
#include "base/when.h"

/* --file-prefix and its four companions; NULL is "". */
typedef struct NamePrefixes {
        const char *all, *volume, *manifest, *signature, *statistics;
} NamePrefixes;

typedef enum FileKind {
        FILE_VOLUME,
        FILE_MANIFEST,
        FILE_SIGNATURE,
        FILE_STATISTICS, /* of duplicity 3's --jsonstat: goes with its set, and is never read */
} FileKind;

typedef struct FileName {
        FileKind kind;
        bool full;         /* of a full set; else of an incremental one */
        Moment start, end; /* full: both the set's time. Incremental: start is the end of the set before */
        uint64_t volume;   /* FILE_VOLUME: its number, from 1; else 0 */
        bool partial;      /* ".part": unfinished, local only */
        bool compressed;   /* gzip */
        bool encrypted;    /* OpenPGP */
} FileName;

/* Reads a name in long, short or old style. Like stock it accepts anything after a dot at the end, so that
 * "x.difftar.gz.bak" counts: name_is_exact tells. False for names that are none of ours. TIMES reads the old style's
 * local times. */
bool name_parse(const char *text, const NamePrefixes *prefixes, const WhenContext *times, FileName *ret_name);

/* True when TEXT, from which name_parse made NAME, is what a writer of its style writes: nothing was added. */
bool name_is_exact(const char *text, const NamePrefixes *prefixes, const WhenContext *times, const FileName *name);

/* The long form, as we write it. Manifests never get ".gz". Caller frees. */
char *name_print(const FileName *name, const NamePrefixes *prefixes);

/* The name under which the manifest or signature archive that name_print calls so lies in the local archive folder:
 * manifests plain, signatures ".gz"; no prefixes besides those of the remote name. Caller frees. */
char *name_print_local(const FileName *name, const NamePrefixes *prefixes);

/* The same for one that is called TEXT, which name_parse has read, in whatever style: the one that stock gives it, too.
 * Caller frees. */
char *name_print_copy(const char *text, const NamePrefixes *prefixes, const WhenContext *times);

#endif
