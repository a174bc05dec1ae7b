/* SftpClient: SFTP's requests and their replies over a stream. Contents go with many requests on their way at a time,
 * so that a distant server is kept busy.
 *
 * Errors tell the server's own words: ERROR_MISSING, ERROR_DENIED, ERROR_SYSTEM for any other refusal (exit code 53
 * when it says that there is no space); those of ssh.h; ERROR_TRANSIENT for replies that make no sense, ERROR_SYSTEM
 * when it is the first one that does not. */
#ifndef STORAGE_SFTP_CLIENT_H
#define STORAGE_SFTP_CLIENT_H

#include "storage/sftp_wire.h"
#include "storage/ssh.h"

typedef struct SftpClient SftpClient;

/* A file or folder that the server has open. */
typedef struct SftpHandle {
        uint8_t bytes[256];
        size_t length;
} SftpHandle;

/* Receives one entry of a folder. */
typedef Error *SftpEntrySink(void *context, const char *name, const SftpAttributes *attributes);

/* Begins SFTP as the stream of LINK, which is connected and outlives the client. *ret_client becomes NULL, without an
 * error, when the server offers none. */
CHECKED Error *sftp_client_open(SshLink *link, SftpClient **ret_client);

/* False when replies are still to come: then nothing can be asked any more. */
bool sftp_client_is_in_step(const SftpClient *client);

/* Opens PATH; FLAGS are SFTP_FLAG_.... New files get mode 0600. */
CHECKED Error *sftp_client_open_file(SftpClient *client, const char *path, uint32_t flags, SftpHandle *handle);

/* Writes the first SIZE bytes of FD. */
CHECKED Error *sftp_client_write_all(SftpClient *client, const SftpHandle *handle, int fd, uint64_t size);

/* Reads everything into FD, from its start. *ret_size: how much there was. */
CHECKED Error *sftp_client_read_all(SftpClient *client, const SftpHandle *handle, int fd, uint64_t *ret_size);

CHECKED Error *sftp_client_stat_open(SftpClient *client, const SftpHandle *handle, SftpAttributes *ret_attributes);

/* Follows links. */
CHECKED Error *sftp_client_stat(SftpClient *client, const char *path, SftpAttributes *ret_attributes);

/* Has the server write the file to disk, where it knows how (fsync@openssh.com). */
CHECKED Error *sftp_client_sync(SftpClient *client, const SftpHandle *handle);

CHECKED Error *sftp_client_close_file(SftpClient *client, const SftpHandle *handle);

/* Replaces TO, in one step where the server knows how (posix-rename@openssh.com). */
CHECKED Error *sftp_client_rename(SftpClient *client, const char *from, const char *to);

CHECKED Error *sftp_client_remove(SftpClient *client, const char *path);

/* With mode 0700. */
CHECKED Error *sftp_client_make_folder(SftpClient *client, const char *path);

/* Tells each entry of the folder but "." and "..". SINK must not use the client. */
CHECKED Error *sftp_client_list(SftpClient *client, const char *path, SftpEntrySink *sink, void *context);

/* What a file system has to spare. */
typedef struct SftpSpace {
        uint64_t bytes;
        uint64_t files; /* that may still be made */
        bool is_read_only;
} SftpSpace;

/* Asks for the space of the file system that PATH lies on; false when the server does not tell
 * (statvfs@openssh.com). */
bool sftp_client_tell_space(SftpClient *client, const char *path, SftpSpace *ret_space);

void sftp_client_free(SftpClient *client);
DEFINE_AUTO(SftpClient, sftp_client_free)

#endif
