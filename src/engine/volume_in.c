#include "engine/volume_in.h"

#include <errno.h>
#include <unistd.h>

#include "base/log.h"
#include "base/path.h"
#include "engine/cache.h"
#include "engine/fetcher.h"
#include "engine/lost.h"
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
        const SetFile **files;     /* beside needed; NULL: the far side has no such volume */
        Lost *lost;                /* NULL: nothing may be lost */

        Fetcher *fetcher; /* of all that is needed; NULL: not begun, or there is one volume only */
        Task *fetching;   /* awaits needed[next], and begins to decode it unless it is to be spooled */
        int fetched;
        Reader *decoded;  /* of fetched; NULL: not begun */

        TarReader *tar;   /* the volume at work */
        int stored;       /* the same file as it is stored, for asking how far it has been read */
        Held first, last, ahead; /* of the current path: first and latest chunk; then the first of the next path */
        bool in_path;     /* a path is being read */
        bool at_end;      /* of its payload */
        const LostPath *lost_path; /* told in place of a path of the volumes; NULL: none */
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

/* What is left to do about a set of which VOLUME cannot be read. Caller frees. */
static char *advice(const SetReader *reader, const Volume *volume) {
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        char before[24];
        if (volume->last.path) {
                AUTO_TEXT char *first = path_printable(volume->first.path[0] ? volume->first.path : ".");
                AUTO_TEXT char *last = path_printable(volume->last.path[0] ? volume->last.path : ".");
                buffer_print(&text, "it holds '%s' to '%s'; ", first, last);
        }
        buffer_add_text(&text, "--ignore-errors reads what does not need it");
        if (!reader->set->full) {
                when_print_w3(reader->set->start, before);
                buffer_print(&text, ", '--time %s' the backup before", before);
        }
        return buffer_detach(&text);
}

/* Puts the advice behind an error that VOLUME is lost; others stay as they are. */
static Error *with_advice(const SetReader *reader, const Volume *volume, Error *error) {
        if (!error || !lost_is_said_by(error))
                return error;
        AUTO(error_free) Error *plain = error;
        AUTO_TEXT char *text = advice(reader, volume);
        return error_with_code(error_new(error_kind(plain), "%s (%s)", error_story(plain), text),
                               error_exit_code(plain));
}

static Error *missing_volume(const SetReader *reader, const Volume *volume) {
        return error_with_code(error_new(ERROR_MISSING, "volume %ju of the %s is missing at '%s'",
                                         (uintmax_t)volume->number, session_set_text(reader->set).text,
                                         reader->session->storage_text),
                               EXIT_CODE_BACKEND_MISSING);
}

/* A manifest for a set whose own cannot be read: every volume there is, without hashes and ranges. */
static void make_manifest(const SetReader *reader, Manifest *ret_manifest) {
        const BackupSet *set = reader->set;
        uint64_t count = set->volume_count ? set->volumes[set->volume_count - 1]->parsed.volume : 0;
        count = MIN(count, (uint64_t)set->volume_count * 2); /* a number that a stranger made up is no reason to loop */
        Volume *volumes = arena_zeroed(reader->arena, memory_size((size_t)count, sizeof(Volume)));
        for (uint64_t i = 0; i < count; i++)
                volumes[i] = (Volume){ .number = i + 1, .first = { .path = "", .block = -1 }, .last.block = -1 };
        *ret_manifest = (Manifest){ .volume_count = (size_t)count, .volumes = volumes };
}

static Error *read_manifest(SetReader *reader, Manifest *ret_manifest) {
        Error *error = cache_read_manifest(reader->session, reader->set, reader->arena, ret_manifest);
        if (!error || !reader->lost || error_kind(error) != ERROR_CORRUPT)
                return error;
        lost_add_manifest(reader->lost, error);
        error_free(error);
        make_manifest(reader, ret_manifest);
        return NULL;
}

static bool is_needed(const Volume *volume, const char *path) {
        return !volume->last.path || volume_may_hold(volume, path);
}

