#include "engine/record.h"

#include <ctype.h>
#include <errno.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/path.h"
#include "catalog/member.h"
#include "engine/chunk_out.h"
#include "engine/header.h"
#include "engine/index_file.h"
#include "engine/publish.h"
#include "engine/resume.h"
#include "engine/ship.h"
#include "engine/standing.h"
#include "engine/survey.h"
#include "engine/volume_out.h"
#include "sys/cancel.h"
#include "sys/file.h"

enum {
        PIECE = 65536,
        MOST_WITHOUT_SIZE = 64 << 20,
        SMALLEST_DELTA = 512, /* below one block a delta saves nothing */
};

/* One file while its content is read: signature and, where there is something to differ from, delta come from the
 * same read. */
typedef struct Content {
        Entry entry;          /* size is what was read */
        int fd;               /* not ours */
        struct stat before;
        SignatureMaker *signature;
        Signature *base;      /* NULL: stored whole */
        DeltaMaker *delta;
        Digest *digest;       /* with a delta: of the content, so that restoring can prove itself */
} Content;

struct Record {
        Session *session;
        const Walk *walk;
        Ahead *ahead;
        Summary *summary;
        Ship *ship; /* NULL in a dry run, like the next two */
        VolumeOut *volumes;
        ChunkOut *chunks;
        IndexFile *index;         /* NULL in a dry run, and of a set that is continued */
        uint64_t noted_volumes;   /* of which programs have been told */
        uint64_t signature_bytes; /* written to the signature archive */

        Standing standing;
        const Content *content; /* of the file at work; NULL: none */

        /* a set that is continued */
        const Checkpoint *point; /* where it goes on, NULL once that was reached */
        bool must_go_back;

        Buffer signature, header, name;
        uint8_t piece[PIECE];
        Survey *survey; /* NULL: nobody looks at the progress */
        Progress progress;
};

static void show_progress(Record *record, const char *path) {
        const Job *job = record->session->job;
        if (!job->progress)
                return;
        record->progress.path = path;
        record->progress.total_bytes = survey_total(record->survey);
        record->progress.stored_bytes = record->ship ? ship_stored_bytes(record->ship) : 0;
        job->progress(job->progress_context, &record->progress);
}

static void show_step(Record *record, const Change *change) {
        record->progress.files++;
        show_progress(record, change->path);
}

/* ---- problems, told with what becomes of the file ---- */

/* "permission denied". Caller frees. */
static char *reason_of(int errno_value) {
        char *reason = memory_text(strerror(errno_value));
        reason[0] = (char)tolower((unsigned char)reason[0]);
        return reason;
}

static void tell_kept(Record *record, const Change *change, const char *problem) {
        AUTO_TEXT char *full = walk_full_path(record->walk, change->path);
        AUTO_TEXT char *shown = path_printable(full);
        const char *what = change->now && change->now->type == ENTRY_FOLDER ? "content" : "file";
        const Moment *kept = change->has_kept ? &change->kept : change->before ? &change->before->when : NULL;
        if (!kept) {
                summary_file_problem(record->summary, LOG_EVENT_FILE_UNREADABLE, full,
                                     "cannot read '%s': %s (%s not in this backup)", shown, problem, what);
                return;
        }
        char date[16];
        when_print_date(*kept, date);
        summary_file_problem(record->summary, LOG_EVENT_FILE_UNREADABLE, full,
                             "cannot read '%s': %s (%s kept at its version of %s)", shown, problem, what, date);
}

static void tell(Record *record, const Change *change, const char *what) {
        AUTO_TEXT char *full = walk_full_path(record->walk, change->path);
        AUTO_TEXT char *shown = path_printable(full);
        summary_file_problem(record->summary, LOG_EVENT_FILE_UNREADABLE, full, "'%s' %s", shown, what);
}

/* ---- the signature archive ---- */

static Error *write_signatures(Record *record, Bytes bytes) {
        record->signature_bytes += bytes.length;
        return ship_add_to_signatures(record->ship, bytes);
}

static Error *add_to_signatures(Record *record, MemberKind kind, const char *path, TarMember *header, Bytes payload) {
        static const uint8_t zeros[TAR_BLOCK];
        Member member = { .kind = kind, .path = path };
        buffer_truncate(&record->name, 0);
        buffer_truncate(&record->header, 0);
        member_print(&member, MEMBER_IN_SIGNATURES, header->type == TAR_FOLDER, &record->name);
        header->name = buffer_text(&record->name);
        header->size = payload.length;
        tar_print_header(header, &record->header);
        TRY(write_signatures(record, buffer_bytes(&record->header)));
        TRY(write_signatures(record, payload));
        index_file_add(record->index, header, payload);
        return write_signatures(record, bytes_make(zeros, tar_padding(payload.length)));
}

