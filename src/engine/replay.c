#include "engine/replay.h"

#include "base/log.h"
#include "base/path.h"
#include "codec/delta.h"
#include "codec/delta_chain.h"
#include "codec/sparse.h"
#include "engine/header.h"
#include "engine/volume_in.h"
#include "sys/file.h"

enum {
        STREAMED_SETS = 2,   /* the largest: decoded as they are read; of the others, whole volumes at a time */
        STEPS_PER_TELL = 16, /* paths, or pieces of content */
};

/* One set, standing at one path. */
typedef struct Version {
        SetReader *reader;
        const SetMember *member; /* NULL: at the end */
} Version;

struct Replay {
        Session *session;
        const char *path;
        size_t version_count;
        Version *versions; /* by age, the oldest first */
        size_t *here;      /* indices of the versions that stand at the path at work, the oldest first */
        size_t here_count;
        bool has_ended;
        size_t end;        /* of those in here that may be of use */
        Entry entry;
        char *substitute; /* why an older version was taken for the newest; NULL: it was not */
        Progress progress;
        size_t noted_volumes; /* of which programs have been told */
        unsigned untold; /* steps since the listener was told */
};

static uint64_t size_of(const BackupSet *set) {
        uint64_t size = 0;
        for (size_t i = 0; i < set->volume_count; i++)
                size += set->volumes[i]->size;
        return size;
}

/* The size below which sets are spooled. */
static uint64_t least_streamed(const Choice *choice) {
        uint64_t largest[STREAMED_SETS] = { 0 };
        for (size_t i = 0; i < choice->set_count; i++) {
                uint64_t size = size_of(choice->chain->sets[i]);
                for (size_t k = 0; k < STREAMED_SETS; k++) {
                        uint64_t kept = largest[k];
                        largest[k] = MAX(kept, size);
                        size = MIN(kept, size);
                }
        }
        return largest[STREAMED_SETS - 1];
}

Error *replay_open(Session *session, const Choice *choice, const char *path, const char *doing, Replay **ret_replay) {
        AUTO(replay_close) Replay *replay = memory_new(Replay);
        uint64_t least = least_streamed(choice);
        size_t streamed = 0;
        replay->session = session;
        replay->progress.doing = doing;
        replay->path = path;
        replay->versions = memory_new_array(Version, choice->set_count);
        replay->here = memory_new_array(size_t, choice->set_count);
        for (size_t i = 0; i < choice->set_count; i++) {
                Version *version = &replay->versions[replay->version_count++];
                bool is_streamed = streamed < STREAMED_SETS && size_of(choice->chain->sets[i]) >= least;
                streamed += is_streamed;
                TRY(set_reader_open(session, choice->chain->sets[i], path, !is_streamed, &version->reader));
        }
        for (size_t i = 0; i < choice->set_count; i++)
                TRY(set_reader_next(replay->versions[i].reader, &replay->versions[i].member));
        *ret_replay = TAKE(replay);
        return NULL;
}

void replay_tell_unlisted(const Replay *replay, Summary *summary) {
        for (size_t i = 0; i < replay->version_count; i++) {
                const SetReader *reader = replay->versions[i].reader;
                const BackupSet *set = set_reader_set(reader);
                if (set_reader_unlisted(reader))
                        summary_problem(
                                summary,
                                "the manifest '%s' does not speak of %zu of the %zu volumes of its set: it was cut, "
                                "or they are leftovers; what is in them is not read",
                                set->manifest->name, set_reader_unlisted(reader), set->volume_count);
        }
}

/* Finds the first path and the versions that stand at it. */
static void gather(Replay *replay) {
        const char *first = NULL;
        replay->here_count = 0;
        memory_free(TAKE(replay->substitute));
        for (size_t i = 0; i < replay->version_count; i++) {
                const SetMember *member = replay->versions[i].member;
                int order = member ? first ? path_compare(member->path, first) : -1 : 1;
                if (order > 0)
                        continue;
                if (order < 0)
                        replay->here_count = 0;
                first = member->path;
                replay->here[replay->here_count++] = i;
        }
        replay->end = replay->here_count;
}

static Version *version_at(const Replay *replay, size_t i) {
        return &replay->versions[replay->here[i]];
}

static Error *step(Replay *replay) {
        for (size_t i = 0; i < replay->here_count; i++) {
                Version *version = version_at(replay, i);
                TRY(set_reader_next(version->reader, &version->member));
        }
        return NULL;
}

