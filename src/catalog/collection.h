/* Collection: a listing of names becomes chains of sets (FORMAT.md, "Sets and chains"). Pure: no file is opened. */
#ifndef CATALOG_COLLECTION_H
#define CATALOG_COLLECTION_H

#include "catalog/name.h"
#include "base/arena.h"
#include "base/list.h"

/* One file of a set. */
typedef struct SetFile {
        const char *name; /* as listed */
        uint64_t size;
        FileName parsed;
        bool exact; /* the name is one that a writer gives: see name_is_exact */
} SetFile;

/* One backup: all files of the same kind and times. */
typedef struct BackupSet {
        bool full;
        Moment start, end;          /* a full set starts and ends at once; an incremental covers start to end */
        bool encrypted, compressed; /* by the names of its volumes */
        bool mixed;                 /* some of its files are encrypted and some are not: nobody writes such sets */
        const SetFile *manifest;    /* NULL: the set was never finished */
        const SetFile *signature;   /* NULL: its signature archive is missing */
        const SetFile *statistics;  /* NULL, mostly: only duplicity 3 writes them */
        size_t volume_count;
        const SetFile **volumes; /* by number; gaps are possible: see volumes[i]->parsed.volume */
        size_t duplicate_count; /* files that claim a place already taken: exact names go first, then those of the form (encrypted,
                                   compressed) that every volume has a file of */
        const SetFile **duplicates;
} BackupSet;

/* A full set and the incrementals on it; sets[0] is full; each start is the end of the one before. */
typedef struct Chain {
        size_t set_count;
        const BackupSet **sets;
} Chain;

typedef struct Collection {
        size_t chain_count;
        const Chain *chains; /* by end time, oldest first */
        size_t orphan_count;
        const BackupSet **orphans; /* finished incrementals that no chain leads to */
        size_t incomplete_count;
        const BackupSet **incompletes; /* sets without a manifest */
        size_t stray_signature_count;
        const SetFile **stray_signatures; /* signature archives of sets without volumes and manifest */
        size_t stray_statistics_count;
        const SetFile **stray_statistics; /* the same of statistics */
} Collection;

/* Collects names one by one. */
typedef struct CollectionBuilder CollectionBuilder;

/* Everything of the result is made in ARENA. PREFIXES and TIMES as for name_parse; they must outlive the builder. */
CollectionBuilder *collection_builder_new(Arena *arena, const NamePrefixes *prefixes, const WhenContext *times);

/* Adds one listed file. Names that are not ours, and ".part" names, are ignored. */
void collection_builder_add(CollectionBuilder *builder, const char *name, uint64_t size);

/* Sorts everything into chains. Of an incremental that starts where the chain's last one started, the later replaces it
 * (the other becomes an orphan). */
const Collection *collection_builder_finish(CollectionBuilder *builder);

void collection_builder_free(CollectionBuilder *builder);
DEFINE_AUTO(CollectionBuilder, collection_builder_free)

/* The newest chain, NULL when there is none. */
const Chain *collection_newest(const Collection *collection);

/* First and last moment of a chain, and its last set. */
Moment chain_start(const Chain *chain);
Moment chain_end(const Chain *chain);
const BackupSet *chain_last(const Chain *chain);

/* The file of SET whose place DUPLICATE, one of its duplicates, claims. */
const SetFile *backup_set_rival(const BackupSet *set, const SetFile *duplicate);

/* True when DUPLICATE is surely a copy that somebody left: something was added to its name, nothing to its rival's, and
 * its rival is not the smaller one, as a broken upload would be. */
bool backup_set_can_spare(const BackupSet *set, const SetFile *duplicate);

#endif