/* ---- what is told of stored changes ---- */

/* True for what is stored as a delta; everything else that is not gone counts as new, as stock's numbers have it. */
static bool is_delta(const Change *change) {
        return change->kind == CHANGE_CHANGED && change->now->type == ENTRY_FILE && change->before->has_signature;
}

static void count_stored(Summary *summary, const Change *change) {
        uint64_t size = change->now && change->now->type == ENTRY_FILE ? change->now->size : 0;
        summary->delta_entries++;
        if (change->kind == CHANGE_GONE) {
                summary->deleted_files++;
        } else if (is_delta(change)) {
                summary->changed_files++;
                summary->changed_bytes += size;
        } else {
                summary->new_files++;
                summary->new_bytes += size;
        }
}

/* To be called when CHANGE has been stored. */
static Error *list_change(Record *record, const Change *change) {
        const Entry *entry = change->now ? change->now : &change->before->entry;
        FileChange listed = change->kind == CHANGE_GONE ? FILE_CHANGE_DELETED
                            : is_delta(change)          ? FILE_CHANGE_CHANGED
                                                        : FILE_CHANGE_NEW;
        count_stored(record->summary, change);
        if (entry->type != ENTRY_FILE || record->session->job->no_files_changed)
                return NULL;
        return ship_list_file(record->ship, listed, change->path);
}

/* ---- what is no file ---- */

static Error *record_object(Record *record, const Entry *entry) {
        TarMember header = header_of_entry(entry);
        Member member = { .kind = MEMBER_SNAPSHOT, .path = entry->path };
        buffer_truncate(&record->name, 0);
        member_print(&member, MEMBER_IN_VOLUME, entry->type == ENTRY_FOLDER, &record->name);
        header.name = buffer_text(&record->name);
        TRY(volume_out_add(record->volumes, &header, (Bytes){ .length = 0 }, (Position){ entry->path, -1 }));
        return add_to_signatures(record, MEMBER_SNAPSHOT, entry->path, &header, (Bytes){ .length = 0 });
}

static Error *record_gone(Record *record, const Recorded *before) {
        TarMember header = { .type = TAR_FILE };
        const char *path = before->entry.path;
        Member member = { .kind = MEMBER_DELETED, .path = path };
        buffer_truncate(&record->name, 0);
        member_print(&member, MEMBER_IN_VOLUME, false, &record->name);
        header.name = buffer_text(&record->name);
        TRY(volume_out_add(record->volumes, &header, (Bytes){ .length = 0 }, (Position){ path, -1 }));
        return add_to_signatures(record, MEMBER_DELETED, path, &header, (Bytes){ .length = 0 });
}

/* ---- files ---- */

static void clear_content(Content *content) {
        signature_maker_close(content->signature);
        delta_maker_close(content->delta);
        signature_free(content->base);
        digest_free(content->digest);
}

/* A base for a delta, where there is a good one; otherwise the file is stored whole. */
static Error *open_delta(Record *record, const Change *change, Content *content) {
        const Recorded *before = change->before;
        if (!before || !before->has_signature || content->before.st_size < SMALLEST_DELTA)
                return NULL;
        AUTO(error_free) Error *useless = ahead_load_signature(record->ahead, &content->base);
        if (useless) {
                AUTO_TEXT char *shown = path_printable(change->path);
                log_info("storing '%s' whole: %s", shown, error_story(useless));
                return NULL;
        }
        content->digest = digest_new(DIGEST_SHA256);
        return delta_maker_open(content->base, &content->delta);
}

static Error *open_content(Record *record, const Change *change, Content *content) {
        size_t block = delta_block_length((uint64_t)content->before.st_size, record->session->job->max_block);
        content->entry = *change->now;
        content->entry.size = 0;
        TRY(signature_maker_open(block, &content->signature));
        TRY(open_delta(record, change, content));
        buffer_truncate(&record->signature, 0);
        chunk_out_begin(record->chunks, content->delta ? MEMBER_DIFF : MEMBER_SNAPSHOT, &content->entry);
        return NULL;
}

static Error *take_piece(Record *record, Content *content, Bytes piece) {
        content->entry.size += piece.length;
        TRY(signature_maker_add(content->signature, piece, &record->signature));
        if (!content->delta)
                return chunk_out_add(record->chunks, piece);
        digest_add(content->digest, piece);
        return delta_maker_add(content->delta, piece, chunk_out_writer(record->chunks));
}

