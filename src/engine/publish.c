#include "engine/publish.h"

#include "base/log.h"
#include "codec/deflate.h"
#include "sys/file.h"

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

static Error *begin_local(Session *session, const Plan *plan, FileKind kind, Atomic **ret_atomic) {
        FileName name = file_name(plan, kind, 0, SEAL_PLAIN);
        AUTO_TEXT char *local = name_print_local(&name, &session->job->prefixes);
        return atomic_open(session->archive_folder, local, 0600, ret_atomic);
}

Error *publish_begin_signatures(Session *session, const Plan *plan, Atomic **ret_signatures) {
        return begin_local(session, plan, FILE_SIGNATURE, ret_signatures);
}

Error *publish_put(Session *session, const Plan *plan, FileKind kind, SealForm form, int gzip) {
        AUTO_TEXT char *name = publish_name(session, plan, kind, 0, form);
        AUTO_FD int sealed = -1;
        TRY(scratch_file(session->scratch, &sealed));
        AUTO(writer_abandon) Writer *writer = stream_write_fd(sealed, false, name);
        TRY_AS(seal_gzip_file(session, form, gzip, name, writer), "cannot encode '%s'", name);
        TRY(writer_finish(TAKE(writer)));
        TRY_AS(storage_put(session->storage, name, sealed), "cannot store '%s'", name);
        return NULL;
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

static Error *write_manifest(const Publication *publication, Writer *out) {
        TRY(write_volumes(publication, out));
        TRY(file_seek(publication->file_list, "the list of changed files", 0));
        AUTO(reader_close) Reader *list = stream_read_fd(publication->file_list, false, "the list of changed files");
        return reader_copy(list, out);
}

/* Stores the manifest that lies, plain, in LOCAL. */
static Error *put_manifest(const Publication *publication, const Atomic *local) {
        Session *session = publication->session;
        AUTO_FD int gzip = -1;
        TRY(file_seek(atomic_fd(local), "manifest", 0));
        TRY(scratch_file(session->scratch, &gzip));
        AUTO(reader_close) Reader *plain = stream_read_fd(atomic_fd(local), false, "manifest");
        AUTO(writer_abandon) Writer *packed = deflate_write_gzip(stream_write_fd(gzip, false, "manifest"));
        TRY(reader_copy(plain, packed));
        TRY(writer_finish(TAKE(packed)));
        /* stock takes no compressed manifests */
        SealForm form = publication->form == SEAL_GZIP ? SEAL_PLAIN : publication->form;
        return publish_put(session, publication->plan, FILE_MANIFEST, form, gzip);
}

/* Counts the volumes of the set that is to be published. */
typedef struct Census {
        const Publication *publication;
        uint64_t count;
} Census;

static Error *count_volume(void *context, const RemoteFile *file) {
        Census *census = context;
        const Session *session = census->publication->session;
        const Plan *plan = census->publication->plan;
        FileName name;
        if (name_parse(file->name, &session->job->prefixes, &session->job->times, &name) && name.kind == FILE_VOLUME &&
            name.full == plan->full && name.start.seconds == plan->start.seconds &&
            name.end.seconds == plan->time.seconds)
                census->count++;
        return NULL;
}

/* The manifest vouches for every volume: one more look whether they are where they were put. */
static Error *check_volumes(const Publication *publication) {
        Session *session = publication->session;
        Census census = { .publication = publication };
        TRY_AS(storage_list(session->storage, count_volume, &census), "cannot list '%s'", session->storage_text);
        if (census.count >= publication->volumes.count)
                return NULL;
        return error_new(ERROR_MISSING,
                         "only %ju of the %zu volumes stored are still at '%s': the backup is not finished",
                         (uintmax_t)census.count, publication->volumes.count, session->storage_text);
}

/* The set is complete without it: the next run fetches what is missing here. */
static void keep_local(Atomic *unfinished) {
        AUTO(error_free) Error *failure = atomic_finish(unfinished);
        if (failure)
                log_warning("the backup is complete, but its local copies are not: %s", error_story(failure));
}

Error *publish_set(Publication *publication) {
        AUTO(atomic_abandon) Atomic *signatures = TAKE(publication->signatures);
        AUTO(atomic_abandon) Atomic *manifest = NULL;

        TRY(begin_local(publication->session, publication->plan, FILE_MANIFEST, &manifest));
        AUTO(writer_abandon) Writer *writer = stream_write_fd(atomic_fd(manifest), false, "manifest");
        TRY(write_manifest(publication, writer));
        TRY(writer_finish(TAKE(writer)));

        TRY(publish_put(publication->session, publication->plan, FILE_SIGNATURE, publication->form,
                        atomic_fd(signatures)));
        TRY(check_volumes(publication));
        TRY(put_manifest(publication, manifest));
        keep_local(TAKE(signatures));
        keep_local(TAKE(manifest));
        return NULL;
}
