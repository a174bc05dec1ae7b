/* Restores a tree, or a part of it, as it was at a moment. */
#include <errno.h>

#include "base/log.h"
#include "base/path.h"
#include "catalog/choose.h"
#include "engine/cache.h"
#include "engine/engine.h"
#include "engine/place.h"
#include "engine/rename.h"
#include "engine/replay.h"
#include "engine/session.h"
#include "sys/cancel.h"
#include "sys/file.h"

/* A restore at work. */
typedef struct Restore {
        const Job *job;
        const char *path; /* what is asked for, "" is everything */
        Replay *replay;
        Place *place;
        Summary *summary;
        uint64_t found; /* paths that match what is asked for */
        bool *is_used;  /* beside the job's renames: something was renamed so */
        Error *ending;  /* of a small file that was placed meanwhile: it ends the run */
} Restore;

/* Processors are busy with decrypting and inflating, too: more threads write no more files. */
enum { WRITING_THREADS = 2 };

/* Failures of the machine that will meet every further file, too. */
static bool is_hopeless(const Restore *restore, const Error *error) {
        int reason = error_errno(error);
        return replay_is_broken(restore->replay) || error_kind(error) == ERROR_CANCELLED || reason == ENOSPC ||
               reason == EDQUOT || reason == EIO || reason == EROFS;
}

/* Counts a failure that concerns PATH alone; returns the others. */
static Error *tell_failure(Restore *restore, const char *path, Error *error) {
        AUTO_TEXT char *shown = path_printable(path[0] ? path : restore->job->folder);
        if (!error) {
                restore->summary->restored_files++;
                return NULL;
        }
        if (is_hopeless(restore, error))
                return error_context(error, "cannot restore '%s'", shown);
        AUTO(error_free) Error *told = error;
        summary_file_problem(restore->summary, LOG_EVENT_FILE_FAILED, path, "cannot restore '%s': %s", shown,
                             error_story(told));
        return NULL;
}

/* A small file has been placed, or not. */
static void note_placed(void *context, const char *below, uint64_t size, Error *error) {
        Restore *restore = context;
        bool is_joined = restore->path[0] && below[0];
        AUTO_TEXT char *path = memory_print("%s%s%s", restore->path, is_joined ? "/" : "", below);
        if (!error)
                restore->summary->restored_bytes += size;
        Error *ending = tell_failure(restore, path, error);
        if (restore->ending)
                error_free(ending);
        else
                restore->ending = ending;
}

static void tell_substitute(Restore *restore, const char *path, const Entry *used) {
        AUTO_TEXT char *substitute = replay_substitute(restore->replay, used);
        AUTO_TEXT char *shown = path_printable(path);
        if (substitute)
                summary_problem(restore->summary, "'%s' is not as it was: %s", shown, substitute);
}

static Error *restore_small_file(Restore *restore, const char *path, bool *ret_done) {
        AUTO_VALUE(buffer_clear) Buffer content = { .data = NULL };
        const Entry *used = NULL;
        TRY(replay_small_content(restore->replay, &content, &used, ret_done));
        if (!*ret_done)
                return NULL;
        Entry placed = *used;
        placed.path = path;
        return place_small_file(restore->place, &placed, &content);
}

static Error *restore_large_file(Restore *restore, const char *path) {
        int fd;
        const Entry *used;
        TRY(place_begin_file(restore->place, path, &fd));
        TRY(replay_content(restore->replay, fd, &used));
        tell_substitute(restore, path, used);
        Entry placed = *used;
        uint64_t size = 0;
        placed.path = path;
        TRY(file_size(fd, path, &size));
        restore->summary->restored_bytes += size;
        return place_finish_file(restore->place, &placed);
}

/* Where ENTRY goes, below the target; folders of the same name become one. What would replace something that has just
 * been restored is refused: with --force nobody else would notice. Caller frees. */
static Error *find_place(Restore *restore, const Entry *entry, char **ret_path) {
        const RenameList *renames = &restore->job->renames;
        const char *path = path_below(entry->path, restore->path);
        const Rename *rename = rename_find(renames, path);
        AUTO_TEXT char *place = rename_apply(rename, path);
        if (rename)
                restore->is_used[rename - renames->items] = true;
        if (restore->job->force && entry->type != ENTRY_FOLDER && !rename_may_use(renames, rename, place))
                return error_new(ERROR_USER, "its place is taken: a --rename brings something else there");
        *ret_path = TAKE(place);
        return NULL;
}

static void log_entry(const Entry *entry) {
        if (!log_shows(LOG_INFO))
                return;
        AUTO_TEXT char *shown = path_printable(entry->path[0] ? entry->path : ".");
        AUTO_TEXT char *quoted = path_quoted(entry->path[0] ? entry->path : ".");
        AUTO_TEXT char *extra = memory_print("%s %s", quoted, entry_type_code(entry->type));
        log_event(LOG_EVENT_FILE_WRITTEN, extra, "Writing %s of type %s", shown, entry_type_name(entry->type));
}

