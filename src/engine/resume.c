#include "engine/resume.h"

#include "base/encode.h"
#include "base/log.h"
#include "base/path.h"
#include "engine/journal.h"
#include "engine/publish.h"
#include "sys/file.h"

struct Resume {
        const Session *session;
        JournalStory story; /* as far as it counts */
};

static Moment start_of(const CheckpointHead *head) {
        return (Moment){ .seconds = (int64_t)head->start };
}

static Moment time_of(const CheckpointHead *head) {
        return (Moment){ .seconds = (int64_t)head->time };
}

static SetText set_text(const CheckpointHead *head) {
        return session_set_text(&(BackupSet){ .full = head->is_full, .end = time_of(head) });
}

static bool is_set(const CheckpointHead *head, const BackupSet *set) {
        return set->full == (bool)head->is_full && set->start.seconds == start_of(head).seconds &&
               set->end.seconds == time_of(head).seconds;
}

/* ---- the far side ---- */

static bool has_complete(const Collection *collection, const CheckpointHead *head) {
        for (size_t i = 0; i < collection->chain_count; i++)
                for (size_t j = 0; j < collection->chains[i].set_count; j++)
                        if (is_set(head, collection->chains[i].sets[j]))
                                return true;
        for (size_t i = 0; i < collection->orphan_count; i++)
                if (is_set(head, collection->orphans[i]))
                        return true;
        return false;
}

static const BackupSet *find_incomplete(const Collection *collection, const CheckpointHead *head) {
        for (size_t i = 0; i < collection->incomplete_count; i++)
                if (is_set(head, collection->incompletes[i]))
                        return collection->incompletes[i];
        return NULL;
}

/* How many volumes of the story, from the first, lie in SET as they were stored. */
static uint64_t count_stored(const JournalStory *story, const BackupSet *set) {
        uint64_t count = 0;
        for (size_t i = 0; i < set->volume_count && count < story->volumes.count; i++) {
                const SetFile *file = set->volumes[i];
                if (file->parsed.volume != count + 1 || file->size != story->volumes.items[count].size)
                        break;
                count++;
        }
        return count;
}

/* ---- how far it counts ---- */

/* Shortens the story to its first COUNT volumes, or to fewer, so that one can begin again behind them. */
static Error *shorten(const char *folder, JournalStory *story, uint64_t count) {
        while (count && !story->volumes.items[count - 1].is_firm)
                count--;
        if (count == story->volumes.count)
                return NULL;
        if (count > 0) {
                AUTO_VALUE(journal_clear_story) JournalStory shorter = { .last = NULL };
                TRY(journal_read(folder, count, &shorter));
                JournalStory longer = *story;
                *story = shorter;
                shorter = longer;
                return NULL;
        }
        checkpoint_free(TAKE(story->last));
        while (story->volumes.count)
                checkpoint_clear_volume(&story->volumes.items[--story->volumes.count].volume);
        return NULL;
}

/* ---- does it fit the job? Each check returns why it does not. ---- */

static Error *check_kind(const Session *session, const Plan *plan, const CheckpointHead *head) {
        const Job *job = session->job;
        if (job->kind == BACKUP_FULL && !head->is_full)
                return error_new(ERROR_USER, "a full backup was asked for");
        if (job->kind == BACKUP_INCREMENTAL && head->is_full)
                return error_new(ERROR_USER, "an incremental backup was asked for");
        if (!head->is_full && !plan->base)
                return error_new(ERROR_USER, "a full backup is due");
        if (job->has_full_before && head->is_full && moment_compare(time_of(head), job->full_before) < 0)
                return error_new(ERROR_USER, "it is older than --full-if-older-than allows");
        if (moment_compare(time_of(head), plan_latest_moment(session->collection)) <= 0 ||
            (!head->is_full && start_of(head).seconds != chain_end(plan->base).seconds))
                return error_new(ERROR_USER, "there is a later one");
        return NULL;
}

