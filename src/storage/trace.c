#include "storage/trace.h"

#include "base/log.h"
#include "base/memory.h"
#include "sys/clock.h"
#include "sys/file.h"

typedef struct Trace {
        Storage storage;
        StorageClass class; /* of its own: what it says of puts is what INNER says */
        Storage *inner;
} Trace;

static Storage *inner_of(Storage *storage) {
        return ((Trace *)storage)->inner;
}

/* Notes a call that began at START and ended with RESULT, an error that is passed on. */
static Error *note(const char *call, const char *name, const char *amount, double start, Error *result) {
        double seconds = clock_monotonic() - start;
        if (result)
                log_debug("storage: %s %s failed after %.3f s: %s", call, name, seconds, error_story(result));
        else
                log_debug("storage: %s %s: %s, %.3f s", call, name, amount, seconds);
        return result;
}

static Error *note_transfer(const char *call, const char *name, int fd, double start, Error *result) {
        char amount[40] = "size unknown";
        uint64_t size;
        AUTO(error_free) Error *unknown = result ? NULL : file_size(fd, name, &size);
        if (!result && !unknown)
                snprintf(amount, sizeof amount, "%llu bytes", (unsigned long long)size);
        return note(call, name, amount, start, result);
}

static Error *put_noted(Storage *storage, const char *name, int fd) {
        double start = clock_monotonic();
        return note_transfer("put", name, fd, start, storage_put(inner_of(storage), name, fd));
}

static Error *get_noted(Storage *storage, const char *name, int fd) {
        double start = clock_monotonic();
        return note_transfer("get", name, fd, start, storage_get(inner_of(storage), name, fd));
}

static Error *open_local_noted(Storage *storage, const char *name, int *ret_fd) {
        double start = clock_monotonic();
        Error *error = storage_open_local(inner_of(storage), name, ret_fd);
        return note("open", name, !error && *ret_fd < 0 ? "not local" : "in place", start, error);
}

static Error *create_local_noted(Storage *storage, const char *name, Atomic **ret_atomic) {
        double start = clock_monotonic();
        Error *error = storage_create_local(inner_of(storage), name, ret_atomic);
        return note("create", name, !error && !*ret_atomic ? "not local" : "in place", start, error);
}

typedef struct Counter {
        RemoteFileSink *sink;
        void *context;
        size_t count;
} Counter;

static Error *count_file(void *context, const RemoteFile *file) {
        Counter *counter = context;
        counter->count++;
        return counter->sink(counter->context, file);
}

static Error *list_noted(Storage *storage, RemoteFileSink *sink, void *context) {
        char amount[40];
        double start = clock_monotonic();
        Counter counter = { .sink = sink, .context = context };
        Error *error = storage_list(inner_of(storage), count_file, &counter);
        snprintf(amount, sizeof amount, "%zu files", counter.count);
        return note("list", "of the folder", amount, start, error);
}

static Error *remove_noted(Storage *storage, const char *name) {
        double start = clock_monotonic();
        return note("remove", name, "done", start, storage_remove(inner_of(storage), name));
}

static void close_both(Storage *storage) {
        storage_close(inner_of(storage));
        memory_free(storage);
}

Storage *trace_new(Storage *inner) {
        Trace *trace = memory_new(Trace);
        trace->inner = inner;
        trace->class = (StorageClass){
                .scheme = inner->class->scheme,
                .atomic_put = inner->class->atomic_put,
                .is_distant = inner->class->is_distant,
                .put = put_noted,
                .get = get_noted,
                .open_local = open_local_noted,
                .create_local = create_local_noted,
                .list = list_noted,
                .remove = remove_noted,
                .close = close_both,
        };
        trace->storage.class = &trace->class;
        return &trace->storage;
}
