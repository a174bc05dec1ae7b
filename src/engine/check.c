#include "engine/check.h"

#include <errno.h>
#include <stdarg.h>

#include "base/path.h"
#include "catalog/choose.h"
#include "engine/cache.h"
#include "engine/prove.h"
#include "engine/replay.h"
#include "engine/resume.h"
#include "engine/signature_in.h"
#include "sys/cancel.h"
#include "sys/file.h"

/* So many files that cannot be decrypted, and none that can: it is the key, not the files. */
enum { MOST_DOUBTS = 3 };

/* A check at work. */
typedef struct Check {
        Session *session;
        ProofList proofs; /* volumes still to be hashed */
        bool has_decrypted;
        Error *doubt;     /* the first failure that may be due to a wrong key; NULL: none */
        unsigned doubt_count;
        CheckTotals *totals;
        FindingSink *sink;
        void *context;
} Check;

static void tell_finding(Check *check, const Finding *finding) {
        uint64_t *count = finding->severity == SEVERITY_ERROR ? &check->totals->errors : &check->totals->warnings;
        *count += 1;
        check->sink(check->context, finding);
}

static void tell(Check *check, FindingKind kind, const char *format, ...) PRINTF_LIKE(3, 4);
static void tell(Check *check, FindingKind kind, const char *format, ...) {
        va_list arguments;
        va_start(arguments, format);
        AUTO_TEXT char *what = memory_vprint(format, arguments);
        va_end(arguments);
        Finding finding = finding_make(kind, what);
        tell_finding(check, &finding);
}

/* True for what GnuPG says of damaged files, but also of files it has no key for. */
static bool is_doubtful(const Error *error) {
        return error_exit_code(error) == EXIT_CODE_GPG &&
               (error_kind(error) == ERROR_DENIED || error_kind(error) == ERROR_SYSTEM);
}

/* True for errors that speak of one file; the others meet every file. */
static bool is_about_file(const Error *error) {
        ErrorKind kind = error_kind(error);
        return kind == ERROR_CORRUPT || kind == ERROR_MISSING || kind == ERROR_DENIED || error_errno(error) == EIO;
}

/* Makes ERROR, owned, a finding of KIND about SUBJECT, or returns it when there is no use in going on. */
static Error *judge(Check *check, FindingKind kind, const char *subject, Error *error) {
        AUTO(error_free) Error *judged = error;
        if (!judged)
                return NULL;
        if (!is_doubtful(judged) && !is_about_file(judged))
                return TAKE(judged);
        AUTO_TEXT char *what = memory_print("%s: %s", subject, error_story(judged));
        Finding finding = finding_make(kind, what);
        if (is_doubtful(judged))
                finding.remedy = "try the passphrase or key of that time; if there was no other, the file is damaged: "
                                 "bring back a sound one, or make a new full backup";
        tell_finding(check, &finding);
        if (!is_doubtful(judged) || check->has_decrypted)
                return NULL;
        if (!check->doubt)
                check->doubt = error_copy(judged);
        return ++check->doubt_count == MOST_DOUBTS ? TAKE(check->doubt) : NULL;
}

static void note_decrypted(Check *check, const SetFile *file) {
        check->has_decrypted |= file->parsed.encrypted;
}

/* ---- manifests and signature archives ---- */

/* Opens FILE as it lies on the far side; what is read is added to DIGEST. */
static Error *open_far(Check *check, const SetFile *file, Digest *digest, Reader **ret_reader) {
        TRY(session_read(check->session, file, ret_reader));
        *ret_reader = stream_read_digest(*ret_reader, digest);
        return NULL;
}

static Error *read_manifest(Check *check, const SetFile *file, Arena *arena, Digest *digest, Manifest *ret_manifest) {
        enum { PIECE = 64 * 1024 };
        AUTO(reader_close) Reader *reader = NULL;
        AUTO_TEXT char *piece = memory_zeroed(PIECE);
        AUTO(manifest_parser_free) ManifestParser *parser = manifest_parser_new(arena, NULL, NULL);
        TRY(open_far(check, file, digest, &reader));
        for (size_t length = PIECE; length == PIECE;) {
                TRY(reader_read(reader, piece, PIECE, &length));
                TRY_AS(manifest_parser_feed(parser, bytes_make(piece, length)), "'%s'", file->name);
        }
        TRY_AS(manifest_parser_finish(parser, ret_manifest), "'%s'", file->name);
        note_decrypted(check, file);
        return NULL;
}

