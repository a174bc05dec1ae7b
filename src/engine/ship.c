#include "engine/ship.h"

#include <unistd.h>

#include "base/log.h"
#include "codec/deflate.h"
#include "engine/publish.h"
#include "engine/seal.h"
#include "storage/registry.h"
#include "sys/file.h"
#include "sys/task.h"
#include "sys/workers.h"

enum {
        CHUNK_SIZE = 256 * 1024,
        CHUNKS_IN_FLIGHT = 10,
        LIST_PIECE = 64 * 1024,
};

/* A piece of a volume or of the signature archive on its way. */
typedef struct Chunk {
        bool of_signatures, deflate, last;
        size_t history_length; /* bytes at the front of plain that belong to the chunk before */
        Buffer plain, packed;
        Position first_position, last_position; /* of the volume that ends here; owned paths */
} Chunk;

/* A volume on its way to the far side. */
typedef struct Parcel {
        Ship *ship;
        char *name;
        int fd;
        uint64_t size;
        Volume volume;
        Error *error;
} Parcel;

/* A stream of chunks: the volumes, or the signature archive. */
typedef struct Stream {
        bool of_signatures, deflate;
        Chunk *chunk;   /* at work, NULL: none */
        Buffer history; /* the end of the chunk before */
} Stream;

struct Ship {
        Session *session;
        Plan plan;
        SealForm form;
        Stream volumes, signatures;
        Workers *deflaters, *uploaders;
        Task *sealer;
        const OpenPgp *openpgp;
        uint64_t stored_bytes; /* shared with the sealer: atomic access */

        /* the sealer's own, until it has been joined */
        uint64_t volume_number;
        uint32_t signature_crc;
        uint64_t signature_length;
        Atomic *signature_file;
        VolumeList done;

        Buffer list; /* lines of changed files not yet written to list_file */
        int list_file;
        uint64_t list_count;
};

static void free_position(Position *position) {
        memory_free((void *)(uintptr_t)position->path);
        position->path = NULL;
}

static void free_chunk(void *item) {
        Chunk *chunk = item;
        buffer_clear(&chunk->plain);
        buffer_clear(&chunk->packed);
        free_position(&chunk->first_position);
        free_position(&chunk->last_position);
        memory_free(chunk);
}

static void free_parcel(void *item) {
        Parcel *parcel = item;
        file_close(&parcel->fd);
        memory_free(parcel->name);
        free_position(&parcel->volume.first);
        free_position(&parcel->volume.last);
        error_free(parcel->error);
        memory_free(parcel);
}

static void free_parcel_of(Parcel **parcel) {
        if (*parcel)
                free_parcel(*parcel);
}

/* ---- deflating: in the workers ---- */

static Bytes chunk_content(const Chunk *chunk) {
        return bytes_slice(buffer_bytes(&chunk->plain), chunk->history_length, chunk->plain.length);
}

static void *new_deflater(void *context) {
        (void)context;
        return deflater_new();
}

static void free_deflater(void *state) {
        deflater_free(state);
}

static void deflate(void *state, void *item) {
        Chunk *chunk = item;
        if (chunk->deflate)
                deflater_chunk(state, bytes_make(chunk->plain.data, chunk->history_length), chunk_content(chunk), chunk->last,
                               &chunk->packed);
}

/* ---- uploading: in the uploaders ---- */

/* An uploader's own connection, opened when it is first needed. */
typedef struct Uploader {
        Session *session;
        Storage *storage;
} Uploader;

static void *new_uploader(void *context) {
        Uploader *uploader = memory_new(Uploader);
        uploader->session = context;
        return uploader;
}

static void free_uploader(void *state) {
        Uploader *uploader = state;
        storage_close(uploader->storage);
        memory_free(uploader);
}

static Error *upload_parcel(Uploader *uploader, const Parcel *parcel) {
        const Job *job = uploader->session->job;
        if (!uploader->storage)
                TRY(registry_open(job->url, &job->storage, &uploader->storage));
        return storage_put(uploader->storage, parcel->name, parcel->fd);
}

