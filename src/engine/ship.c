#include "engine/ship.h"

#include <unistd.h>

#include "codec/deflate.h"
#include "engine/chunk.h"
#include "engine/publish.h"
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
        Buffer list; /* lines of changed files not yet written to list_file */
        int list_file;
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

Error *ship_open(Session *session, const Plan *plan, Ship **ret_ship) {
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
        ship->list_file = -1;
        TRY(seal_choose(session, &ship->form));
        ship->volumes.deflate = ship->form == SEAL_GZIP || ship->form == SEAL_OPENPGP;
        ship->signatures = (Stream){ .of_signatures = true, .deflate = true };
        TRY(scratch_file(session->scratch, &ship->list_file));
        TRY(workers_open(&deflaters, &ship->deflaters));
        TRY(sealer_start(session, &ship->plan, ship->form, ship->deflaters, &ship->sealer));
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

static Error *end_stream(Ship *ship, Stream *stream, Position first, Position last) {
        if (!stream->chunk)
                stream->chunk = begin_chunk(stream);
        stream->chunk->last = true;
        stream->chunk->first_position = chunk_copy_position(first);
        stream->chunk->last_position = chunk_copy_position(last);
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
        return sealer_stored_bytes(ship->sealer);
}

static Error *finish(Ship *ship, uint64_t *ret_volume_count, uint64_t *ret_stored_bytes) {
        Position nowhere = { .path = NULL };
        TRY(end_stream(ship, &ship->signatures, nowhere, nowhere));
        TRY(flush_list(ship));
        workers_end(ship->deflaters);
        TRY(sealer_wait(ship->sealer));
        Publication publication = {
                .session = ship->session,
                .plan = &ship->plan,
                .form = ship->form,
                .volumes = sealer_volumes(ship->sealer),
                .file_count = ship->list_count,
                .file_list = ship->list_file,
                .signatures = sealer_take_signatures(ship->sealer),
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
        file_close(&ship->list_file);
        memory_free(ship);
}
