#include "engine/ship.h"

#include <unistd.h>

#include "codec/deflate.h"
#include "engine/chunk.h"
#include "engine/journal.h"
#include "engine/publish.h"
#include "engine/resume.h"
#include "engine/seal.h"
#include "engine/sealer.h"
#include "sys/file.h"
#include "sys/workers.h"

enum {
        CHUNK_SIZE = 256 * 1024,
        CHUNKS_IN_FLIGHT = 10,
        LIST_PIECE = 64 * 1024,
};

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
        Workers *deflaters;
        Sealer *sealer;
        Journal *journal;
        ShipWitness *witness;
        void *context;
        Buffer list; /* lines of changed files not yet in the journal */
        CheckpointFile list_file;
        uint64_t list_count;
};

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
                deflater_chunk(state, bytes_make(chunk->plain.data, chunk->history_length), chunk_plain(chunk),
                               chunk->last, &chunk->packed);
}

static unsigned processor_count(void) {
        long count = sysconf(_SC_NPROCESSORS_ONLN);
        return count > 0 ? (unsigned)MIN(count, 16) : 1;
}

/* The list of changed files goes on where the checkpoint stands. */
static void take_up_list(Ship *ship) {
        const Checkpoint *point = ship->plan.resume ? resume_point(ship->plan.resume) : NULL;
        if (!point)
                return;
        ship->list_file = point->list;
        ship->list_count = point->list_count;
}

Error *ship_open(Session *session, const Plan *plan, ShipWitness *witness, void *context, Ship **ret_ship) {
        AUTO(ship_abandon) Ship *ship = memory_new(Ship);
        const Job *job = session->job;
        WorkersOptions deflaters = {
                .threads = job->threads ? job->threads : processor_count(),
                .capacity = CHUNKS_IN_FLIGHT,
                .work = deflate,
                .state_new = new_deflater,
                .state_free = free_deflater,
        };
        ship->session = session;
        ship->plan = *plan;
        ship->witness = witness;
        ship->context = context;
        TRY(seal_choose(session, &ship->form));
        ship->volumes.deflate = ship->form == SEAL_GZIP || ship->form == SEAL_OPENPGP;
        ship->signatures = (Stream){ .of_signatures = true, .deflate = true };
        take_up_list(ship);
        TRY(journal_open(session, plan, ship->form, &ship->journal));
        TRY(workers_open(&deflaters, &ship->deflaters));
        SealerOptions sealer = {
                .session = session,
                .plan = &ship->plan,
                .form = ship->form,
                .journal = ship->journal,
                .chunks = ship->deflaters,
        };
        TRY(sealer_start(&sealer, &ship->sealer));
        *ret_ship = TAKE(ship);
        return NULL;
}

/* The sealer gave up: this is why. */
static Error *reason_of_stop(Ship *ship) {
        Error *error = sealer_wait(ship->sealer);
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
        chunk_free(chunk);
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

/* CHECKPOINT (taken over) is that of a volume; NULL for the signature archive. */
static Error *end_stream(Ship *ship, Stream *stream, Checkpoint *checkpoint) {
        if (!stream->chunk)
                stream->chunk = begin_chunk(stream);
        stream->chunk->last = true;
        stream->chunk->checkpoint = checkpoint;
        return submit_chunk(ship, stream);
}

Error *ship_add_to_volume(Ship *ship, Bytes bytes) {
        return add_to_stream(ship, &ship->volumes, bytes);
}

static Error *flush_list(Ship *ship) {
        Bytes lines = buffer_bytes(&ship->list);
        TRY(file_write(journal_list(ship->journal), "the list of changed files", lines));
        ship->list_file.crc = deflate_crc((uint32_t)ship->list_file.crc, lines);
        ship->list_file.length += lines.length;
        buffer_truncate(&ship->list, 0);
        return NULL;
}

/* The signatures so far go before the end of the volume, so that they are in their file when it is sealed. */
Error *ship_end_volume(Ship *ship, Position first, Position last) {
        TRY(flush_list(ship));
        if (ship->signatures.chunk)
                TRY(submit_chunk(ship, &ship->signatures));
        Checkpoint *checkpoint = checkpoint_new(first, last);
        checkpoint->list = ship->list_file;
        checkpoint->list_count = ship->list_count;
        if (ship->witness)
                ship->witness(ship->context, checkpoint);
        return end_stream(ship, &ship->volumes, checkpoint);
}

Error *ship_add_to_signatures(Ship *ship, Bytes bytes) {
        return add_to_stream(ship, &ship->signatures, bytes);
}

Error *ship_list_file(Ship *ship, FileChange change, const char *path) {
        manifest_print_file(change, path, &ship->list);
        ship->list_count++;
        return ship->list.length >= LIST_PIECE ? flush_list(ship) : NULL;
}

uint64_t ship_stored_bytes(const Ship *ship) {
        return sealer_stored_bytes(ship->sealer);
}

static Error *finish(Ship *ship, uint64_t *ret_volume_count, uint64_t *ret_stored_bytes) {
        TRY(end_stream(ship, &ship->signatures, NULL));
        TRY(flush_list(ship));
        workers_end(ship->deflaters);
        TRY(sealer_wait(ship->sealer));
        Publication publication = {
                .session = ship->session,
                .plan = &ship->plan,
                .form = ship->form,
                .volumes = sealer_volumes(ship->sealer),
                .file_count = ship->list_count,
                .journal = ship->journal,
        };
        TRY(publish_set(&publication));
        *ret_volume_count = publication.volumes.count;
        *ret_stored_bytes = sealer_stored_bytes(ship->sealer);
        return NULL;
}

Error *ship_finish(Ship *ship, uint64_t *ret_volume_count, uint64_t *ret_stored_bytes) {
        Error *error = finish(ship, ret_volume_count, ret_stored_bytes);
        ship_abandon(ship);
        return error;
}

static void clear_stream(Stream *stream) {
        if (stream->chunk)
                chunk_free(stream->chunk);
        buffer_clear(&stream->history);
}

void ship_abandon(Ship *ship) {
        if (!ship)
                return;
        if (ship->deflaters)
                workers_stop(ship->deflaters);
        sealer_close(ship->sealer);
        workers_close(ship->deflaters, chunk_free);
        clear_stream(&ship->volumes);
        clear_stream(&ship->signatures);
        buffer_clear(&ship->list);
        journal_close(ship->journal);
        memory_free(ship);
}
