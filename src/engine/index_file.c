#include "engine/index_file.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "sys/atomic.h"
#include "sys/file.h"

/* Around the copy's name, so that neither stock nor we take an index for a copy. */
#define BEGIN "."
#define END ".index"

enum { LEAST_INDEXED = 64 * 1024 }; /* bytes: smaller archives are unpacked in no time */

char *index_file_name(const char *copy) {
        return memory_print(BEGIN "%s" END, copy);
}

char *index_file_copy(const char *name) {
        Bytes text = bytes_of(name);
        size_t around = strlen(BEGIN) + strlen(END);
        if (text.length <= around || !bytes_start_with(text, BEGIN) || !bytes_end_with(text, END))
                return NULL;
        return memory_copy(name + strlen(BEGIN), text.length - around);
}

/* Caller frees. */
static char *path_of(const char *folder, const char *copy) {
        AUTO_TEXT char *name = index_file_name(copy);
        return memory_print("%s/%s", folder, name);
}

bool index_file_is_due(uint64_t copy_size) {
        return copy_size >= LEAST_INDEXED;
}

SignatureIndex *index_file_open(const char *folder, const char *archive, const char *copy, int copy_fd) {
        AUTO_TEXT char *path = path_of(folder, copy);
        SignatureIndex *index = NULL;
        int fd = -1;
        AUTO(error_free) Error *failure = file_open(path, O_RDONLY, 0, &fd);
        if (!failure)
                failure = signature_index_open(fd, archive, copy_fd, &index);
        if (failure && error_kind(failure) != ERROR_MISSING)
                log_debug("doing without the index of '%s': %s", archive, error_story(failure));
        return index;
}

Error *index_file_make(const char *folder, const char *copy, int copy_fd, Reader *archive) {
        AUTO(atomic_abandon) Atomic *atomic = NULL;
        AUTO_TEXT char *name = index_file_name(copy);
        TRY(atomic_open(folder, name, 0600, &atomic));
        TRY(signature_index_make(archive, copy, copy_fd, atomic_fd(atomic)));
        return atomic_finish(TAKE(atomic));
}

void index_file_remove(const char *folder, const char *copy) {
        AUTO_TEXT char *path = path_of(folder, copy);
        (void)unlink(path); /* the caller knows that it may stay */
}

/* ---- made while the archive is written ---- */

struct IndexFile {
        char *folder, *copy;
        SignatureIndexMaker *maker; /* NULL: something has failed, and has been told */
        int fd;
};

/* Gives up what there is of it, so that it takes no room, because of FAILURE, which is taken; NULL: nothing failed. */
static void give_up(IndexFile *file, Error *failure) {
        AUTO(error_free) Error *told = failure;
        if (!told)
                return;
        log_info("no index is made of '%s': %s", file->copy, error_story(told));
        signature_index_maker_free(TAKE(file->maker));
        file_close(&file->fd);
}

IndexFile *index_file_begin(Scratch *scratch, const char *folder, const char *copy) {
        IndexFile *file = memory_new(IndexFile);
        file->folder = memory_text(folder);
        file->copy = memory_text(copy);
        file->fd = -1;
        give_up(file, scratch_file(scratch, &file->fd));
        if (file->fd >= 0)
                file->maker = signature_index_maker_new(file->fd);
        return file;
}

void index_file_add(IndexFile *file, const TarMember *header, Bytes payload) {
        if (file && file->maker)
                give_up(file, signature_index_maker_add(file->maker, header, payload));
}

/* Copies what is in the scratch file to its place. */
static Error *put_in_place(const IndexFile *file) {
        AUTO(atomic_abandon) Atomic *atomic = NULL;
        AUTO_TEXT char *name = index_file_name(file->copy);
        TRY(file_seek(file->fd, name, 0));
        AUTO(reader_close) Reader *reader = stream_read_fd(file->fd, false, name);
        TRY(atomic_open(file->folder, name, 0600, &atomic));
        AUTO(writer_abandon) Writer *writer = stream_write_fd(atomic_fd(atomic), false, name);
        TRY(reader_copy(reader, writer));
        TRY(writer_finish(TAKE(writer)));
        return atomic_finish(TAKE(atomic));
}

static Error *finish(IndexFile *file) {
        AUTO_FD int fd = -1;
        uint64_t size;
        AUTO_TEXT char *path = memory_print("%s/%s", file->folder, file->copy);
        TRY(file_open(path, O_RDONLY, 0, &fd));
        TRY(file_size(fd, path, &size));
        if (!index_file_is_due(size))
                return NULL;
        TRY(signature_index_maker_finish(file->maker, fd));
        return put_in_place(file);
}

void index_file_finish(IndexFile *file) {
        if (file && file->maker)
                give_up(file, finish(file));
        index_file_abandon(file);
}

void index_file_abandon(IndexFile *file) {
        if (!file)
                return;
        signature_index_maker_free(file->maker);
        file_close(&file->fd);
        memory_free(file->copy);
        memory_free(file->folder);
        memory_free(file);
}
