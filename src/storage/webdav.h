/* Webdav: a folder of a WebDAV server (RFC 4918). */
#ifndef STORAGE_WEBDAV_H
#define STORAGE_WEBDAV_H

#include "storage/storage.h"

/* Schemes "webdav" (HTTP) and "webdavs" (HTTPS). User and password are the URL's, or FTP_PASSWORD; the server says
 * whether it wants Digest, which is taken where it is offered, or Basic. Missing folders are made. Files are sent under
 * a name that begins with a dot, their size is compared, and they are moved to their own. */
extern const StorageClass webdav_storage_class;

#endif
