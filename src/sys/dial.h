/* Dial: a TCP connection to one of the addresses of a host. */
#ifndef SYS_DIAL_H
#define SYS_DIAL_H

#include "base/error.h"

/* Tries the addresses of HOST (a name, or an address without brackets) one after the other, TIMEOUT seconds each. The
 * descriptor does not block, is closed on exec, sends at once and keeps an idle connection alive. Errors name host and
 * port: ERROR_USER with exit code 52 when there is no host of that name, ERROR_TRANSIENT when nobody answers, or names cannot be looked
 * up now, ERROR_CANCELLED. */
CHECKED Error *dial_tcp(const char *host, unsigned port, double timeout, int *ret_fd);

#endif
