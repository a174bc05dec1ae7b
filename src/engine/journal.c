#include "engine/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/log.h"
#include "codec/deflate.h"
#include "engine/resume.h"
#include "sys/file.h"
#include "sys/folder.h"
#include "sys/task.h"

enum { LONGEST_LINE = 1 << 20 };

typedef enum JournalFile { FILE_LOG, FILE_SIGNATURES, FILE_LIST, FILE_OF_MANIFEST, JOURNAL_FILES } JournalFile;

/* Names that begin with a dot mean nothing to stock, nor to the catalogue. */
static const char *const file_names[JOURNAL_FILES] = {
        [FILE_LOG] = ".resume.log",
        [FILE_SIGNATURES] = ".resume.sigtar.gz",
        [FILE_LIST] = ".resume.files",
        [FILE_OF_MANIFEST] = ".resume.manifest",
};

const char journal_token_text[] = "an unfinished backup of charm-duplicity\n";

struct Journal {
        char *folder;
        int files[JOURNAL_FILES]; /* -1: not open */
        SealForm form;
        const OpenPgp *openpgp; /* of the token */
        Buffer token;           /* the task's until it has been joined */
        Task *token_maker;      /* NULL: there is no token, or it is in the log */
        bool needs_token;
};

static char *path_of(const char *folder, JournalFile file) {
        return memory_print("%s/%s", folder, file_names[file]);
}

/* ---- the token ---- */

static Error *make_token(void *context) {
        Journal *journal = context;
        AUTO(writer_abandon) Writer *out = stream_write_buffer(&journal->token);
        TRY(seal_text(journal->openpgp, journal->form, bytes_of(journal_token_text), out));
        return writer_finish(TAKE(out));
}

/* Making it takes as long as encrypting a volume: it is done meanwhile. Whoever is asked by an agent each time would be
 * asked once more for it. */
static Error *begin_token(Journal *journal, Session *session, SealForm form) {
        if (form != SEAL_OPENPGP && form != SEAL_OPENPGP_COMPRESSES)
                return NULL;
        journal->form = form;
        TRY(session_openpgp_for_writing(session, &journal->openpgp));
        journal->needs_token = openpgp_is_symmetric(journal->openpgp) && !session->job->use_agent;
        return journal->needs_token ? task_start(make_token, journal, &journal->token_maker) : NULL;
}

static Error *add_line(Journal *journal, const Buffer *line) {
        return file_write(journal->files[FILE_LOG], file_names[FILE_LOG], buffer_bytes(line));
}

static Error *add_token(Journal *journal) {
        AUTO_VALUE(buffer_clear) Buffer line = { .data = NULL }, text = { .data = NULL };
        if (!journal->needs_token)
                return NULL;
        TRY(task_join(TAKE(journal->token_maker)));
        encode_base64(buffer_bytes(&journal->token), &text);
        checkpoint_print_token(buffer_text(&text), &line);
        journal->needs_token = false;
        return add_line(journal, &line);
}

/* ---- beginning and continuing ---- */

/* Caller frees. */
static char *join_texts(const TextList *texts) {
        AUTO_VALUE(buffer_clear) Buffer joined = { .data = NULL };
        for (size_t i = 0; i < texts->count; i++)
                (void)buffer_print(&joined, "%s\n", texts->items[i]); /* no ceiling */
        return memory_text(buffer_text(&joined));
}

/* What of the tree is backed up. Caller frees. */
static char *print_selection(const Session *session) {
        char hex[2 * DIGEST_SHA256_SIZE + 1] = "";
        if (session->selection)
                encode_hex(bytes_make(selection_digest(session->selection), DIGEST_SHA256_SIZE), hex);
        return memory_print("%s%s", hex, session->job->copy_links ? " copy-links" : "");
}

