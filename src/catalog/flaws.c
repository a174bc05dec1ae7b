#include "catalog/flaws.h"

#define CLEANUP "remove it with 'cleanup --force'"

static void find_missing_signatures(const Chain *chain, bool is_newest, FlawList *flaws) {
        Flaw flaw = {
                .kind = FLAW_MISSING_SIGNATURE,
                .text = is_newest ? "its signature archive is missing: its chain can be restored, but not be continued"
                                  : "its signature archive is missing: its chain can be restored, but its files not be "
                                    "listed",
                .remedy = is_newest ? "begin a new chain with 'full'" : "nothing has to be done",
        };
        for (size_t i = 0; i < chain->set_count; i++) {
                flaw.set = chain->sets[i];
                if (!flaw.set->signature)
                        flaw_list_add(flaws, flaw);
        }
}

static void find_orphans(const Collection *collection, FlawList *flaws) {
        Flaw flaw = {
                .kind = FLAW_ORPHAN,
                .text = "the set before it is missing, or another took its place: it cannot be restored",
                .remedy = "bring back the missing files, or " CLEANUP,
        };
        for (size_t i = 0; i < collection->orphan_count; i++) {
                flaw.set = collection->orphans[i];
                flaw_list_add(flaws, flaw);
        }
}

static void find_unfinished(const Collection *collection, RetentionTest *can_continue, const void *context,
                            FlawList *flaws) {
        for (size_t i = 0; i < collection->incomplete_count; i++) {
                const BackupSet *set = collection->incompletes[i];
                bool is_continuable = can_continue && can_continue(context, set);
                Flaw flaw = {
                        .kind = FLAW_UNFINISHED,
                        .set = set,
                        .text = is_continuable ? "not finished yet" : "never finished",
                        .remedy = is_continuable ? "run the backup again to continue it" : CLEANUP,
                };
                flaw_list_add(flaws, flaw);
        }
}

static void find_duplicates(const BackupSet *set, Arena *arena, FlawList *flaws) {
        for (size_t i = 0; i < set->duplicate_count; i++) {
                const SetFile *file = set->duplicates[i];
                bool is_copy = backup_set_can_spare(set, file);
                Flaw flaw = {
                        .kind = FLAW_DUPLICATE,
                        .set = set,
                        .file = file,
                        .text = arena_print(arena, "claims to be the same file as '%s', which is used",
                                            backup_set_rival(set, file)->name),
                        .remedy = is_copy ? CLEANUP : "compare both, and remove the wrong one by hand",
                };
                flaw_list_add(flaws, flaw);
        }
}

static void find_strays(const SetFile *const *strays, size_t count, FlawList *flaws) {
        Flaw flaw = { .kind = FLAW_STRAY, .text = "its set is gone", .remedy = CLEANUP };
        for (size_t i = 0; i < count; i++) {
                flaw.file = strays[i];
                flaw_list_add(flaws, flaw);
        }
}

void flaws_collect(const Collection *collection, RetentionTest *can_continue, const void *context, Arena *arena,
                   FlawList *flaws) {
        for (size_t i = 0; i < collection->chain_count; i++)
                find_missing_signatures(&collection->chains[i], i + 1 == collection->chain_count, flaws);
        find_orphans(collection, flaws);
        find_unfinished(collection, can_continue, context, flaws);
        for (size_t i = 0; i < collection->chain_count; i++)
                for (size_t j = 0; j < collection->chains[i].set_count; j++)
                        find_duplicates(collection->chains[i].sets[j], arena, flaws);
        find_strays(collection->stray_signatures, collection->stray_signature_count, flaws);
        find_strays(collection->stray_statistics, collection->stray_statistics_count, flaws);
}
