/* Session: what a run has open. One per run; every part of the engine gets it. */
#ifndef ENGINE_SESSION_H
#define ENGINE_SESSION_H

#include "base/arena.h"
#include "catalog/choose.h"
#include "catalog/collection.h"
#include "catalog/flaws.h"
#include "catalog/manifest.h"
#include "codec/openpgp.h"
#include "engine/job.h"
#include "engine/summary.h"
#include "storage/storage.h"
#include "sys/lock.h"
#include "sys/pool.h"
#include "sys/scratch.h"

typedef enum SessionAccess {
        SESSION_LOOKS, /* reads the listing only: neither locks nor makes the archive folder */
        SESSION_READS, /* takes the lock only while it changes the archive folder: see cache.h */
        SESSION_WORKS,
} SessionAccess;

typedef struct Session {
        const Job *job;
        Arena *arena;               /* lives as long as the session */
        SessionAccess access;
        char *archive_folder;       /* local copies of manifests and signatures, mode 0700 */
        char *storage_text;         /* the URL for messages */
        Lock *lock;                 /* of the archive folder; NULL: not held */
        Scratch *scratch;
        Storage *storage;
        const Collection *collection; /* what lies on the far side */
        const Selection *selection; /* what of the tree is backed up, NULL: everything; not owned */
        Pool *connections;          /* to the same storage, for other threads */
        OpenPgp *reading, *writing; /* made when first needed */
        Secret *asked;              /* a passphrase that somebody was asked for: once is enough */
        Summary *losses;            /* --ignore-errors: what cannot be read is counted here and passed over; not owned.
                                       NULL: it ends the run */
} Session;

/* Opens storage, archive folder and scratch, takes the lock, reads the listing, and warns of orphans and duplicates
 * (SESSION_WORKS). JOB must outlive the session. An archive folder that cannot be made, or not be written by one who
 * has to: exit code 9. */
CHECKED Error *session_open(const Job *job, SessionAccess access, Session **ret_session);

/* GnuPG for what this run writes; asks for passphrases that were not given. It stays the session's. A symmetric
 * passphrase that nobody can give: ERROR_USER with exit code 31 naming PASSPHRASE and --no-encryption. */
CHECKED Error *session_openpgp_for_writing(Session *session, const OpenPgp **ret_openpgp);

/* The sets that show the tree as it was at the job's time; warns when there is none as old. Errors: see choose_sets. */
CHECKED Error *session_choose_sets(const Session *session, Choice *ret_choice);

/* Brings FILE here: *ret_fd is open for reading at its start. With VOLUME (may be NULL) the hash must be the
 * manifest's, else ERROR_CORRUPT with exit code 21; a mismatch is fetched once more before it is believed. */
CHECKED Error *session_fetch(Session *session, const SetFile *file, const Volume *volume, int *ret_fd);

/* The same for any thread, over a connection beside the session's own; waits while job_downloads of them are in use.
 * Errors: those of registry_open too. */
CHECKED Error *session_fetch_apart(Session *session, const SetFile *file, const Volume *volume, int *ret_fd);

/* To be called before another thread decodes a file called as PARSED says: asks for the passphrase that was not given,
 * and finds gpg. */
CHECKED Error *session_prepare_to_decode(Session *session, const FileName *parsed);

/* Decodes FD (owned), the content of a file called as PARSED says, to plain bytes. NAME is for messages. With a
 * signer demanded, a file that is not even encrypted is ERROR_CORRUPT with exit code 22. */
CHECKED Error *session_decode(Session *session, const FileName *parsed, int fd, const char *name, Reader **ret_reader);

/* Refuses a set of which a part is not encrypted, unless the job accepts that: ERROR_CORRUPT, exit code 31. */
CHECKED Error *session_check_set(const Session *session, const BackupSet *set);

/* Fetches and decodes FILE in one go. */
CHECKED Error *session_read(Session *session, const SetFile *file, Reader **ret_reader);

/* What to call a set in messages: "full set of 2026-11-23T04:43:46Z". */
typedef struct SetText {
        char text[48];
} SetText;
SetText session_set_text(const BackupSet *set);

/* Appends what FLAW says, and what mends it: "full set of 2026-11-23T04:43:46Z: never finished (remove ...)". */
void session_print_flaw(const Flaw *flaw, Buffer *out);

/* Says when the newest chain begins, with the words that stock begins every command with. */
void session_tell_last_full(const Session *session);

void session_close(Session *session);
DEFINE_AUTO(Session, session_close)

#endif
