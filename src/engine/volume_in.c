#include "engine/volume_in.h"

#include <unistd.h>

#include "base/log.h"
#include "base/path.h"
#include "engine/cache.h"
#include "storage/registry.h"
#include "sys/cancel.h"
#include "sys/file.h"
#include "sys/task.h"

enum {
        CHUNK_FULL = 65536, /* a chunk of this size has another one behind it */
        SPOOL_PIECE = 64 * 1024,
};

/* A member's header with its own copy of all texts. */
typedef struct Held {
        Arena *arena;
        TarMember header;
        Member member;
        bool is_set;
} Held;

struct SetReader {
        Session *session;
        const BackupSet *set;
        Arena *arena; /* of the manifest */
        bool spool;
        size_t unlisted;           /* volumes that the manifest does not speak of */
        size_t needed_count, next; /* volumes still to be read: needed[next..] */
        const Volume **needed;
        const SetFile **files;     /* beside needed */

        Storage *storage; /* of the fetching task; NULL: not opened yet */
        Task *fetching;   /* brings needed[next] */
        int fetched;

        TarReader *tar;   /* the volume at work */
        int stored;       /* the same file as it is stored, for asking how far it has been read */
        Held first, last, ahead; /* of the current path: first and latest chunk; then the first of the next path */
        bool in_path;     /* a path is being read */
        bool at_end;      /* of its payload */
        bool broken;
        uint64_t chunk_length; /* read of the latest chunk */
        char *former_path;
        char *problem;
        SetMember told;
};

static const SetFile *find_volume(const BackupSet *set, uint64_t number) {
        for (size_t i = 0; i < set->volume_count; i++)
                if (set->volumes[i]->parsed.volume == number)
                        return set->volumes[i];
        return NULL;
}

static Error *choose_volumes(SetReader *reader, const char *path) {
        Manifest manifest;
        TRY(cache_read_manifest(reader->session, reader->set, reader->arena, &manifest));
        for (size_t i = 0; i < reader->set->volume_count; i++)
                reader->unlisted += reader->set->volumes[i]->parsed.volume > manifest.volume_count;
        reader->needed = memory_new_array(const Volume *, manifest.volume_count);
        reader->files = memory_new_array(const SetFile *, manifest.volume_count);
        for (size_t i = 0; i < manifest.volume_count; i++) {
                const Volume *volume = &manifest.volumes[i];
                if (!volume_may_hold(volume, path))
                        continue;
                const SetFile *file = find_volume(reader->set, volume->number);
                if (!file)
                        return error_with_code(error_new(ERROR_MISSING, "volume %ju of the %s is missing at '%s'",
                                                         (uintmax_t)volume->number, session_set_text(reader->set).text,
                                                         reader->session->storage_text),
                                               EXIT_CODE_BACKEND_MISSING);
                reader->needed[reader->needed_count] = volume;
                reader->files[reader->needed_count++] = file;
        }
        return NULL;
}

static Error *fetch_by(SetReader *reader, Storage *storage) {
        return session_fetch(reader->session, storage, reader->files[reader->next], reader->needed[reader->next],
                             &reader->fetched);
}

static Error *fetch_ahead(void *context) {
        SetReader *reader = context;
        const Job *job = reader->session->job;
        if (!reader->storage)
                TRY(registry_open(job->url, &job->storage, &reader->storage));
        return fetch_by(reader, reader->storage);
}

/* The next volume comes in while the one before is read. The first is fetched on the spot: a chain has many sets of
 * one volume, and they need no connection of their own. */
static Error *start_fetching(SetReader *reader) {
        if (reader->next == reader->needed_count)
                return NULL;
        return task_start(fetch_ahead, reader, &reader->fetching);
}

static Error *await_volume(SetReader *reader) {
        return reader->fetching ? task_join(TAKE(reader->fetching)) : fetch_by(reader, reader->session->storage);
}