static Error *choose_volumes(SetReader *reader, const char *path) {
        Manifest manifest;
        TRY(read_manifest(reader, &manifest));
        for (size_t i = 0; i < reader->set->volume_count; i++)
                reader->unlisted += reader->set->volumes[i]->parsed.volume > manifest.volume_count;
        reader->needed = memory_new_array(const Volume *, manifest.volume_count);
        reader->files = memory_new_array(const SetFile *, manifest.volume_count);
        for (size_t i = 0; i < manifest.volume_count; i++) {
                const Volume *volume = &manifest.volumes[i];
                if (!is_needed(volume, path))
                        continue;
                const SetFile *file = find_volume(reader->set, volume->number);
                if (!file && !reader->lost)
                        return with_advice(reader, volume, missing_volume(reader, volume));
                reader->needed[reader->needed_count] = volume;
                reader->files[reader->needed_count++] = file;
        }
        return NULL;
}

/* A chain has many sets of one volume: they need no connection and no thread of their own. Of many sets that are read
 * together, each fetches one ahead: that is enough, and spares the disk. */
static Error *fetch_next(SetReader *reader) {
        Session *session = reader->session;
        const Volume *volume = reader->needed[reader->next];
        const SetFile *file = reader->files[reader->next];
        if (!file)
                return missing_volume(reader, volume);
        if (reader->needed_count == 1)
                return session_fetch(session, file, volume, &reader->fetched);
        if (!reader->fetcher)
                TRY(fetcher_open(session, reader->needed, reader->files, reader->needed_count,
                                 reader->spool ? 1 : job_downloads(session->job), &reader->fetcher));
        return fetcher_next(reader->fetcher, &reader->fetched);
}

/* The descriptor that stays with us shares its position with the one that is read. */
static Error *begin_decoding(SetReader *reader) {
        const SetFile *file = reader->files[reader->next];
        AUTO_FD int fd = dup(reader->fetched);
        if (fd < 0)
                return error_from_errno(errno, "cannot read '%s'", file->name);
        return session_decode(reader->session, &file->parsed, TAKE_FD(fd), file->name, &reader->decoded);
}

static Error *fetch_ahead(void *context) {
        SetReader *reader = context;
        TRY(fetch_next(reader));
        return reader->spool ? NULL : begin_decoding(reader);
}

/* The next volume is here while the one before is read, and there is a key made of the passphrase and a first piece of
 * the content by the time that it is wanted. */
static Error *start_fetching(SetReader *reader) {
        if (reader->next == reader->needed_count)
                return NULL;
        const SetFile *file = reader->files[reader->next];
        if (file)
                TRY(session_prepare_to_decode(reader->session, &file->parsed));
        return task_start(fetch_ahead, reader, &reader->fetching);
}