void journal_print_demands(const Session *session, SealForm form, char *demands[CHECKPOINT_DEMANDS]) {
        const Job *job = session->job;
        const NamePrefixes *prefixes = &job->prefixes;
        demands[CHECKPOINT_HOST] = plan_host();
        demands[CHECKPOINT_SOURCE] = plan_source(job->folder);
        demands[CHECKPOINT_FORM] = memory_print("%d%s", (int)form, job->use_agent ? " agent" : "");
        demands[CHECKPOINT_ENCRYPT_KEYS] = join_texts(&job->encrypt_keys);
        demands[CHECKPOINT_HIDDEN_KEYS] = join_texts(&job->hidden_keys);
        demands[CHECKPOINT_SIGN_KEY] = memory_text(job->sign_key);
        demands[CHECKPOINT_GPG_OPTIONS] = memory_text(job->gpg_options);
        demands[CHECKPOINT_PREFIX] = memory_text(prefixes->all);
        demands[CHECKPOINT_VOLUME_PREFIX] = memory_text(prefixes->volume);
        demands[CHECKPOINT_MANIFEST_PREFIX] = memory_text(prefixes->manifest);
        demands[CHECKPOINT_SIGNATURE_PREFIX] = memory_text(prefixes->signature);
        demands[CHECKPOINT_FILE_LIST] = memory_print("%d", !job->no_files_changed);
        demands[CHECKPOINT_SELECTION] = print_selection(session);
}

static Error *write_head(Journal *journal, const Session *session, const Plan *plan, SealForm form) {
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        AUTO_VALUE(checkpoint_clear_head)
        CheckpointHead head = {
                .is_full = plan->full,
                .start = (uint64_t)plan->start.seconds,
                .time = (uint64_t)plan->time.seconds,
        };
        journal_print_demands(session, form, head.demands);
        (void)buffer_print(&text, "%s\n", checkpoint_first_line); /* no ceiling */
        checkpoint_print_head(&head, &text);
        return add_line(journal, &text);
}

static Error *create_file(Journal *journal, JournalFile file) {
        AUTO_TEXT char *path = path_of(journal->folder, file);
        return file_open(path, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW, 0600, &journal->files[file]);
}

/* The log is written last: without it the other files say nothing. */
static Error *begin(Journal *journal, Session *session, const Plan *plan, SealForm form) {
        journal_drop(journal->folder);
        TRY(create_file(journal, FILE_SIGNATURES));
        TRY(create_file(journal, FILE_LIST));
        TRY(create_file(journal, FILE_LOG));
        TRY(write_head(journal, session, plan, form));
        return begin_token(journal, session, form);
}

static Error *reopen_file(Journal *journal, JournalFile file, uint64_t length) {
        AUTO_TEXT char *path = path_of(journal->folder, file);
        TRY(file_open(path, O_RDWR | O_APPEND | O_NOFOLLOW, 0, &journal->files[file]));
        if (TEMP_FAILURE_RETRY(ftruncate(journal->files[file], (off_t)length)) < 0)
                return error_from_errno(errno, "cannot shorten '%s'", path);
        return NULL;
}

/* The log is shortened first: it must never speak of what is not there any more. */
static Error *go_on(Journal *journal, const Resume *resume) {
        const Checkpoint *point = resume_point(resume);
        TRY(reopen_file(journal, FILE_LOG, resume_log_length(resume)));
        TRY(file_sync(journal->files[FILE_LOG], file_names[FILE_LOG]));
        TRY(reopen_file(journal, FILE_SIGNATURES, point->signatures.length));
        return reopen_file(journal, FILE_LIST, point->list.length);
}

Error *journal_open(Session *session, const Plan *plan, SealForm form, Journal **ret_journal) {
        AUTO(journal_close) Journal *journal = memory_new(Journal);
        journal->folder = memory_text(session->archive_folder);
        for (size_t i = 0; i < JOURNAL_FILES; i++)
                journal->files[i] = -1;
        if (plan->resume && resume_point(plan->resume))
                TRY(go_on(journal, plan->resume));
        else
                TRY(begin(journal, session, plan, form));
        *ret_journal = TAKE(journal);
        return NULL;
}

int journal_signatures(const Journal *journal) {
        return journal->files[FILE_SIGNATURES];
}

int journal_list(const Journal *journal) {
        return journal->files[FILE_LIST];
}

static Error *sync_files(const Journal *journal, JournalFile a, JournalFile b) {
        TRY(file_sync(journal->files[a], file_names[a]));
        return file_sync(journal->files[b], file_names[b]);
}

/* The log itself is left to the system: lines that a power cut takes away only cost the work they stand for. */
Error *journal_add(Journal *journal, const Checkpoint *checkpoint) {
        AUTO_VALUE(buffer_clear) Buffer line = { .data = NULL };
        TRY(add_token(journal));
        TRY(sync_files(journal, FILE_SIGNATURES, FILE_LIST));
        checkpoint_print(checkpoint, &line);
        return add_line(journal, &line);
}

