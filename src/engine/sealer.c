#include "engine/sealer.h"

#include "base/log.h"
#include "codec/deflate.h"
#include "engine/chunk.h"
#include "storage/registry.h"
#include "sys/file.h"
#include "sys/task.h"

/* A volume on its way to the far side. */
typedef struct Parcel {
        char *name;
        Atomic *local; /* where the far side is a folder of this machine: the file as it will lie there, unfinished */
        int scratch;   /* elsewhere: a copy to be sent; -1: none */
        uint64_t size;
        Volume volume;
        Error *error;
} Parcel;

struct Sealer {
        Session *session;
        const Plan *plan;
        SealForm form;
        const OpenPgp *openpgp; /* where FORM needs it */
        Workers *chunks;        /* not owned */
        Workers *uploaders;
        Task *task;             /* NULL once it has been joined */
        uint64_t stored_bytes;  /* shared with the caller: atomic access */

        /* the task's own, until it has been joined */
        uint64_t volume_number;
        uint32_t signature_crc;
        uint64_t signature_length;
        Atomic *signatures;
        VolumeList done;
};

static void free_parcel(void *item) {
        Parcel *parcel = item;
        atomic_abandon(parcel->local);
        file_close(&parcel->scratch);
        memory_free(parcel->name);
        chunk_free_position(&parcel->volume.first);
        chunk_free_position(&parcel->volume.last);
        error_free(parcel->error);
        memory_free(parcel);
}

static void free_parcel_of(Parcel **parcel) {
        if (*parcel)
                free_parcel(*parcel);
}

/* ---- in the uploaders ---- */

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

static Error *upload_parcel(Uploader *uploader, Parcel *parcel) {
        const Job *job = uploader->session->job;
        if (parcel->local)
                return atomic_finish(TAKE(parcel->local));
        if (!uploader->storage)
                TRY(registry_open(job->url, &job->storage, &uploader->storage));
        return storage_put(uploader->storage, parcel->name, parcel->scratch);
}

static void upload(void *state, void *item) {
        Uploader *uploader = state;
        Parcel *parcel = item;
        log_event(uploader->session->job->concurrency > 1 ? LOG_EVENT_PARALLEL_UPLOAD_BEGUN : LOG_EVENT_UPLOAD_BEGUN,
                  NULL, "Storing %s", parcel->name);
        parcel->error = error_context(upload_parcel(uploader, parcel), "cannot store '%s'", parcel->name);
}

/* ---- in the task ---- */

static Error *write_signature_chunk(Sealer *sealer, const Chunk *chunk) {
        int fd = atomic_fd(sealer->signatures);
        static const char name[] = "signature archive";
        if (sealer->signature_length == 0)
                TRY(file_write(fd, name, bytes_make(deflate_gzip_header, sizeof deflate_gzip_header)));
        sealer->signature_crc = deflate_crc(sealer->signature_crc, chunk_plain(chunk));
        sealer->signature_length += chunk_plain(chunk).length;
        TRY(file_write(fd, name, chunk_output(chunk)));
        if (!chunk->last)
                return NULL;
        uint8_t trailer[DEFLATE_GZIP_TRAILER_SIZE];
        deflate_gzip_trailer(sealer->signature_crc, sealer->signature_length, trailer);
        return file_write(fd, name, bytes_make(trailer, sizeof trailer));
}

/* The next chunk of a volume; those of the signature archive that come before it are written away. NULL at the end. */
static Error *next_volume_chunk(Sealer *sealer, Chunk **ret_chunk) {
        Chunk *chunk;
        while ((chunk = workers_collect(sealer->chunks)) && chunk->of_signatures) {
                Error *error = write_signature_chunk(sealer, chunk);
                chunk_free(chunk);
                TRY(error);
        }
        *ret_chunk = chunk;
        return NULL;
}

/* Reads the encoded chunks of one volume as a stream. */
typedef struct VolumeReader {
        Reader reader;
        Sealer *sealer;
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
        self->crc = deflate_crc(self->crc, chunk_plain(chunk));
        self->length += chunk_plain(chunk).length;
        chunk_free(chunk);
        self->given = 0;
        if (last)
                return NULL;
        TRY(next_volume_chunk(self->sealer, &self->chunk));
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
                chunk_free(self->chunk);
        chunk_free_position(&self->first);
        chunk_free_position(&self->last);
        buffer_clear(&self->front);
}

static Error *write_gzip(VolumeReader *volume, Writer *out) {
        uint8_t trailer[DEFLATE_GZIP_TRAILER_SIZE];
        TRY(writer_write(out, bytes_make(deflate_gzip_header, sizeof deflate_gzip_header)));
        TRY(reader_copy(&volume->reader, out));
        deflate_gzip_trailer(volume->crc, volume->length, trailer);
        return writer_write(out, bytes_make(trailer, sizeof trailer));
}

static Error *write_sealed(Sealer *sealer, VolumeReader *volume, Writer *out) {
        switch (sealer->form) {
        case SEAL_PLAIN:
                return reader_copy(&volume->reader, out);
        case SEAL_GZIP:
                return write_gzip(volume, out);
        case SEAL_OPENPGP:
                seal_print_literal_block(&volume->front);
                return openpgp_encrypt(sealer->openpgp, OPENPGP_COMPRESSED, &volume->reader, out);
        case SEAL_OPENPGP_COMPRESSES:
                return openpgp_encrypt(sealer->openpgp, OPENPGP_PLAIN, &volume->reader, out);
        }
        abort(); /* every form is dealt with */
}

/* Writes one encoded volume to a file, and fills PARCEL. The caller's thread leaves the session's storage to us while
 * chunks are made. */
