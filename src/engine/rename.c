#include "engine/rename.h"

#include "base/path.h"

const Rename *rename_find(const RenameList *renames, const char *path) {
        const Rename *found = NULL;
        for (size_t i = 0; i < renames->count; i++) {
                const Rename *rename = &renames->items[i];
                if (path_is_within(path, rename->from) && (!found || strlen(rename->from) > strlen(found->from)))
                        found = rename;
        }
        return found;
}

char *rename_apply(const Rename *rename, const char *path) {
        if (!rename)
                return memory_text(path);
        const char *below = path_below(path, rename->from);
        return memory_print("%s%s%s", rename->to, rename->to[0] && below[0] ? "/" : "", below);
}

bool rename_may_use(const RenameList *renames, const Rename *rename, const char *place) {
        const Rename *owner = NULL;
        for (size_t i = 0; i < renames->count; i++) {
                const Rename *other = &renames->items[i];
                if (path_is_within(place, other->to) && (!owner || strlen(other->to) > strlen(owner->to)))
                        owner = other;
        }
        return owner == rename;
}