static const char *const demand_names[CHECKPOINT_DEMANDS] = {
        [CHECKPOINT_HOST] = "it is of another host",
        [CHECKPOINT_SOURCE] = "it is of another folder",
        [CHECKPOINT_FORM] = "it is encrypted or compressed in another way",
        [CHECKPOINT_ENCRYPT_KEYS] = "it was made with another --encrypt-key",
        [CHECKPOINT_HIDDEN_KEYS] = "it was made with another --hidden-encrypt-key",
        [CHECKPOINT_SIGN_KEY] = "it was made with another --sign-key",
        [CHECKPOINT_GPG_OPTIONS] = "it was made with other --gpg-options",
        [CHECKPOINT_PREFIX] = "it was made with another --file-prefix",
        [CHECKPOINT_VOLUME_PREFIX] = "it was made with another --file-prefix-archive",
        [CHECKPOINT_MANIFEST_PREFIX] = "it was made with another --file-prefix-manifest",
        [CHECKPOINT_SIGNATURE_PREFIX] = "it was made with another --file-prefix-signature",
        [CHECKPOINT_FILE_LIST] = "one of the two has --no-files-changed",
        [CHECKPOINT_SELECTION] = "other files were selected for it",
};

static bool is_same_text(const char *a, const char *b) {
        return strcmp(a ? a : "", b ? b : "") == 0;
}

static Error *check_demands(const Session *session, SealForm form, const CheckpointHead *head) {
        AUTO_VALUE(checkpoint_clear_head) CheckpointHead wanted = { .is_full = 0 };
        journal_print_demands(session, form, wanted.demands);
        for (size_t i = 0; i < CHECKPOINT_DEMANDS; i++)
                if (!is_same_text(head->demands[i], wanted.demands[i]))
                        return error_new(ERROR_USER, "%s", demand_names[i]);
        return NULL;
}

static Error *write_token(Session *session, const char *token, int *ret_fd) {
        AUTO_FD int fd = -1;
        AUTO_VALUE(buffer_clear) Buffer message = { .data = NULL };
        if (!encode_from_base64(bytes_of(token), &message))
                return error_new(ERROR_CORRUPT, "its state is damaged");
        TRY(scratch_file(session->scratch, &fd));
        TRY(file_write(fd, "token", buffer_bytes(&message)));
        TRY(file_seek(fd, "token", 0));
        *ret_fd = TAKE_FD(fd);
        return NULL;
}

/* A set of two passphrases could be restored with neither. */
static Error *check_passphrase(Session *session, const char *token) {
        static const FileName encrypted = { .encrypted = true };
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        AUTO(reader_close) Reader *reader = NULL;
        int fd = -1;
        if (!token)
                return NULL;
        buffer_init(&text, 4096);
        TRY(write_token(session, token, &fd));
        TRY(session_decode(session, &encrypted, fd, "state of an unfinished backup", &reader));
        AUTO(error_free) Error *failure = reader_read_all(reader, &text);
        if (error_kind(failure) == ERROR_DENIED)
                return error_new(ERROR_DENIED, "it has another passphrase");
        if (!failure && !bytes_equal_text(buffer_bytes(&text), journal_token_text))
                return error_new(ERROR_CORRUPT, "its state is damaged");
        return TAKE(failure);
}

static Error *check_all(Resume *resume, Session *session, const Plan *plan, SealForm form) {
        JournalStory *story = &resume->story;
        const BackupSet *set = find_incomplete(session->collection, &story->head);
        TRY(check_kind(session, plan, &story->head));
        TRY(check_demands(session, form, &story->head));
        if (!set)
                return error_new(ERROR_MISSING, "nothing of it is at '%s'", session->storage_text);
        TRY(shorten(session->archive_folder, story, count_stored(story, set)));
        if (!story->last)
                return NULL;
        if (!journal_is_intact(session->archive_folder, story->last))
                return error_new(ERROR_CORRUPT, "its state in '%s' is damaged", session->archive_folder);
        return check_passphrase(session, story->token);
}

/* ---- finding ---- */

static Error *open_story(Session *session, Resume **ret_resume) {
        AUTO(resume_free) Resume *resume = memory_new(Resume);
        resume->session = session;
        Error *failure = journal_read(session->archive_folder, UINT64_MAX, &resume->story);
        if (!failure)
                *ret_resume = TAKE(resume);
        return failure;
}