/* Has needed[next] fetched and its decoding begun. */
static Error *await_volume(SetReader *reader) {
        if (reader->fetching)
                TRY(task_join(TAKE(reader->fetching)));
        else
                TRY(fetch_next(reader));
        return reader->decoded ? NULL : begin_decoding(reader);
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
        if (session->losses)
                reader->lost = lost_new(session, set);
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

static Error *open_decoded(SetReader *reader, const SetFile *file, Reader *decoded) {
        AUTO(reader_close) Reader *plain = decoded;
        if (reader->spool)
                TRY_AS(spool_to_scratch(reader, file->name, &plain), "cannot decode '%s'", file->name);
        reader->tar = tar_reader_open(TAKE(plain), file->name);
        return NULL;
}

/* Passes over a volume that cannot be read, or not to its end, where that is allowed; else returns ERROR. */
static Error *lose_volume(SetReader *reader, const Volume *volume, Error *error) {
        if (!error || !reader->lost || !lost_is_said_by(error))
                return error;
        AUTO(error_free) Error *told = error;
        lost_add(reader->lost, volume, told);
        tar_reader_close(TAKE(reader->tar));
        return NULL;
}

static void drop_fetched(SetReader *reader) {
        reader_close(TAKE(reader->decoded));
        file_close(&reader->fetched);
}

static Error *open_next_volume(SetReader *reader) {
        const Volume *volume = reader->needed[reader->next];
        const SetFile *file = reader->files[reader->next];
        tar_reader_close(TAKE(reader->tar));
        TRY(cancel_check());
        Error *failure = await_volume(reader);
        if (failure)
                drop_fetched(reader);
        file_close(&reader->stored);
        reader->stored = TAKE_FD(reader->fetched);
        AUTO(reader_close) Reader *decoded = TAKE(reader->decoded);
        reader->next++;
        if (failure) {
                TRY(lose_volume(reader, volume, failure));
                return start_fetching(reader);
        }
        TRY(start_fetching(reader));
        return lose_volume(reader, volume, open_decoded(reader, file, TAKE(decoded)));
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

/* The volume that has been opened last. */
static const Volume *volume_at_work(const SetReader *reader) {
        return reader->needed[reader->next - 1];
}

/* Looks at the next member of the open volume; ahead.is_set tells whether there is one. */
static Error *look_into_volume(SetReader *reader) {
        const TarMember *header = NULL;
        if (reader->tar)
                TRY(tar_reader_next(reader->tar, &header));
        return header ? hold(reader, &reader->ahead, header) : NULL;
}

/* Looks at the next member of the volumes; ahead.is_set tells whether there is one. */
static Error *look_ahead(SetReader *reader) {
        reader->ahead.is_set = false;
        for (;;) {
                Error *failure = look_into_volume(reader);
                if (failure) {
                        reader->ahead.is_set = false;
                        TRY(lose_volume(reader, volume_at_work(reader), failure));
                }
                if (reader->ahead.is_set || reader->next == reader->needed_count)
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

static void note_missing_chunk(SetReader *reader, int64_t number) {
        const char *reason = reader->lost ? lost_reason(reader->lost) : NULL;
        note_problem(reader, memory_print("chunk %jd is missing%s%s", (intmax_t)number, reason ? ": " : "",
                                          reason ? reason : ""));
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
                        note_missing_chunk(reader, number + 1);
                reader->at_end = true;
                return NULL;
        }
        if (reader->ahead.member.chunk != number + 1)
                note_missing_chunk(reader, number + 1);
        swap(&reader->last, &reader->ahead);
        reader->ahead.is_set = false;
        reader->chunk_length = 0;
        return NULL;
}

/* Where volumes may be lost, a volume that breaks off makes the payload at work unusable, and no more. */
static Error *note_lost_payload(SetReader *reader, Error *failure) {
        if (!failure)
                return NULL;
        TRY(lose_volume(reader, volume_at_work(reader), failure));
        note_problem(reader, memory_text(lost_reason(reader->lost)));
        return NULL;
}

static Error *read_payload(SetReader *reader, void *buffer, size_t capacity, size_t *ret_length) {
        *ret_length = 0;
        while (!reader->at_end) {
                TRY(note_lost_payload(reader, tar_reader_read(reader->tar, buffer, capacity, ret_length)));
                reader->chunk_length += *ret_length;
                if (*ret_length)
                        return NULL;
                TRY(leave_chunk(reader));
        }
        return NULL;
}

static Error *note_break(SetReader *reader, Error *error) {
        reader->broken |= error != NULL;
        return reader->next ? with_advice(reader, volume_at_work(reader), error) : error;
}

Error *set_reader_read(SetReader *reader, void *buffer, size_t capacity, size_t *ret_length) {
        *ret_length = 0;
        if (reader->lost_path)
                return NULL;
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
                note_missing_chunk(reader, 1);
        return NULL;
}

static Error *check_order(const SetReader *reader) {
        const char *path = reader->ahead.member.path;
        if (!reader->former_path || path_compare(reader->former_path, path) < 0)
                return NULL;
        AUTO_TEXT char *shown = path_printable(path);
        return error_new(ERROR_CORRUPT, "volume '%s' is out of order at '%s'", reader->files[reader->next - 1]->name,
                         shown);
}

/* Goes to the next path that the volumes have; ahead.is_set tells whether there is one. */
static Error *find_ahead(SetReader *reader) {
        if (reader->in_path)
                TRY(pass_over_rest(reader));
        reader->in_path = false;
        if (!reader->ahead.is_set)
                TRY(look_ahead(reader));
        for (Error *disorder; reader->ahead.is_set && (disorder = check_order(reader));) {
                TRY(lose_volume(reader, volume_at_work(reader), disorder));
                TRY(look_ahead(reader));
        }
        return NULL;
}

/* A path that was in a lost volume and comes before the one ahead takes its turn. */
static Error *find_lost(SetReader *reader) {
        const char *until = reader->ahead.is_set ? reader->ahead.member.path : NULL;
        reader->lost_path = NULL;
        return reader->lost ? lost_next(reader->lost, reader->former_path, until, &reader->lost_path) : NULL;
}

static void remember_path(SetReader *reader, const char *path) {
        char *former = memory_text(path);
        memory_free(reader->former_path);
        reader->former_path = former;
}

static Error *go_to_next_path(SetReader *reader) {
        TRY(find_ahead(reader));
        TRY(find_lost(reader));
        if (reader->lost_path) {
                remember_path(reader, reader->lost_path->path);
                return NULL;
        }
        if (!reader->ahead.is_set)
                return NULL;
        TRY(begin_path(reader));
        remember_path(reader, reader->first.member.path);
        reader->in_path = true;
        return NULL;
}

/* Folders, links and the like are in the signature archive as they are in the volume; of files the content is lost. */
static void tell_lost_path(SetReader *reader) {
        const LostPath *path = reader->lost_path;
        reader->told = (SetMember){
                .kind = path->is_deleted ? MEMBER_DELETED : MEMBER_SNAPSHOT, .path = path->path, .header = path->header
        };
}

Error *set_reader_next(SetReader *reader, const SetMember **ret_member) {
        *ret_member = NULL;
        TRY(note_break(reader, go_to_next_path(reader)));
        if (!reader->in_path && !reader->lost_path)
                return NULL;
        if (reader->lost_path)
                tell_lost_path(reader);
        else
                reader->told = (SetMember){ .kind = reader->first.member.kind,
                                            .path = reader->first.member.path,
                                            .is_chunked = reader->first.member.chunk != 0,
                                            .header = &reader->first.header };
        *ret_member = &reader->told;
        return NULL;
}

const char *set_reader_problem(const SetReader *reader) {
        return reader->lost_path ? reader->lost_path->reason : reader->problem;
}

const TarMember *set_reader_last_header(const SetReader *reader) {
        return reader->lost_path ? reader->lost_path->header : &reader->last.header;
}

bool set_reader_is_broken(const SetReader *reader) {
        return reader->broken;
}

bool set_reader_is_proven(const SetReader *reader) {
        if (!reader->tar)
                return true;
        return !reader->session->job->sign_key && volume_at_work(reader)->hash_kind != MANIFEST_HASH_NONE;
}

size_t set_reader_unlisted(const SetReader *reader) {
        return reader->unlisted;
}

static uint64_t size_of(const SetFile *file) {
        return file ? file->size : 0;
}

void set_reader_add_volumes(const SetReader *reader, size_t *done, size_t *total) {
        *total += reader->needed_count;
        bool is_at_work = reader->in_path || reader->ahead.is_set;
        *done += reader->next - (is_at_work && reader->next ? 1 : 0);
}

void set_reader_add_progress(const SetReader *reader, uint64_t *done, uint64_t *total) {
        for (size_t i = 0; i < reader->needed_count; i++)
                *total += size_of(reader->files[i]);
        for (size_t i = 0; i + 1 < reader->next; i++)
                *done += size_of(reader->files[i]);
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
        drop_fetched(reader);
        file_close(&reader->stored);
        tar_reader_close(reader->tar);
        fetcher_close(reader->fetcher);
        lost_free(reader->lost);
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
