/* Scp: a folder of an SSH server, over SFTP as OpenSSH's scp does; where the server offers none, by its shell. */
#ifndef STORAGE_SCP_H
#define STORAGE_SCP_H

#include "storage/storage.h"

/* Scheme "scp". The URL's path "/x" is relative to the login folder, "//x" is absolute. */
extern const StorageClass scp_storage_class;

#endif