/* Reads as much as there was when the file was opened: what is appended meanwhile belongs to the next backup.
 * *ret_problem is a read error. */
static Error *read_content(Record *record, Content *content, Error **ret_problem) {
        /* files of the kernel have content and no size */
        uint64_t left = content->before.st_size ? (uint64_t)content->before.st_size : MOST_WITHOUT_SIZE;
        while (left) {
                size_t length;
                TRY(cancel_check());
                Error *problem = file_read(content->fd, "content", record->piece, MIN(left, (uint64_t)PIECE), &length);
                if (problem || length == 0) {
                        *ret_problem = problem;
                        return NULL;
                }
                TRY(take_piece(record, content, bytes_make(record->piece, length)));
                left -= length;
                record->progress.bytes += length;
                show_progress(record, content->entry.path);
        }
        return NULL;
}

/* Makes sure that the next backup takes the file for changed, and stores it whole: an entry without signature, of
 * another time. */
static Error *forget_signature(Record *record, const Entry *entry) {
        TarMember header = header_of_entry(entry);
        header.modified = entry->modified == 1 ? 2 : 1;
        return add_to_signatures(record, MEMBER_SNAPSHOT, entry->path, &header, (Bytes){ .length = 0 });
}

/* The rest of the file cannot be read. What was written already cannot be taken back: it is marked. */
static Error *give_up_content(Record *record, const Change *change, Content *content, const Error *problem) {
        AUTO_TEXT char *reason = reason_of(error_errno(problem));
        tell_kept(record, change, reason);
        if (chunk_out_is_unwritten(record->chunks))
                return NULL;
        ChunkEnd end = { .content_size = content->entry.size, .is_incomplete = true };
        TRY(chunk_out_finish(record->chunks, &end));
        return forget_signature(record, &content->entry);
}

static Error *finish_content(Record *record, const Change *change, Content *content) {
        uint8_t sha256[DIGEST_SHA256_SIZE];
        ChunkEnd end = { .content_size = content->entry.size };
        if (content->delta) {
                TRY(delta_maker_finish(content->delta, chunk_out_writer(record->chunks)));
                digest_finish(content->digest, sha256);
                end.sha256 = sha256;
        }
        TRY(signature_maker_finish(content->signature, &record->signature));
        TRY(chunk_out_finish(record->chunks, &end));
        record->summary->delta_bytes += chunk_out_payload_length(record->chunks);
        TarMember header = header_with_record(&content->entry);
        TRY(list_change(record, change));
        return add_to_signatures(record, MEMBER_SIGNATURE, content->entry.path, &header,
                                 buffer_bytes(&record->signature));
}

static bool changed_meanwhile(const Content *content) {
        struct stat after;
        const struct stat *before = &content->before;
        return fstat(content->fd, &after) == 0 &&
               (after.st_size != before->st_size || after.st_mtim.tv_sec != before->st_mtim.tv_sec ||
                after.st_mtim.tv_nsec != before->st_mtim.tv_nsec);
}

static Error *store_content(Record *record, const Change *change, Content *content) {
        AUTO(error_free) Error *problem = NULL;
        TRY(open_content(record, change, content));
        TRY(read_content(record, content, &problem));
        if (problem)
                return give_up_content(record, change, content, problem);
        if (changed_meanwhile(content))
                tell(record, change,
                     "changed while it was read (stored as it was read; the next backup stores it again)");
        return finish_content(record, change, content);
}

static Error *record_content(Record *record, const Change *change, Content *content) {
        record->content = content;
        Error *error = store_content(record, change, content);
        record->content = NULL;
        return error;
}

static Error *record_vanished(Record *record, const Change *change) {
        tell(record, change, "vanished before it could be read");
        if (!change->before)
                return NULL;
        Change gone = { .kind = CHANGE_GONE, .path = change->path, .before = change->before };
        TRY(record_gone(record, change->before));
        return list_change(record, &gone);
}

static Error *record_file(Record *record, const Change *change) {
        __attribute__((cleanup(clear_content))) Content content = { .base = NULL };
        AUTO(error_free) Error *problem = ahead_open_file(record->ahead, &content.fd);
        if (problem && error_kind(problem) == ERROR_MISSING)
                return record_vanished(record, change);
        if (problem) {
                tell_kept(record, change, error_story(problem));
                return NULL;
        }
        if (fstat(content.fd, &content.before) < 0) {
                AUTO_TEXT char *reason = reason_of(errno);
                tell_kept(record, change, reason);
                return NULL;
        }
        return record_content(record, change, &content);
}

