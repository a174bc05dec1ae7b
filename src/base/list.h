/* Typed growing arrays by one macro: DEFINE_LIST(NameList, name_list, const char *) gives the type
 *
 *     typedef struct NameList { const char **items; size_t count, capacity; } NameList;
 *
 * and the functions name_list_add(list, item), which appends, and name_list_clear(list), which releases the array
 * (not what its items point to) and leaves an empty list. A zeroed list is an empty one. */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include "base/attribute.h"
#include "base/memory.h"

#define DEFINE_LIST(List, prefix, Item)                                                                                \
        typedef struct List {                                                                                          \
                Item *items;                                                                                           \
                size_t count, capacity;                                                                                \
        } List;                                                                                                        \
        UNUSED static inline void prefix##_add(List *list, Item item) {                                                \
                if (list->count == list->capacity) {                                                                   \
                        list->capacity = list->capacity ? memory_size(list->capacity, 2) : 8;                          \
                        list->items = memory_resize(list->items, memory_size(list->capacity, sizeof(Item)));           \
                }                                                                                                      \
                list->items[list->count++] = item;                                                                     \
        }                                                                                                              \
        UNUSED static inline void prefix##_clear(List *list) {                                                         \
                memory_free(list->items);                                                                              \
                *list = (List){ .items = NULL };                                                                       \
        }

/* Lists that several rooms use. */
DEFINE_LIST(TextList, text_list, const char *)

/* True when one of LIST's texts, of which none may be NULL, is TEXT. */
UNUSED static inline bool text_list_has(const TextList *list, const char *text) {
        for (size_t i = 0; i < list->count; i++)
                if (strcmp(list->items[i], text) == 0)
                        return true;
        return false;
}

#endif
