#include "storage/storage.h"

#include <string.h>

/* Names that begin with a dot are those of unfinished files, which no listing shows; a '/' leaves the flat folder. */
static Error *check_name(const char *name) {
        if (name[0] != '\0' && name[0] != '.' && !strchr(name, '/'))
                return NULL;
        return error_new(ERROR_USER,
                         "cannot use the remote name '%s': it must not be empty, begin with '.' or hold '/'; "
                         "see --file-prefix",
                         name);
}

Error *storage_put(Storage *storage, const char *name, int fd) {
        TRY(check_name(name));
        return storage->class->put(storage, name, fd);
}

Error *storage_get(Storage *storage, const char *name, int fd) {
        TRY(check_name(name));
        return storage->class->get(storage, name, fd);
}

Error *storage_list(Storage *storage, RemoteFileSink *sink, void *context) {
        return storage->class->list(storage, sink, context);
}

Error *storage_remove(Storage *storage, const char *name) {
        TRY(check_name(name));
        return storage->class->remove(storage, name);
}

Error *storage_open_local(Storage *storage, const char *name, int *ret_fd) {
        TRY(check_name(name));
        if (storage->class->open_local)
                return storage->class->open_local(storage, name, ret_fd);
        *ret_fd = -1;
        return NULL;
}

Error *storage_create_local(Storage *storage, const char *name, Atomic **ret_atomic) {
        TRY(check_name(name));
        if (storage->class->create_local)
                return storage->class->create_local(storage, name, ret_atomic);
        *ret_atomic = NULL;
        return NULL;
}

void storage_close(Storage *storage) {
        if (storage)
                storage->class->close(storage);
}