Error *journal_begin_manifest(Journal *journal, int *ret_fd) {
        AUTO_TEXT char *path = path_of(journal->folder, FILE_OF_MANIFEST);
        if (unlink(path) < 0 && errno != ENOENT)
                return error_from_errno(errno, "cannot remove '%s'", path);
        TRY(create_file(journal, FILE_OF_MANIFEST));
        *ret_fd = journal->files[FILE_OF_MANIFEST];
        return NULL;
}

Error *journal_set_whole(Journal *journal) {
        AUTO_VALUE(buffer_clear) Buffer line = { .data = NULL };
        TRY(sync_files(journal, FILE_SIGNATURES, FILE_OF_MANIFEST));
        checkpoint_print_whole(&line);
        return add_line(journal, &line);
}

void journal_close(Journal *journal) {
        if (!journal)
                return;
        error_free(task_join(journal->token_maker));
        for (size_t i = 0; i < JOURNAL_FILES; i++)
                file_close(&journal->files[i]);
        buffer_clear(&journal->token);
        memory_free(journal->folder);
        memory_free(journal);
}

/* ---- the end ---- */

/* Gone already is success: an earlier try came that far. */
static Error *keep_file(const char *folder, JournalFile file, const char *name) {
        AUTO_TEXT char *from = path_of(folder, file);
        AUTO_TEXT char *to = memory_print("%s/%s", folder, name);
        if (rename(from, to) < 0 && errno != ENOENT)
                return error_from_errno(errno, "cannot put '%s' in place", to);
        return NULL;
}

Error *journal_keep(const char *folder, const char *signatures, const char *manifest) {
        TRY(keep_file(folder, FILE_SIGNATURES, signatures));
        TRY(keep_file(folder, FILE_OF_MANIFEST, manifest));
        TRY(folder_sync(folder));
        journal_drop(folder);
        return NULL;
}

/* The log goes first. */
void journal_drop(const char *folder) {
        for (size_t i = 0; i < JOURNAL_FILES; i++) {
                AUTO_TEXT char *path = path_of(folder, (JournalFile)i);
                if (unlink(path) == 0 || errno == ENOENT)
                        continue;
                AUTO(error_free) Error *failure = error_from_errno(errno, "cannot remove '%s'", path);
                log_warning("%s", error_story(failure));
        }
}

/* ---- reading ---- */

typedef struct LogReader {
        int fd;
        const char *path;
        Buffer text;     /* what has been read and not been looked at yet */
        uint64_t offset; /* of the text in the log */
} LogReader;

/* The next whole line, valid until the following call. False when there is none. */
static Error *next_line(LogReader *reader, Bytes *ret_line, bool *ret_found) {
        enum { PIECE = 16 * 1024 };
        const char *end;
        while (!(end = reader->text.length ? memchr(reader->text.data, '\n', reader->text.length) : NULL)) {
                size_t length;
                void *room = buffer_reserve(&reader->text, PIECE);
                *ret_found = false;
                if (!room)
                        return NULL;
                TRY(file_read(reader->fd, reader->path, room, PIECE, &length));
                reader->text.length += length;
                if (length == 0)
                        return NULL;
        }
        *ret_line = bytes_slice(buffer_bytes(&reader->text), 0, (size_t)(end - reader->text.data));
        *ret_found = true;
        return NULL;
}

static void pass_line(LogReader *reader, Bytes line) {
        reader->offset += line.length + 1;
        buffer_consume(&reader->text, line.length + 1);
}

static bool read_head(JournalStory *story, Bytes fields) {
        return !story->head.demands[CHECKPOINT_HOST] && checkpoint_parse_head(fields, &story->head);
}

static bool read_token(JournalStory *story, Bytes fields) {
        return !story->token && checkpoint_parse_token(fields, &story->token);
}

static bool read_volume(JournalStory *story, Bytes fields) {
        AUTO(checkpoint_free) Checkpoint *checkpoint = NULL;
        if (!checkpoint_parse(fields, &checkpoint) || checkpoint->volume.number != story->volumes.count + 1)
                return false;
        JournalVolume volume = { .volume = checkpoint->volume,
                                 .size = checkpoint->size,
                                 .is_firm = checkpoint->is_firm };
        volume.volume.first.path = memory_text(checkpoint->volume.first.path);
        volume.volume.last.path = memory_text(checkpoint->volume.last.path);
        journal_volume_list_add(&story->volumes, volume);
        checkpoint_free(story->last);
        story->last = TAKE(checkpoint);
        return true;
}

static bool read_whole(JournalStory *story, Bytes fields) {
        story->is_whole = true;
        return fields.length == 0;
}