/* Tells programs of each volume that has been read. */
static void note_volumes(Replay *replay) {
        size_t done = 0, total = 0;
        for (size_t i = 0; i < replay->version_count; i++)
                set_reader_add_volumes(replay->versions[i].reader, &done, &total);
        if (done == replay->noted_volumes)
                return;
        replay->noted_volumes = done;
        char extra[48];
        snprintf(extra, sizeof extra, "%zu %zu", done, total);
        log_event(LOG_EVENT_PROGRESS, extra, "Processed volume %zu of %zu", done, total);
}

static void tell_progress(Replay *replay) {
        const Job *job = replay->session->job;
        Progress *progress = &replay->progress;
        if (!job->progress || ++replay->untold < STEPS_PER_TELL)
                return;
        replay->untold = 0;
        progress->bytes = progress->total_bytes = 0;
        for (size_t i = 0; i < replay->version_count; i++)
                set_reader_add_progress(replay->versions[i].reader, &progress->bytes, &progress->total_bytes);
        progress->path = replay->here_count ? version_at(replay, 0)->member->path : NULL;
        job->progress(job->progress_context, progress);
}

static bool is_wanted(const Replay *replay) {
        const SetMember *newest = version_at(replay, replay->here_count - 1)->member;
        return newest->kind != MEMBER_DELETED && path_is_within(newest->path, replay->path);
}

/* True when nothing more can lie within what is asked for. Volumes that only their end proves are read on. */
static bool is_past_all(const Replay *replay) {
        if (!replay->path[0] || !replay->here_count)
                return false;
        const char *first = version_at(replay, 0)->member->path;
        if (path_compare(first, replay->path) < 0 || path_is_within(first, replay->path))
                return false;
        for (size_t i = 0; i < replay->version_count; i++)
                if (!set_reader_is_proven(replay->versions[i].reader))
                        return false;
        return true;
}

static const Entry *describe(Replay *replay, const Version *version, const TarMember *header) {
        replay->entry = header_to_entry(header, version->member->path);
        return &replay->entry;
}

Error *replay_next(Replay *replay, const Entry **ret_entry) {
        *ret_entry = NULL;
        if (replay->has_ended)
                return NULL;
        do {
                TRY(step(replay));
                gather(replay);
        } while (replay->here_count && !is_wanted(replay) && !is_past_all(replay));
        if (replay->here_count && is_wanted(replay)) {
                const Version *newest = version_at(replay, replay->here_count - 1);
                *ret_entry = describe(replay, newest, newest->member->header);
        }
        replay->has_ended = !*ret_entry;
        replay->progress.files++;
        note_volumes(replay);
        tell_progress(replay);
        return NULL;
}

/* ---- content ---- */

/* A set reader's payload as a stream. */
typedef struct PayloadReader {
        Reader reader;
        Replay *replay;
        SetReader *set;
} PayloadReader;

static Error *read_payload(Reader *reader, void *buffer, size_t capacity, size_t *ret_length) {
        PayloadReader *self = (PayloadReader *)reader;
        tell_progress(self->replay);
        return set_reader_read(self->set, buffer, capacity, ret_length);
}

static SetText set_text_of(const Version *version) {
        return session_set_text(set_reader_set(version->reader));
}

static Error *check_version(const Version *version, uint64_t length, const uint8_t *sha256) {
        const char *problem = set_reader_problem(version->reader);
        const TarMember *last = set_reader_last_header(version->reader);
        if (problem)
                return error_new(ERROR_CORRUPT, "its content in the %s: %s", set_text_of(version).text, problem);
        if (last->has_record && !last->is_incomplete && last->content_size != length)
                return error_new(ERROR_CORRUPT, "it has %ju bytes in the %s, but must have %ju", (uintmax_t)length,
                                 set_text_of(version).text, (uintmax_t)last->content_size);
        if (sha256 && last->has_sha256 && memcmp(last->sha256, sha256, DIGEST_SHA256_SIZE) != 0)
                return error_new(ERROR_CORRUPT, "its content in the %s has the wrong hash", set_text_of(version).text);
        return NULL;
}

/* Applies the delta of VERSION to BASE. *ret_incomplete says that the backup could not read the file to its end. */
static Error *write_delta(Replay *replay, const Version *version, int base, Writer *out, bool *ret_incomplete) {
        PayloadReader payload = { .reader = { .read = read_payload }, .replay = replay, .set = version->reader };
        AUTO(error_free) Error *damage = delta_apply(base, &payload.reader, out);
        *ret_incomplete = false;
        if (!damage || set_reader_problem(version->reader))
                return NULL; /* a missing chunk explains more than the delta it has damaged */
        *ret_incomplete = set_reader_last_header(version->reader)->is_incomplete;
        return *ret_incomplete ? NULL : error_context(TAKE(damage), "its delta in the %s", set_text_of(version).text);
}

