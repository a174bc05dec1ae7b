/* NewFile: a file that is being restored, until it is whole. Values of different files may be used by different
 * threads. */
#ifndef ENGINE_NEW_FILE_H
#define ENGINE_NEW_FILE_H

#include "engine/metadata.h"

typedef struct NewFile {
        int fd;          /* read and write; -1: there is none */
        int parent;      /* the folder it is in, not owned */
        char *name;      /* in that folder */
        char *temporary; /* the name it has until it is finished, when that is another */
} NewFile;

#define NEW_FILE_NONE { .fd = -1 }

/* Creates the file NAME in PARENT, with mode 0600. What is there already is an error; with FORCE it is replaced, but
 * when the new file is whole, not before. No link is followed. */
CHECKED Error *new_file_create(int parent, const char *name, bool force, NewFile *ret_file);

/* Gives FILE its metadata and its final name, and closes it. Where METADATA cannot be set the content stays all the
 * same, and the failure is returned. */
CHECKED Error *new_file_finish(NewFile *file, const Metadata *metadata);

/* Removes FILE, if there is one: half of it must not be taken for a restored one. Also the destructor. */
void new_file_drop(NewFile *file);

#endif