static Error *seal_volume(Sealer *sealer, VolumeReader *volume, Parcel *parcel) {
        AUTO(digest_free) Digest *digest = digest_new(DIGEST_SHA1);
        TRY(storage_create_local(sealer->session->storage, parcel->name, &parcel->local));
        if (!parcel->local)
                TRY(scratch_file(sealer->session->scratch, &parcel->scratch));
        int fd = parcel->local ? atomic_fd(parcel->local) : parcel->scratch;
        AUTO(writer_abandon) Writer *out =
                stream_write_digest(stream_write_fd(fd, false, parcel->name), digest, &parcel->size);
        TRY_AS(write_sealed(sealer, volume, out), "cannot encode '%s'", parcel->name);
        TRY(writer_finish(TAKE(out)));
        parcel->volume = (Volume){ .number = sealer->volume_number,
                                   .first = volume->first,
                                   .last = volume->last,
                                   .hash_kind = MANIFEST_HASH_SHA1 };
        volume->first.path = volume->last.path = NULL;
        digest_finish(digest, parcel->volume.hash);
        return NULL;
}

/* Records an uploaded volume; takes the parcel. */
static Error *record_parcel(Sealer *sealer, Parcel *parcel) {
        Error *error = TAKE(parcel->error);
        if (!error) {
                volume_list_add(&sealer->done, parcel->volume);
                parcel->volume.first.path = parcel->volume.last.path = NULL;
                __atomic_fetch_add(&sealer->stored_bytes, parcel->size, __ATOMIC_RELAXED);
                log_event(sealer->session->job->concurrency > 1 ? LOG_EVENT_PARALLEL_UPLOAD_DONE
                                                                : LOG_EVENT_UPLOAD_DONE,
                          NULL, "Stored %s, %ju bytes", parcel->name, (uintmax_t)parcel->size);
        }
        free_parcel(parcel);
        return error;
}

static Error *send_volume(Sealer *sealer, VolumeReader *volume) {
        __attribute__((cleanup(free_parcel_of))) Parcel *parcel = memory_new(Parcel);
        parcel->scratch = -1;
        parcel->name = publish_name(sealer->session, sealer->plan, FILE_VOLUME, ++sealer->volume_number, sealer->form);
        TRY(seal_volume(sealer, volume, parcel));
        /* the pool holds one volume more than it has threads: take one out before it would block for good */
        for (Parcel *uploaded; (uploaded = workers_try_collect(sealer->uploaders));)
                TRY(record_parcel(sealer, uploaded));
        if (sealer->volume_number - sealer->done.count > sealer->session->job->concurrency + 1)
                TRY(record_parcel(sealer, workers_collect(sealer->uploaders)));
        (void)workers_submit(sealer->uploaders, TAKE(parcel)); /* nobody stops this pool but we */
        return NULL;
}

static Error *seal_all(Sealer *sealer) {
        for (;;) {
                VolumeReader volume = { .reader = { read_volume, close_volume }, .sealer = sealer };
                TRY(next_volume_chunk(sealer, &volume.chunk));
                if (!volume.chunk)
                        break;
                Error *error = send_volume(sealer, &volume);
                reader_close(&volume.reader);
                TRY(error);
        }
        workers_end(sealer->uploaders);
        for (Parcel *uploaded; (uploaded = workers_collect(sealer->uploaders));)
                TRY(record_parcel(sealer, uploaded));
        return NULL;
}

static Error *run(void *context) {
        Sealer *sealer = context;
        Error *error = seal_all(sealer);
        if (error)
                workers_stop(sealer->chunks);
        return error;
}

/* ---- in the caller ---- */

Error *sealer_start(Session *session, const Plan *plan, SealForm form, Workers *chunks, Sealer **ret_sealer) {
        AUTO(sealer_close) Sealer *sealer = memory_new(Sealer);
        *sealer = (Sealer){ .session = session, .plan = plan, .form = form, .chunks = chunks };
        WorkersOptions uploaders = {
                .threads = session->job->concurrency,
                .capacity = session->job->concurrency + 1,
                .work = upload,
                .state_new = new_uploader,
                .state_free = free_uploader,
                .context = session,
        };
        if (form == SEAL_OPENPGP || form == SEAL_OPENPGP_COMPRESSES)
                TRY(session_openpgp_for_writing(session, &sealer->openpgp));
        TRY(publish_begin_signatures(session, plan, &sealer->signatures));
        TRY(workers_open(&uploaders, &sealer->uploaders));
        TRY(task_start(run, sealer, &sealer->task));
        *ret_sealer = TAKE(sealer);
        return NULL;
}

uint64_t sealer_stored_bytes(const Sealer *sealer) {
        return __atomic_load_n(&sealer->stored_bytes, __ATOMIC_RELAXED);
}

Error *sealer_wait(Sealer *sealer) {
        return task_join(TAKE(sealer->task));
}

VolumeList sealer_volumes(const Sealer *sealer) {
        return sealer->done;
}

Atomic *sealer_take_signatures(Sealer *sealer) {
        return TAKE(sealer->signatures);
}

static void clear_volumes(VolumeList *volumes) {
        for (size_t i = 0; i < volumes->count; i++) {
                chunk_free_position(&volumes->items[i].first);
                chunk_free_position(&volumes->items[i].last);
        }
        volume_list_clear(volumes);
}

void sealer_close(Sealer *sealer) {
        if (!sealer)
                return;
        error_free(task_join(sealer->task));
        workers_close(sealer->uploaders, free_parcel);
        atomic_abandon(sealer->signatures);
        clear_volumes(&sealer->done);
        memory_free(sealer);
}