/* Writes one version to FD: its payload, or its delta applied to BASE where that is not -1. */
static Error *write_version(Replay *replay, const Version *version, int base, int fd, bool *ret_incomplete) {
        uint8_t sha256[DIGEST_SHA256_SIZE];
        uint64_t length = 0;
        PayloadReader payload = { .reader = { .read = read_payload }, .replay = replay, .set = version->reader };
        AUTO(digest_free) Digest *digest = base >= 0 ? digest_new(DIGEST_SHA256) : NULL;
        TRY(file_truncate(fd, "restored file"));
        AUTO(writer_abandon) Writer *out = stream_write_digest(sparse_write_fd(fd, "restored file"), digest, &length);
        if (base >= 0)
                TRY(write_delta(replay, version, base, out, ret_incomplete));
        else
                TRY(reader_copy(&payload.reader, out));
        TRY(writer_finish(TAKE(out)));
        *ret_incomplete |= set_reader_last_header(version->reader)->is_incomplete;
        if (digest)
                digest_finish(digest, sha256);
        return *ret_incomplete ? NULL : check_version(version, length, digest ? sha256 : NULL);
}

/* Index into here of the newest version before END that needs no other: the base. END when there is none. */
static size_t find_base(const Replay *replay, size_t end) {
        for (size_t i = end; i-- > 0;)
                if (version_at(replay, i)->member->kind != MEMBER_DIFF)
                        return i;
        return end;
}

static bool is_file(const Version *version) {
        return version->member->kind != MEMBER_DELETED && version->member->header->type == TAR_FILE;
}

/* The versions from BASE to END - 1 must be a file and deltas on it. */
static Error *check_base(const Replay *replay, size_t base, size_t end) {
        if (base < end && is_file(version_at(replay, base)))
                return NULL;
        return error_new(ERROR_CORRUPT, "there is a delta in the %s, but %s",
                         set_text_of(version_at(replay, end - 1)).text,
                         base == end ? "nothing it could be applied to" : "before it was no file");
}

/* Before the version at INCOMPLETE, which is of no use, there must be another. */
static Error *check_fallback(const Replay *replay, size_t incomplete) {
        if (incomplete > 0 && is_file(version_at(replay, incomplete - 1)))
                return NULL;
        if (replay->substitute)
                return error_new(ERROR_CORRUPT, "%s", replay->substitute);
        return error_new(ERROR_CORRUPT,
                         "its only version, in the %s, is incomplete: the backup could not read it to its end",
                         set_text_of(version_at(replay, incomplete)).text);
}

/* Two files that take turns as base and result. */
typedef struct Turns {
        int result, spare;
        bool swapped;
} Turns;

static int target_of(const Turns *turns) {
        return turns->swapped ? turns->spare : turns->result;
}

static int base_of(const Turns *turns) {
        return turns->swapped ? turns->result : turns->spare;
}

/* Where losses are allowed, a version that is of no use counts as incomplete; the first reason is kept. */
static Error *note_useless(Replay *replay, Error *error, bool *incomplete) {
        if (!replay->session->losses || error_kind(error) != ERROR_CORRUPT)
                return error;
        if (!replay->substitute)
                replay->substitute = memory_text(error_story(error));
        error_free(error);
        *incomplete = true;
        return NULL;
}

/* Builds versions BASE to END - 1 one upon the other. *ret_used becomes the index of the last complete one, END when
 * even the base is incomplete. */
static Error *build(Replay *replay, size_t base, size_t end, Turns *turns, size_t *ret_used) {
        *ret_used = end;
        for (size_t i = base; i < end; i++) {
                bool incomplete = false;
                Error *error = write_version(replay, version_at(replay, i), i == base ? -1 : base_of(turns),
                                             target_of(turns), &incomplete);
                TRY(note_useless(replay, error, &incomplete));
                if (incomplete)
                        break;
                *ret_used = i;
                turns->swapped = !turns->swapped;
        }
        turns->swapped = !turns->swapped; /* back to the last complete one */
        return NULL;
}

static Error *deliver(const Turns *turns) {
        if (target_of(turns) == turns->result)
                return NULL;
        TRY(file_truncate(turns->result, "restored file"));
        return file_copy(turns->spare, "scratch file", turns->result, "restored file");
}