static void upload(void *state, void *item) {
        Parcel *parcel = item;
        parcel->error = error_context(upload_parcel(state, parcel), "cannot store '%s'", parcel->name);
}

/* ---- sealing: in the sealer ---- */

/* What a chunk looks like in the file it becomes part of. */
static Bytes chunk_output(const Chunk *chunk) {
        return chunk->deflate ? buffer_bytes(&chunk->packed) : chunk_content(chunk);
}

static Error *write_signature_chunk(Ship *ship, const Chunk *chunk) {
        int fd = atomic_fd(ship->signature_file);
        static const char name[] = "signature archive";
        if (ship->signature_length == 0)
                TRY(file_write(fd, name, bytes_make(deflate_gzip_header, sizeof deflate_gzip_header)));
        ship->signature_crc = deflate_crc(ship->signature_crc, chunk_content(chunk));
        ship->signature_length += chunk_content(chunk).length;
        TRY(file_write(fd, name, chunk_output(chunk)));
        if (!chunk->last)
                return NULL;
        uint8_t trailer[DEFLATE_GZIP_TRAILER_SIZE];
        deflate_gzip_trailer(ship->signature_crc, ship->signature_length, trailer);
        return file_write(fd, name, bytes_make(trailer, sizeof trailer));
}

/* The next chunk of a volume; those of the signature archive that come before it are written away. NULL at the end. */
static Error *next_volume_chunk(Ship *ship, Chunk **ret_chunk) {
        Chunk *chunk;
        while ((chunk = workers_collect(ship->deflaters)) && chunk->of_signatures) {
                Error *error = write_signature_chunk(ship, chunk);
                free_chunk(chunk);
                TRY(error);
        }
        *ret_chunk = chunk;
        return NULL;
}

/* Reads the encoded chunks of one volume as a stream. */
typedef struct VolumeReader {
        Reader reader;
        Ship *ship;
        Chunk *chunk; /* at work; NULL once the last one has been read */
        size_t given; /* bytes of it */
        uint32_t crc;
        uint64_t length;
        Position first, last; /* once ended */
        Buffer front;         /* stands before the first chunk */
} VolumeReader;

static Error *leave_chunk(VolumeReader *self) {
        Chunk *chunk = TAKE(self->chunk);
        bool last = chunk->last;
        if (last) {
                self->first = chunk->first_position;
                self->last = chunk->last_position;
                chunk->first_position.path = chunk->last_position.path = NULL;
        }
        self->crc = deflate_crc(self->crc, chunk_content(chunk));
        self->length += chunk_content(chunk).length;
        free_chunk(chunk);
        self->given = 0;
        if (last)
                return NULL;
        TRY(next_volume_chunk(self->ship, &self->chunk));
        return self->chunk ? NULL : error_new(ERROR_CANCELLED, "stopped in the middle of a volume");
}

static Error *read_volume(Reader *reader, void *buffer, size_t capacity, size_t *ret_length) {
        VolumeReader *self = (VolumeReader *)reader;
        *ret_length = 0;
        if (self->front.length) {
                *ret_length = MIN(capacity, self->front.length);
                memcpy(buffer, self->front.data, *ret_length);
                buffer_consume(&self->front, *ret_length);
                return NULL;
        }
        while (self->chunk) {
                Bytes left = bytes_slice(chunk_output(self->chunk), self->given, capacity);
                if (left.length) {
                        memcpy(buffer, left.at, left.length);
                        self->given += left.length;
                        *ret_length = left.length;
                        return NULL;
                }
                TRY(leave_chunk(self));
        }
        return NULL;
}

static void close_volume(Reader *reader) {
        VolumeReader *self = (VolumeReader *)reader;
        if (self->chunk)
                free_chunk(self->chunk);
        free_position(&self->first);
        free_position(&self->last);
        buffer_clear(&self->front);
}

