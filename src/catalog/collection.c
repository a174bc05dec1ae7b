#include "catalog/collection.h"

#include "base/memory.h"

DEFINE_LIST(FileList, file_list, const SetFile *)
DEFINE_LIST(SetList, set_list, const BackupSet *)
DEFINE_LIST(ChainList, chain_list, SetList)

struct CollectionBuilder {
        Arena *arena;
        const NamePrefixes *prefixes;
        const WhenContext *times;
        FileList listed;
        ChainList chains; /* in order of their full sets */
        SetList orphans, incompletes;
        FileList stray_signatures, stray_statistics;
};

CollectionBuilder *collection_builder_new(Arena *arena, const NamePrefixes *prefixes, const WhenContext *times) {
        CollectionBuilder *builder = memory_new(CollectionBuilder);
        builder->arena = arena;
        builder->prefixes = prefixes;
        builder->times = times;
        return builder;
}

void collection_builder_add(CollectionBuilder *builder, const char *name, uint64_t size) {
        FileName parsed;
        if (!name_parse(name, builder->prefixes, builder->times, &parsed) || parsed.partial)
                return;
        SetFile *file = arena_make(builder->arena, SetFile);
        *file = (SetFile){
                .name = arena_text(builder->arena, name),
                .size = size,
                .parsed = parsed,
                .exact = name_is_exact(name, builder->prefixes, builder->times, &parsed),
        };
        file_list_add(&builder->listed, file);
}

/* The order of sets: by end time, of those ending at once the full one first. 0: the same set. */
static int compare_sets(const FileName *a, const FileName *b) {
        int order = moment_compare(a->end, b->end);
        if (order == 0)
                order = b->full - a->full;
        return order ? order : moment_compare(a->start, b->start);
}

/* What a file is within its set. 0: both claim to be the same. */
static int compare_roles(const FileName *a, const FileName *b) {
        if (a->kind != b->kind)
                return a->kind < b->kind ? -1 : 1;
        return a->volume < b->volume ? -1 : a->volume > b->volume;
}

/* Brings the files of a set together, in it those of one role, and of these the best claim first. */
static int compare_listed(const void *left, const void *right) {
        const SetFile *a = *(const SetFile *const *)left, *b = *(const SetFile *const *)right;
        int order = compare_sets(&a->parsed, &b->parsed);
        if (order == 0)
                order = compare_roles(&a->parsed, &b->parsed);
        if (order == 0)
                order = b->exact - a->exact;
        if (order == 0) /* whoever can add a readable file must not replace an encrypted one by it */
                order = b->parsed.encrypted - a->parsed.encrypted;
        return order ? order : strcmp(a->name, b->name);
}

/* Sorts, and drops names that a storage listed twice: the second would pass for a duplicate and might be deleted. */
static void sort_listed(FileList *listed) {
        size_t kept = 0;
        if (listed->count)
                qsort(listed->items, listed->count, sizeof *listed->items, compare_listed);
        for (size_t i = 0; i < listed->count; i++)
                if (kept == 0 || strcmp(listed->items[kept - 1]->name, listed->items[i]->name) != 0)
                        listed->items[kept++] = listed->items[i];
        listed->count = kept;
}

/* The items of LIST as an array of the arena. */
#define KEEP(arena, list) arena_copy((arena), (list).items, memory_size((list).count, sizeof *(list).items))

static bool is_mixed(const BackupSet *set) {
        bool encrypted = set->encrypted;
        if ((set->manifest && set->manifest->parsed.encrypted != encrypted) ||
            (set->signature && set->signature->parsed.encrypted != encrypted))
                return true;
        for (size_t i = 0; i < set->volume_count; i++)
                if (set->volumes[i]->parsed.encrypted != encrypted)
                        return true;
        return false;
}

static void describe_set(BackupSet *set) {
        const SetFile *sample = set->volume_count ? set->volumes[0] : set->manifest;
        const FileName *name = &sample->parsed;
        set->full = name->full;
        set->start = name->start;
        set->end = name->end;
        set->encrypted = name->encrypted;
        set->compressed = name->compressed;
        set->mixed = is_mixed(set);
}

/* How the files of a set are stored. */
typedef struct SetForm {
        bool encrypted, compressed;
} SetForm;

/* What every volume has a file of is the set's form, whatever strangers lie beside. Readable files that somebody adds do
 * not make an encrypted set a readable one. */