/* ---- all changes ---- */

static void count_source(Summary *summary, const Entry *now) {
        summary->source_files++;
        summary->source_bytes += now->type == ENTRY_FILE ? now->size : 0;
}

static void log_change(const Change *change) {
        if (!log_shows(LOG_INFO))
                return;
        const char *path = change->path[0] ? change->path : ".";
        AUTO_TEXT char *shown = path_printable(path);
        if (change->kind == CHANGE_GONE)
                log_path_event(LOG_EVENT_FILE_GONE, path, "D %s", shown);
        else if (is_delta(change))
                log_path_event(LOG_EVENT_FILE_CHANGED, path, "M %s", shown);
        else
                log_path_event(LOG_EVENT_FILE_NEW, path, "A %s", shown);
}

static Error *record_difference(Record *record, const Change *change) {
        log_change(change);
        if (!record->ship) {
                count_stored(record->summary, change);
                return NULL;
        }
        if (change->now && change->now->type == ENTRY_FILE)
                return record_file(record, change);
        TRY(change->now ? record_object(record, change->now) : record_gone(record, change->before));
        return list_change(record, change);
}

static void note_socket(const Record *record, const char *path) {
        AUTO_TEXT char *full = walk_full_path(record->walk, path);
        AUTO_TEXT char *shown = path_printable(full);
        log_path_event(LOG_EVENT_SOCKET_SKIPPED, full, "Skipping socket '%s'", shown);
}

/* Tells programs how much of the source has been dealt with: after each volume, and in a dry run after each file. */
static void note_progress(Record *record) {
        uint64_t volumes = record->volumes ? volume_out_count(record->volumes) : 0;
        char extra[24], text[48] = "";
        if (record->volumes && volumes == record->noted_volumes)
                return;
        record->noted_volumes = volumes;
        snprintf(extra, sizeof extra, "%ju", (uintmax_t)record->summary->source_bytes);
        if (volumes)
                snprintf(text, sizeof text, "Processed volume %ju", (uintmax_t)volumes);
        log_event(LOG_EVENT_PROGRESS, extra, "%s", text);
}

static Error *record_now(Record *record, const Change *change) {
        standing_begin(&record->standing, record->summary, change);
        if (change->now)
                count_source(record->summary, change->now);
        show_step(record, change);
        note_progress(record);
        if (change->problem)
                tell_kept(record, change, change->problem);
        switch (change->kind) {
        case CHANGE_NONE:
                record->progress.bytes += change->now->type == ENTRY_FILE ? change->now->size : 0;
                return NULL;
        case CHANGE_UNREADABLE:
                return NULL;
        case CHANGE_IGNORED:
                note_socket(record, change->path);
                return NULL;
        case CHANGE_NEW:
        case CHANGE_CHANGED:
        case CHANGE_GONE:
                return record_difference(record, change);
        }
        abort(); /* every kind is dealt with */
}

/* ---- a set that is continued ---- */

static void describe(void *context, Checkpoint *checkpoint) {
        const Record *record = context;
        standing_describe(&record->standing, record->summary, checkpoint);
        if (!record->content)
                return;
        chunk_out_describe(record->chunks, &checkpoint->cut);
        standing_identify(&record->content->entry, &record->content->before, checkpoint->cut.identity);
}

/* CHANGE was dealt with before the set was cut short. What cannot be read now and lies around the point takes from the
 * rest of the set: that is told. */
static Error *pass_over(Record *record, const Change *change) {
        show_step(record, change);
        if (change->now && change->now->type == ENTRY_FILE)
                record->progress.bytes += change->now->size;
        if (change->problem && path_is_within(record->point->next, change->path))
                tell_kept(record, change, change->problem);
        return NULL;
}

static Error *go_back(Record *record) {
        record->must_go_back = true;
        return error_new(ERROR_CORRUPT, "a file that is stored in part is not what it was");
}

static bool is_same_file(const Record *record, const Change *change) {
        int fd;
        struct stat status;
        uint8_t identity[DIGEST_SHA256_SIZE];
        bool is_file = (change->kind == CHANGE_NEW || change->kind == CHANGE_CHANGED) &&
                       change->now->type == ENTRY_FILE && strcmp(change->path, record->point->next) == 0;
        if (!is_file)
                return false;
        AUTO(error_free) Error *problem = ahead_open_file(record->ahead, &fd);
        if (problem || fstat(fd, &status) < 0)
                return false;
        standing_identify(change->now, &status, identity);
        return memcmp(identity, record->point->cut.identity, sizeof identity) == 0;
}

