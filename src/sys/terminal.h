/* Terminal: asks a person. */
#ifndef SYS_TERMINAL_H
#define SYS_TERMINAL_H

#include <stdbool.h>

#include "base/error.h"
#include "base/secret.h"

/* Shows PROMPT on the controlling terminal and reads one line without echo. ERROR_USER when there is no terminal,
 * ERROR_CANCELLED on interrupt or end of input; the terminal's echo is always restored. */
CHECKED Error *terminal_ask_secret(const char *prompt, Secret **ret_secret);

/* Columns of the terminal behind FD, 0 when it is none. */
unsigned terminal_columns(int fd);

#endif
