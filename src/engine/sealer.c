#include "engine/sealer.h"

#include "base/log.h"
#include "codec/deflate.h"
#include "codec/write_behind.h"
#include "engine/chunk.h"
#include "engine/resume.h"
#include "engine/volume_out.h"
#include "storage/registry.h"
#include "sys/file.h"
#include "sys/gate.h"
#include "sys/task.h"

/* A volume on its way to the far side. */
typedef struct Parcel {
        char *name;
        Atomic *local; /* where the far side is a folder of this machine: the file as it will lie there, unfinished */
        int scratch;   /* elsewhere: a copy to be sent; -1: none */
        Checkpoint *checkpoint;
        Error *error;
} Parcel;

/* A volume that is being encoded, in a task of its own: the key is made from the passphrase first, which takes a while and
 * can be done before there is anything to encode. */
typedef struct Lot Lot;

struct Sealer {
        Session *session;
        const Plan *plan;
        SealForm form;
        Journal *journal;
        const OpenPgp *openpgp; /* where FORM needs it */
        Workers *chunks;
        Workers *uploaders;
        Task *task;             /* NULL once it has been joined */
        unsigned transfers;     /* uploaders: volumes on their way at a time */
        uint64_t stored_bytes;  /* shared with the caller: atomic access */
        bool has_lent;          /* the session's storage, to an uploader: atomic access */

        /* the task's own, until it has been joined */
        uint64_t volume_number; /* of the last one that has been begun */
        Lot *next;              /* the volume that comes after the one at work, when it has been begun */
        CheckpointFile signatures;                /* as they are in their file */
        uint64_t signature_bytes, signature_crc;  /* of the plain archive */
        VolumeList done;
        bool has_failed; /* a volume could not be stored: none behind it counts */
};

static void free_parcel(void *item) {
        Parcel *parcel = item;
        atomic_abandon(parcel->local);
        file_close(&parcel->scratch);
        memory_free(parcel->name);
        checkpoint_free(parcel->checkpoint);
        error_free(parcel->error);
        memory_free(parcel);
}

static void free_parcel_of(Parcel **parcel) {
        if (*parcel)
                free_parcel(*parcel);
}

/* ---- in the uploaders ---- */

/* An uploader's connection: the session's, which nobody else needs meanwhile, or one of its own, opened when it is first
 * needed. */
typedef struct Uploader {
        Sealer *sealer;
        Session *session;
        Storage *storage;
        bool is_borrowed;
} Uploader;

static void *new_uploader(void *context) {
        Uploader *uploader = memory_new(Uploader);
        uploader->sealer = context;
        uploader->session = uploader->sealer->session;
        return uploader;
}

static void free_uploader(void *state) {
        Uploader *uploader = state;
        if (!uploader->is_borrowed)
                storage_close(uploader->storage);
        memory_free(uploader);
}

/* The first one that needs a connection need not wait for it. */
static Error *have_connection(Uploader *uploader) {
        const Job *job = uploader->session->job;
        if (uploader->storage)
                return NULL;
        uploader->is_borrowed = !__atomic_exchange_n(&uploader->sealer->has_lent, true, __ATOMIC_RELAXED);
        if (!uploader->is_borrowed)
                return registry_open(job->url, &job->storage, &uploader->storage);
        uploader->storage = uploader->session->storage;
        return NULL;
}

static Error *end_trial(const Job *job) {
        return error_with_code(error_new(ERROR_SYSTEM, "ended after volume %ju (--fail-on-volume)",
                                         (uintmax_t)job->fail_on_volume),
                               EXIT_CODE_INTERNAL);
}

static Error *upload_parcel(Uploader *uploader, Parcel *parcel) {
        const Job *job = uploader->session->job;
        uint64_t number = parcel->checkpoint->volume.number;
        if (number == job->skip_volume)
                return NULL;
        if (job->fail_on_volume && number > job->fail_on_volume) /* made already when the other was stored */
                return end_trial(job);
        if (parcel->local)
                return error_context(atomic_finish(TAKE(parcel->local)), "cannot store '%s'", parcel->name);
        TRY_AS(have_connection(uploader), "cannot store '%s'", parcel->name);
        return storage_put(uploader->storage, parcel->name, parcel->scratch);
}

static void upload(void *state, void *item) {
        Uploader *uploader = state;
        Parcel *parcel = item;
        log_event(uploader->session->job->asynchronous ? LOG_EVENT_PARALLEL_UPLOAD_BEGUN : LOG_EVENT_UPLOAD_BEGUN,
                  NULL, "Storing %s", parcel->name);
        parcel->error = upload_parcel(uploader, parcel);
}