Error *set_reader_open(Session *session, const BackupSet *set, const char *path, bool spool, SetReader **ret_reader) {
        AUTO(set_reader_close) SetReader *reader = memory_new(SetReader);
        reader->session = session;
        reader->set = set;
        reader->spool = spool;
        reader->fetched = reader->stored = -1;
        reader->arena = arena_new();
        reader->first.arena = arena_new();
        reader->last.arena = arena_new();
        reader->ahead.arena = arena_new();
        TRY(choose_volumes(reader, path));
        *ret_reader = TAKE(reader);
        return NULL;
}

static Error *spool_to_scratch(SetReader *reader, const char *name, Reader **plain) {
        AUTO_FD int fd = -1;
        TRY(scratch_file(reader->session->scratch, &fd));
        AUTO(writer_abandon) Writer *writer = stream_write_fd(fd, false, name);
        TRY(reader_copy(*plain, writer));
        TRY(writer_finish(TAKE(writer)));
        TRY(file_seek(fd, name, 0));
        reader_close(TAKE(*plain));
        *plain = stream_read_fd(TAKE_FD(fd), true, name);
        return NULL;
}

static Error *open_next_volume(SetReader *reader) {
        const SetFile *file = reader->files[reader->next];
        AUTO(reader_close) Reader *plain = NULL;
        tar_reader_close(TAKE(reader->tar));
        TRY(cancel_check());
        TRY(await_volume(reader));
        AUTO_FD int fd = TAKE_FD(reader->fetched);
        file_close(&reader->stored);
        reader->stored = dup(fd);
        reader->next++;
        TRY(start_fetching(reader));
        TRY(session_decode(reader->session, &file->parsed, TAKE_FD(fd), file->name, &plain));
        if (reader->spool)
                TRY_AS(spool_to_scratch(reader, file->name, &plain), "cannot decode '%s'", file->name);
        reader->tar = tar_reader_open(TAKE(plain), file->name);
        return NULL;
}

static Error *hold(SetReader *reader, Held *held, const TarMember *header) {
        Arena *arena = held->arena;
        arena_reset(arena);
        held->header = *header;
        held->header.name = arena_text(arena, header->name);
        held->header.target = arena_text(arena, header->target);
        held->header.user = arena_text(arena, header->user);
        held->header.group = arena_text(arena, header->group);
        held->is_set = true;
        return error_context(member_parse(header->name, MEMBER_IN_VOLUME, arena, &held->member), "volume '%s'",
                             reader->files[reader->next - 1]->name);
}

/* Looks at the next member of the volumes; ahead.is_set tells whether there is one. */
static Error *look_ahead(SetReader *reader) {
        reader->ahead.is_set = false;
        for (;;) {
                const TarMember *header = NULL;
                if (reader->tar)
                        TRY(tar_reader_next(reader->tar, &header));
                if (header)
                        return hold(reader, &reader->ahead, header);
                if (reader->next == reader->needed_count)
                        return NULL;
                TRY(open_next_volume(reader));
        }
}

static void swap(Held *a, Held *b) {
        Held kept = *a;
        *a = *b;
        *b = kept;
}

static void note_problem(SetReader *reader, char *text) {
        if (reader->problem)
                memory_free(text);
        else
                reader->problem = text;
}

static bool is_next_chunk(const SetReader *reader) {
        const Held *ahead = &reader->ahead, *last = &reader->last;
        return ahead->is_set && last->member.chunk && ahead->member.chunk > 1 &&
               ahead->member.kind == last->member.kind && strcmp(ahead->member.path, last->member.path) == 0;
}

/* At the end of a chunk: goes on with the next one of the same path, or ends the path. */
static Error *leave_chunk(SetReader *reader) {
        int64_t number = reader->last.member.chunk;
        TRY(look_ahead(reader));
        if (!is_next_chunk(reader)) {
                if (number && reader->chunk_length == CHUNK_FULL)
                        note_problem(reader, memory_print("chunk %jd is missing", (intmax_t)number + 1));
                reader->at_end = true;
                return NULL;
        }
        if (reader->ahead.member.chunk != number + 1)
                note_problem(reader, memory_print("chunk %jd is missing", (intmax_t)number + 1));
        swap(&reader->last, &reader->ahead);
        reader->ahead.is_set = false;
        reader->chunk_length = 0;
        return NULL;
}