/* Reads a signature archive to its end. *ret_senseless: its signatures that make no sense. */
static Error *read_signatures(Check *check, const SetFile *file, Digest *digest, uint64_t *ret_senseless) {
        AUTO(signature_in_close) SignatureIn *in = NULL;
        Reader *reader = NULL;
        TRY(open_far(check, file, digest, &reader));
        in = signature_in_open(reader, file->name, 0);
        for (*ret_senseless = 0;;) {
                const SignatureMember *member;
                Recorded recorded;
                TRY(cancel_check());
                TRY(signature_in_next(in, &member));
                if (!member)
                        break;
                if (member->kind != MEMBER_SIGNATURE)
                        continue;
                TRY(signature_in_describe(in, &recorded));
                *ret_senseless += !recorded.has_signature;
        }
        note_decrypted(check, file);
        return NULL;
}

/* Adds the local copy of FILE to DIGEST; false when there is none. */
static Error *read_copy(Check *check, const SetFile *file, Digest *digest, bool *ret_is_there) {
        enum { PIECE = 64 * 1024 };
        AUTO(reader_close) Reader *reader = NULL;
        AUTO_TEXT char *piece = memory_zeroed(PIECE);
        TRY(cache_open_copy(check->session, file, &reader));
        *ret_is_there = reader;
        for (size_t length = PIECE; reader && length == PIECE;) {
                TRY(reader_read(reader, piece, PIECE, &length));
                digest_add(digest, bytes_make(piece, length));
        }
        return NULL;
}

/* Compares the local copy of FILE, if there is one, with the content DIGEST has been given. */
static Error *compare_copy(Check *check, const SetFile *file, Digest *digest) {
        uint8_t far[DIGEST_SHA256_SIZE], local[DIGEST_SHA256_SIZE];
        bool is_there = false;
        digest_finish(digest, far);
        AUTO_TEXT char *subject = memory_print("the copy of '%s' in '%s'", file->name, check->session->archive_folder);
        AUTO(error_free) Error *failure = read_copy(check, file, digest, &is_there);
        if (failure)
                return judge(check, FINDING_COPY_DIFFERS, subject, TAKE(failure));
        digest_finish(digest, local);
        if (is_there && memcmp(far, local, sizeof far) != 0)
                tell(check, FINDING_COPY_DIFFERS, "%s is not what the repository has", subject);
        return NULL;
}

static Error *check_signatures(Check *check, const BackupSet *set) {
        AUTO(digest_free) Digest *digest = digest_new(DIGEST_SHA256);
        const SetFile *file = set->signature;
        SetText shown = session_set_text(set);
        uint64_t senseless;
        if (!file)
                return NULL; /* told: see tell_flaws */
        AUTO(error_free) Error *failure = read_signatures(check, file, digest, &senseless);
        if (failure)
                return judge(check, FINDING_SIGNATURES_UNREADABLE, shown.text, TAKE(failure));
        if (senseless)
                tell(check, FINDING_SIGNATURES_SENSELESS, "%ju of the signatures in '%s' make no sense", (uintmax_t)senseless,
                     file->name);
        return compare_copy(check, file, digest);
}

/* ---- volumes against their manifest ---- */

/* False for sizes that no volume can have: gzip has 10 bytes in front of something and 8 behind, an OpenPGP message a
 * session key and a hash, and tars consist of blocks. */
static bool is_plausible(const SetFile *file) {
        if (file->parsed.encrypted)
                return file->size >= 40;
        return file->parsed.compressed ? file->size >= 20 : file->size % TAR_BLOCK == 0;
}

static const SetFile *find_volume(const BackupSet *set, uint64_t number) {
        for (size_t i = 0; i < set->volume_count; i++)
                if (set->volumes[i]->parsed.volume == number)
                        return set->volumes[i];
        return NULL;
}

static void tell_unlisted(Check *check, const BackupSet *set, const Manifest *manifest) {
        size_t listed = 0;
        while (listed < set->volume_count && set->volumes[listed]->parsed.volume <= manifest->volume_count)
                listed++;
        if (listed < set->volume_count)
                tell(check, FINDING_VOLUME_UNLISTED,
                     "the manifest '%s' does not speak of %zu of the %zu volumes of its set, from '%s' on",
                     set->manifest->name, set->volume_count - listed, set->volume_count, set->volumes[listed]->name);
}

