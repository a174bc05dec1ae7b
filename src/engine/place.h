/* Place: puts entries on disk below one folder, and never anywhere else.
 *
 * Every step is taken relative to open folders, and no symbolic link is followed: neither one that an archive brings
 * nor one that lies there. Entries come in archive order, a folder before what it holds; folders get owner, mode and
 * times when they are left. A folder that is entered once more, for something that comes out of order, keeps its mode
 * and times. */
#ifndef ENGINE_PLACE_H
#define ENGINE_PLACE_H

#include "base/buffer.h"
#include "base/error.h"
#include "source/entry.h"

typedef struct Place Place;

typedef struct PlaceOptions {
        const char *target;   /* becomes the root entry: a folder, or what the root entry is */
        bool force; /* target may hold something already: files are replaced, what is not in the backup stays */
        bool numeric_owner;
        bool no_ownership;    /* leave everything to the user who restores */
        unsigned threads;     /* that write small files; 0: the caller's alone */
        void (*problem)(void *context, const char *text); /* is told what concerns a folder that has been left */

        /* Is told of each small file, in the order in which they came, when it has been placed, or could not be: ERROR
         * is the receiver's then. SIZE: of its content. */
        void (*placed)(void *context, const char *path, uint64_t size, Error *error);
        void *context; /* of both */
} PlaceOptions;

/* Without force: ERROR_USER with exit code 11 when target is there and not an empty folder, which is looked at once
 * more before anything is put there; ERROR_USER when its path goes back ("..") from a folder that is not there. */
CHECKED Error *place_open(const PlaceOptions *options, Place **ret_place);

/* Makes ENTRY (not a file), whose path is relative to the target. Errors concern this entry alone; those of kind
 * ERROR_SYSTEM with ENOSPC, EDQUOT or EIO are better taken as the end. */
CHECKED Error *place_object(Place *place, const Entry *entry);

/* Begins a file at PATH: *ret_fd is for its content, read and write, and stays the Place's. */
CHECKED Error *place_begin_file(Place *place, const char *path, int *ret_fd);

/* Gives the begun file its metadata and its final name. ENTRY's path is that of place_begin_file. Where owner, mode
 * or time cannot be set the content stays all the same, and the failure is returned; set-id bits are not given to
 * another owner's file. */
CHECKED Error *place_finish_file(Place *place, const Entry *entry);

/* Makes the file ENTRY, with CONTENT, which is taken over unless an error is returned. Errors come as those of
 * place_object do, or through the options: with threads, the file may be written while the next paths are placed, but
 * before the folder that holds it is left. CONTENT should not exceed PLACE_SMALL: several are held in memory. */
enum { PLACE_SMALL = 64 * 1024 };
CHECKED Error *place_small_file(Place *place, const Entry *entry, Buffer *content);

/* Drops the begun file, if there is one. */
void place_drop_file(Place *place);

/* Waits for all that is under way, and leaves every folder that is still open: their metadata last. */
void place_finish(Place *place);

/* Releases; small files that no thread has begun with are not made, folders that were not left keep the mode 0700 in which they were made. */
void place_close(Place *place);
DEFINE_AUTO(Place, place_close)

#endif
