#include "catalog/flaws.h"

#define CLEANUP "remove it with 'cleanup --force'"

/* The list in the making. */
typedef struct Collector {
        const Collection *collection;
        FlawList *flaws;
        Arena *arena;
} Collector;

static void find_missing_signatures(const Collector *collector, const Chain *chain) {
        bool is_newest = chain == collection_newest(collector->collection);
        for (size_t i = 0; i < chain->set_count; i++) {
                if (chain->sets[i]->signature)
                        continue;
                flaw_list_add(collector->flaws,
                                 (Flaw){
                                         .kind = FLAW_MISSING_SIGNATURE,
                                         .set = chain->sets[i],
                                         .text = is_newest ? "its signature archive is missing: its chain can be "
                                                             "restored, but not be continued"
                                                           : "its signature archive is missing: its chain can be "
                                                             "restored, but its files not be listed",
                                         .remedy = is_newest ? "begin a new chain with 'full'"
                                                             : "nothing has to be done",
                                 });
        }
}

static void find_duplicates(const Collector *collector, const BackupSet *set) {
        for (size_t i = 0; i < set->duplicate_count; i++) {
                const SetFile *file = set->duplicates[i];
                bool is_copy = backup_set_can_spare(set, file);
                flaw_list_add(collector->flaws,
                                 (Flaw){
                                         .kind = FLAW_DUPLICATE,
                                         .set = set,
                                         .file = file,
                                         .text = arena_print(collector->arena,
                                                             "claims to be the same file as '%s', which is used",
                                                             backup_set_rival(set, file)->name),
                                         .remedy = is_copy ? CLEANUP
                                                           : "compare both, and remove the wrong one by hand",
                                 });
        }
}

static void find_strays(const Collector *collector, const SetFile *const *strays, size_t count) {
        for (size_t i = 0; i < count; i++)
                flaw_list_add(collector->flaws, (Flaw){
                                                              .kind = FLAW_STRAY,
                                                              .file = strays[i],
                                                              .text = "its set is gone",
                                                              .remedy = CLEANUP,
                                                      });
}

static void find_orphans(const Collector *collector) {
        const Collection *collection = collector->collection;
        for (size_t i = 0; i < collection->orphan_count; i++)
                flaw_list_add(collector->flaws,
                                 (Flaw){
                                         .kind = FLAW_ORPHAN,
                                         .set = collection->orphans[i],
                                         .text = "the set before it is missing, or another took its place: it cannot be restored",
                                         .remedy = "bring back the missing files, or " CLEANUP,
                                 });
}

static void find_unfinished(const Collector *collector, RetentionTest *can_continue, const void *context) {
        const Collection *collection = collector->collection;
        for (size_t i = 0; i < collection->incomplete_count; i++) {
                const BackupSet *set = collection->incompletes[i];
                bool is_continuable = can_continue && can_continue(context, set);
                flaw_list_add(collector->flaws,
                                 (Flaw){
                                         .kind = FLAW_UNFINISHED,
                                         .set = set,
                                         .text = is_continuable ? "not finished yet" : "never finished",
                                         .remedy = is_continuable ? "run the backup again to continue it" : CLEANUP,
                                 });
        }
}

void flaws_collect(const Collection *collection, RetentionTest *can_continue, const void *context, Arena *arena,
                      FlawList *flaws) {
        const Collector collector = { .collection = collection, .flaws = flaws, .arena = arena };
        for (size_t i = 0; i < collection->chain_count; i++)
                find_missing_signatures(&collector, &collection->chains[i]);
        find_orphans(&collector);
        find_unfinished(&collector, can_continue, context);
        for (size_t i = 0; i < collection->chain_count; i++)
                for (size_t j = 0; j < collection->chains[i].set_count; j++)
                        find_duplicates(&collector, collection->chains[i].sets[j]);
        find_strays(&collector, collection->stray_signatures, collection->stray_signature_count);
        find_strays(&collector, collection->stray_statistics, collection->stray_statistics_count);
}