static void check_volume(Check *check, const BackupSet *set, const Volume *volume) {
        const SetFile *file = find_volume(set, volume->number);
        Proof proof = { .set = set, .file = file, .volume = *volume };
        proof.volume.first = proof.volume.last = (Position){ .path = NULL }; /* those do not live long enough */
        if (!file)
                tell(check, FINDING_VOLUME_MISSING, "volume %ju of the %s is missing", (uintmax_t)volume->number,
                     session_set_text(set).text);
        else if (!is_plausible(file))
                tell(check, FINDING_VOLUME_SIZE, "volume '%s' has %ju bytes", file->name, (uintmax_t)file->size);
        else if (volume->hash_kind == MANIFEST_HASH_NONE && !check->session->job->replay)
                tell(check, FINDING_VOLUME_WITHOUT_HASH, "the manifest has no hash of volume '%s'", file->name);
        else
                proof_list_add(&check->proofs, proof);
}

static void check_volumes(Check *check, const BackupSet *set, const Manifest *manifest) {
        const Job *job = check->session->job;
        size_t before = check->proofs.count;
        for (size_t i = 0; i < manifest->volume_count; i++)
                check_volume(check, set, &manifest->volumes[i]);
        tell_unlisted(check, set, manifest);
        if (job->sample_percent > 0)
                check->proofs.count = before + prove_choose(check->proofs.items + before, check->proofs.count - before,
                                                            job->sample_percent, job->times.now);
}

static Error *check_manifest(Check *check, const BackupSet *set) {
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO(digest_free) Digest *digest = digest_new(DIGEST_SHA256);
        Manifest manifest;
        AUTO(error_free) Error *failure = read_manifest(check, set->manifest, arena, digest, &manifest);
        if (failure)
                return judge(check, FINDING_MANIFEST_UNREADABLE, session_set_text(set).text, TAKE(failure));
        check_volumes(check, set, &manifest);
        return compare_copy(check, set->manifest, digest);
}

static Error *check_set(Check *check, const BackupSet *set) {
        TRY(cancel_check());
        if (set->mixed)
                tell(check, FINDING_SET_MIXED, "the %s has files that are not encrypted beside encrypted ones",
                     session_set_text(set).text);
        TRY(check_manifest(check, set));
        check->totals->sets++;
        check->totals->volumes += set->volume_count;
        return check_signatures(check, set);
}

static Error *tell_proof(void *context, Proof *proof) {
        Check *check = context;
        check->totals->proven_volumes++;
        check->totals->proven_bytes += proof->file->size;
        return judge(check, FINDING_VOLUME_DAMAGED, session_set_text(proof->set).text, TAKE(proof->failure));
}

/* ---- replaying a chain ---- */

/* A failure of the file at work alone becomes a finding. */
static Error *judge_content(Check *check, const Replay *replay, const char *path, Error *failure) {
        AUTO_TEXT char *shown = path_printable(path);
        if (!failure || error_kind(failure) != ERROR_CORRUPT || replay_is_broken(replay))
                return failure;
        AUTO_TEXT char *subject = memory_print("'%s'", shown);
        return judge(check, FINDING_CONTENT_DAMAGED, subject, failure);
}

static Error *replay_to_nowhere(Check *check, const Chain *chain) {
        AUTO(replay_close) Replay *replay = NULL;
        AUTO_FD int scratch = -1;
        Choice choice = { .chain = chain, .set_count = chain->set_count };
        TRY(scratch_file(check->session->scratch, &scratch));
        TRY(replay_open(check->session, &choice, "", "checking", &replay));
        for (;;) {
                const Entry *entry, *used;
                TRY(cancel_check());
                TRY(replay_next(replay, &entry));
                if (!entry)
                        return NULL;
                AUTO_TEXT char *path = memory_text(entry->path);
                check->totals->replayed_files++;
                if (entry->type == ENTRY_FILE)
                        TRY(judge_content(check, replay, path, replay_content(replay, scratch, &used)));
        }
}