/* Builds versions BASE to END - 1 one upon the other, in FD. Each can be judged, and the last one that is whole is
 * kept. */
static Error *build_step_by_step(Replay *replay, size_t base, size_t end, int fd, size_t *ret_used) {
        AUTO_FD int spare = -1;
        if (base + 1 < end)
                TRY(scratch_file(replay->session->scratch, &spare));
        /* with an even number of deltas the first result goes to FD, so that the last one does, too */
        Turns turns = { .result = fd, .spare = spare, .swapped = (end - base) % 2 == 0 };
        TRY(build(replay, base, end, &turns, ret_used));
        return *ret_used < end ? deliver(&turns) : NULL;
}

/* ---- in one pass ---- */

/* Adds the delta of VERSION to CHAIN, unless it is incomplete. */
static Error *chain_delta(Replay *replay, const Version *version, DeltaChain *chain, bool *ret_incomplete) {
        PayloadReader payload = { .reader = { .read = read_payload }, .replay = replay, .set = version->reader };
        AUTO(error_free) Error *damage = delta_chain_add(chain, &payload.reader);
        *ret_incomplete = set_reader_last_header(version->reader)->is_incomplete;
        if (*ret_incomplete && !damage)
                delta_chain_undo(chain);
        if (*ret_incomplete)
                return NULL;
        if (damage && !set_reader_problem(version->reader)) /* a missing chunk explains more */
                return error_context(TAKE(damage), "its delta in the %s", set_text_of(version).text);
        return check_version(version, damage ? 0 : delta_chain_length(chain), NULL);
}

/* *ret_used becomes the index of the last complete version; BASE is taken to be one. */
static Error *chain_deltas(Replay *replay, size_t base, size_t end, DeltaChain *chain, size_t *ret_used) {
        *ret_used = base;
        for (size_t i = base + 1; i < end; i++) {
                bool incomplete;
                TRY(chain_delta(replay, version_at(replay, i), chain, &incomplete));
                if (incomplete)
                        return NULL;
                *ret_used = i;
        }
        return NULL;
}

/* What comes of CHAIN goes to FD, an empty file; OUT is to be given it, and DIGEST and LENGTH tell what it was. */
typedef struct ChainOut {
        Writer *out;
        Digest *digest; /* NULL: the version knows no hash */
        uint64_t length;
} ChainOut;

static void clear_chain_out(ChainOut *to) {
        writer_abandon(to->out);
        digest_free(to->digest);
}

static Error *open_chain_out(const Version *version, int fd, ChainOut *to) {
        TRY(file_truncate(fd, "restored file"));
        if (set_reader_last_header(version->reader)->has_sha256)
                to->digest = digest_new(DIGEST_SHA256);
        to->out = stream_write_digest(sparse_write_fd(fd, "restored file"), to->digest, &to->length);
        return NULL;
}

static Error *finish_chain_out(const Version *version, ChainOut *to) {
        uint8_t sha256[DIGEST_SHA256_SIZE];
        Error *error = writer_finish(TAKE(to->out));
        if (error && error_kind(error) == ERROR_CORRUPT) /* others are about where it is written */
                error = error_context(error, "its delta in the %s", set_text_of(version).text);
        TRY(error);
        if (to->digest)
                digest_finish(to->digest, sha256);
        return check_version(version, to->length, to->digest ? sha256 : NULL);
}

/* The version at USED, of BASE that stays where it is: while BASE is read, the deltas are laid over it. */
static Error *write_overlaid(Replay *replay, const Version *base, const Version *used, DeltaChain *chain, int fd,
                             bool *ret_incomplete) {
        uint64_t length = 0;
        AUTO_VALUE(clear_chain_out) ChainOut to = { .out = NULL };
        PayloadReader payload = { .reader = { .read = read_payload }, .replay = replay, .set = base->reader };
        TRY(open_chain_out(used, fd, &to));
        TRY(delta_chain_overlay(chain, TAKE(to.out), &to.out));
        to.out = stream_write_digest(TAKE(to.out), NULL, &length);
        TRY(reader_copy(&payload.reader, to.out));
        *ret_incomplete = set_reader_last_header(base->reader)->is_incomplete;
        if (*ret_incomplete)
                return NULL;
        TRY(check_version(base, length, NULL));
        return finish_chain_out(used, &to);
}

