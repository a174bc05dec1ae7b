#include "engine/publish.h"

#include "base/log.h"
#include "codec/deflate.h"
#include "engine/cache.h"
#include "sys/file.h"
#include "sys/task.h"

static FileName file_name(const Plan *plan, FileKind kind, uint64_t volume, SealForm form) {
        return (FileName){
                .kind = kind,
                .full = plan->full,
                .start = plan->start,
                .end = plan->time,
                .volume = volume,
                .compressed = form == SEAL_GZIP,
                .encrypted = form == SEAL_OPENPGP || form == SEAL_OPENPGP_COMPRESSES,
        };
}

char *publish_name(const Session *session, const Plan *plan, FileKind kind, uint64_t volume, SealForm form) {
        FileName name = file_name(plan, kind, volume, form);
        return name_print(&name, &session->job->prefixes);
}

char *publish_local_name(const Session *session, const Plan *plan, FileKind kind) {
        FileName name = file_name(plan, kind, 0, SEAL_PLAIN);
        return name_print_local(&name, &session->job->prefixes);
}

/* Puts what GZIP holds, in the form that the far side gets, into a scratch file. */
static Error *seal_file(Session *session, const char *name, SealForm form, int gzip, int *ret_sealed) {
        AUTO_FD int sealed = -1;
        TRY(scratch_file(session->scratch, &sealed));
        AUTO(writer_abandon) Writer *writer = stream_write_fd(sealed, false, name);
        TRY_AS(seal_gzip_file(session, form, gzip, name, writer), "cannot encode '%s'", name);
        TRY(writer_finish(TAKE(writer)));
        *ret_sealed = TAKE_FD(sealed);
        return NULL;
}

Error *publish_put(Session *session, const Plan *plan, FileKind kind, SealForm form, int gzip) {
        AUTO_TEXT char *name = publish_name(session, plan, kind, 0, form);
        AUTO_FD int sealed = -1;
        TRY(seal_file(session, name, form, gzip, &sealed));
        return storage_put(session->storage, name, sealed);
}

static Error *write_volumes(const Publication *publication, Writer *out) {
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        AUTO_TEXT char *host = plan_host();
        AUTO_TEXT char *source = plan_source(publication->session->job->folder);
        manifest_print_head(host, source, &text);
        for (size_t i = 0; i < publication->volumes.count; i++) {
                manifest_print_volume(&publication->volumes.items[i], &text);
                TRY(writer_write(out, buffer_bytes(&text)));
                buffer_truncate(&text, 0);
        }
        manifest_print_file_count(publication->file_count, &text);
        return writer_write(out, buffer_bytes(&text));
}

/* Stock takes no compressed manifests. */
static SealForm manifest_form(const Publication *publication) {
        return publication->form == SEAL_GZIP ? SEAL_PLAIN : publication->form;
}

static Error *write_manifest(const Publication *publication, Writer *out) {
        int file_list = journal_list(publication->journal);
        TRY(write_volumes(publication, out));
        TRY(file_seek(file_list, "the list of changed files", 0));
        AUTO(reader_close) Reader *list = stream_read_fd(file_list, false, "the list of changed files");
        return reader_copy(list, out);
}

/* The manifest while it is made ready, which takes a while, beside other work. */
typedef struct ReadyManifest {
        const Publication *publication;
        int local; /* the manifest, plain; the journal's */
        char *name;
        int sealed; /* -1: not yet */
        Task *task; /* NULL once it has been joined */
} ReadyManifest;

static Error *seal_manifest(void *context) {
        ReadyManifest *manifest = context;
        Session *session = manifest->publication->session;
        AUTO_FD int gzip = -1;
        TRY(file_seek(manifest->local, "manifest", 0));
        TRY(scratch_file(session->scratch, &gzip));
        AUTO(reader_close) Reader *plain = stream_read_fd(manifest->local, false, "manifest");
        AUTO(writer_abandon) Writer *packed = deflate_write_gzip(stream_write_fd(gzip, false, "manifest"));
        TRY(reader_copy(plain, packed));
        TRY(writer_finish(TAKE(packed)));
        return seal_file(session, manifest->name, manifest_form(manifest->publication), gzip, &manifest->sealed);
}

static Error *begin_manifest(const Publication *publication, int local, ReadyManifest *manifest) {
        *manifest = (ReadyManifest){ .publication = publication, .local = local, .sealed = -1 };
        manifest->name =
                publish_name(publication->session, publication->plan, FILE_MANIFEST, 0, manifest_form(publication));
        return task_start(seal_manifest, manifest, &manifest->task);
}

