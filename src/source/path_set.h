/* PathSet: a great many plain paths, and what another path is to them. Asking takes time by the length of the path
 * asked about, not by the number of paths. */
#ifndef SOURCE_PATH_SET_H
#define SOURCE_PATH_SET_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/cleanup.h"

typedef struct PathSet PathSet;

/* What adding order the paths had: the first that applies counts. */
#define PATH_SET_NONE UINT32_MAX
typedef struct PathSetAnswer {
        uint32_t match; /* the least order of those that are the path or a folder it lies in; PATH_SET_NONE: none is */
        uint32_t lead;  /* the least order of those with PATH_SET_LEADS that lie beneath it */
        bool is_known;  /* it is one of them itself, or the last applies */
} PathSetAnswer;

typedef enum PathSetFlags {
        PATH_SET_FOLDER = 1, /* the path counts only where it is a folder */
        PATH_SET_LEADS = 2,  /* the folders it lies in are to be known too */
} PathSetFlags;

PathSet *path_set_new(void);

/* Adds PATH, whose components are parted by single slashes with none behind; "" is the root of absolute paths. FLAGS
 * is a sum of the above. ORDER is below PATH_SET_NONE. */
void path_set_add(PathSet *set, Bytes path, unsigned flags, uint32_t order);

PathSetAnswer path_set_find(const PathSet *set, Bytes path, bool is_folder);

void path_set_free(PathSet *set);
DEFINE_AUTO(PathSet, path_set_free)

#endif