/* ---- in the task ---- */

/* Records an uploaded volume; takes the parcel. */
static Error *record_parcel(Sealer *sealer, Parcel *parcel) {
        Checkpoint *checkpoint = parcel->checkpoint;
        Error *error = TAKE(parcel->error);
        if (!error)
                error = journal_add(sealer->journal, checkpoint);
        if (!error) {
                log_event(sealer->session->job->asynchronous ? LOG_EVENT_PARALLEL_UPLOAD_DONE : LOG_EVENT_UPLOAD_DONE,
                          NULL, "Stored %s, %ju bytes", parcel->name, (uintmax_t)checkpoint->size);
                __atomic_fetch_add(&sealer->stored_bytes, checkpoint->size, __ATOMIC_RELAXED);
                volume_list_add(&sealer->done, checkpoint->volume);
                checkpoint->volume.first.path = checkpoint->volume.last.path = NULL;
                if (checkpoint->volume.number == sealer->session->job->fail_on_volume)
                        error = end_trial(sealer->session->job);
        }
        sealer->has_failed = error;
        free_parcel(parcel);
        return error;
}

/* Records the uploads that have been finished; waits for none. */
static Error *record_finished(Sealer *sealer) {
        for (Parcel *uploaded; (uploaded = workers_try_collect(sealer->uploaders));)
                TRY(record_parcel(sealer, uploaded));
        return NULL;
}

static Error *write_signatures(Sealer *sealer, Bytes bytes) {
        TRY(file_write(journal_signatures(sealer->journal), "signature archive", bytes));
        sealer->signatures.crc = deflate_crc((uint32_t)sealer->signatures.crc, bytes);
        sealer->signatures.length += bytes.length;
        return NULL;
}

static Error *write_signature_chunk(Sealer *sealer, const Chunk *chunk) {
        if (sealer->signature_bytes == 0)
                TRY(write_signatures(sealer, bytes_make(deflate_gzip_header, sizeof deflate_gzip_header)));
        sealer->signature_crc = deflate_crc((uint32_t)sealer->signature_crc, chunk_plain(chunk));
        sealer->signature_bytes += chunk_plain(chunk).length;
        TRY(write_signatures(sealer, chunk_output(chunk)));
        if (!chunk->last)
                return NULL;
        uint8_t trailer[DEFLATE_GZIP_TRAILER_SIZE];
        deflate_gzip_trailer((uint32_t)sealer->signature_crc, sealer->signature_bytes, trailer);
        return write_signatures(sealer, bytes_make(trailer, sizeof trailer));
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
        uint32_t crc; /* where it is needed */
        uint64_t length;
        Checkpoint *checkpoint; /* once ended */
} VolumeReader;

/* What came before the end of a volume has been written: that is how the signature archive stands. */
static Checkpoint *complete_checkpoint(const Sealer *sealer, Checkpoint *checkpoint) {
        checkpoint->volume.number = sealer->volume_number - (sealer->next ? 1 : 0);
        checkpoint->signatures = sealer->signatures;
        checkpoint->signature_bytes = sealer->signature_bytes;
        checkpoint->signature_crc = sealer->signature_crc;
        return checkpoint;
}

static Error *begin_next_lot(Sealer *sealer);

/* Past most of a volume it is more likely than not that another one follows. An agent might ask a person for it. */
static bool is_likely_to_end(const VolumeReader *self) {
        const Sealer *sealer = self->sealer;
        const Job *job = sealer->session->job;
        bool is_small = sealer->volume_number == 1 && sealer->session->storage->class->is_distant;
        uint64_t most = is_small ? job->volume_size / VOLUME_OUT_SMALL : job->volume_size;
        return sealer->openpgp && !job->use_agent && self->length > most / 4 * 3;
}

static Error *leave_chunk(VolumeReader *self) {
        Chunk *chunk = TAKE(self->chunk);
        bool last = chunk->last;
        if (last)
                self->checkpoint = complete_checkpoint(self->sealer, TAKE(chunk->checkpoint));
        if (self->sealer->form == SEAL_GZIP)
                self->crc = deflate_crc(self->crc, chunk_plain(chunk));
        self->length += chunk_plain(chunk).length;
        chunk_free(chunk);
        self->given = 0;
        if (last)
                return NULL;
        if (is_likely_to_end(self))
                error_free(begin_next_lot(self->sealer)); /* that it fails is told when it is needed */
        TRY(record_finished(self->sealer));
        TRY(next_volume_chunk(self->sealer, &self->chunk));
        return self->chunk ? NULL : error_new(ERROR_CANCELLED, "stopped in the middle of a volume");
}

