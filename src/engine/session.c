#include "engine/session.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/encode.h"
#include "base/log.h"
#include "codec/deflate.h"
#include "storage/registry.h"
#include "sys/atomic.h"
#include "sys/cancel.h"
#include "sys/file.h"
#include "sys/folder.h"

static char *archive_folder_of(const Job *job) {
        if (job->name)
                return memory_print("%s/%s", job->archive_dir, job->name);
        uint8_t digest[DIGEST_MD5_SIZE];
        char text[2 * DIGEST_MD5_SIZE + 1];
        digest_once(DIGEST_MD5, bytes_of(job->url->text), digest);
        encode_hex(bytes_make(digest, sizeof digest), text);
        return memory_print("%s/%s", job->archive_dir, text);
}

/* What goes wrong with the archive folder itself, with its remedy. */
static Error *bad_archive_folder(const Session *session, Error *cause) {
        return error_with_code(error_context(cause, "cannot use the archive folder '%s' (--archive-dir names another)",
                                             session->archive_folder),
                               EXIT_CODE_BAD_ARCHIVE_DIR);
}

static Error *open_archive_folder(Session *session) {
        const char *folder = session->archive_folder;
        Error *failure = folder_make_path(folder, 0700);
        if (failure)
                return bad_archive_folder(session, failure);
        if (session->access == SESSION_READS)
                return NULL;
        failure = lock_take(folder, &session->lock);
        if (failure)
                return error_kind(failure) == ERROR_USER ? failure : bad_archive_folder(session, failure);
        atomic_sweep(folder);
        return NULL;
}

static Error *add_to_collection(void *context, const RemoteFile *file) {
        collection_builder_add(context, file->name, file->size);
        return NULL;
}

static Error *read_listing(Session *session) {
        AUTO(collection_builder_free) CollectionBuilder *builder =
                collection_builder_new(session->arena, &session->job->prefixes, &session->job->times);
        TRY_AS(storage_list(session->storage, add_to_collection, builder), "cannot list '%s'", session->storage_text);
        session->collection = collection_builder_finish(builder);
        return NULL;
}

void session_print_flaw(const Flaw *flaw, Buffer *out) {
        if (flaw->file)
                buffer_print(out, "'%s'", flaw->file->name);
        else
                buffer_add_text(out, session_set_text(flaw->set).text);
        buffer_print(out, ": %s (%s)", flaw->text, flaw->remedy);
}

void session_tell_last_full(const Session *session) {
        const Chain *newest = collection_newest(session->collection);
        char text[40] = "none";
        if (newest)
                when_print_local(chain_start(newest), text);
        log_notice("Last full backup date: %s", text);
}

/* Unfinished sets are told by those who continue or remove them; the rest disturbs nobody. */
static void warn_of_flaws(const Session *session) {
        AUTO_VALUE(flaw_list_clear) FlawList flaws = { .items = NULL };
        flaws_collect(session->collection, NULL, NULL, session->arena, &flaws);
        for (size_t i = 0; i < flaws.count; i++) {
                AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
                if (flaws.items[i].kind != FLAW_ORPHAN && flaws.items[i].kind != FLAW_DUPLICATE)
                        continue;
                session_print_flaw(&flaws.items[i], &text);
                log_warning("%s", buffer_text(&text));
        }
}

static bool is_ours(const void *context, const char *name) {
        const Job *job = context;
        FileName parsed;
        return name_parse(name, &job->prefixes, &job->times, &parsed);
}

/* The folder may hold any number of files that are not ours: this connection, which lists it, passes them over. */
static Error *connect_first(const Job *job, Storage **ret_storage) {
        StorageOptions options = job->storage;
        options.lists = is_ours;
        options.lists_context = job;
        return registry_open(job->url, &options, ret_storage);
}

static Error *connect_once_more(void *context, void **ret_storage) {
        const Job *job = context;
        Storage *storage;
        TRY(registry_open(job->url, &job->storage, &storage));
        *ret_storage = storage;
        return NULL;
}

static void disconnect(void *storage) {
        storage_close(storage);
}

/* More connections than the one that the session begins with are made when somebody needs them. */
static Pool *new_connections(const Job *job) {
        return pool_new(&(PoolOptions){ .most = job_downloads(job), .make = connect_once_more, .release = disconnect,
                                        .context = (void *)job });
}

Error *session_open(const Job *job, SessionAccess access, Session **ret_session) {
        AUTO(session_close) Session *session = memory_new(Session);
        session->job = job;
        session->access = access;
        session->arena = arena_new();
        session->archive_folder = archive_folder_of(job);
        session->storage_text = url_printable(job->url);
        session->connections = new_connections(job);
        if (access != SESSION_LOOKS)
                TRY(open_archive_folder(session));
        TRY(scratch_open(job->temp_folder, &session->scratch));
        TRY(connect_first(job, &session->storage));
        TRY(read_listing(session));
        if (access == SESSION_WORKS)
                warn_of_flaws(session);
        *ret_session = TAKE(session);
        return NULL;
}

