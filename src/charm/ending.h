/* Ending: ends what is still at work on a unit that goes away. */
#ifndef CHARM_ENDING_H
#define CHARM_ENDING_H

#include "base/error.h"

/* Ends every process that has the lock of FOLDER (sys/lock.h), or a share of it, and waits until none has. Who that is
 * the system tells, so that no stranger is met. They are asked to stop, and killed with their groups after PATIENCE
 * seconds. ERROR_SYSTEM naming the process when one is there even so, seconds later; ERROR_CANCELLED. */
CHECKED Error *ending_wait(const char *folder, double patience);

#endif