static const struct {
        CheckpointLine kind;
        bool (*read)(JournalStory *story, Bytes fields);
} line_readers[] = {
        { CHECKPOINT_LINE_HEAD, read_head },
        { CHECKPOINT_LINE_TOKEN, read_token },
        { CHECKPOINT_LINE_VOLUME, read_volume },
        { CHECKPOINT_LINE_WHOLE, read_whole },
};

/* False: nothing more is to be believed. */
static bool take_line(JournalStory *story, Bytes line) {
        CheckpointLine kind;
        Bytes fields;
        bool has_head = story->head.demands[CHECKPOINT_HOST];
        if (!checkpoint_read_line(line, &kind, &fields) || has_head == (kind == CHECKPOINT_LINE_HEAD))
                return false;
        for (size_t i = 0; i < ARRAY_LENGTH(line_readers); i++)
                if (line_readers[i].kind == kind)
                        return line_readers[i].read(story, fields);
        return false;
}

static Error *read_lines(LogReader *reader, uint64_t most, JournalStory *story) {
        while (story->volumes.count < most) {
                Bytes line;
                bool found;
                size_t count = story->volumes.count;
                TRY(next_line(reader, &line, &found));
                if (!found || !take_line(story, line))
                        return NULL;
                pass_line(reader, line);
                if (story->volumes.count > count)
                        story->volumes.items[count].log_end = reader->offset;
        }
        return NULL;
}

static Error *read_log(LogReader *reader, uint64_t most, JournalStory *story) {
        Bytes line;
        bool found;
        TRY(next_line(reader, &line, &found));
        if (!found || !bytes_equal_text(line, checkpoint_first_line))
                return error_new(ERROR_CORRUPT, "'%s' is damaged, or was written by another version", reader->path);
        pass_line(reader, line);
        TRY(read_lines(reader, most, story));
        if (!story->head.demands[CHECKPOINT_HOST])
                return error_new(ERROR_CORRUPT, "'%s' is damaged", reader->path);
        return NULL;
}

Error *journal_read(const char *folder, uint64_t most, JournalStory *ret_story) {
        AUTO_TEXT char *path = path_of(folder, FILE_LOG);
        AUTO_FD int fd = -1;
        AUTO_VALUE(journal_clear_story) JournalStory story = { .last = NULL };
        TRY(file_open(path, O_RDONLY | O_NOFOLLOW, 0, &fd));
        LogReader reader = { .fd = fd, .path = path };
        buffer_init(&reader.text, LONGEST_LINE);
        Error *error = read_log(&reader, most, &story);
        buffer_clear(&reader.text);
        if (error)
                return error;
        *ret_story = story;
        story = (JournalStory){ .last = NULL };
        return NULL;
}

void journal_clear_story(JournalStory *story) {
        checkpoint_clear_head(&story->head);
        memory_free(TAKE(story->token));
        for (size_t i = 0; i < story->volumes.count; i++)
                checkpoint_clear_volume(&story->volumes.items[i].volume);
        journal_volume_list_clear(&story->volumes);
        checkpoint_free(TAKE(story->last));
}

/* Whether the first bytes of the file at PATH are still those that STATE speaks of. */
static Error *check_file(const char *path, const CheckpointFile *state, bool *ret_is_intact) {
        enum { PIECE = 64 * 1024 };
        AUTO_FD int fd = -1;
        AUTO_TEXT char *piece = memory_zeroed(PIECE);
        uint64_t left = state->length;
        uint32_t crc = 0;
        TRY(file_open(path, O_RDONLY | O_NOFOLLOW, 0, &fd));
        while (left) {
                size_t length;
                TRY(file_read(fd, path, piece, MIN(left, (uint64_t)PIECE), &length));
                if (length == 0)
                        break;
                crc = deflate_crc(crc, bytes_make(piece, length));
                left -= length;
        }
        *ret_is_intact = left == 0 && crc == state->crc;
        return NULL;
}

bool journal_is_intact(const char *folder, const Checkpoint *checkpoint) {
        AUTO_TEXT char *signatures = path_of(folder, FILE_SIGNATURES);
        AUTO_TEXT char *list = path_of(folder, FILE_LIST);
        bool has_signatures = false, has_list = false;
        AUTO(error_free) Error *failure = check_file(signatures, &checkpoint->signatures, &has_signatures);
        if (!failure)
                failure = check_file(list, &checkpoint->list, &has_list);
        return has_signatures && has_list;
}