static Error *read_volume(Reader *reader, void *buffer, size_t capacity, size_t *ret_length) {
        VolumeReader *self = (VolumeReader *)reader;
        *ret_length = 0;
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
        checkpoint_free(self->checkpoint);
}

/* ---- one volume ---- */

struct Lot {
        Reader reader; /* first: what is encoded, from the gate on */
        Sealer *sealer;
        Buffer front;         /* stands before the first chunk */
        Gate *gate;           /* the content's turn comes, or it is called off */
        bool has_passed;
        VolumeReader *volume; /* the content */
        Parcel *parcel;
        Task *task; /* NULL once it has been joined */
};

/* Waits at the gate when it is first asked for content. */
static Error *read_lot(Reader *reader, void *buffer, size_t capacity, size_t *ret_length) {
        Lot *lot = (Lot *)reader;
        if (lot->front.length) {
                *ret_length = MIN(capacity, lot->front.length);
                memcpy(buffer, lot->front.data, *ret_length);
                buffer_consume(&lot->front, *ret_length);
                return NULL;
        }
        if (!lot->has_passed)
                lot->volume = gate_pass(lot->gate);
        lot->has_passed = true;
        if (!lot->volume)
                return error_new(ERROR_CANCELLED, "there is no such volume");
        return read_volume(&lot->volume->reader, buffer, capacity, ret_length);
}

static Error *write_gzip(Lot *lot, Writer *out) {
        uint8_t trailer[DEFLATE_GZIP_TRAILER_SIZE];
        TRY(writer_write(out, bytes_make(deflate_gzip_header, sizeof deflate_gzip_header)));
        TRY(reader_copy(&lot->reader, out));
        deflate_gzip_trailer(lot->volume->crc, lot->volume->length, trailer);
        return writer_write(out, bytes_make(trailer, sizeof trailer));
}

static Error *write_sealed(Lot *lot, Writer *out) {
        const Sealer *sealer = lot->sealer;
        switch (sealer->form) {
        case SEAL_PLAIN:
                return reader_copy(&lot->reader, out);
        case SEAL_GZIP:
                return write_gzip(lot, out);
        case SEAL_OPENPGP:
                seal_print_literal_block(&lot->front);
                return openpgp_encrypt(sealer->openpgp, OPENPGP_COMPRESSED, &lot->reader, out);
        case SEAL_OPENPGP_COMPRESSES:
                return openpgp_encrypt(sealer->openpgp, OPENPGP_PLAIN, &lot->reader, out);
        }
        abort(); /* every form is dealt with */
}

/* Writes one encoded volume to a file, and fills the parcel. The caller's thread leaves the session's storage to us
 * while chunks are made. Encryption goes byte by byte, and so do the hash of the file and the writing of it: each has a
 * thread. */
static Error *seal_lot(void *context) {
        Lot *lot = context;
        Parcel *parcel = lot->parcel;
        uint64_t size = 0;
        AUTO(digest_free) Digest *digest = digest_new(DIGEST_SHA1);
        int fd = parcel->local ? atomic_fd(parcel->local) : parcel->scratch;
        AUTO(writer_abandon) Writer *out = NULL;
        TRY(write_behind_open(stream_write_digest(stream_write_fd(fd, false, parcel->name), digest, &size), &out));
        TRY_AS(write_sealed(lot, out), "cannot encode '%s'", parcel->name);
        TRY(writer_finish(TAKE(out)));
        parcel->checkpoint = TAKE(lot->volume->checkpoint);
        parcel->checkpoint->size = size;
        digest_finish(digest, parcel->checkpoint->volume.hash);
        return NULL;
}

/* One that has not got its content is called off. */
static void free_lot(Lot *lot) {
        if (!lot)
                return;
        if (lot->task)
                gate_open(lot->gate, NULL);
        error_free(task_join(lot->task));
        if (lot->parcel)
                free_parcel(lot->parcel);
        gate_free(lot->gate);
        buffer_clear(&lot->front);
        memory_free(lot);
}
DEFINE_AUTO(Lot, free_lot)

