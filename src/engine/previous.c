#include "engine/previous.h"

#include "base/path.h"
#include "catalog/member.h"
#include "codec/tar.h"
#include "engine/cache.h"
#include "engine/header.h"

enum { SIGNATURE_HEADER_SIZE = 12 };

/* One signature archive, standing at one path. */
typedef struct Source {
        const BackupSet *set;
        TarReader *tar;
        Arena *arena, *former; /* of the current path and the one before */
        const TarMember *header;
        Member member; /* path NULL: at the end */
        uint8_t signature_header[SIGNATURE_HEADER_SIZE];
        size_t signature_header_length;
} Source;

struct Previous {
        Session *session;
        size_t source_count;
        Source *sources; /* by age, the oldest first */
        Source *current; /* the source of the path last given */
        Recorded recorded;
};

static Error *step(Source *source) {
        const char *before = source->member.path;
        Arena *swapped = source->former;
        source->former = source->arena;
        source->arena = swapped;
        arena_reset(source->arena);

        TRY(tar_reader_next(source->tar, &source->header));
        if (!source->header) {
                source->member.path = NULL;
                return NULL;
        }
        TRY_AS(member_parse(source->header->name, MEMBER_IN_SIGNATURES, source->arena, &source->member), "signature archive '%s'",
               source->set->signature->name);
        if (before && path_compare(before, source->member.path) >= 0) {
                AUTO_TEXT char *shown = path_printable(source->member.path);
                return error_new(ERROR_CORRUPT, "signature archive '%s' is out of order at '%s' (make a full backup)",
                                 source->set->signature->name, shown);
        }
        return NULL;
}

static Error *open_source(Session *session, const BackupSet *set, Source *source) {
        AUTO(reader_close) Reader *reader = NULL;
        *source = (Source){ .set = set, .arena = arena_new(), .former = arena_new() };
        if (!set->signature)
                return error_with_code(error_new(ERROR_MISSING, "the signature archive of the %s is missing (make a full backup)",
                                                 session_set_text(session, set)),
                                       EXIT_CODE_NO_SIGNATURES);
        TRY(cache_open_signatures(session, set, &reader));
        source->tar = tar_reader_open(TAKE(reader), set->signature->name);
        return step(source);
}

Error *previous_open(Session *session, const Chain *chain, size_t set_count, Previous **ret_previous) {
        AUTO(previous_close) Previous *previous = memory_new(Previous);
        previous->session = session;
        previous->sources = memory_new_array(Source, set_count);
        for (size_t i = 0; i < set_count; i++) {
                previous->source_count++;
                TRY(open_source(session, chain->sets[i], &previous->sources[i]));
        }
        *ret_previous = TAKE(previous);
        return NULL;
}

/* The newest source among those that stand at the first path; NULL at the end. */
static Source *find_first(Previous *previous) {
        Source *first = NULL;
        for (size_t i = 0; i < previous->source_count; i++) {
                Source *source = &previous->sources[i];
                if (source->member.path && (!first || path_compare(source->member.path, first->member.path) <= 0))
                        first = source;
        }
        return first;
}

/* Moves every source that stands at the path of CURRENT. */
static Error *step_past(Previous *previous, const Source *current) {
        AUTO_TEXT char *path = memory_text(current->member.path);
        for (size_t i = 0; i < previous->source_count; i++) {
                Source *source = &previous->sources[i];
                if (source->member.path && strcmp(source->member.path, path) == 0)
                        TRY(step(source));
        }
        return NULL;
}

static Error *read_signature_header(Source *source) {
        source->signature_header_length = 0;
        while (source->signature_header_length < SIGNATURE_HEADER_SIZE) {
                size_t length;
                TRY(tar_reader_read(source->tar, source->signature_header + source->signature_header_length,
                                    SIGNATURE_HEADER_SIZE - source->signature_header_length, &length));
                if (length == 0)
                        break;
                source->signature_header_length += length;
        }
        return NULL;
}

static Error *describe(Previous *previous, Source *source) {
        Recorded *recorded = &previous->recorded;
        *recorded = (Recorded){ .entry = header_to_entry(source->header, source->member.path), .when = source->set->end };
        if (!previous->session->job->numeric_owner)
                header_map_owner(&recorded->entry);
        if (source->member.kind != MEMBER_SIGNATURE)
                return NULL;
        TRY(read_signature_header(source));
        AUTO(error_free) Error *damage =
                signature_read_facts(bytes_make(source->signature_header, source->signature_header_length),
                                     source->header->size, &recorded->signature);
        recorded->has_signature = !damage; /* a damaged one costs a whole copy of the file, no more */
        return NULL;
}

Error *previous_next(Previous *previous, const Recorded **ret_recorded) {
        if (previous->current)
                TRY(step_past(previous, previous->current));
        while ((previous->current = find_first(previous)) && previous->current->member.kind == MEMBER_DELETED)
                TRY(step_past(previous, previous->current));
        *ret_recorded = NULL;
        if (!previous->current)
                return NULL;
        TRY(describe(previous, previous->current));
        *ret_recorded = &previous->recorded;
        return NULL;
}

/* Reads a whole signature: the header that was read already, then the rest of the member. */
typedef struct SignatureReader {
        Reader reader;
        Source *source;
        size_t given;
} SignatureReader;

static Error *read_signature(Reader *reader, void *buffer, size_t capacity, size_t *ret_length) {
        SignatureReader *self = (SignatureReader *)reader;
        Source *source = self->source;
        if (self->given == source->signature_header_length)
                return tar_reader_read(source->tar, buffer, capacity, ret_length);
        *ret_length = MIN(capacity, source->signature_header_length - self->given);
        memcpy(buffer, source->signature_header + self->given, *ret_length);
        self->given += *ret_length;
        return NULL;
}

static void close_signature(Reader *reader) {
        (void)reader; /* lives on the stack of previous_load_signature */
}

Error *previous_load_signature(Previous *previous, Signature **ret_signature) {
        SignatureReader reader = { .reader = { read_signature, close_signature }, .source = previous->current };
        return signature_load(&reader.reader, ret_signature);
}

static void close_source(Source *source) {
        tar_reader_close(source->tar);
        arena_free(source->arena);
        arena_free(source->former);
}

void previous_close(Previous *previous) {
        if (!previous)
                return;
        for (size_t i = 0; i < previous->source_count; i++)
                close_source(&previous->sources[i]);
        memory_free(previous->sources);
        memory_free(previous);
}