static Error *write_gzip(VolumeReader *volume, Writer *out) {
        uint8_t trailer[DEFLATE_GZIP_TRAILER_SIZE];
        TRY(writer_write(out, bytes_make(deflate_gzip_header, sizeof deflate_gzip_header)));
        TRY(reader_copy(&volume->reader, out));
        deflate_gzip_trailer(volume->crc, volume->length, trailer);
        return writer_write(out, bytes_make(trailer, sizeof trailer));
}

static Error *write_sealed(Ship *ship, VolumeReader *volume, Writer *out) {
        switch (ship->form) {
        case SEAL_PLAIN:
                return reader_copy(&volume->reader, out);
        case SEAL_GZIP:
                return write_gzip(volume, out);
        case SEAL_OPENPGP:
                seal_print_literal_block(&volume->front);
                return openpgp_encrypt(ship->openpgp, OPENPGP_COMPRESSED, &volume->reader, out);
        case SEAL_OPENPGP_COMPRESSES:
                return openpgp_encrypt(ship->openpgp, OPENPGP_PLAIN, &volume->reader, out);
        }
        abort(); /* every form is dealt with */
}

/* Writes one encoded volume to a scratch file and fills PARCEL. */
static Error *seal_volume(Ship *ship, VolumeReader *volume, Parcel *parcel) {
        AUTO(digest_free) Digest *digest = digest_new(DIGEST_SHA1);
        TRY(scratch_file(ship->session->scratch, &parcel->fd));
        AUTO(writer_abandon) Writer *out =
                stream_write_digest(stream_write_fd(parcel->fd, false, parcel->name), digest, &parcel->size);
        TRY_AS(write_sealed(ship, volume, out), "cannot encode '%s'", parcel->name);
        TRY(writer_finish(TAKE(out)));
        parcel->volume = (Volume){
                .number = ship->volume_number, .first = volume->first, .last = volume->last, .hash_kind = MANIFEST_HASH_SHA1
        };
        volume->first.path = volume->last.path = NULL;
        digest_finish(digest, parcel->volume.hash);
        return NULL;
}

/* Records an uploaded volume; takes the parcel. */
static Error *record_parcel(Ship *ship, Parcel *parcel) {
        Error *error = TAKE(parcel->error);
        if (!error) {
                volume_list_add(&ship->done, parcel->volume);
                parcel->volume.first.path = parcel->volume.last.path = NULL;
                __atomic_fetch_add(&ship->stored_bytes, parcel->size, __ATOMIC_RELAXED);
                log_info("Stored %s, %ju bytes", parcel->name, (uintmax_t)parcel->size);
        }
        free_parcel(parcel);
        return error;
}

static Error *ship_volume(Ship *ship, VolumeReader *volume) {
        __attribute__((cleanup(free_parcel_of))) Parcel *parcel = memory_new(Parcel);
        parcel->fd = -1;
        parcel->name = publish_name(ship->session, &ship->plan, FILE_VOLUME, ++ship->volume_number, ship->form);
        TRY(seal_volume(ship, volume, parcel));
        /* the pool holds one volume more than it has threads: take one out before it would block for good */
        for (Parcel *uploaded; (uploaded = workers_try_collect(ship->uploaders));)
                TRY(record_parcel(ship, uploaded));
        if (ship->volume_number - ship->done.count > ship->session->job->concurrency + 1)
                TRY(record_parcel(ship, workers_collect(ship->uploaders)));
        (void)workers_submit(ship->uploaders, TAKE(parcel)); /* nobody stops this pool but we */
        return NULL;
}

static Error *seal_all(Ship *ship) {
        for (;;) {
                VolumeReader volume = { .reader = { read_volume, close_volume }, .ship = ship };
                TRY(next_volume_chunk(ship, &volume.chunk));
                if (!volume.chunk)
                        break;
                Error *error = ship_volume(ship, &volume);
                reader_close(&volume.reader);
                TRY(error);
        }
        workers_end(ship->uploaders);
        for (Parcel *uploaded; (uploaded = workers_collect(ship->uploaders));)
                TRY(record_parcel(ship, uploaded));
        return NULL;
}