/* Begins the next volume, unless that has been done. */
static Error *begin_next_lot(Sealer *sealer) {
        AUTO(free_lot) Lot *lot = NULL;
        if (sealer->next)
                return NULL;
        lot = memory_new(Lot);
        Parcel *parcel = lot->parcel = memory_new(Parcel);
        lot->reader.read = read_lot;
        lot->sealer = sealer;
        lot->gate = gate_new();
        parcel->scratch = -1;
        parcel->name = publish_name(sealer->session, sealer->plan, FILE_VOLUME, sealer->volume_number + 1,
                                    sealer->form);
        TRY(storage_create_local(sealer->session->storage, parcel->name, &parcel->local));
        if (!parcel->local)
                TRY(scratch_file(sealer->session->scratch, &parcel->scratch));
        TRY(task_start(seal_lot, lot, &lot->task));
        sealer->next = TAKE(lot);
        sealer->volume_number++;
        return NULL;
}

/* Takes the parcel out once the volume is whole. */
static Error *finish_lot(Lot *lot, VolumeReader *volume, Parcel **ret_parcel) {
        gate_open(lot->gate, volume);
        TRY(task_join(TAKE(lot->task)));
        *ret_parcel = TAKE(lot->parcel);
        return NULL;
}

static Error *send_volume(Sealer *sealer, VolumeReader *volume) {
        __attribute__((cleanup(free_parcel_of))) Parcel *parcel = NULL;
        TRY(begin_next_lot(sealer));
        AUTO(free_lot) Lot *lot = TAKE(sealer->next);
        TRY(finish_lot(lot, volume, &parcel));
        /* the pool holds one volume more than it has threads: take one out before it would block for good */
        TRY(record_finished(sealer));
        if (parcel->checkpoint->volume.number - sealer->done.count > sealer->transfers + 1)
                TRY(record_parcel(sealer, workers_collect(sealer->uploaders)));
        (void)workers_submit(sealer->uploaders, TAKE(parcel)); /* nobody stops this pool but we */
        return NULL;
}

/* There is a first volume but in a set that is skipped. */
static Error *begin_first_lot(Sealer *sealer) {
        return sealer->session->job->skip_if_no_change ? NULL : begin_next_lot(sealer);
}

static Error *seal_all(Sealer *sealer) {
        TRY(begin_first_lot(sealer));
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
        if (error) {
                workers_stop(sealer->chunks);
                if (!sealer->has_failed) /* what is stored need not be stored again */
                        error_free(record_finished(sealer));
        }
        return error;
}

/* ---- in the caller ---- */

/* The volumes and signatures of earlier runs. */
static void take_up(Sealer *sealer, const Resume *resume) {
        const Checkpoint *point = resume_point(resume);
        if (!point)
                return;
        sealer->signatures = point->signatures;
        sealer->signature_bytes = point->signature_bytes;
        sealer->signature_crc = point->signature_crc;
        while (sealer->volume_number < point->volume.number) {
                uint64_t size;
                Volume volume = *resume_volume(resume, ++sealer->volume_number, &size);
                volume.first.path = memory_text(volume.first.path);
                volume.last.path = memory_text(volume.last.path);
                volume_list_add(&sealer->done, volume);
                sealer->stored_bytes += size;
        }
}

Error *sealer_start(const SealerOptions *options, Sealer **ret_sealer) {
        AUTO(sealer_close) Sealer *sealer = memory_new(Sealer);
        Session *session = options->session;
        *sealer = (Sealer){
                .session = session,
                .plan = options->plan,
                .form = options->form,
                .journal = options->journal,
                .chunks = options->chunks,
                .transfers = job_uploads(session->job),
        };
        if (options->plan->resume)
                take_up(sealer, options->plan->resume);
        WorkersOptions uploaders = {
                .threads = sealer->transfers,
                .capacity = sealer->transfers + 1,
                .work = upload,
                .state_new = new_uploader,
                .state_free = free_uploader,
                .context = sealer,
        };
        if (options->form == SEAL_OPENPGP || options->form == SEAL_OPENPGP_COMPRESSES)
                TRY(session_openpgp_for_writing(session, &sealer->openpgp));
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

static void clear_volumes(VolumeList *volumes) {
        for (size_t i = 0; i < volumes->count; i++)
                checkpoint_clear_volume(&volumes->items[i]);
        volume_list_clear(volumes);
}

void sealer_close(Sealer *sealer) {
        if (!sealer)
                return;
        error_free(task_join(sealer->task));
        free_lot(sealer->next);
        workers_close(sealer->uploaders, free_parcel);
        clear_volumes(&sealer->done);
        memory_free(sealer);
}
