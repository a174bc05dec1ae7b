/* Reads a backup back and, when asked, compares it with the tree as it is. */
#include <stdarg.h>

#include "base/log.h"
#include "base/path.h"
#include "catalog/choose.h"
#include "engine/cache.h"
#include "engine/engine.h"
#include "engine/header.h"
#include "engine/replay.h"
#include "engine/session.h"
#include "source/walk.h"
#include "sys/cancel.h"
#include "sys/file.h"

enum { PIECE = 128 * 1024 };

/* A verification at work. */
typedef struct Verify {
        const Job *job;
        Session *session;
        const char *path; /* what is asked for, "" is everything */
        Replay *replay;
        Walk *walk;       /* NULL: nothing to compare with */
        const WalkItem *item;
        char *unknown;    /* beneath this path of the tree nothing could be read; NULL: no such path */
        int scratch;      /* content as the backup has it */
        Summary *summary;
        const char *at; /* the path at work, relative to what is asked for */
        DifferenceSink *sink;
        void *context;
        char piece[PIECE], other[PIECE];
} Verify;

static void tell_difference_at(Verify *verify, const char *path, const char *format, ...) PRINTF_LIKE(3, 4);
static void tell_difference_at(Verify *verify, const char *path, const char *format, ...) {
        va_list arguments;
        va_start(arguments, format);
        AUTO_TEXT char *text = memory_vprint(format, arguments);
        va_end(arguments);
        verify->summary->differences++;
        verify->sink(verify->context, path, text);
}

#define tell_difference(verify, ...) tell_difference_at(verify, (verify)->at, __VA_ARGS__)

/* Fills the scratch file with what the backup has. False when it cannot, which is told. */
static Error *replay_to_scratch(Verify *verify, const char *shown, bool *ret_whole) {
        const Entry *used = NULL;
        Error *error = replay_content(verify->replay, verify->scratch, &used);
        AUTO_TEXT char *substitute = error ? NULL : replay_substitute(verify->replay, used);
        *ret_whole = !error && !substitute;
        if (substitute)
                summary_problem(verify->summary, "cannot verify '%s': %s", shown, substitute);
        if (!error || error_kind(error) != ERROR_CORRUPT || replay_is_broken(verify->replay))
                return error;
        AUTO(error_free) Error *told = error;
        summary_file_problem(verify->summary, LOG_EVENT_FILE_FAILED, verify->at, "cannot verify '%s': %s", shown,
                             error_story(told));
        return NULL;
}

static Error *have_same_content(Verify *verify, int fd, const char *name, bool *ret_same) {
        TRY(file_seek(verify->scratch, "scratch file", 0));
        for (;;) {
                size_t length, other_length;
                TRY(cancel_check());
                TRY(file_read(verify->scratch, "scratch file", verify->piece, PIECE, &length));
                TRY(file_read(fd, name, verify->other, PIECE, &other_length));
                *ret_same = bytes_equal(bytes_make(verify->piece, length), bytes_make(verify->other, other_length));
                if (!*ret_same || length == 0)
                        return NULL;
        }
}

static Error *compare_content(Verify *verify, const char *shown) {
        AUTO_FD int fd = -1;
        bool same = false;
        AUTO(error_free) Error *unreadable = walk_open_file(verify->walk, &fd);
        if (!unreadable)
                unreadable = have_same_content(verify, fd, shown, &same);
        if (error_kind(unreadable) == ERROR_CANCELLED)
                return TAKE(unreadable);
        if (unreadable)
                summary_file_problem(verify->summary, LOG_EVENT_FILE_UNREADABLE, verify->at, "cannot read '%s': %s",
                                     shown, error_story(unreadable));
        else if (!same)
                tell_difference(verify, "Data for file %s is different", shown);
        return NULL;
}

