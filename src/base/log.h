/* The log: levels and the one sink. Rooms below the edge only note facts here; errors are returned, not logged. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

#include "base/attribute.h"
#include "base/error.h"

/* The numbers are duplicity's verbosity levels. */
typedef enum LogLevel {
        LOG_ERROR = 0,
        LOG_WARNING = 2,
        LOG_NOTICE = 3,
        LOG_INFO = 5,
        LOG_DEBUG = 9,
} LogLevel;

/* What programs that listen are told beside the text (FORMAT.md, "Machine log"): its form is that of EXTRA. */
typedef enum LogEvent {
        LOG_EVENT_PROBLEM,         /* one that people are told as an error, without an end of the run; no EXTRA */
        LOG_EVENT_RESULT,          /* part of what was asked for; no EXTRA */
        LOG_EVENT_STATISTICS,      /* no EXTRA */
        LOG_EVENT_PROGRESS,        /* BYTES so far, or VOLUMES TOTAL */
        LOG_EVENT_STATUS,          /* "\n" and lines */
        LOG_EVENT_FILE_NEW,        /* 'PATH', as path_quoted makes it; so in the other rows */
        LOG_EVENT_FILE_CHANGED,    /* 'PATH' */
        LOG_EVENT_FILE_GONE,       /* 'PATH' */
        LOG_EVENT_FILE_WRITTEN,    /* 'PATH' TYPE */
        LOG_EVENT_FILE_LISTED,     /* TIME 'PATH' TYPE */
        LOG_EVENT_UPLOAD_BEGUN,    /* no EXTRA; so in the next three */
        LOG_EVENT_UPLOAD_DONE,
        LOG_EVENT_PARALLEL_UPLOAD_BEGUN,
        LOG_EVENT_PARALLEL_UPLOAD_DONE,
        LOG_EVENT_SOCKET_SKIPPED,  /* 'PATH' */
        LOG_EVENT_UPLOAD_PROGRESS, /* BYTES SECONDS PERCENT SECONDS-LEFT BYTES-A-SECOND STALLED */
        LOG_EVENT_FILE_UNREADABLE, /* 'PATH' */
        LOG_EVENT_FILE_FAILED,     /* 'PATH', when restoring or verifying */
} LogEvent;

/* One message. */
typedef struct LogRecord {
        LogLevel level;    /* from which verbosity on it is shown */
        const char *text;  /* no newline at its end; may be empty, for programs alone */
        LogLevel told_as;  /* the level that programs are told */
        unsigned code;     /* duplicity's number of the event; of an error that ends the run, its exit code */
        const char *extra; /* as the event has it, "" for none */
} LogRecord;

/* The record of EVENT; its texts stay the caller's. */
LogRecord log_record(LogEvent event, const char *extra, const char *text);

/* The name of a level in messages and records: "NOTICE". */
const char *log_level_name(LogLevel level);

/* Receives each record that passes the level. Called under the log's lock, from any thread. */
typedef void LogSink(void *context, const LogRecord *record);

/* Sends messages up to LEVEL (a number 0 to 9) to SINK. Until this is called everything is dropped. SINK NULL drops
 * all. */
void log_open(LogSink *sink, void *context, int level);

/* True when a message of LEVEL would be shown: guards the making of costly texts. */
bool log_shows(LogLevel level);

void log_message(LogLevel level, const char *format, ...) PRINTF_LIKE(2, 3);

/* A message that programs are told more of: EXTRA in the event's form, NULL for none. */
void log_event(LogEvent event, const char *extra, const char *format, ...) PRINTF_LIKE(3, 4);

/* The same, EXTRA being PATH in quotes. */
void log_path_event(LogEvent event, const char *path, const char *format, ...) PRINTF_LIKE(3, 4);

/* The error that ends the run, with its exit code. */
void log_failure(unsigned exit_code, const char *format, ...) PRINTF_LIKE(2, 3);

/* A failure that must not stop what is being done: a warning, with what follows from it in parentheses. Releases ERROR;
 * NULL says nothing. */
void log_and_go_on(Error *error, const char *consequence);

#define log_error(...) log_message(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_message(LOG_WARNING, __VA_ARGS__)
#define log_notice(...) log_message(LOG_NOTICE, __VA_ARGS__)
#define log_info(...) log_message(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_message(LOG_DEBUG, __VA_ARGS__)

#endif
