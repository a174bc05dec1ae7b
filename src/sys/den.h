/* Den: a private folder for programs that have to be given files with names. Gone when closed; what killed processes
 * left behind is cleared away by those that come later. */
#ifndef SYS_DEN_H
#define SYS_DEN_H

#include "base/error.h"

typedef struct Den Den;

/* Makes a folder of mode 0700 in FOLDER (NULL: "/tmp"). ERROR_SYSTEM with exit code 34 when that cannot be. */
CHECKED Error *den_open(const char *folder, Den **ret_den);

const char *den_path(const Den *den);

/* Removes everything in it. */
void den_empty(Den *den);

void den_close(Den *den);
DEFINE_AUTO(Den, den_close)

#endif