static bool compare_owner_and_mode(Verify *verify, const Entry *now, const Entry *before, const char *shown) {
        if (now->mode == before->mode && now->uid == before->uid && now->gid == before->gid)
                return true;
        tell_difference(verify, "File %s has permissions %u:%u %o, expected %u:%u %o", shown, now->uid, now->gid,
                        now->mode, before->uid, before->gid, before->mode);
        return false;
}

static bool compare_time(Verify *verify, const Entry *now, const Entry *before, const char *shown) {
        char now_text[40], before_text[40];
        if (now->modified == before->modified || (now->modified <= 0 && before->modified <= 0))
                return true;
        when_print_local((Moment){ now->modified }, now_text);
        when_print_local((Moment){ before->modified }, before_text);
        tell_difference(verify, "File %s has mtime %s, expected %s", shown, now_text, before_text);
        return false;
}

static bool compare_link(Verify *verify, const Entry *now, const Entry *before, const char *shown) {
        if (strcmp(now->target, before->target) == 0)
                return true;
        AUTO_TEXT char *now_target = path_printable(now->target);
        AUTO_TEXT char *before_target = path_printable(before->target);
        tell_difference(verify, "Symlink %s points to %s, expected %s", shown, now_target, before_target);
        return false;
}

static bool compare_device(Verify *verify, const Entry *now, const Entry *before, const char *shown) {
        if (now->major == before->major && now->minor == before->minor)
                return true;
        tell_difference(verify, "Device file %s has numbers (%u, %u), expected (%u, %u)", shown, now->major, now->minor,
                        before->major, before->minor);
        return false;
}

/* Tells the first difference of metadata. */
static bool compare_metadata(Verify *verify, const Entry *now, const Entry *before, const char *shown) {
        if (now->type != before->type) {
                tell_difference(verify, "File %s has type %s, expected %s", shown, entry_type_name(now->type),
                                entry_type_name(before->type));
                return false;
        }
        switch (now->type) {
        case ENTRY_LINK:
                return compare_link(verify, now, before, shown);
        case ENTRY_CHAR_DEVICE:
        case ENTRY_BLOCK_DEVICE:
                return compare_owner_and_mode(verify, now, before, shown) && compare_device(verify, now, before, shown);
        case ENTRY_FILE:
        case ENTRY_FOLDER:
        case ENTRY_FIFO:
                return compare_owner_and_mode(verify, now, before, shown) && compare_time(verify, now, before, shown);
        }
        abort(); /* every type is dealt with */
}

/* ---- the merge of backup and tree ---- */

/* What lies beneath an unreadable path is neither new, nor missing, nor the same. */
static void tell_unreadable(Verify *verify) {
        const WalkItem *item = verify->item;
        if (!item || item->state != WALK_UNREADABLE)
                return;
        AUTO_TEXT char *shown = path_printable(item->entry->path[0] ? item->entry->path : ".");
        summary_file_problem(verify->summary, LOG_EVENT_FILE_UNREADABLE, item->entry->path, "cannot read '%s': %s",
                             shown, item->problem);
        memory_free(verify->unknown);
        verify->unknown = memory_text(item->entry->path);
}

static Error *step_walk(Verify *verify) {
        do {
                verify->item = NULL;
                if (!verify->walk)
                        return NULL;
                TRY(walk_next(verify->walk, &verify->item));
        } while (verify->item && verify->item->state == WALK_SOCKET);
        tell_unreadable(verify);
        return NULL;
}

static char *shown_path(const char *path) {
        return path_printable(path[0] ? path : ".");
}

/* Tells what the tree has before PATH (NULL: up to its end) and the backup has not. */
static Error *tell_new_files(Verify *verify, const char *path) {
        while (verify->item && (!path || path_compare(verify->item->entry->path, path) < 0)) {
                AUTO_TEXT char *shown = shown_path(verify->item->entry->path);
                if (verify->item->has_entry)
                        tell_difference_at(verify, verify->item->entry->path, "New file %s", shown);
                TRY(step_walk(verify));
        }
        return NULL;
}

