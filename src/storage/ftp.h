/* Ftp: a folder of an FTP server, with TLS or without (libcurl). */
#ifndef STORAGE_FTP_H
#define STORAGE_FTP_H

#include "storage/storage.h"

/* Schemes "ftp"; "ftpes", which is TLS from AUTH TLS on, port 21; "ftps", which is TLS from the first byte, port 990,
 * unless the server turns out to want AUTH TLS, as on port 21. Never without TLS where the scheme has it. The URL's
 * path "/x" is relative to the login folder, "//x" is absolute. Missing folders are made. Files are sent under a name
 * that begins with a dot, their size is compared where the server knows it, and they are renamed. */
extern const StorageClass ftp_storage_class;

#endif
