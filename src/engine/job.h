/* Job: everything one run was asked to do. Filled by the command line or the charm, constant afterwards. */
#ifndef ENGINE_JOB_H
#define ENGINE_JOB_H

#include "base/list.h"
#include "base/secret.h"
#include "base/when.h"
#include "catalog/name.h"
#include "catalog/retention.h"
#include "source/selection.h"
#include "storage/storage.h"
#include "storage/url.h"

/* What a passphrase is asked for. */
typedef enum PassphrasePurpose {
        PASSPHRASE_TO_ENCRYPT, /* symmetric, of what will be written: ask twice */
        PASSPHRASE_TO_DECRYPT, /* symmetric or of a secret key, of what will be read */
        PASSPHRASE_TO_SIGN,
} PassphrasePurpose;

/* Asks a person; *ret_secret becomes NULL when nobody is there to be asked. */
typedef Error *PassphraseAsker(void *context, PassphrasePurpose purpose, Secret **ret_secret);

/* How far a run has come. Called often, from the thread that called the verb. */
typedef struct Progress {
        const char *doing;      /* "backing up", "restoring", "verifying" */
        const char *path;       /* at work on this one, relative; may be NULL */
        uint64_t files, bytes;  /* dealt with so far */
        uint64_t total_bytes;   /* expected, 0: unknown */
        uint64_t stored_bytes;  /* shipped or fetched so far */
} Progress;
typedef void ProgressListener(void *context, const Progress *progress);

/* --rename: FROM is not empty, TO may be; both are clean relative paths without "..". */
typedef struct Rename {
        const char *from, *to;
} Rename;
DEFINE_LIST(RenameList, rename_list, Rename)

typedef enum BackupKind {
        BACKUP_AUTO, /* incremental where there is a chain to continue, else full */
        BACKUP_FULL,
        BACKUP_INCREMENTAL,
} BackupKind;

typedef struct Job {
        const char *folder; /* source of a backup, what verify compares with, target of a restore: as typed; NULL for
                               the rest */
        Url *url;
        WhenContext times;

        /* local state */
        const char *archive_dir; /* base of the local archive folders; required */
        const char *name;        /* folder in it; NULL: MD5 of the URL's text */
        const char *temp_folder; /* for scratch files; required */
        bool sync_all;           /* --metadata-sync-mode full: copies of all metadata, not of what the run needs */
        NamePrefixes prefixes;

        /* encryption */
        bool no_encryption, no_compression;
        TextList encrypt_keys, hidden_keys;
        const char *sign_key;
        const char *gpg_binary, *gpg_options, *gpg_home;
        bool use_agent, always_trust, accept_unprotected;
        const Secret *passphrase, *sign_passphrase; /* NULL: not given, ask */
        PassphraseAsker *ask_passphrase;            /* NULL: nobody to ask */
        void *ask_context;

        RetentionRule retention; /* of the removing commands */

        /* backup */
        BackupKind kind;
        uint64_t volume_size;     /* bytes of plain (tar) data after which a volume is closed */
        uint64_t max_block;       /* --max-blocksize */
        bool has_full_before;
        Moment full_before;       /* --full-if-older-than: a last full set older than this makes the next one full */
        bool allow_source_mismatch, no_files_changed;
        bool skip_if_no_change;   /* an incremental without changes leaves nothing on the far side */
        bool write_statistics;    /* --jsonstat: its numbers beside the set */

        /* backup; verify: of the folder */
        SelectionOptionList selection; /* in their order */
        bool null_separator;      /* what parts the lines of their lists */
        bool copy_links;          /* follow symbolic links */

        /* restore, verify, list */
        bool has_time;
        Moment time;
        const char *path;         /* --path-to-restore, relative; NULL: everything */
        bool compare_data, force, numeric_owner, no_restore_ownership;
        RenameList renames;       /* each TO once */
        bool ignore_errors;       /* go on past what is lost, and tell it */

        /* check */
        unsigned sample_percent;  /* hash so many of each set's volumes, by lot; 0: all */
        bool replay;              /* --full: restore everything to nowhere */

        /* diff: from here to time */
        bool has_from;            /* false: from the set before */
        Moment from;

        /* find */
        const char *glob;         /* of relative paths */

        /* collection-status */
        const char *changed_path; /* --file-changed, relative; NULL: not asked for */
        bool has_changes_in_set;
        unsigned changes_in_set;  /* 0 is the newest set */

        uint64_t fail_on_volume;  /* --fail-on-volume: end when this one is stored, as if killed; 0: none */
        uint64_t skip_volume;     /* --skip-volume: lose this one on its way; 0: none */

        bool dry_run;
        StorageOptions storage;
        unsigned concurrency;     /* parallel transfers, at least 1; the second keeps the line busy between two volumes */
        bool asynchronous;        /* --asynchronous-upload: told of uploads, programs hear stock's words for it */
        unsigned threads;         /* compressing workers; 0: as many as there are processors */

        ProgressListener *progress; /* may be NULL */
        void *progress_context;
} Job;

/* A Job with every default in place: volumes of 200 MiB, blocks up to 2048 bytes, 5 retries, 30 s of delay and
 * timeout, two transfers at a time. url, folder, archive_dir, temp_folder and times are still missing. */
Job job_defaults(void);

/* How many volumes go up, or come down, at a time. A limit of the rate is one connection's, so there is one then. */
unsigned job_uploads(const Job *job);
unsigned job_downloads(const Job *job);

/* Releases what the lists of the Job hold and the Url; texts and secrets stay their owner's. */
void job_clear(Job *job);

#endif