static OpenPgpOptions openpgp_options(const Session *session) {
        const Job *job = session->job;
        return (OpenPgpOptions){
                .binary = job->gpg_binary,
                .home = job->gpg_home,
                .options = job->gpg_options,
                .recipients = job->encrypt_keys.items,
                .recipient_count = job->encrypt_keys.count,
                .hidden_recipients = job->hidden_keys.items,
                .hidden_recipient_count = job->hidden_keys.count,
                .signer = job->sign_key,
                .passphrase = job->passphrase ? job->passphrase : session->asked,
                .sign_passphrase = job->sign_passphrase,
                .always_trust = job->always_trust,
                .use_agent = job->use_agent,
                .accept_unprotected = job->accept_unprotected,
        };
}

static bool has_recipients(const OpenPgpOptions *options) {
        return options->recipient_count + options->hidden_recipient_count > 0;
}

static Error *ask(const Job *job, PassphrasePurpose purpose, Secret **ret_secret) {
        if (!job->ask_passphrase || job->use_agent)
                return NULL;
        return job->ask_passphrase(job->ask_context, purpose, ret_secret);
}

static Error *openpgp_for_reading(Session *session, const OpenPgp **ret_openpgp) {
        if (!session->reading) {
                OpenPgpOptions options = openpgp_options(session);
                if (!options.passphrase) {
                        TRY(ask(session->job, PASSPHRASE_TO_DECRYPT, &session->asked));
                        options.passphrase = session->asked;
                }
                TRY(openpgp_open(&options, &session->reading));
        }
        *ret_openpgp = session->reading;
        return NULL;
}

static Error *ask_what_writing_needs(Session *session, OpenPgpOptions *options, Secret **asked_to_sign) {
        const Job *job = session->job;
        bool symmetric = !has_recipients(options);
        if (symmetric && !options->passphrase) {
                TRY(ask(job, PASSPHRASE_TO_ENCRYPT, &session->asked));
                options->passphrase = session->asked;
                if (!session->asked && !job->use_agent)
                        return error_with_code(
                                error_new(ERROR_USER, "no passphrase to encrypt with (set PASSPHRASE, name a key with "
                                                      "--encrypt-key, or say --no-encryption)"),
                                EXIT_CODE_GPG);
        }
        if (symmetric && options->passphrase && secret_reveal(options->passphrase).length == 0)
                return error_with_code(
                        error_new(ERROR_USER, "the passphrase to encrypt with is empty (set PASSPHRASE)"),
                        EXIT_CODE_GPG);
        if (options->signer && !options->sign_passphrase && !options->passphrase) {
                TRY(ask(job, PASSPHRASE_TO_SIGN, asked_to_sign));
                options->sign_passphrase = *asked_to_sign;
        }
        return NULL;
}

Error *session_openpgp_for_writing(Session *session, const OpenPgp **ret_openpgp) {
        if (!session->writing) {
                AUTO(secret_free) Secret *asked_to_sign = NULL;
                OpenPgpOptions options = openpgp_options(session);
                options.for_writing = true;
                TRY(ask_what_writing_needs(session, &options, &asked_to_sign));
                TRY(openpgp_open(&options, &session->writing));
        }
        *ret_openpgp = session->writing;
        return NULL;
}

static void tell_that_it_is_later(Moment asked, Moment found) {
        char asked_text[24], found_text[24];
        when_print_w3(asked, asked_text);
        when_print_w3(found, found_text);
        log_warning("there is no backup as old as %s (--time): taking the earliest, of %s", asked_text, found_text);
}

Error *session_choose_sets(const Session *session, Choice *ret_choice) {
        const Job *job = session->job;
        Moment moment = job->has_time ? job->time : job->times.now;
        TRY(choose_sets(session->collection, moment, ret_choice));
        Moment found = ret_choice->chain->sets[ret_choice->set_count - 1]->end;
        if (job->has_time && moment_compare(found, moment) > 0)
                tell_that_it_is_later(moment, found);
        return NULL;
}

/* Opens FILE where it lies, or copies it to a scratch file. */
static Error *bring(Session *session, Storage *storage, const SetFile *file, int *ret_fd) {
        AUTO_FD int fd = -1;
        TRY(storage_open_local(storage, file->name, &fd));
        if (fd < 0) {
                TRY(scratch_file(session->scratch, &fd));
                TRY(storage_get(storage, file->name, fd));
                TRY(file_seek(fd, file->name, 0));
        }
        *ret_fd = TAKE_FD(fd);
        return NULL;
}

static Error *hash_of(int fd, const char *name, DigestKind kind, uint8_t *result) {
        enum { PIECE = 128 * 1024 };
        AUTO_TEXT char *piece = memory_zeroed(PIECE);
        AUTO(digest_free) Digest *digest = digest_new(kind);
        for (;;) {
                size_t length;
                TRY(file_read(fd, name, piece, PIECE, &length));
                if (length == 0)
                        break;
                digest_add(digest, bytes_make(piece, length));
        }
        digest_finish(digest, result);
        return file_seek(fd, name, 0);
}

