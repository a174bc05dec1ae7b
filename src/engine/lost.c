#include "engine/lost.h"

#include <errno.h>

#include "base/list.h"
#include "base/path.h"
#include "catalog/member.h"
#include "engine/cache.h"

/* What is lost; LAST without a path: the end is not known. */
typedef struct LostVolume {
        Position first, last;
        const char *reason;
} LostVolume;

DEFINE_LIST(LostVolumeList, lost_volume_list, LostVolume)

struct Lost {
        Session *session;
        const BackupSet *set;
        Arena *arena; /* of reasons */
        LostVolumeList volumes;
        size_t done;  /* of volumes: everything in them has been told */

        TarReader *signatures; /* opened when it is first needed */
        bool is_blind;         /* it cannot be read */
        Arena *path_arena;     /* of member */
        const TarMember *header;
        Member member;         /* the signature archive stands there; path NULL: not begun, or at its end */
        bool has_begun;
        LostPath told;
};

Lost *lost_new(Session *session, const BackupSet *set) {
        Lost *lost = memory_new(Lost);
        lost->session = session;
        lost->set = set;
        lost->arena = arena_new();
        lost->path_arena = arena_new();
        return lost;
}

bool lost_is_said_by(const Error *error) {
        switch (error_kind(error)) {
        case ERROR_MISSING:
        case ERROR_DENIED:
        case ERROR_CORRUPT:
                return true;
        default:
                return error_errno(error) == EIO; /* a bad block where the storage is a folder */
        }
}

void lost_add(Lost *lost, const Volume *volume, const Error *cause) {
        const char *reason = arena_print(lost->arena, "volume %ju of the %s is lost", (uintmax_t)volume->number,
                                         session_set_text(lost->set).text);
        lost_volume_list_add(&lost->volumes,
                             (LostVolume){ .first = volume->first, .last = volume->last, .reason = reason });
        summary_problem(lost->session->losses, "%s: %s", reason, error_story(cause));
}

void lost_add_manifest(Lost *lost, const Error *cause) {
        const char *reason =
                arena_print(lost->arena, "the manifest of the %s is lost", session_set_text(lost->set).text);
        lost_volume_list_add(&lost->volumes, (LostVolume){ .first.path = "", .reason = reason });
        summary_problem(lost->session->losses, "%s: %s (all volumes that are there are read, unchecked)", reason,
                        error_story(cause));
}

const char *lost_reason(const Lost *lost) {
        return lost->volumes.count ? lost->volumes.items[lost->volumes.count - 1].reason : NULL;
}

/* Without the signature archive nobody knows which files are older than they should be. */
static void tell_blindness(Lost *lost, const char *reason) {
        lost->is_blind = true;
        lost->member.path = NULL;
        summary_problem(lost->session->losses,
                        "which files of the %s are lost or older than they should be cannot be told: %s",
                        session_set_text(lost->set).text, reason);
}

/* What the far side or its copy lacks is told here; other errors are the caller's. */
static Error *note_blindness(Lost *lost, Error *error) {
        if (!error || !lost_is_said_by(error))
                return error;
        tell_blindness(lost, error_story(error));
        error_free(error);
        return NULL;
}

static Error *open_signatures(Lost *lost) {
        Reader *reader = NULL;
        if (!lost->set->signature)
                return error_new(ERROR_MISSING, "its signature archive is missing");
        TRY(cache_open_signatures(lost->session, lost->set, &reader));
        lost->signatures = tar_reader_open(reader, lost->set->signature->name);
        return NULL;
}

static Error *step(Lost *lost) {
        arena_reset(lost->path_arena);
        lost->member.path = NULL;
        if (!lost->has_begun)
                TRY(open_signatures(lost));
        lost->has_begun = true;
        TRY(tar_reader_next(lost->signatures, &lost->header));
        if (!lost->header)
                return NULL;
        return member_parse(lost->header->name, MEMBER_IN_SIGNATURES, lost->path_arena, &lost->member);
}

static bool is_before(const char *path, const Position *place) {
        return place->path && path_compare(path, place->path) < 0;
}

static bool is_behind(const char *path, const Position *place) {
        return place->path && path_compare(path, place->path) > 0;
}

/* The lost volume that held the path at which the signature archive stands, NULL when it was in none of them. */
static const LostVolume *find_volume(Lost *lost) {
        const char *path = lost->member.path;
        while (lost->done < lost->volumes.count &&
               is_behind(path, &lost->volumes.items[lost->done].last))
                lost->done++;
        if (lost->done == lost->volumes.count)
                return NULL;
        const LostVolume *volume = &lost->volumes.items[lost->done];
        return is_before(path, &volume->first) ? NULL : volume;
}

/* What was read lies behind everything that has been lost so far, as far as that is known to end. */
static void pass_over_ended(Lost *lost) {
        while (lost->done < lost->volumes.count && lost->volumes.items[lost->done].last.path)
                lost->done++;
}

static const LostPath *tell(Lost *lost, const LostVolume *volume) {
        lost->told = (LostPath){
                .path = lost->member.path,
                .is_deleted = lost->member.kind == MEMBER_DELETED,
                .header = lost->header,
                .reason = volume->reason,
        };
        return &lost->told;
}

Error *lost_next(Lost *lost, const char *after, const char *until, const LostPath **ret_path) {
        *ret_path = NULL;
        while (lost->done < lost->volumes.count && !lost->is_blind) {
                const char *path = lost->member.path;
                if (lost->has_begun && !path)
                        return NULL; /* at the end */
                if (path && until && path_compare(path, until) >= 0) {
                        pass_over_ended(lost);
                        return NULL;
                }
                const LostVolume *volume = path ? find_volume(lost) : NULL;
                if (volume && (!after || path_compare(path, after) > 0)) {
                        *ret_path = tell(lost, volume);
                        return NULL;
                }
                if (lost->done < lost->volumes.count)
                        TRY(note_blindness(lost, step(lost)));
        }
        return NULL;
}

void lost_free(Lost *lost) {
        if (!lost)
                return;
        tar_reader_close(lost->signatures);
        lost_volume_list_clear(&lost->volumes);
        arena_free(lost->arena);
        arena_free(lost->path_arena);
        memory_free(lost);
}
