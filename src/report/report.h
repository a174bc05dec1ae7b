/* Reports: what the verbs found, as text (FORMAT.md, "Statistics" and "Status text"). Pure. */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "base/buffer.h"
#include "engine/engine.h"

/* Appends a number of bytes for people: "1 byte", "512 bytes", "1.50 KB", "100 MB". */
void report_print_size(uint64_t bytes, Buffer *out);

/* Appends the statistics block of a backup. */
void report_print_statistics(const Summary *summary, Buffer *out);

/* Appends the list of files that could not be DONE ("backed up") completely; nothing when there was no problem. */
void report_print_problems(const Summary *summary, const char *done, Buffer *out);

/* Append one line each, without its newline. */
void report_print_restore(const Summary *summary, bool dry_run, Buffer *out);
void report_print_verify(const Summary *summary, Buffer *out);

/* One line of verify about a difference, TEXT. */
void report_print_difference(const char *text, Buffer *out);

/* The same of one line of list-current-files. FOR_PEOPLE: control characters are made visible. */
void report_print_path(Moment modified, const char *path, bool for_people, Buffer *out);

/* Appends the text of collection-status, and below it what is wrong. */
void report_print_status(const Status *status, Buffer *out);

/* Appends the same for programs: the lines behind code 3 of the machine log, the first one empty. */
void report_print_status_lines(const Status *status, Buffer *out);

#endif