static Error *check_hash(int fd, const char *name, const Volume *volume) {
        uint8_t found[DIGEST_MAX_SIZE];
        char found_text[2 * DIGEST_MAX_SIZE + 1], wanted_text[2 * DIGEST_MAX_SIZE + 1];
        if (volume->hash_kind == MANIFEST_HASH_NONE) {
                log_warning("the manifest has no hash for '%s': it cannot be checked", name);
                return NULL;
        }
        DigestKind kind = volume->hash_kind == MANIFEST_HASH_SHA1 ? DIGEST_SHA1 : DIGEST_MD5;
        TRY(hash_of(fd, name, kind, found));
        if (memcmp(found, volume->hash, digest_size(kind)) == 0)
                return NULL;
        encode_hex(bytes_make(found, digest_size(kind)), found_text);
        encode_hex(bytes_make(volume->hash, digest_size(kind)), wanted_text);
        return error_with_code(error_new(ERROR_CORRUPT, "volume '%s' is damaged: its hash is %s, the manifest says %s",
                                         name, found_text, wanted_text),
                               EXIT_CODE_HASH_MISMATCH);
}

static Error *fetch_over(Storage *storage, Session *session, const SetFile *file, const Volume *volume, int *ret_fd) {
        AUTO_FD int fd = -1;
        TRY_AS(bring(session, storage, file, &fd), "cannot fetch '%s'", file->name);
        if (volume) {
                AUTO(error_free) Error *mismatch = check_hash(fd, file->name, volume);
                if (mismatch) {
                        log_info("%s, fetching it once more", error_story(mismatch));
                        file_close(&fd);
                        TRY_AS(bring(session, storage, file, &fd), "cannot fetch '%s'", file->name);
                        TRY(check_hash(fd, file->name, volume));
                }
        }
        *ret_fd = TAKE_FD(fd);
        return NULL;
}

Error *session_prepare_to_decode(Session *session, const FileName *parsed) {
        const OpenPgp *openpgp;
        return parsed->encrypted ? openpgp_for_reading(session, &openpgp) : NULL;
}

Error *session_fetch(Session *session, const SetFile *file, const Volume *volume, int *ret_fd) {
        return fetch_over(session->storage, session, file, volume, ret_fd);
}

Error *session_fetch_apart(Session *session, const SetFile *file, const Volume *volume, int *ret_fd) {
        void *storage;
        TRY(cancel_check());
        TRY(pool_take(session->connections, &storage));
        Error *error = fetch_over(storage, session, file, volume, ret_fd);
        pool_give(session->connections, storage);
        return error;
}

Error *session_decode(Session *session, const FileName *parsed, int fd, const char *name, Reader **ret_reader) {
        AUTO(reader_close) Reader *stored = stream_read_fd(fd, true, name);
        const Job *job = session->job;
        if (!parsed->encrypted && job->sign_key && !job->no_encryption && !job->accept_unprotected)
                return error_with_code(error_new(ERROR_CORRUPT, "'%s' is not signed: --sign-key demands it (or say "
                                                                "--accept-unprotected)", name),
                                       EXIT_CODE_BAD_SIGNATURE);
        if (parsed->encrypted) {
                const OpenPgp *openpgp;
                TRY(openpgp_for_reading(session, &openpgp));
                return openpgp_read(openpgp, TAKE(stored), name, ret_reader);
        }
        *ret_reader = parsed->compressed ? deflate_read_gzip(TAKE(stored), name) : TAKE(stored);
        return NULL;
}

Error *session_check_set(const Session *session, const BackupSet *set) {
        if (!set->mixed || session->job->accept_unprotected)
                return NULL;
        return error_with_code(error_new(ERROR_CORRUPT,
                                         "the %s has files that are not encrypted beside encrypted ones: somebody may "
                                         "have put them there (--accept-unprotected takes them)",
                                         session_set_text(set).text),
                               EXIT_CODE_GPG);
}

Error *session_read(Session *session, const SetFile *file, Reader **ret_reader) {
        int fd = -1;
        TRY(session_fetch(session, file, NULL, &fd));
        return session_decode(session, &file->parsed, fd, file->name, ret_reader);
}

SetText session_set_text(const BackupSet *set) {
        SetText shown;
        char time[24];
        when_print_w3(set->end, time);
        snprintf(shown.text, sizeof shown.text, "%s set of %s", set->full ? "full" : "incremental", time);
        return shown;
}

void session_close(Session *session) {
        if (!session)
                return;
        openpgp_free(session->reading);
        openpgp_free(session->writing);
        secret_free(session->asked);
        pool_free(session->connections);
        storage_close(session->storage);
        scratch_close(session->scratch);
        lock_release(session->lock);
        memory_free(session->storage_text);
        memory_free(session->archive_folder);
        arena_free(session->arena);
        memory_free(session);
}