/* Volumes that have been read to the end of the chain need not be hashed again. */
static Error *replay_chain(Check *check, const Chain *chain, size_t first_proof) {
        AUTO(error_free) Error *failure = replay_to_nowhere(check, chain);
        AUTO_TEXT char *subject = memory_print("the chain that begins with the %s",
                                               session_set_text(chain->sets[0]).text);
        if (failure)
                return judge(check, FINDING_CHAIN_UNREADABLE, subject, TAKE(failure));
        for (; check->proofs.count > first_proof; check->proofs.count--) {
                check->totals->proven_volumes++;
                check->totals->proven_bytes += check->proofs.items[check->proofs.count - 1].file->size;
        }
        return NULL;
}

/* ---- the whole ---- */

static Error *check_chain(Check *check, const Chain *chain) {
        size_t first_proof = check->proofs.count;
        check->totals->chains++;
        for (size_t i = 0; i < chain->set_count; i++)
                TRY(check_set(check, chain->sets[i]));
        return check->session->job->replay ? replay_chain(check, chain, first_proof) : NULL;
}

static void tell_overlaps(Check *check, const Collection *collection) {
        for (size_t i = 1; i < collection->chain_count; i++)
                if (moment_compare(chain_start(&collection->chains[i]), chain_end(&collection->chains[i - 1])) <= 0)
                        tell(check, FINDING_CHAINS_OVERLAP,
                             "the chain that begins with the %s overlaps with that of the %s",
                             session_set_text(collection->chains[i].sets[0]).text,
                             session_set_text(collection->chains[i - 1].sets[0]).text);
}

static bool can_continue(const void *session, const BackupSet *set) {
        return resume_is_possible(session, set);
}

/* What the names alone tell. */
static void tell_flaws(Check *check) {
        static const FindingKind kinds[] = {
                [FLAW_MISSING_SIGNATURE] = FINDING_SIGNATURES_MISSING,
                [FLAW_ORPHAN] = FINDING_ORPHAN,
                [FLAW_UNFINISHED] = FINDING_UNFINISHED,
                [FLAW_DUPLICATE] = FINDING_DUPLICATE,
                [FLAW_STRAY] = FINDING_STRAY,
        };
        Session *session = check->session;
        AUTO_VALUE(flaw_list_clear) FlawList flaws = { .items = NULL };
        flaws_collect(session->collection, can_continue, session, session->arena, &flaws);
        for (size_t i = 0; i < flaws.count; i++) {
                const Flaw *flaw = &flaws.items[i];
                AUTO_TEXT char *what = flaw->file ? memory_print("'%s': %s", flaw->file->name, flaw->text)
                                                  : memory_print("%s: %s", session_set_text(flaw->set).text, flaw->text);
                Finding finding = finding_make(kinds[flaw->kind], what);
                finding.remedy = flaw->remedy;
                tell_finding(check, &finding);
        }
}

static void tell_stranger(void *context, const char *name) {
        Check *check = context;
        tell(check, FINDING_COPY_ALONE, "'%s' is in '%s' but not in the repository", name,
             check->session->archive_folder);
}

static Error *check_all(Check *check) {
        const Collection *collection = check->session->collection;
        Choice newest;
        tell_overlaps(check, collection);
        tell_flaws(check);
        TRY(cache_tell_strangers(check->session, tell_stranger, check));
        TRY(choose_sets(collection, check->session->job->times.now, &newest)); /* there is one */
        for (size_t i = 0; i < collection->chain_count; i++)
                TRY(check_chain(check, &collection->chains[i]));
        TRY(prove_all(check->session, &check->proofs, tell_proof, check));
        return check->has_decrypted ? NULL : TAKE(check->doubt);
}

/* What another run is about to write, or to remove, would pass for damage. */
static Error *refuse_beside_others(const Session *session) {
        AUTO(lock_release) Lock *lock = NULL;
        return lock_take(session->archive_folder, &lock);
}

Error *check_run(const Job *job, CheckTotals *totals, FindingSink *sink, void *context) {
        AUTO(session_close) Session *session = NULL;
        if (job->replay && job->sample_percent > 0)
                return error_with_code(error_new(ERROR_USER, "options '--full' and '--sample' contradict each other: "
                                                             "leave one of them out"),
                                       EXIT_CODE_COMMAND_LINE);
        TRY(session_open(job, SESSION_READS, &session));
        TRY(refuse_beside_others(session));
        Check check = { .session = session, .totals = totals, .sink = sink, .context = context };
        Error *error = check_all(&check);
        prove_clear(&check.proofs);
        error_free(check.doubt);
        return error;
}