void resume_settle(Session *session) {
        AUTO(resume_free) Resume *resume = NULL;
        AUTO(error_free) Error *failure = open_story(session, &resume);
        if (failure || !has_complete(session->collection, &resume->story.head))
                return;
        const CheckpointHead *head = &resume->story.head;
        Plan plan = { .full = head->is_full, .start = start_of(head), .time = time_of(head) };
        log_info("The %s is complete.", set_text(head).text);
        if (resume->story.is_whole)
                publish_keep_local(session, &plan);
        else
                resume_drop(session);
}

void resume_drop(Session *session) {
        journal_drop(session->archive_folder);
}

static void tell_point(const Resume *resume) {
        SetText set = set_text(&resume->story.head);
        const Checkpoint *point = resume_point(resume);
        if (point)
                log_notice("Continuing the %s after volume %ju.", set.text, (uintmax_t)point->volume.number);
        else
                log_notice("Beginning the %s again: none of its volumes is complete.", set.text);
}

static void take_plan(Plan *plan, Resume *resume) {
        const CheckpointHead *head = &resume->story.head;
        plan->full = head->is_full;
        plan->start = start_of(head);
        plan->time = time_of(head);
        if (plan->full)
                plan->base = NULL;
        plan->resume = resume;
}

/* RESUME becomes the plan's unless there is an obstacle, which is told if something would have been saved. */
static Error *try_to_continue(Session *session, Resume *found, Plan *plan) {
        AUTO(resume_free) Resume *resume = found;
        bool has_begun = resume->story.last;
        SealForm form;
        TRY(seal_choose(session, &form));
        AUTO(error_free) Error *obstacle = check_all(resume, session, plan, form);
        if (error_kind(obstacle) == ERROR_CANCELLED)
                return TAKE(obstacle);
        if (obstacle && has_begun)
                log_notice("The unfinished %s is not continued: %s.", set_text(&resume->story.head).text,
                           error_story(obstacle));
        if (obstacle)
                return NULL;
        tell_point(resume);
        take_plan(plan, TAKE(resume));
        return NULL;
}

Error *resume_find(Session *session, Plan *plan) {
        AUTO(resume_free) Resume *resume = NULL;
        AUTO(error_free) Error *failure = open_story(session, &resume);
        if (failure && error_kind(failure) != ERROR_MISSING)
                log_notice("An unfinished backup cannot be continued: %s.", error_story(failure));
        return failure ? NULL : try_to_continue(session, TAKE(resume), plan);
}

bool resume_is_possible(const Session *session, const BackupSet *set) {
        AUTO_VALUE(journal_clear_story) JournalStory story = { .last = NULL };
        AUTO(error_free) Error *failure = journal_read(session->archive_folder, UINT64_MAX, &story);
        if (failure || !is_set(&story.head, set))
                return false;
        failure = shorten(session->archive_folder, &story, count_stored(&story, set));
        return !failure && story.last && journal_is_intact(session->archive_folder, story.last);
}

/* ---- going on ---- */

const Checkpoint *resume_point(const Resume *resume) {
        return resume->story.last;
}

const Volume *resume_volume(const Resume *resume, uint64_t number, uint64_t *ret_size) {
        const JournalVolume *volume = &resume->story.volumes.items[number - 1];
        *ret_size = volume->size;
        return &volume->volume;
}

uint64_t resume_log_length(const Resume *resume) {
        const JournalVolumeList *volumes = &resume->story.volumes;
        return volumes->items[volumes->count - 1].log_end;
}

static bool ends_in(const JournalVolume *volume, const char *path) {
        return volume->volume.last.block >= 0 && strcmp(volume->volume.last.path, path) == 0;
}

Error *resume_go_back(Resume *resume) {
        JournalStory *story = &resume->story;
        AUTO_TEXT char *path = memory_text(story->last->volume.last.path);
        AUTO_TEXT char *shown = path_printable(path);
        uint64_t count = story->volumes.count;
        while (count && ends_in(&story->volumes.items[count - 1], path))
                count--;
        log_notice("'%s' is not what it was when its first part was stored: it is stored again.", shown);
        TRY(shorten(resume->session->archive_folder, story, count));
        tell_point(resume);
        return NULL;
}

void resume_free(Resume *resume) {
        if (!resume)
                return;
        journal_clear_story(&resume->story);
        memory_free(resume);
}