static Error *run_sealer(void *context) {
        Ship *ship = context;
        Error *error = seal_all(ship);
        if (error)
                workers_stop(ship->deflaters);
        return error;
}

/* ---- the caller's side ---- */

static unsigned processor_count(void) {
        long count = sysconf(_SC_NPROCESSORS_ONLN);
        return count > 0 ? (unsigned)MIN(count, 16) : 1;
}

static Error *open_pools(Ship *ship) {
        const Job *job = ship->session->job;
        WorkersOptions deflaters = {
                .threads = job->threads ? job->threads : processor_count(),
                .capacity = CHUNKS_IN_FLIGHT,
                .work = deflate,
                .state_new = new_deflater,
                .state_free = free_deflater,
        };
        WorkersOptions uploaders = {
                .threads = job->concurrency,
                .capacity = job->concurrency + 1,
                .work = upload,
                .state_new = new_uploader,
                .state_free = free_uploader,
                .context = ship->session,
        };
        TRY(workers_open(&deflaters, &ship->deflaters));
        TRY(workers_open(&uploaders, &ship->uploaders));
        return task_start(run_sealer, ship, &ship->sealer);
}

Error *ship_open(Session *session, const Plan *plan, Ship **ret_ship) {
        AUTO(ship_abandon) Ship *ship = memory_new(Ship);
        ship->session = session;
        ship->plan = *plan;
        ship->list_file = -1;
        TRY(seal_choose(session, &ship->form));
        if (ship->form == SEAL_OPENPGP || ship->form == SEAL_OPENPGP_COMPRESSES)
                TRY(session_openpgp_for_writing(session, &ship->openpgp));
        ship->volumes.deflate = ship->form == SEAL_GZIP || ship->form == SEAL_OPENPGP;
        ship->signatures = (Stream){ .of_signatures = true, .deflate = true };
        TRY(publish_begin_signatures(session, plan, &ship->signature_file));
        TRY(scratch_file(session->scratch, &ship->list_file));
        TRY(open_pools(ship));
        *ret_ship = TAKE(ship);
        return NULL;
}

/* The sealer gave up: this is why. */
static Error *reason_of_stop(Ship *ship) {
        Error *error = task_join(TAKE(ship->sealer));
        return error ? error : error_new(ERROR_CANCELLED, "the backup was stopped");
}

static Chunk *begin_chunk(Stream *stream) {
        Chunk *chunk = memory_new(Chunk);
        chunk->of_signatures = stream->of_signatures;
        chunk->deflate = stream->deflate;
        chunk->history_length = stream->history.length;
        (void)buffer_reserve(&chunk->plain, DEFLATE_WINDOW + CHUNK_SIZE); /* no ceiling */
        (void)buffer_add(&chunk->plain, buffer_bytes(&stream->history));
        return chunk;
}

static void keep_history(Stream *stream, const Chunk *chunk) {
        Bytes plain = buffer_bytes(&chunk->plain);
        size_t length = stream->deflate ? MIN(plain.length, (size_t)DEFLATE_WINDOW) : 0;
        buffer_truncate(&stream->history, 0);
        if (!chunk->last)
                (void)buffer_add(&stream->history, bytes_slice(plain, plain.length - length, length)); /* no ceiling */
}

static Error *submit_chunk(Ship *ship, Stream *stream) {
        Chunk *chunk = TAKE(stream->chunk);
        keep_history(stream, chunk);
        if (workers_submit(ship->deflaters, chunk))
                return NULL;
        free_chunk(chunk);
        return reason_of_stop(ship);
}

