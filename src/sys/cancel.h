/* Cancel: SIGINT, SIGTERM and SIGHUP become a flag that is asked at safe points. */
#ifndef SYS_CANCEL_H
#define SYS_CANCEL_H

#include <stdbool.h>

#include "base/error.h"

/* Installs the handlers and ignores SIGPIPE. A second signal of the same kind ends the process at once (nothing is
 * left behind: scratch files have no names). */
void cancel_install(void);

/* Sets the flag, as a signal would. */
void cancel_request(void);

bool cancel_requested(void);

/* ERROR_CANCELLED "interrupted by signal NAME" when the flag is set, else NULL. */
CHECKED Error *cancel_check(void);

/* Clears the flag (tests). */
void cancel_clear(void);

#endif
