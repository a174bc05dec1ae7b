#include "storage/retry.h"

#include <sys/random.h>

#include "base/arena.h"
#include "base/list.h"
#include "base/log.h"
#include "base/memory.h"
#include "sys/cancel.h"
#include "sys/clock.h"

#define LONGEST_PAUSE 600.0

typedef struct Retry {
        Storage storage;
        StorageClass class; /* of its own: what it says of puts is what INNER says */
        StorageOptions options;
        Storage *inner;
} Retry;

DEFINE_LIST(RemoteFileList, remote_file_list, RemoteFile)

/* The arguments of one call, whichever it is. */
typedef struct Call {
        Storage *inner;
        const char *name;
        int fd;
        int *ret_fd;
        StorageMaker *make;
        const void *make_context;
        Storage **ret_storage;
        const StorageOptions *options;
        Arena *arena;
        RemoteFileList *files;
} Call;

typedef Error *Attempt(const Call *call);

double retry_pause(double first, unsigned number, double chance) {
        double pause = first;
        for (unsigned i = 1; i < number && pause < LONGEST_PAUSE; i++)
                pause *= 2;
        return MIN(pause * (0.75 + chance / 2), LONGEST_PAUSE);
}

/* A number from 0 to 1; 0.5 when the system has none to give. */
static double draw(void) {
        uint32_t bits = UINT32_MAX / 2;
        if (getrandom(&bits, sizeof bits, GRND_NONBLOCK) != sizeof bits)
                bits = UINT32_MAX / 2;
        return (double)bits / UINT32_MAX;
}

static Error *repeat(const StorageOptions *options, Attempt *attempt, const Call *call) {
        for (unsigned number = 1;; number++) {
                Error *error = attempt(call);
                if (error_kind(error) != ERROR_TRANSIENT || number > options->retries)
                        return error;
                double asked = MIN(error_pause(error), LONGEST_PAUSE);
                double pause = MAX(retry_pause(options->retry_delay, number, draw()), asked);
                log_warning("%s; trying again in %.0f s (%u of %u)", error_story(error), pause, number,
                            options->retries);
                error_free(error);
                clock_sleep(pause);
                TRY(cancel_check());
        }
}

static Error *attempt_open(const Call *call) {
        return call->make(call->make_context, call->ret_storage);
}

static Error *attempt_put(const Call *call) {
        return storage_put(call->inner, call->name, call->fd);
}

static Error *attempt_get(const Call *call) {
        return storage_get(call->inner, call->name, call->fd);
}

static Error *attempt_open_local(const Call *call) {
        return storage_open_local(call->inner, call->name, call->ret_fd);
}

static Error *attempt_remove(const Call *call) {
        return storage_remove(call->inner, call->name);
}

static Error *keep_file(void *context, const RemoteFile *file) {
        const Call *call = context;
        const StorageOptions *options = call->options;
        if (options->lists && !options->lists(options->lists_context, file->name))
                return NULL;
        remote_file_list_add(call->files,
                             (RemoteFile){ .name = arena_text(call->arena, file->name), .size = file->size });
        return NULL;
}

static Error *attempt_list(const Call *call) {
        Call copy = *call;
        arena_reset(call->arena);
        call->files->count = 0;
        return storage_list(call->inner, keep_file, &copy);
}

static Error *put_again(Storage *storage, const char *name, int fd) {
        Retry *retry = (Retry *)storage;
        return repeat(&retry->options, attempt_put, &(Call){ .inner = retry->inner, .name = name, .fd = fd });
}

static Error *get_again(Storage *storage, const char *name, int fd) {
        Retry *retry = (Retry *)storage;
        return repeat(&retry->options, attempt_get, &(Call){ .inner = retry->inner, .name = name, .fd = fd });
}

static Error *open_local_again(Storage *storage, const char *name, int *ret_fd) {
        Retry *retry = (Retry *)storage;
        return repeat(&retry->options, attempt_open_local,
                      &(Call){ .inner = retry->inner, .name = name, .ret_fd = ret_fd });
}

/* What fails on this machine is not worth another try. */
static Error *create_local_once(Storage *storage, const char *name, Atomic **ret_atomic) {
        return storage_create_local(((Retry *)storage)->inner, name, ret_atomic);
}

static Error *remove_again(Storage *storage, const char *name) {
        Retry *retry = (Retry *)storage;
        return repeat(&retry->options, attempt_remove, &(Call){ .inner = retry->inner, .name = name });
}

static Error *list_again(Storage *storage, RemoteFileSink *sink, void *context) {
        Retry *retry = (Retry *)storage;
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO_VALUE(remote_file_list_clear) RemoteFileList files = { .items = NULL };
        TRY(repeat(&retry->options, attempt_list,
                   &(Call){ .inner = retry->inner, .options = &retry->options, .arena = arena, .files = &files }));
        for (size_t i = 0; i < files.count; i++)
                TRY(sink(context, &files.items[i]));
        return NULL;
}

static void close_both(Storage *storage) {
        storage_close(((Retry *)storage)->inner);
        memory_free(storage);
}

Error *retry_open(StorageMaker *make, const void *context, const StorageOptions *options, Storage **ret_storage) {
        Storage *inner = NULL;
        TRY(repeat(options, attempt_open, &(Call){ .make = make, .make_context = context, .ret_storage = &inner }));
        Retry *retry = memory_new(Retry);
        retry->inner = inner;
        retry->options = *options;
        retry->class = (StorageClass){
                .scheme = inner->class->scheme,
                .atomic_put = inner->class->atomic_put,
                .is_distant = inner->class->is_distant,
                .put = put_again,
                .get = get_again,
                .open_local = open_local_again,
                .create_local = create_local_once,
                .list = list_again,
                .remove = remove_again,
                .close = close_both,
        };
        retry->storage.class = &retry->class;
        *ret_storage = &retry->storage;
        return NULL;
}
