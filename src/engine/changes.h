/* Changes: what the manifests' lists of changed files say, for collection-status (FORMAT.md, "Status text"). */
#ifndef ENGINE_CHANGES_H
#define ENGINE_CHANGES_H

#include "catalog/collection.h"
#include "catalog/manifest.h"
#include "engine/job.h"

/* One set in which a file changed. */
typedef struct FileChangeRow {
        const BackupSet *set;
        FileChange change;
} FileChangeRow;

typedef struct FileHistory {
        const Collection *collection;
        const char *path;
        size_t count;
        const FileChangeRow *rows; /* the oldest first */
} FileHistory;

typedef void FileHistorySink(void *context, const FileHistory *history);

/* Tells once in which sets of the newest chain job->changed_path is listed. */
CHECKED Error *changes_of_file(const Job *job, FileHistorySink *sink, void *context);

typedef struct SetChanges {
        const BackupSet *set; /* NULL: there is no backup at all */
        uint64_t count;
        size_t widest; /* the most characters that a path has, as manifests write it */
} SetChanges;

/* How many characters of UTF-8 TEXT has. */
size_t changes_width(const char *text);

typedef struct SetChangesSinks {
        void (*begin)(void *context, const SetChanges *changes);
        ManifestFileSink *change;
        void (*end)(void *context);
        void *context;
} SetChangesSinks;

/* Tells the set job->changes_in_set, counted from the newest, then what is listed there. No such set: ERROR_USER, exit
 * code 2. */
CHECKED Error *changes_in_set(const Job *job, const SetChangesSinks *sinks);

#endif
