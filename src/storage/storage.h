/* Storage: a flat folder of whole files, far away. The contract every back end keeps
 * (tests/contract runs it against each).
 *
 * A Storage belongs to one thread at a time; open several for parallel transfers. Errors say what policy needs by their
 * kind: MISSING, DENIED and USER are final, TRANSIENT may be tried again (that is retry.c's work, never a back end's),
 * SYSTEM is final. */
#ifndef STORAGE_STORAGE_H
#define STORAGE_STORAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/list.h"
#include "base/secret.h"
#include "storage/url.h"
#include "sys/atomic.h"

typedef struct Storage Storage;
typedef struct StorageClass StorageClass;

typedef struct RemoteFile {
        const char *name;
        uint64_t size;
} RemoteFile;

/* Receives one file of a listing. An error ends the listing and is returned by list. */
typedef Error *RemoteFileSink(void *context, const RemoteFile *file);

/* Says whether a listing is to tell a file called NAME. */
typedef bool RemoteNameFilter(const void *context, const char *name);

/* What back ends may need to know. Texts stay the caller's, NULL is "not given"; they outlive each Storage. */
typedef struct StorageOptions {
        unsigned retries;         /* --num-retries: further tries after a transient failure */
        double retry_delay;       /* --backend-retry-delay: seconds before the first of them */
        double timeout;           /* --timeout: seconds without progress */
        RemoteNameFilter *lists;  /* listings tell, and keep in memory, what passes this only; NULL: every file */
        const void *lists_context;
        uint64_t limit_upload;    /* --limit-upload, --limit-download: bytes a second of one connection, 0: no limit */
        uint64_t limit_download;
        const Secret *password;   /* FTP_PASSWORD of the environment: where the URL has none */
        const char *ssl_ca_file;  /* --ssl-cacert-file, --ssl-cacert-path: instead of the system's authorities */
        const char *ssl_ca_path;
        bool ftp_regular;         /* --ftp-regular: the server connects to us */

        const char *home;         /* where "~" is */
        const char *temp_folder;  /* --tempdir, for what needs a name while it is moved; NULL: /tmp */

        TextList ssh_options;     /* words of --ssh-options, for OpenSSH's client: "-oIdentityFile=/x" */
        bool ssh_askpass;         /* --ssh-askpass: a person is asked for the password */
        const Secret *ssh_passphrase; /* SSH_PASSPHRASE of the environment: of a private key; NULL: PASSWORD is tried */
        const char *ssh_known_hosts; /* --ssh-known-hosts: instead of ~/.ssh/known_hosts */
        TextList rsync_options;   /* words of --rsync-options, for rsync */

        const char *s3_endpoint_url;  /* --s3-endpoint-url, "https://host[:port]" */
        const char *s3_region;        /* --s3-region-name */
        bool s3_unencrypted;          /* --s3-unencrypted-connection */
        const char *s3_uri_style;     /* --s3-uri-style: "path" or "virtual", NULL: as fits bucket and host */
        const char *s3_storage_class; /* of volumes: "STANDARD_IA", ... */
        bool s3_sse;                  /* --s3-use-server-side-encryption: AES256 */
        bool s3_sse_kms;              /* --s3-use-server-side-kms-encryption */
        const char *s3_kms_key;       /* --s3-kms-key-id; only with s3_sse_kms */
        const char *s3_kms_grant;     /* --s3-kms-grant: full control for this grantee; only with s3_sse_kms */
        uint64_t s3_part_size;        /* --s3-multipart-chunk-size in bytes, 0: 256 MiB; larger files go up in parts */
        const char *s3_access_key;    /* keys that are known already, both or neither (s3_login.h looks for them) */
        const Secret *s3_secret_key;
        const Secret *aws_secret_key;    /* AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN where they are no longer in the */
        const Secret *aws_session_token; /* environment */

        const Secret *azure_connection; /* one that is known already; NULL: azure_account.h looks for one */
        const char *azure_tier;       /* --azure-blob-tier, of volumes: "Cool", ... */
        uint64_t azure_block_size;    /* --azure-max-block-size in bytes, 0: 64 MiB; larger files go up in blocks */
} StorageOptions;

struct StorageClass {
        const char *scheme;
        bool atomic_put; /* a reader never sees half a file */
        bool is_distant; /* over a network: what is sent sooner arrives sooner */

        /* MUST. Makes what it needs to reach URL's folder; a missing folder is not an error before put. URL need not
         * outlive the storage. */
        Error *(*open)(const Url *url, const StorageOptions *options, Storage **ret_storage);

        /* MUST. Stores the whole content of FD, a regular file read from its start, as NAME; replaces; makes the folder
         * when missing. Durable on success; on failure NAME is as it was where atomic_put, else unspecified. Errors
         * begin with "cannot store 'NAME'": callers add nothing to that. */
        Error *(*put)(Storage *storage, const char *name, int fd);

        /* MUST. Writes the content of NAME to FD, which is truncated first. ERROR_MISSING when there is none. */
        Error *(*get)(Storage *storage, const char *name, int fd);

        /* MAY be NULL. Opens NAME for reading where it lies, without a copy. */
        Error *(*open_local)(Storage *storage, const char *name, int *ret_fd);

        /* MAY be NULL. Begins NAME in an unfinished file where it will lie: atomic_finish makes it the stored one, as
         * durable as put's, and nothing has to be copied. Makes the folder when missing. */
        Error *(*create_local)(Storage *storage, const char *name, Atomic **ret_atomic);

        /* MUST. Tells each file of the folder, in any order, not those in folders beneath. A missing folder lists
         * nothing. */
        Error *(*list)(Storage *storage, RemoteFileSink *sink, void *context);

        /* MUST. Deletes NAME. Already gone is success. */
        Error *(*remove)(Storage *storage, const char *name);

        /* MUST. Releases. Accepts half-built objects. */
        void (*close)(Storage *storage);
};

/* First member of each back end's own struct. */
struct Storage {
        const StorageClass *class;
};

/* Calls through the table. */
CHECKED Error *storage_put(Storage *storage, const char *name, int fd);
CHECKED Error *storage_get(Storage *storage, const char *name, int fd);
CHECKED Error *storage_list(Storage *storage, RemoteFileSink *sink, void *context);
CHECKED Error *storage_remove(Storage *storage, const char *name);

/* Opens NAME where it lies; *ret_fd becomes -1, without an error, when this storage cannot: use storage_get. */
CHECKED Error *storage_open_local(Storage *storage, const char *name, int *ret_fd);

/* Begins NAME where it will lie; *ret_atomic becomes NULL, without an error, when this storage cannot: use
 * storage_put. */
CHECKED Error *storage_create_local(Storage *storage, const char *name, Atomic **ret_atomic);

void storage_close(Storage *storage);
DEFINE_AUTO(Storage, storage_close)

#endif
