/* Logbook: where the messages of the log go: to Juju's log, to the unit's log file, or to both. The file is kept small:
 * when it is large its name moves to NAME.1, the elder to NAME.2, and so on. */
#ifndef CHARM_LOGBOOK_H
#define CHARM_LOGBOOK_H

#include <stdbool.h>

#include "base/error.h"

/* Sends all messages of the log to Juju's. */
void logbook_begin(void);

/* Sends them, with their time, to the file PATH, 0640, instead; or to both, BESIDE_JUJU. */
CHECKED Error *logbook_open(const char *path, bool beside_juju);

/* Removes the file PATH and its elders; gone is well. */
CHECKED Error *logbook_remove(const char *path);

/* Closes the file, if it is open: messages go to Juju's log again where they did beside it, else nowhere. */
void logbook_close(void);

#endif
