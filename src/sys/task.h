/* Task: one function that runs in the background and ends with an Error. */
#ifndef SYS_TASK_H
#define SYS_TASK_H

#include "base/error.h"

typedef struct Task Task;

/* Starts FUNCTION(CONTEXT) in a thread of its own, signals blocked. */
CHECKED Error *task_start(Error *(*function)(void *context), void *context, Task **ret_task);

/* Waits for the end and releases; returns the function's error. NULL gives NULL. */
CHECKED Error *task_join(Task *task);

#endif