static Error *put_manifest(ReadyManifest *manifest) {
        TRY(task_join(TAKE(manifest->task)));
        return storage_put(manifest->publication->session->storage, manifest->name, manifest->sealed);
}

static void clear_manifest(ReadyManifest *manifest) {
        error_free(task_join(manifest->task));
        file_close(&manifest->sealed);
        memory_free(manifest->name);
}

/* Counts the volumes of the set that is to be published, and finds those that do not belong to it. */
typedef struct Census {
        const Publication *publication;
        uint64_t count;
        Arena *arena;
        TextList leftovers;
} Census;

static Error *count_volume(void *context, const RemoteFile *file) {
        Census *census = context;
        const Publication *publication = census->publication;
        const Job *job = publication->session->job;
        const Plan *plan = publication->plan;
        FileName name;
        if (!name_parse(file->name, &job->prefixes, &job->times, &name) || name.kind != FILE_VOLUME ||
            name.full != plan->full || name.start.seconds != plan->start.seconds ||
            name.end.seconds != plan->time.seconds)
                return NULL;
        if (name.volume > publication->volumes.count)
                text_list_add(&census->leftovers, arena_text(census->arena, file->name));
        else
                census->count++;
        return NULL;
}

/* The manifest vouches for every volume: one more look whether they are where they were put. */
static Error *check_volumes(Census *census) {
        const Publication *publication = census->publication;
        const Session *session = publication->session;
        TRY_AS(storage_list(session->storage, count_volume, census), "cannot list '%s'", session->storage_text);
        if (census->count >= publication->volumes.count)
                return NULL;
        return error_with_code(error_new(ERROR_MISSING,
                                         "only %ju of the %zu volumes stored are still at '%s': the backup is not "
                                         "finished (run it again)",
                                         (uintmax_t)census->count, publication->volumes.count, session->storage_text),
                               EXIT_CODE_WRONG_UPLOAD_SIZE);
}

/* Volumes that no manifest speaks of would pass for a part of the set. */
static Error *remove_leftovers(const Census *census) {
        Storage *storage = census->publication->session->storage;
        for (size_t i = 0; i < census->leftovers.count; i++) {
                const char *name = census->leftovers.items[i];
                log_info("Deleting %s, which an unfinished run has left", name);
                TRY_AS(storage_remove(storage, name), "cannot delete '%s'", name);
        }
        return NULL;
}

static Error *settle_volumes(const Publication *publication) {
        AUTO(arena_free) Arena *arena = arena_new();
        Census census = { .publication = publication, .arena = arena };
        Error *error = check_volumes(&census);
        if (!error)
                error = remove_leftovers(&census);
        text_list_clear(&census.leftovers);
        return error;
}

void publish_keep_local(Session *session, const Plan *plan) {
        AUTO_TEXT char *signatures = publish_local_name(session, plan, FILE_SIGNATURE);
        AUTO_TEXT char *manifest = publish_local_name(session, plan, FILE_MANIFEST);
        AUTO(error_free) Error *failure = journal_keep(session->archive_folder, signatures, manifest);
        if (failure)
                log_warning("the backup is complete, but its local copies are not: %s", error_story(failure));
}

/* The manifest is made ready meanwhile, and goes last. */
static Error *put_all(const Publication *publication, int manifest) {
        AUTO_VALUE(clear_manifest) ReadyManifest ready = { .sealed = -1 };
        TRY(begin_manifest(publication, manifest, &ready));
        TRY(publish_put(publication->session, publication->plan, FILE_SIGNATURE, publication->form,
                        journal_signatures(publication->journal)));
        TRY(settle_volumes(publication));
        return put_manifest(&ready);
}

Error *publish_set(Publication *publication) {
        int manifest;
        TRY(journal_begin_manifest(publication->journal, &manifest));
        AUTO(writer_abandon) Writer *writer = stream_write_fd(manifest, false, "manifest");
        TRY(write_manifest(publication, writer));
        TRY(writer_finish(TAKE(writer)));
        TRY(journal_set_whole(publication->journal));
        TRY(put_all(publication, manifest));
        publish_keep_local(publication->session, publication->plan);
        AUTO(error_free) Error *failure = cache_drop_partials(publication->session);
        if (failure)
                log_warning("%s", error_story(failure));
        return NULL;
}
