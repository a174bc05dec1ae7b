#include "engine/memory_storage.h"

#include <pthread.h>

#include "base/list.h"
#include "storage/registry.h"
#include "support/test.h"
#include "sys/clock.h"
#include "sys/file.h"

typedef struct StoredFile {
        char *name;
        Buffer content;
} StoredFile;

DEFINE_LIST(StoredFileList, stored_file_list, StoredFile)

static struct {
        pthread_mutex_t mutex; /* guards all below against the engine's threads */
        bool registered;
        StoredFileList files, kept;
        unsigned counts[MEMORY_CALLS];
        MemoryCall failing_kind;
        unsigned failing_call;
        ErrorKind failure;
        bool garble;
        double put_seconds;
        Buffer puts, gets;
} store = { .mutex = PTHREAD_MUTEX_INITIALIZER };

/* ---- the files; the mutex is held or there are no threads ---- */

static StoredFile *find(const char *name) {
        for (size_t i = 0; i < store.files.count; i++)
                if (strcmp(store.files.items[i].name, name) == 0)
                        return &store.files.items[i];
        return NULL;
}

static StoredFile *find_or_fail(const char *name) {
        StoredFile *file = find(name);
        if (!file)
                fail_msg("there is no file '%s'", name);
        return file;
}

static void release_file(StoredFile *file) {
        memory_free(file->name);
        buffer_clear(&file->content);
}

static void empty(StoredFileList *files) {
        for (size_t i = 0; i < files->count; i++)
                release_file(&files->items[i]);
        stored_file_list_clear(files);
}

static void copy(const StoredFileList *from, StoredFileList *to) {
        empty(to);
        for (size_t i = 0; i < from->count; i++) {
                StoredFile file = { .name = memory_text(from->items[i].name) };
                buffer_add(&file.content, buffer_bytes(&from->items[i].content));
                stored_file_list_add(to, file);
        }
}

static void write_file(const char *name, Bytes content) {
        StoredFile *file = find(name);
        if (!file) {
                stored_file_list_add(&store.files, (StoredFile){ .name = memory_text(name) });
                file = find(name);
        }
        buffer_truncate(&file->content, 0);
        buffer_add(&file->content, content);
}

static void remove_file(const char *name) {
        StoredFile *file = find(name);
        if (!file)
                return;
        release_file(file);
        *file = store.files.items[--store.files.count];
}

static void note(Buffer *names, const char *name) {
        buffer_print(names, "%s%s", names->length ? " " : "", name);
}

static unsigned count_all(void) {
        unsigned sum = 0;
        for (size_t i = 0; i < MEMORY_CALLS; i++)
                sum += store.counts[i];
        return sum;
}

static Error *count_call(MemoryCall kind) {
        store.counts[kind]++;
        unsigned count = store.failing_kind == MEMORY_CALLS ? count_all() : store.counts[kind];
        bool is_meant = store.failing_kind == MEMORY_CALLS || store.failing_kind == kind;
        if (is_meant && store.failing_call && count == store.failing_call)
                return error_new(store.failure, "the memory fails");
        return NULL;
}

/* ---- the back end ---- */

static const StorageClass memory_class;

static Error *open_memory(UNUSED const Url *url, UNUSED const StorageOptions *options, Storage **ret_storage) {
        pthread_mutex_lock(&store.mutex);
        Error *error = count_call(MEMORY_OPEN);
        pthread_mutex_unlock(&store.mutex);
        if (error)
                return error;
        *ret_storage = memory_new(Storage);
        (*ret_storage)->class = &memory_class;
        return NULL;
}

static Error *put(UNUSED Storage *storage, const char *name, int fd) {
        AUTO_VALUE(buffer_clear) Buffer content = { .data = NULL };
        TRY(file_seek(fd, name, 0));
        TRY(file_read_all(fd, name, &content));
        clock_sleep(store.put_seconds);
        pthread_mutex_lock(&store.mutex);
        note(&store.puts, name);
        Error *error = count_call(MEMORY_PUT);
        if (!error)
                write_file(name, buffer_bytes(&content));
        pthread_mutex_unlock(&store.mutex);
        return error_context(error, "cannot store '%s'", name);
}

static Error *read_file(const char *name, Buffer *content) {
        note(&store.gets, name);
        TRY(count_call(MEMORY_GET));
        const StoredFile *file = find(name);
        if (!file)
                return error_new(ERROR_MISSING, "there is no file '%s'", name);
        buffer_add(content, buffer_bytes(&file->content));
        if (store.garble && content->length)
                content->data[0] ^= 1;
        store.garble = false;
        return NULL;
}