/* The first change that was not dealt with, in a set that ends within a file: it has to be that file's. */
static Error *record_cut_file(Record *record, const Change *change) {
        if (!is_same_file(record, change))
                return go_back(record);
        chunk_out_expect(record->chunks, &record->point->cut);
        record->point = NULL;
        Error *error = record_now(record, change);
        if (!chunk_out_is_expecting(record->chunks) || (error && error_kind(error) != ERROR_CORRUPT))
                return error;
        error_free(error);
        return go_back(record);
}

Error *record_change(Record *record, const Change *change) {
        TRY(cancel_check());
        if (!record->point)
                return record_now(record, change);
        if (path_compare(change->path, record->point->next) < 0)
                return pass_over(record, change);
        if (record->point->cut.chunks)
                return record_cut_file(record, change);
        record->point = NULL;
        return record_now(record, change);
}

Error *record_end_changes(Record *record) {
        standing_end(&record->standing);
        return record->point && record->point->cut.chunks ? go_back(record) : NULL;
}

bool record_must_go_back(const Record *record) {
        return record->must_go_back;
}

/* ---- beginning and end ---- */

static Error *open_outputs(Record *record, const Plan *plan) {
        Session *session = record->session;
        AUTO_TEXT char *copy = publish_local_name(session, plan, FILE_SIGNATURE);
        record->signature_bytes = record->point ? record->point->signature_bytes : 0;
        TRY(ship_open(session, plan, describe, record, &record->ship));
        VolumeOutOptions volumes = {
                .volume_size = session->job->volume_size,
                .begins_small = session->storage->class->is_distant,
                .has_volumes = record->point,
        };
        record->volumes = volume_out_new(record->ship, &volumes);
        record->chunks = chunk_out_new(record->volumes);
        if (!record->point)
                record->index = index_file_begin(session->scratch, session->archive_folder, copy);
        return NULL;
}

Error *record_open(Session *session, const Plan *plan, const Walk *walk, Ahead *ahead, Summary *summary,
                   Record **ret_record) {
        AUTO(record_abandon) Record *record = memory_new(Record);
        record->session = session;
        record->walk = walk;
        record->ahead = ahead;
        record->summary = summary;
        record->progress = (Progress){ .doing = "backing up" };
        record->point = plan->resume ? resume_point(plan->resume) : NULL;
        summary->full = plan->full;
        summary->set_time = plan->time;
        summary_return(summary, record->point ? &record->point->mark : &(SummaryMark){ .numbers = { 0 } });
        if (!session->job->dry_run)
                TRY(open_outputs(record, plan));
        if (session->job->progress)
                TRY(survey_open(session->job->folder, walk_options(walk), &record->survey));
        *ret_record = TAKE(record);
        return NULL;
}

/* Stands between the two ends of tar_write_end and the signature archive. */
typedef struct SignatureWriter {
        Writer writer;
        Record *record;
} SignatureWriter;

static Error *write_to_signatures(Writer *writer, Bytes bytes) {
        return write_signatures(((SignatureWriter *)writer)->record, bytes);
}

/* Not a byte has been stored: every change would have written to the signature archive. */
static Error *skip_set(Record *record) {
        log_notice("No changes: no backup was made (--skip-if-no-change).");
        record->summary->skipped = true;
        ship_abandon(TAKE(record->ship));
        resume_drop(record->session);
        return NULL;
}

static Error *finish(Record *record) {
        Summary *summary = record->summary;
        if (!record->ship)
                return NULL;
        if (record->session->job->skip_if_no_change && !summary->full && record->signature_bytes == 0)
                return skip_set(record);
        SignatureWriter writer = { .writer = { .write = write_to_signatures }, .record = record };
        TRY(volume_out_finish(record->volumes));
        note_progress(record);
        TRY(tar_write_end(&writer.writer, record->signature_bytes));
        TRY(ship_finish(TAKE(record->ship), &summary->volume_count, &summary->stored_bytes));
        index_file_finish(TAKE(record->index));
        return NULL;
}

Error *record_finish(Record *record) {
        Error *error = finish(record);
        record_abandon(record);
        return error;
}

void record_abandon(Record *record) {
        if (!record)
                return;
        survey_close(record->survey);
        chunk_out_free(record->chunks);
        volume_out_free(record->volumes);
        ship_abandon(record->ship);
        index_file_abandon(record->index);
        buffer_clear(&record->signature);
        buffer_clear(&record->header);
        buffer_clear(&record->name);
        standing_clear(&record->standing);
        memory_free(record);
}