static Error *verify_entry(Verify *verify, const Entry *entry) {
        Entry before = *entry;
        before.path = path_below(entry->path, verify->path);
        AUTO_TEXT char *path = memory_text(before.path);
        AUTO_TEXT char *shown = shown_path(path);
        bool whole = true;
        if (!verify->job->numeric_owner)
                header_map_owner(&before);
        TRY(tell_new_files(verify, path));
        verify->at = path;
        bool is_there = verify->item && strcmp(verify->item->entry->path, path) == 0;
        bool is_same = false;
        bool is_unknown = verify->unknown && path_is_within(path, verify->unknown);
        if (verify->walk && !is_there && !is_unknown)
                tell_difference(verify, "File %s is missing", shown);
        else if (is_there && verify->item->has_entry)
                is_same = compare_metadata(verify, verify->item->entry, &before, shown);
        if (entry->type == ENTRY_FILE)
                TRY(replay_to_scratch(verify, shown, &whole));
        if (is_same && entry->type == ENTRY_FILE && whole)
                TRY(compare_content(verify, shown));
        return is_there ? step_walk(verify) : NULL;
}

static Error *verify_all(Verify *verify) {
        TRY(step_walk(verify));
        for (;;) {
                const Entry *entry;
                TRY(cancel_check());
                TRY(replay_next(verify->replay, &entry));
                if (!entry)
                        return tell_new_files(verify, NULL);
                verify->summary->compared_files++;
                TRY(verify_entry(verify, entry));
        }
}

static Error *open_tree(const Job *job, const Selection *selection, Session *session, Walk **ret_walk) {
        const WalkOptions options = { .selection = selection, .follows_links = job->copy_links };
        if (!job->compare_data)
                return NULL;
        AUTO(error_free) Error *failure = walk_open(job->folder, &options, session->scratch, ret_walk);
        if (error_exit_code(failure) != EXIT_CODE_SOURCE_MISSING)
                return TAKE(failure);
        return error_with_code(error_new(error_kind(failure), "%s", error_story(failure)),
                               EXIT_CODE_VERIFY_DIR_MISSING);
}

Error *verify_run(const Job *job, Summary *summary, DifferenceSink *sink, void *context) {
        AUTO(selection_close) Selection *selection = NULL;
        AUTO(session_close) Session *session = NULL;
        AUTO(replay_close) Replay *replay = NULL;
        AUTO(walk_close) Walk *walk = NULL;
        AUTO_FD int scratch = -1;
        AUTO_TEXT char *path = path_clean(job->path ? job->path : "");
        Choice choice;

        TRY(selection_open(&job->selection, job->null_separator, job->folder, &selection));
        TRY(session_open(job, SESSION_READS, &session));
        if (job->ignore_errors)
                session->losses = summary;
        TRY(session_choose_sets(session, &choice));
        TRY(cache_sync(session, choice.chain, choice.set_count, CACHE_NEEDS_MANIFESTS));
        session_tell_last_full(session);
        if (job->renames.count)
                log_warning("--rename has no effect on 'verify': it compares what was backed up under its own name");
        TRY(open_tree(job, selection, session, &walk));
        TRY(scratch_file(session->scratch, &scratch));
        TRY(replay_open(session, &choice, path, "verifying", &replay));
        replay_tell_unlisted(replay, summary);
        Verify *verify = arena_make(session->arena, Verify);
        *verify = (Verify){ .job = job, .session = session, .path = path, .replay = replay, .walk = walk,
                            .scratch = scratch, .summary = summary, .sink = sink, .context = context };
        Error *error = verify_all(verify);
        memory_free(verify->unknown);
        TRY(error);
        if (summary->compared_files == 0 && path[0])
                return error_with_code(
                        error_new(ERROR_MISSING, "'%s' is not in the backup (list-current-files shows what is)", path),
                        EXIT_CODE_RESTORE_PATH_NOT_FOUND);
        return NULL;
}