/* Renamed files are placed one by one, so that none takes the place of another that is under way. */
static Error *restore_file(Restore *restore, const char *path, bool *ret_under_way) {
        *ret_under_way = false;
        if (restore->job->renames.count == 0)
                TRY(restore_small_file(restore, path, ret_under_way));
        return *ret_under_way ? NULL : restore_large_file(restore, path);
}

/* *ret_under_way: how it ends will be told to note_placed. */
static Error *restore_entry(Restore *restore, const Entry *entry, bool *ret_under_way) {
        AUTO_TEXT char *path = NULL;
        Entry placed = *entry;
        log_entry(entry);
        TRY(find_place(restore, entry, &path));
        placed.path = path;
        Error *error = entry->type == ENTRY_FILE ? restore_file(restore, path, ret_under_way)
                                                 : place_object(restore->place, &placed);
        if (strcmp(path, path_below(entry->path, restore->path)) != 0)
                error = error_context(error, "--rename brings it to '%s'", path);
        return error;
}

static Error *restore_next(Restore *restore, const Entry *entry) {
        AUTO_TEXT char *path = memory_text(entry->path);
        bool is_under_way = false;
        Error *error = restore->job->dry_run ? NULL : restore_entry(restore, entry, &is_under_way);
        if (error || !is_under_way)
                TRY(tell_failure(restore, path, error));
        place_drop_file(restore->place);
        return TAKE(restore->ending);
}

static Error *restore_all(Restore *restore) {
        for (;;) {
                const Entry *entry;
                TRY(cancel_check());
                TRY(replay_next(restore->replay, &entry));
                if (!entry)
                        break;
                restore->found++;
                TRY(restore_next(restore, entry));
        }
        place_finish(restore->place);
        return TAKE(restore->ending);
}

static Error *check_found(const Restore *restore) {
        if (restore->found)
                return NULL;
        if (restore->path[0])
                return error_with_code(error_new(ERROR_MISSING,
                                                 "'%s' is not in the backup (list-current-files shows what is)",
                                                 restore->path),
                                       EXIT_CODE_RESTORE_PATH_NOT_FOUND);
        return error_with_code(error_new(ERROR_MISSING, "there is nothing in the backup"), EXIT_CODE_NOTHING_RESTORED);
}

static void tell_unused_renames(const Restore *restore) {
        const RenameList *renames = &restore->job->renames;
        for (size_t i = 0; i < renames->count; i++)
                if (!restore->is_used[i])
                        log_warning("'--rename %s %s' has changed nothing: there is no '%s' in what was restored",
                                    renames->items[i].from, renames->items[i].to, renames->items[i].from);
}

static void count_problem(void *context, const char *text) {
        summary_problem(((Restore *)context)->summary, "cannot restore %s", text);
}

static Error *open_place(Restore *restore) {
        const Job *job = restore->job;
        PlaceOptions options = { .target = job->folder,
                                 .force = job->force,
                                 .numeric_owner = job->numeric_owner,
                                 .no_ownership = job->no_restore_ownership,
                                 .threads = WRITING_THREADS,
                                 .problem = count_problem,
                                 .placed = note_placed,
                                 .context = restore };
        return place_open(&options, &restore->place);
}

static Error *open_replay(Restore *restore, Session *session) {
        Choice choice;
        if (restore->job->ignore_errors)
                session->losses = restore->summary;
        TRY(session_choose_sets(session, &choice));
        TRY(cache_sync(session, choice.chain, choice.set_count, CACHE_NEEDS_MANIFESTS));
        session_tell_last_full(session);
        TRY(replay_open(session, &choice, restore->path, "restoring", &restore->replay));
        replay_tell_unlisted(restore->replay, restore->summary);
        return NULL;
}

static Error *restore_in(Restore *restore, Session *session) {
        restore->is_used = arena_zeroed(session->arena, memory_size(restore->job->renames.count, sizeof(bool)));
        TRY(open_replay(restore, session));
        TRY(restore_all(restore));
        TRY(check_found(restore));
        tell_unused_renames(restore);
        return NULL;
}

Error *restore_run(const Job *job, Summary *summary) {
        AUTO(session_close) Session *session = NULL;
        AUTO_TEXT char *path = path_clean(job->path ? job->path : "");
        Restore restore = { .job = job, .path = path, .summary = summary };
        Error *error = open_place(&restore);
        if (!error)
                error = session_open(job, SESSION_READS, &session);
        if (!error)
                error = restore_in(&restore, session);
        replay_close(restore.replay);
        place_close(restore.place);
        error_free(restore.ending);
        return error;
}
