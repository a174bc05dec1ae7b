/* Trace: a decorator that notes each call in the debug log, with its size and duration. */
#ifndef STORAGE_TRACE_H
#define STORAGE_TRACE_H

#include "storage/storage.h"

/* Wraps INNER, which it owns from now on. */
Storage *trace_new(Storage *inner);

#endif
