/* What killed runs left on a server's disk. */
#ifndef SERVERS_LEFTOVERS_H
#define SERVERS_LEFTOVERS_H

#include <stdbool.h>

/* Writes ".old.part-1" and ".foreign", 25 hours old, and ".young.part-1", younger than a day, into FOLDER. */
void leftovers_make(const char *folder);

bool leftovers_are_there(const char *folder, const char *name);

#endif