static Error *read_payload(SetReader *reader, void *buffer, size_t capacity, size_t *ret_length) {
        *ret_length = 0;
        while (!reader->at_end) {
                TRY(tar_reader_read(reader->tar, buffer, capacity, ret_length));
                reader->chunk_length += *ret_length;
                if (*ret_length)
                        return NULL;
                TRY(leave_chunk(reader));
        }
        return NULL;
}

static Error *note_break(SetReader *reader, Error *error) {
        reader->broken |= error != NULL;
        return error;
}

Error *set_reader_read(SetReader *reader, void *buffer, size_t capacity, size_t *ret_length) {
        do
                TRY(note_break(reader, read_payload(reader, buffer, capacity, ret_length)));
        while (*ret_length && reader->problem); /* the rest of an unusable payload is of no use */
        return NULL;
}

static Error *pass_over_rest(SetReader *reader) {
        char dropped[16 * 1024];
        size_t length;
        do
                TRY(read_payload(reader, dropped, sizeof dropped, &length));
        while (length);
        return NULL;
}

static Error *begin_path(SetReader *reader) {
        swap(&reader->first, &reader->ahead);
        reader->ahead.is_set = false;
        reader->last.is_set = false;
        TRY(hold(reader, &reader->last, &reader->first.header));
        reader->chunk_length = 0;
        reader->at_end = false;
        memory_free(TAKE(reader->problem));
        if (reader->first.member.chunk > 1)
                note_problem(reader, memory_text("chunk 1 is missing"));
        const char *path = reader->first.member.path;
        if (reader->former_path && path_compare(reader->former_path, path) >= 0) {
                AUTO_TEXT char *shown = path_printable(path);
                return error_new(ERROR_CORRUPT, "volume '%s' is out of order at '%s'",
                                 reader->files[reader->next - 1]->name, shown);
        }
        memory_free(reader->former_path);
        reader->former_path = memory_text(path);
        return NULL;
}

static Error *go_to_next_path(SetReader *reader) {
        if (reader->in_path)
                TRY(pass_over_rest(reader));
        else
                TRY(look_ahead(reader));
        reader->in_path = reader->ahead.is_set;
        return reader->in_path ? begin_path(reader) : NULL;
}

Error *set_reader_next(SetReader *reader, const SetMember **ret_member) {
        *ret_member = NULL;
        TRY(note_break(reader, go_to_next_path(reader)));
        if (!reader->in_path)
                return NULL;
        reader->told = (SetMember){
                .kind = reader->first.member.kind, .path = reader->first.member.path, .header = &reader->first.header
        };
        *ret_member = &reader->told;
        return NULL;
}

const char *set_reader_problem(const SetReader *reader) {
        return reader->problem;
}

const TarMember *set_reader_last_header(const SetReader *reader) {
        return &reader->last.header;
}

bool set_reader_is_broken(const SetReader *reader) {
        return reader->broken;
}

size_t set_reader_unlisted(const SetReader *reader) {
        return reader->unlisted;
}

void set_reader_add_progress(const SetReader *reader, uint64_t *done, uint64_t *total) {
        for (size_t i = 0; i < reader->needed_count; i++)
                *total += reader->files[i]->size;
        for (size_t i = 0; i + 1 < reader->next; i++)
                *done += reader->files[i]->size;
        off_t position = reader->stored < 0 ? -1 : lseek(reader->stored, 0, SEEK_CUR);
        if (position > 0)
                *done += (uint64_t)position;
}

const BackupSet *set_reader_set(const SetReader *reader) {
        return reader->set;
}

static void clear_held(Held *held) {
        arena_free(held->arena);
}

void set_reader_close(SetReader *reader) {
        if (!reader)
                return;
        error_free(task_join(reader->fetching));
        file_close(&reader->fetched);
        file_close(&reader->stored);
        tar_reader_close(reader->tar);
        storage_close(reader->storage);
        clear_held(&reader->first);
        clear_held(&reader->last);
        clear_held(&reader->ahead);
        arena_free(reader->arena);
        memory_free(reader->needed);
        memory_free(reader->files);
        memory_free(reader->former_path);
        memory_free(reader->problem);
        memory_free(reader);
}
