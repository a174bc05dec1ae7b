/* Summary: what a run did, in numbers, and what it could not do. */
#ifndef ENGINE_SUMMARY_H
#define ENGINE_SUMMARY_H

#include "base/attribute.h"
#include "base/list.h"
#include "base/log.h"
#include "base/when.h"

typedef struct Summary {
        double started, ended; /* seconds since 1970, with fraction */

        /* backup: the statistics block's numbers */
        bool full;
        bool skipped; /* nothing had changed, and no set was made */
        Moment set_time;
        uint64_t source_files, source_bytes;
        uint64_t new_files, new_bytes;
        uint64_t deleted_files;
        uint64_t changed_files, changed_bytes;
        uint64_t delta_entries, delta_bytes;
        uint64_t stored_bytes; /* of volumes, as stored */
        uint64_t volume_count;

        /* restore and verify */
        uint64_t restored_files, restored_bytes;
        uint64_t compared_files, differences;

        /* Files that were not dealt with completely. Each is told through the log when it happens; the first
         * SUMMARY_KEPT_PROBLEMS texts are kept for the end. */
        uint64_t problem_count;
        TextList problems;
} Summary;

enum { SUMMARY_KEPT_PROBLEMS = 100 };

/* The numbers of a backup at one moment: those from source_files to delta_bytes, and problem_count. */
enum { SUMMARY_NUMBERS = 10 };
typedef struct SummaryMark {
        uint64_t numbers[SUMMARY_NUMBERS];
} SummaryMark;

SummaryMark summary_mark(const Summary *summary);

/* Takes the numbers back to what they were at MARK. */
void summary_return(Summary *summary, const SummaryMark *mark);

/* Counts one problem, logs it as an error and keeps its text. */
void summary_problem(Summary *summary, const char *format, ...) PRINTF_LIKE(2, 3);

/* The same for the file or folder PATH, which programs are told as EVENT (LOG_EVENT_FILE_UNREADABLE or _FAILED). */
void summary_file_problem(Summary *summary, LogEvent event, const char *path, const char *format, ...)
        PRINTF_LIKE(4, 5);

void summary_clear(Summary *summary);

#endif