static SetForm find_form(const SetFile *const *files, size_t count) {
        SetForm all = { true, true }, one = { false, false };
        for (size_t i = 0; i < count && files[i]->parsed.kind == files[0]->parsed.kind; i++) {
                const FileName *name = &files[i]->parsed;
                bool is_last = i + 1 == count || compare_roles(name, &files[i + 1]->parsed) != 0;
                one.encrypted |= name->encrypted;
                one.compressed |= name->compressed;
                if (!is_last)
                        continue;
                all = (SetForm){ all.encrypted && one.encrypted, all.compressed && one.compressed };
                one = (SetForm){ false, false };
        }
        return all;
}

static bool fits(const SetFile *file, const SetForm *form) {
        bool tells = file->parsed.kind == FILE_VOLUME && !form->encrypted;
        return file->parsed.encrypted == form->encrypted && (!tells || file->parsed.compressed == form->compressed);
}

/* Of files that claim the same place, those of the set's form come first; else the order stays. */
static int compare_claims(const void *left, const void *right, void *form) {
        const SetFile *a = *(const SetFile *const *)left, *b = *(const SetFile *const *)right;
        int order = compare_roles(&a->parsed, &b->parsed);
        if (order == 0)
                order = b->exact - a->exact;
        if (order == 0)
                order = fits(b, form) - fits(a, form);
        return order ? order : compare_listed(left, right);
}

/* Makes a set of COUNT sorted files, the first of which is a volume or manifest. */
static BackupSet *make_set(Arena *arena, const SetFile **files, size_t count) {
        BackupSet *set = arena_make(arena, BackupSet);
        FileList volumes = { .items = NULL }, duplicates = { .items = NULL };
        SetForm form = find_form(files, count);
        qsort_r(files, count, sizeof *files, compare_claims, &form);
        for (size_t i = 0; i < count; i++) {
                const SetFile *file = files[i];
                if (i > 0 && compare_roles(&files[i - 1]->parsed, &file->parsed) == 0)
                        file_list_add(&duplicates, file);
                else if (file->parsed.kind == FILE_MANIFEST)
                        set->manifest = file;
                else if (file->parsed.kind == FILE_SIGNATURE)
                        set->signature = file;
                else if (file->parsed.kind == FILE_STATISTICS)
                        set->statistics = file;
                else
                        file_list_add(&volumes, file);
        }
        set->volume_count = volumes.count;
        set->volumes = KEEP(arena, volumes);
        set->duplicate_count = duplicates.count;
        set->duplicates = KEEP(arena, duplicates);
        file_list_clear(&volumes);
        file_list_clear(&duplicates);
        describe_set(set);
        return set;
}

static const BackupSet *last_of(const SetList *chain) {
        return chain->items[chain->count - 1];
}

/* Puts an incremental on the first chain that ends where it starts. */
static bool join_chain(ChainList *chains, const BackupSet *set) {
        for (size_t i = 0; i < chains->count; i++)
                if (moment_compare(last_of(&chains->items[i])->end, set->start) == 0) {
                        set_list_add(&chains->items[i], set);
                        return true;
                }
        return false;
}

/* Puts an incremental in the place of a chain's last one that starts at the same moment; sets come in order of their
 * end, so that one is the earlier. Returns the one replaced, NULL for none. */
static const BackupSet *replace_last(ChainList *chains, const BackupSet *set) {
        for (size_t i = 0; i < chains->count; i++) {
                const BackupSet *last = last_of(&chains->items[i]);
                if (!last->full && moment_compare(last->start, set->start) == 0) {
                        chains->items[i].items[chains->items[i].count - 1] = set;
                        return last;
                }
        }
        return NULL;
}

/* Finds the place of a finished set; sets come in order of their end. */
static void place_set(CollectionBuilder *builder, const BackupSet *set) {
        if (set->full) {
                SetList chain = { .items = NULL };
                set_list_add(&chain, set);
                chain_list_add(&builder->chains, chain);
        } else if (!join_chain(&builder->chains, set)) {
                const BackupSet *replaced = replace_last(&builder->chains, set);
                set_list_add(&builder->orphans, replaced ? replaced : set);
        }
}

