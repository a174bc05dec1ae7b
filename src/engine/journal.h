/* Journal: what a backup at work keeps in the archive folder so that another run can continue it (FORMAT.md, "State of
 * an unfinished backup"): the growing signature archive, the list of changed files, the finished manifest, and a log
 * of checkpoints that says how far the others count. */
#ifndef ENGINE_JOURNAL_H
#define ENGINE_JOURNAL_H

#include "engine/checkpoint.h"
#include "engine/plan.h"
#include "engine/seal.h"

typedef struct Journal Journal;

/* Begins the journal of the set PLAN, and removes whatever there was; or goes back to where PLAN continues, and
 * removes what comes behind that. Where a passphrase of the job protects the set, a message to try passphrases on is
 * made in the background. */
CHECKED Error *journal_open(Session *session, const Plan *plan, SealForm form, Journal **ret_journal);

/* The signature archive and the list of changed files, open at their ends; they stay the journal's. */
int journal_signatures(const Journal *journal);
int journal_list(const Journal *journal);

/* Adds CHECKPOINT to the log, when everything it speaks of is safe. */
CHECKED Error *journal_add(Journal *journal, const Checkpoint *checkpoint);

/* An empty file for the manifest, which stays the journal's. */
CHECKED Error *journal_begin_manifest(Journal *journal, int *ret_fd);

/* Says that signature archive and manifest are whole: if the set turns out to be complete, so are its local copies. */
CHECKED Error *journal_set_whole(Journal *journal);

/* Stops; everything stays where it is. */
void journal_close(Journal *journal);
DEFINE_AUTO(Journal, journal_close)

/* Makes the local copies of the signature archive and the manifest, called as said, of the whole files of FOLDER's
 * journal that are still there; then removes the journal. */
CHECKED Error *journal_keep(const char *folder, const char *signatures, const char *manifest);

/* Removes the journal of FOLDER. What cannot be removed is told as a warning. */
void journal_drop(const char *folder);

/* ---- reading ---- */

/* One checkpoint in short, and where its line ends in the log. */
typedef struct JournalVolume {
        Volume volume; /* its paths are the story's */
        uint64_t size, log_end;
        bool is_firm;
} JournalVolume;
DEFINE_LIST(JournalVolumeList, journal_volume_list, JournalVolume)

/* What the log says. */
typedef struct JournalStory {
        CheckpointHead head;
        char *token;       /* a message in base64 that the set's passphrase opens; NULL: none */
        JournalVolumeList volumes;
        Checkpoint *last;  /* of those; NULL: none */
        bool is_whole;
} JournalStory;

/* Reads the log of FOLDER up to its first line that is damaged or out of order, or to its volume MOST (from 1).
 * ERROR_MISSING: there is no log. ERROR_CORRUPT: its beginning makes no sense, or is of another version. */
CHECKED Error *journal_read(const char *folder, uint64_t most, JournalStory *ret_story);
void journal_clear_story(JournalStory *story);

/* True when the files of FOLDER are still what CHECKPOINT says of them. */
bool journal_is_intact(const char *folder, const Checkpoint *checkpoint);

/* What SESSION's job demands of a set that it continues. Each text is the caller's: checkpoint_clear_head. */
void journal_print_demands(const Session *session, SealForm form, char *demands[CHECKPOINT_DEMANDS]);

/* What the token says. */
extern const char journal_token_text[];

#endif
