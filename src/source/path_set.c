#include "source/path_set.h"

#include "base/arena.h"
#include "base/memory.h"

/* A path, or a folder that leads to one. */
typedef struct Slot {
        const uint8_t *at; /* NULL: empty */
        uint32_t length, hash;
        uint32_t match, folder_match, lead;
} Slot;

/* Open addressing; never more than half full. */
struct PathSet {
        Slot *slots;
        size_t capacity, count; /* capacity: a power of two */
        Arena *texts;
};

enum { FIRST_CAPACITY = 16 };

/* Goes over the beginnings of a path that end with a component, the whole path last, and hashes on the way. */
typedef struct Beginnings {
        Bytes path;
        size_t length; /* of the present one */
        uint64_t hash;
        bool has_begun;
} Beginnings;

static Beginnings beginnings_of(Bytes path) {
        return (Beginnings){ .path = path, .hash = UINT64_C(0xCBF29CE484222325) }; /* FNV-1a */
}

static bool step(Beginnings *beginnings) {
        Bytes path = beginnings->path;
        bool is_first = !beginnings->has_begun;
        if (!is_first && beginnings->length == path.length)
                return false;
        beginnings->has_begun = true;
        if (is_first && (path.length == 0 || path.at[0] == '/'))
                return true;
        do
                beginnings->hash = (beginnings->hash ^ path.at[beginnings->length++]) * UINT64_C(0x100000001B3);
        while (beginnings->length < path.length && path.at[beginnings->length] != '/');
        return true;
}

static uint32_t hash_of(const Beginnings *beginnings) {
        return (uint32_t)(beginnings->hash ^ beginnings->hash >> 32);
}

/* The slot of the present beginning, or the empty one where it belongs. */
static Slot *find_slot(const PathSet *set, const Beginnings *beginnings) {
        Bytes sought = bytes_slice(beginnings->path, 0, beginnings->length);
        size_t mask = set->capacity - 1;
        uint32_t hash = hash_of(beginnings);
        for (size_t i = hash & mask;; i = (i + 1) & mask) {
                Slot *slot = &set->slots[i];
                if (!slot->at || (slot->hash == hash && bytes_equal(bytes_make(slot->at, slot->length), sought)))
                        return slot;
        }
}

static void grow(PathSet *set) {
        PathSet old = *set;
        set->capacity = memory_size(old.capacity, 2);
        set->slots = memory_new_array(Slot, set->capacity);
        for (size_t i = 0; i < old.capacity; i++) {
                size_t place = old.slots[i].hash & (set->capacity - 1);
                while (old.slots[i].at && set->slots[place].at)
                        place = (place + 1) & (set->capacity - 1);
                if (old.slots[i].at)
                        set->slots[place] = old.slots[i];
        }
        memory_free(old.slots);
}

/* The slot of the present beginning, which is made when it is missing. */
static Slot *take_slot(PathSet *set, const Beginnings *beginnings) {
        if (set->count >= set->capacity / 2)
                grow(set);
        Slot *slot = find_slot(set, beginnings);
        if (slot->at)
                return slot;
        set->count++;
        *slot = (Slot){ .at = beginnings->path.at, .length = (uint32_t)beginnings->length,
                        .hash = hash_of(beginnings), .match = PATH_SET_NONE, .folder_match = PATH_SET_NONE,
                        .lead = PATH_SET_NONE };
        return slot;
}

PathSet *path_set_new(void) {
        PathSet *set = memory_new(PathSet);
        set->capacity = FIRST_CAPACITY;
        set->slots = memory_new_array(Slot, set->capacity);
        set->texts = arena_new();
        return set;
}

void path_set_add(PathSet *set, Bytes path, unsigned flags, uint32_t order) {
        /* one copy serves the path and all its beginnings */
        Bytes text = bytes_make(arena_bytes(set->texts, path), path.length);
        Beginnings beginnings = beginnings_of(text);
        while (step(&beginnings)) {
                bool is_whole = beginnings.length == text.length;
                if (!is_whole && !(flags & PATH_SET_LEADS))
                        continue;
                Slot *slot = take_slot(set, &beginnings);
                uint32_t *place = !is_whole                 ? &slot->lead
                                  : flags & PATH_SET_FOLDER ? &slot->folder_match
                                                            : &slot->match;
                *place = MIN(*place, order);
        }
}

PathSetAnswer path_set_find(const PathSet *set, Bytes path, bool is_folder) {
        PathSetAnswer answer = { .match = PATH_SET_NONE, .lead = PATH_SET_NONE };
        Beginnings beginnings = beginnings_of(path);
        while (step(&beginnings)) {
                bool is_whole = beginnings.length == path.length;
                const Slot *slot = find_slot(set, &beginnings);
                if (!slot->at)
                        continue;
                answer.match = MIN(answer.match, slot->match);
                if (!is_whole || is_folder)
                        answer.match = MIN(answer.match, slot->folder_match);
                if (is_whole) {
                        answer.lead = slot->lead;
                        answer.is_known = true;
                }
        }
        return answer;
}

void path_set_free(PathSet *set) {
        if (!set)
                return;
        memory_free(set->slots);
        arena_free(set->texts);
        memory_free(set);
}
