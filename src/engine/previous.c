#include "engine/previous.h"

#include "base/path.h"
#include "engine/cache.h"
#include "engine/header.h"
#include "sys/file.h"

enum {
        MOST_SOURCES = 24, /* read at a time; of longer chains, neighbouring sets are folded into scratch files first */
        MOMENT_LENGTH = 21, /* of the moment in front of each name in a folded archive, blank included */
};

/* How much of archives will be read. */
typedef enum Extent { PATHS, WHOLE_ARCHIVES } Extent;

/* One signature archive, or several folded into one, standing at one path. */
typedef struct Source {
        const BackupSet *set; /* NULL: several, or nothing more is to be said of it */
        bool folded;
        Moment when; /* of the current path */
        SignatureIn *in;
        const SignatureMember *member; /* NULL: at the end */
} Source;

struct Previous {
        Session *session;
        size_t source_count;
        Source *sources; /* by age, the oldest first */
        Source *current; /* the source of the path last given */
        Recorded recorded;
};

static Error *step(Source *source) {
        TRY_AS(signature_in_next(source->in, &source->member),
               "cannot read the signatures of a set (if only their local copy is damaged, delete it: it is fetched "
               "again)");
        if (source->folded && source->member)
                source->when.seconds = strtoll(source->member->header->name, NULL, 10); /* see fold_member */
        return NULL;
}

static Error *open_members(Session *session, const BackupSet *set, Extent extent, SignatureIn **ret_in) {
        Reader *archive;
        if (extent == PATHS)
                return cache_open_signature_members(session, set, ret_in);
        TRY(cache_open_signatures(session, set, &archive));
        *ret_in = signature_in_open(archive, set->signature->name, 0);
        return NULL;
}

static Error *open_set(Session *session, const BackupSet *set, Extent extent, Source *source) {
        if (!set->signature)
                return error_with_code(error_new(ERROR_MISSING,
                                                 "the signature archive of the %s is missing (make a full backup)",
                                                 session_set_text(set).text),
                                       EXIT_CODE_NO_SIGNATURES);
        TRY(open_members(session, set, extent, &source->in));
        source->set = set;
        source->when = set->end;
        return step(source);
}

static Error *fold_sets(Session *session, const BackupSet *const *sets, size_t count, Source *source);

/* Opens COUNT sets as at most MOST_SOURCES sources. The first, which is the largest, always stays by itself. */
static Error *open_sets(Session *session, const BackupSet *const *sets, size_t count, Extent extent,
                        Previous **ret_previous) {
        AUTO(previous_close) Previous *previous = memory_new(Previous);
        previous->session = session;
        previous->sources = memory_new_array(Source, count);
        size_t share = count <= MOST_SOURCES ? 1 : (count - 1 + MOST_SOURCES - 2) / (MOST_SOURCES - 1);
        for (size_t i = 0; i < count;) {
                size_t group = i == 0 ? 1 : MIN(share, count - i);
                Source *source = &previous->sources[previous->source_count++];
                if (group == 1)
                        TRY(open_set(session, sets[i], extent, source));
                else
                        TRY(fold_sets(session, sets + i, group, source));
                i += group;
        }
        *ret_previous = TAKE(previous);
        return NULL;
}

Error *previous_open(Session *session, const Chain *chain, size_t set_count, Previous **ret_previous) {
        return open_sets(session, chain ? (const BackupSet *const *)chain->sets : NULL, set_count, PATHS, ret_previous);
}

/* The newest source among those that stand at the first path; NULL at the end. */
static Source *find_first(Previous *previous) {
        Source *first = NULL;
        for (size_t i = 0; i < previous->source_count; i++) {
                Source *source = &previous->sources[i];
                if (source->member && (!first || path_compare(source->member->path, first->member->path) <= 0))
                        first = source;
        }
        return first;
}

/* Moves every source that stands at the path of CURRENT; that one last, as the path is its. */
static Error *step_past(Previous *previous, Source *current) {
        const char *path = current->member->path;
        for (size_t i = 0; i < previous->source_count; i++) {
                Source *source = &previous->sources[i];
                if (source != current && source->member && strcmp(source->member->path, path) == 0)
                        TRY(step(source));
        }
        return step(current);
}