static Error *add_to_stream(Ship *ship, Stream *stream, Bytes bytes) {
        while (bytes.length) {
                if (!stream->chunk)
                        stream->chunk = begin_chunk(stream);
                Chunk *chunk = stream->chunk;
                size_t room = chunk->history_length + CHUNK_SIZE - chunk->plain.length;
                Bytes part = bytes_slice(bytes, 0, room);
                (void)buffer_add(&chunk->plain, part); /* no ceiling */
                bytes = bytes_slice(bytes, part.length, bytes.length);
                if (part.length == room)
                        TRY(submit_chunk(ship, stream));
        }
        return NULL;
}

static Error *end_stream(Ship *ship, Stream *stream, Position first, Position last) {
        if (!stream->chunk)
                stream->chunk = begin_chunk(stream);
        stream->chunk->last = true;
        stream->chunk->first_position = (Position){ memory_text(first.path), first.block };
        stream->chunk->last_position = (Position){ memory_text(last.path), last.block };
        return submit_chunk(ship, stream);
}

Error *ship_add_to_volume(Ship *ship, Bytes bytes) {
        return add_to_stream(ship, &ship->volumes, bytes);
}

Error *ship_end_volume(Ship *ship, Position first, Position last) {
        return end_stream(ship, &ship->volumes, first, last);
}

Error *ship_add_to_signatures(Ship *ship, Bytes bytes) {
        return add_to_stream(ship, &ship->signatures, bytes);
}

static Error *flush_list(Ship *ship) {
        TRY(file_write(ship->list_file, "the list of changed files", buffer_bytes(&ship->list)));
        buffer_truncate(&ship->list, 0);
        return NULL;
}

Error *ship_list_file(Ship *ship, FileChange change, const char *path) {
        manifest_print_file(change, path, &ship->list);
        ship->list_count++;
        return ship->list.length >= LIST_PIECE ? flush_list(ship) : NULL;
}

uint64_t ship_stored_bytes(const Ship *ship) {
        return __atomic_load_n(&ship->stored_bytes, __ATOMIC_RELAXED);
}

static Error *finish(Ship *ship, uint64_t *ret_volume_count, uint64_t *ret_stored_bytes) {
        Position nowhere = { .path = NULL };
        TRY(end_stream(ship, &ship->signatures, nowhere, nowhere));
        TRY(flush_list(ship));
        workers_end(ship->deflaters);
        TRY(task_join(TAKE(ship->sealer)));
        Publication publication = {
                .session = ship->session,
                .plan = &ship->plan,
                .form = ship->form,
                .volumes = ship->done,
                .file_count = ship->list_count,
                .file_list = ship->list_file,
                .signatures = TAKE(ship->signature_file),
        };
        TRY(publish_set(&publication));
        *ret_volume_count = ship->done.count;
        *ret_stored_bytes = ship->stored_bytes;
        return NULL;
}

Error *ship_finish(Ship *ship, uint64_t *ret_volume_count, uint64_t *ret_stored_bytes) {
        Error *error = finish(ship, ret_volume_count, ret_stored_bytes);
        ship_abandon(ship);
        return error;
}

static void clear_stream(Stream *stream) {
        if (stream->chunk)
                free_chunk(stream->chunk);
        buffer_clear(&stream->history);
}

static void clear_volumes(VolumeList *volumes) {
        for (size_t i = 0; i < volumes->count; i++) {
                free_position(&volumes->items[i].first);
                free_position(&volumes->items[i].last);
        }
        volume_list_clear(volumes);
}

void ship_abandon(Ship *ship) {
        if (!ship)
                return;
        if (ship->deflaters)
                workers_stop(ship->deflaters);
        error_free(task_join(ship->sealer));
        workers_close(ship->deflaters, free_chunk);
        workers_close(ship->uploaders, free_parcel);
        atomic_abandon(ship->signature_file);
        clear_stream(&ship->volumes);
        clear_stream(&ship->signatures);
        clear_volumes(&ship->done);
        buffer_clear(&ship->list);
        file_close(&ship->list_file);
        memory_free(ship);
}