static void place_strays(CollectionBuilder *builder, const SetFile *const *files, size_t count) {
        for (size_t i = 0; i < count; i++)
                file_list_add(files[i]->parsed.kind == FILE_SIGNATURE ? &builder->stray_signatures
                                                                      : &builder->stray_statistics,
                              files[i]);
}

static void place_group(CollectionBuilder *builder, const SetFile **files, size_t count) {
        /* volumes sort first, then the manifest: a group that begins with anything else has neither */
        if (files[0]->parsed.kind != FILE_VOLUME && files[0]->parsed.kind != FILE_MANIFEST) {
                place_strays(builder, files, count);
                return;
        }
        const BackupSet *set = make_set(builder->arena, files, count);
        if (set->manifest)
                place_set(builder, set);
        else
                set_list_add(&builder->incompletes, set);
}

static int compare_chains(const void *left, const void *right) {
        const Chain *a = left, *b = right;
        int order = moment_compare(chain_end(a), chain_end(b));
        return order ? order : moment_compare(chain_start(a), chain_start(b));
}

static const Chain *keep_chains(Arena *arena, const ChainList *list) {
        Chain *chains = arena_zeroed(arena, memory_size(list->count, sizeof(Chain)));
        for (size_t i = 0; i < list->count; i++) {
                chains[i].set_count = list->items[i].count;
                chains[i].sets = KEEP(arena, list->items[i]);
        }
        if (list->count)
                qsort(chains, list->count, sizeof *chains, compare_chains);
        return chains;
}

const Collection *collection_builder_finish(CollectionBuilder *builder) {
        const FileList *listed = &builder->listed;
        sort_listed(&builder->listed);
        for (size_t start = 0, end; start < listed->count; start = end) {
                for (end = start + 1; end < listed->count; end++)
                        if (compare_sets(&listed->items[start]->parsed, &listed->items[end]->parsed) != 0)
                                break;
                place_group(builder, listed->items + start, end - start);
        }
        Arena *arena = builder->arena;
        Collection *collection = arena_make(arena, Collection);
        collection->chain_count = builder->chains.count;
        collection->chains = keep_chains(arena, &builder->chains);
        collection->orphan_count = builder->orphans.count;
        collection->orphans = KEEP(arena, builder->orphans);
        collection->incomplete_count = builder->incompletes.count;
        collection->incompletes = KEEP(arena, builder->incompletes);
        collection->stray_signature_count = builder->stray_signatures.count;
        collection->stray_signatures = KEEP(arena, builder->stray_signatures);
        collection->stray_statistics_count = builder->stray_statistics.count;
        collection->stray_statistics = KEEP(arena, builder->stray_statistics);
        return collection;
}

void collection_builder_free(CollectionBuilder *builder) {
        if (!builder)
                return;
        for (size_t i = 0; i < builder->chains.count; i++)
                set_list_clear(&builder->chains.items[i]);
        chain_list_clear(&builder->chains);
        set_list_clear(&builder->orphans);
        set_list_clear(&builder->incompletes);
        file_list_clear(&builder->stray_signatures);
        file_list_clear(&builder->stray_statistics);
        file_list_clear(&builder->listed);
        memory_free(builder);
}

const Chain *collection_newest(const Collection *collection) {
        return collection->chain_count ? &collection->chains[collection->chain_count - 1] : NULL;
}

Moment chain_start(const Chain *chain) {
        return chain->sets[0]->start;
}

Moment chain_end(const Chain *chain) {
        return chain_last(chain)->end;
}

const BackupSet *chain_last(const Chain *chain) {
        return chain->sets[chain->set_count - 1];
}

const SetFile *backup_set_rival(const BackupSet *set, const SetFile *duplicate) {
        const SetFile *const singles[] = {
                [FILE_MANIFEST] = set->manifest,
                [FILE_SIGNATURE] = set->signature,
                [FILE_STATISTICS] = set->statistics,
        };
        size_t number = 0;
        if (duplicate->parsed.kind != FILE_VOLUME)
                return singles[duplicate->parsed.kind];
        while (set->volumes[number]->parsed.volume != duplicate->parsed.volume)
                number++;
        return set->volumes[number];
}

bool backup_set_can_spare(const BackupSet *set, const SetFile *duplicate) {
        const SetFile *rival = backup_set_rival(set, duplicate);
        return rival->exact && !duplicate->exact && rival->size >= duplicate->size;
}