static Error *describe(Previous *previous, const Source *source) {
        Recorded *recorded = &previous->recorded;
        TRY(signature_in_describe(source->in, recorded));
        recorded->when = source->when;
        if (!previous->session->job->numeric_owner)
                header_map_owner(&recorded->entry);
        return NULL;
}

Error *previous_next(Previous *previous, const Recorded **ret_recorded) {
        if (previous->current)
                TRY(step_past(previous, previous->current));
        while ((previous->current = find_first(previous)) && previous->current->member->kind == MEMBER_DELETED)
                TRY(step_past(previous, previous->current));
        *ret_recorded = NULL;
        if (!previous->current)
                return NULL;
        TRY(describe(previous, previous->current));
        *ret_recorded = &previous->recorded;
        return NULL;
}

/* ---- folding ---- */

/* Copies the member SOURCE stands at, the moment it was recorded in front of its name. */
static Error *fold_member(Source *source, Writer *out) {
        AUTO_VALUE(buffer_clear) Buffer header = { .data = NULL };
        const TarMember *member = source->member->header;
        const char *plain_name = member->name + (source->folded ? MOMENT_LENGTH : 0);
        AUTO_TEXT char *name = memory_print("%0*jd %s", MOMENT_LENGTH - 1, (intmax_t)source->when.seconds, plain_name);
        TarMember copy = *member;
        copy.name = name;
        tar_print_header(&copy, &header);
        TRY(writer_write(out, buffer_bytes(&header)));
        for (;;) {
                char piece[16 * 1024];
                size_t length;
                TRY(signature_in_read(source->in, piece, sizeof piece, &length));
                if (length == 0)
                        break;
                TRY(writer_write(out, bytes_make(piece, length)));
        }
        static const uint8_t zeros[TAR_BLOCK];
        return writer_write(out, bytes_make(zeros, tar_padding(copy.size)));
}

/* Merges COUNT neighbouring sets into one archive in a scratch file: of each path the newest member, deletions
 * included. */
static Error *fold_sets(Session *session, const BackupSet *const *sets, size_t count, Source *source) {
        static const char name[] = "folded signature archives";
        AUTO_FD int fd = -1;
        AUTO(previous_close) Previous *group = NULL;
        TRY(scratch_file(session->scratch, &fd));
        TRY(open_sets(session, sets, count, WHOLE_ARCHIVES, &group));
        AUTO(writer_abandon) Writer *out = stream_write_fd(fd, false, name);
        for (Source *first; (first = find_first(group));) {
                TRY(fold_member(first, out));
                TRY(step_past(group, first));
        }
        TRY(writer_finish(TAKE(out)));
        TRY(file_seek(fd, name, 0));
        source->folded = true;
        source->in = signature_in_open(stream_read_fd(TAKE_FD(fd), true, name), name, MOMENT_LENGTH);
        return step(source);
}

/* What the index of an archive has hidden shows when a signature is read: the index goes, once. */
static Error *after_reading(Previous *previous, Error *error) {
        Source *source = previous->current;
        const Error *damage = signature_in_damage(source->in);
        if (error_kind(damage) == ERROR_CORRUPT && source->set)
                cache_distrust_signatures(previous->session, TAKE(source->set), error_story(damage));
        return error;
}

Error *previous_load_signature(Previous *previous, Signature **ret_signature) {
        return after_reading(previous, signature_in_load(previous->current->in, ret_signature));
}

Error *previous_digest_signature(Previous *previous, uint8_t ret_sha256[DIGEST_SHA256_SIZE]) {
        return after_reading(previous, signature_in_digest(previous->current->in, ret_sha256));
}

void previous_close(Previous *previous) {
        if (!previous)
                return;
        for (size_t i = 0; i < previous->source_count; i++)
                signature_in_close(previous->sources[i].in);
        memory_free(previous->sources);
        memory_free(previous);
}