/* The version at USED, of BASE whose parts move: it is written to a file of its own first. */
static Error *write_moved(Replay *replay, const Version *base, const Version *used, DeltaChain *chain, int fd,
                          bool *ret_incomplete) {
        AUTO_FD int spare = -1;
        AUTO_VALUE(clear_chain_out) ChainOut to = { .out = NULL };
        TRY(scratch_file(replay->session->scratch, &spare));
        TRY(write_version(replay, base, -1, spare, ret_incomplete));
        if (*ret_incomplete)
                return NULL;
        TRY(open_chain_out(used, fd, &to));
        TRY_AS(delta_chain_write(chain, spare, to.out), "its delta in the %s", set_text_of(used).text);
        return finish_chain_out(used, &to);
}

/* The same in one pass: what is in between is not written. The deltas are read first: when they leave everything in its
 * place, there is no need for a second file either. */
static Error *build_at_once(Replay *replay, size_t base, size_t end, int fd, size_t *ret_used) {
        AUTO(delta_chain_close) DeltaChain *chain = NULL;
        const Version *first = version_at(replay, base);
        bool incomplete = false;
        size_t used;
        TRY(delta_chain_open(replay->session->scratch, &chain));
        TRY(chain_deltas(replay, base, end, chain, &used));
        if (used == base)
                TRY(write_version(replay, first, -1, fd, &incomplete));
        else
                TRY((delta_chain_stays_in_place(chain) ? write_overlaid : write_moved)(
                        replay, first, version_at(replay, used), chain, fd, &incomplete));
        *ret_used = incomplete ? end : used;
        return NULL;
}

Error *replay_content(Replay *replay, int fd, const Entry **ret_entry) {
        for (;;) {
                size_t end = replay->end, base = find_base(replay, end), used;
                TRY(check_base(replay, base, end));
                bool at_once = base + 1 < end && !replay->session->losses;
                TRY((at_once ? build_at_once : build_step_by_step)(replay, base, end, fd, &used));
                if (used < end) {
                        const Version *version = version_at(replay, used);
                        *ret_entry = describe(replay, version, set_reader_last_header(version->reader));
                        return NULL;
                }
                TRY(check_fallback(replay, base));
                replay->end = base;
        }
}

static bool is_small(const Version *version) {
        const SetMember *member = version->member;
        if (member->kind != MEMBER_SNAPSHOT || !is_file(version))
                return false;
        if (member->is_chunked)
                return member->header->has_record && member->header->content_size <= REPLAY_SMALL;
        return member->header->size <= REPLAY_SMALL;
}

/* Reads a version's payload; of one that is longer than it says, a byte too many. */
static Error *read_small(Replay *replay, const Version *version, Buffer *out, bool *ret_incomplete) {
        PayloadReader payload = { .reader = { .read = read_payload }, .replay = replay, .set = version->reader };
        const TarMember *header = version->member->header;
        size_t wanted = (size_t)(version->member->is_chunked ? header->content_size : header->size), length;
        void *room = buffer_reserve(out, wanted + 1);
        TRY(reader_read(&payload.reader, room, wanted + 1, &length));
        out->length = length;
        *ret_incomplete = set_reader_last_header(version->reader)->is_incomplete;
        return *ret_incomplete ? NULL : check_version(version, length, NULL);
}

Error *replay_small_content(Replay *replay, Buffer *out, const Entry **ret_entry, bool *ret_done) {
        size_t newest = replay->here_count - 1;
        const Version *version = version_at(replay, newest);
        bool incomplete = false;
        *ret_done = false;
        if (!is_small(version))
                return NULL;
        TRY(note_useless(replay, read_small(replay, version, out, &incomplete), &incomplete));
        if (incomplete) {
                buffer_truncate(out, 0);
                TRY(check_fallback(replay, newest));
                replay->end = newest;
                return NULL;
        }
        *ret_done = true;
        *ret_entry = describe(replay, version, set_reader_last_header(version->reader));
        return NULL;
}

char *replay_substitute(const Replay *replay, const Entry *used) {
        if (!replay->substitute)
                return NULL;
        char text[40];
        when_print_local((Moment){ used->modified }, text);
        return memory_print("%s; an older version, of %s, takes its place", replay->substitute, text);
}

bool replay_is_broken(const Replay *replay) {
        for (size_t i = 0; i < replay->version_count; i++)
                if (set_reader_is_broken(replay->versions[i].reader))
                        return true;
        return false;
}

void replay_close(Replay *replay) {
        if (!replay)
                return;
        for (size_t i = 0; i < replay->version_count; i++)
                set_reader_close(replay->versions[i].reader);
        memory_free(replay->versions);
        memory_free(replay->here);
        memory_free(replay->substitute);
        memory_free(replay);
}