static Error *get(UNUSED Storage *storage, const char *name, int fd) {
        AUTO_VALUE(buffer_clear) Buffer content = { .data = NULL };
        pthread_mutex_lock(&store.mutex);
        Error *error = read_file(name, &content);
        pthread_mutex_unlock(&store.mutex);
        TRY(error);
        TRY(file_truncate(fd, name));
        return file_write(fd, name, buffer_bytes(&content));
}

static Error *tell_files(RemoteFileSink *sink, void *context) {
        TRY(count_call(MEMORY_LIST));
        for (size_t i = 0; i < store.files.count; i++) {
                const StoredFile *file = &store.files.items[i];
                TRY(sink(context, &(RemoteFile){ .name = file->name, .size = file->content.length }));
        }
        return NULL;
}

static Error *list(UNUSED Storage *storage, RemoteFileSink *sink, void *context) {
        pthread_mutex_lock(&store.mutex);
        Error *error = tell_files(sink, context);
        pthread_mutex_unlock(&store.mutex);
        return error;
}

static Error *remove_name(UNUSED Storage *storage, const char *name) {
        pthread_mutex_lock(&store.mutex);
        Error *error = count_call(MEMORY_REMOVE);
        if (!error)
                remove_file(name);
        pthread_mutex_unlock(&store.mutex);
        return error;
}

static void close_memory(Storage *storage) {
        memory_free(storage);
}

static const StorageClass memory_class = {
        .scheme = "memory",
        .atomic_put = true,
        .open = open_memory,
        .put = put,
        .get = get,
        .list = list,
        .remove = remove_name,
        .close = close_memory,
};

/* ---- for tests ---- */

static void release_all(void) {
        empty(&store.files);
        empty(&store.kept);
        buffer_clear(&store.puts);
        buffer_clear(&store.gets);
}

void memory_storage_begin(void) {
        if (!store.registered) {
                registry_add(&memory_class);
                atexit(release_all);
        }
        store.registered = true;
        release_all();
        memory_storage_fail(MEMORY_CALLS, 0, ERROR_NONE);
        store.garble = false;
        store.put_seconds = 0;
}

void memory_storage_slow_down(double seconds) {
        store.put_seconds = seconds;
}

void memory_storage_fail(MemoryCall kind, unsigned n, ErrorKind error_kind) {
        pthread_mutex_lock(&store.mutex);
        memset(store.counts, 0, sizeof store.counts);
        buffer_truncate(&store.gets, 0);
        store.failing_kind = kind;
        store.failing_call = n;
        store.failure = error_kind;
        pthread_mutex_unlock(&store.mutex);
}

unsigned memory_storage_count(MemoryCall kind) {
        pthread_mutex_lock(&store.mutex);
        unsigned count = kind == MEMORY_CALLS ? count_all() : store.counts[kind];
        pthread_mutex_unlock(&store.mutex);
        return count;
}

void memory_storage_garble_next_get(void) {
        store.garble = true;
}

size_t memory_storage_matches(const char *part) {
        size_t count = 0;
        for (size_t i = 0; i < store.files.count; i++)
                count += strstr(store.files.items[i].name, part) != NULL;
        return count;
}

const char *memory_storage_find(const char *part) {
        if (memory_storage_matches(part) != 1)
                fail_msg("%zu names contain '%s'", memory_storage_matches(part), part);
        for (size_t i = 0; i < store.files.count; i++)
                if (strstr(store.files.items[i].name, part))
                        return store.files.items[i].name;
        return NULL;
}

Bytes memory_storage_content(const char *name) {
        return buffer_bytes(&find_or_fail(name)->content);
}

void memory_storage_write(const char *name, Bytes content) {
        write_file(name, content);
}

void memory_storage_lose(const char *name) {
        find_or_fail(name);
        remove_file(name);
}

void memory_storage_alter(const char *name, size_t offset) {
        StoredFile *file = find_or_fail(name);
        assert_true(offset < file->content.length);
        file->content.data[offset] ^= 1;
}

void memory_storage_truncate(const char *name, size_t length) {
        buffer_truncate(&find_or_fail(name)->content, length);
}

const char *memory_storage_puts(void) {
        return buffer_text(&store.puts);
}

const char *memory_storage_gets(void) {
        return buffer_text(&store.gets);
}

void memory_storage_keep(void) {
        copy(&store.files, &store.kept);
}

void memory_storage_go_back(void) {
        copy(&store.kept, &store.files);
}
