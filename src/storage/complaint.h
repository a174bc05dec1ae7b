/* Complaint: what programs say when they fail, made into errors. */
#ifndef STORAGE_COMPLAINT_H
#define STORAGE_COMPLAINT_H

#include "base/error.h"

/* The error that WORDS, what a program said as its standard error, tell of: its kind by phrases that ssh, rsync and
 * shells use, OTHERWISE when none is there. The story is the line that tells most, and how to help it. */
CHECKED Error *complaint_error(const char *words, ErrorKind otherwise);

#endif
