#include "engine/compare.h"

#include "base/path.h"

struct Compare {
        Walk *walk;
        Previous *previous;
        const WalkItem *item;     /* what the walk stands at; NULL at its end */
        const Recorded *recorded; /* what the record stands at; NULL at its end */
        bool item_used, recorded_used; /* were told by the last call: step first */
        char *kept;               /* beneath this path nothing is known of the tree; NULL: no such path */
        Change change;
};

Compare *compare_new(Walk *walk, Previous *previous) {
        Compare *compare = memory_new(Compare);
        compare->walk = walk;
        compare->previous = previous;
        compare->item_used = compare->recorded_used = true;
        return compare;
}

static void keep_beneath(Compare *compare, const char *path) {
        memory_free(compare->kept);
        compare->kept = memory_text(path);
}

static Error *step(Compare *compare) {
        if (compare->item_used)
                TRY(walk_next(compare->walk, &compare->item));
        if (compare->recorded_used)
                TRY(previous_next(compare->previous, &compare->recorded));
        compare->item_used = compare->recorded_used = false;
        return NULL;
}

/* Passes over what is recorded beneath an unreadable path. The path itself is still compared. */
static Error *pass_over_kept(Compare *compare) {
        while (compare->recorded && compare->kept && path_is_within(compare->recorded->entry.path, compare->kept) &&
               strcmp(compare->recorded->entry.path, compare->kept) != 0)
                TRY(previous_next(compare->previous, &compare->recorded));
        return NULL;
}

/* What is recorded of the path the walk stands at, NULL when nothing is. */
static const Recorded *recorded_of_item(const Compare *compare) {
        const Recorded *recorded = compare->recorded;
        return recorded && strcmp(recorded->entry.path, compare->item->entry->path) == 0 ? recorded : NULL;
}

static void tell_unreadable(Compare *compare) {
        const Recorded *recorded = recorded_of_item(compare);
        compare->change = (Change){
                .kind = CHANGE_UNREADABLE,
                .path = compare->item->entry->path,
                .problem = compare->item->problem,
                .has_kept = recorded,
        };
        if (recorded)
                compare->change.kept = recorded->when;
        compare->recorded_used = recorded;
        keep_beneath(compare, compare->item->entry->path);
}

static void tell_entry(Compare *compare) {
        const Entry *now = compare->item->entry;
        const Recorded *before = recorded_of_item(compare);
        ChangeKind kind = !before                                   ? CHANGE_NEW
                          : entry_is_unchanged(&before->entry, now) ? CHANGE_NONE
                                                                    : CHANGE_CHANGED;
        if (kind == CHANGE_NONE && before->has_signature && !signature_fits_size(&before->signature, now->size))
                kind = CHANGE_CHANGED;
        compare->change = (Change){ .kind = kind, .path = now->path, .before = before, .now = now };
        compare->recorded_used = before;
        if (compare->item->state != WALK_UNREADABLE)
                return;
        compare->change.problem = compare->item->problem;
        compare->change.has_kept = before;
        if (before)
                compare->change.kept = before->when;
        keep_beneath(compare, now->path);
}

static void tell_item(Compare *compare) {
        compare->item_used = true;
        if (compare->item->state == WALK_SOCKET)
                compare->change = (Change){ .kind = CHANGE_IGNORED, .path = compare->item->entry->path };
        else if (!compare->item->has_entry)
                tell_unreadable(compare);
        else
                tell_entry(compare);
}

static void tell_gone(Compare *compare) {
        const Recorded *before = compare->recorded;
        compare->recorded_used = true;
        compare->change = (Change){ .kind = CHANGE_GONE, .path = before->entry.path, .before = before };
}

Error *compare_next(Compare *compare, const Change **ret_change) {
        TRY(step(compare));
        TRY(pass_over_kept(compare));
        if (!compare->item && !compare->recorded) {
                *ret_change = NULL;
                return NULL;
        }
        bool item_first = compare->item && (!compare->recorded || path_compare(compare->item->entry->path,
                                                                               compare->recorded->entry.path) <= 0);
        if (item_first)
                tell_item(compare);
        else
                tell_gone(compare);
        *ret_change = &compare->change;
        return NULL;
}

void compare_free(Compare *compare) {
        if (!compare)
                return;
        memory_free(compare->kept);
        memory_free(compare);
}
