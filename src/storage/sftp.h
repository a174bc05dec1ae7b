/* Sftp: a folder of an SSH server, over SFTP. */
#ifndef STORAGE_SFTP_H
#define STORAGE_SFTP_H

#include "storage/ssh.h"

/* Schemes "sftp" and "ssh". The URL's path "/x" is relative to the login folder, "//x" is absolute. */
extern const StorageClass sftp_storage_class, sftp_ssh_storage_class;

/* For schemes that prefer SFTP: the same under the name of CLASS, over LINK, which becomes the storage's. *ret_storage
 * becomes NULL, and LINK stays the caller's, when the server offers no SFTP. */
CHECKED Error *sftp_storage_open_over(SshLink *link, const Url *url, const StorageClass *class, Storage **ret_storage);

/* The folder that a URL with such a path means, "." for the login folder. Caller frees. */
char *sftp_storage_folder(const Url *url);

#endif
