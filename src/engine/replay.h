/* Replay: the tree as it was at a moment, an ordered merge of the sets of a chain; deltas are applied here. */
#ifndef ENGINE_REPLAY_H
#define ENGINE_REPLAY_H

#include "catalog/choose.h"
#include "engine/session.h"
#include "engine/summary.h"
#include "source/entry.h"

typedef struct Replay Replay;

/* Begins with the sets of CHOICE, restricted to PATH and what lies beneath it ("" is everything). The job's progress
 * listener is told how much of the stored volumes has been read; DOING ("restoring") is for it, and must outlive the
 * replay. */
CHECKED Error *replay_open(Session *session, const Choice *choice, const char *path, const char *doing,
                           Replay **ret_replay);

/* Counts in SUMMARY what cannot be whole, whatever is read: sets with volumes that their manifest does not speak of. */
void replay_tell_unlisted(const Replay *replay, Summary *summary);

/* The next path in archive order, valid until the following call; NULL at the end. Of a file, size may be unknown.
 * Errors as set_reader_next. */
CHECKED Error *replay_next(Replay *replay, const Entry **ret_entry);

/* Writes the content of the file last given to FD, which is emptied first and must be open for reading and writing;
 * at most once per file. An error of kind ERROR_CORRUPT concerns this file alone unless replay_is_broken: a missing
 * chunk, a bad delta, a wrong hash; what FD holds is then of no use. When the newest version is marked as incomplete,
 * the one before is taken: *ret_entry (valid like replay_next's) is the metadata of the one that was used. */
CHECKED Error *replay_content(Replay *replay, int fd, const Entry **ret_entry);

/* The same for a content of at most REPLAY_SMALL bytes that needs no other version: it is put into OUT, which is empty,
 * and *ret_done becomes true. Otherwise, and when the newest version is of no use, *ret_done becomes false, and
 * replay_content has to be called, which knows about that. */
enum { REPLAY_SMALL = 64 * 1024 };
CHECKED Error *replay_small_content(Replay *replay, Buffer *out, const Entry **ret_entry, bool *ret_done);

/* With session->losses, also versions that are damaged or were in a lost volume are replaced so. After replay_content:
 * what to say of that, NULL when the newest version was used or one marked as incomplete. USED is what replay_content
 * gave. Caller frees. */
char *replay_substitute(const Replay *replay, const Entry *used);

/* True when a volume cannot be read on: nothing more can be had from this replay. */
bool replay_is_broken(const Replay *replay);

void replay_close(Replay *replay);
DEFINE_AUTO(Replay, replay_close)

#endif
