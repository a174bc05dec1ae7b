/* Logbook: the unit's log file, kept small: when it is large its name moves to NAME.1, the elder to NAME.2, and so on.
 */
#ifndef CHARM_LOGBOOK_H
#define CHARM_LOGBOOK_H

#include "base/error.h"

/* Sends all messages of the log, with their time, to the file PATH, 0640. */
CHECKED Error *logbook_open(const char *path);

/* Removes the file PATH and its elders; gone is well. */
CHECKED Error *logbook_remove(const char *path);

/* The log goes nowhere again. */
void logbook_close(void);

#endif
