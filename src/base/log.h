/* The log: levels and the one sink. Rooms below the edge only note facts here; errors are returned, not logged. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

#include "base/attribute.h"

/* The numbers are duplicity's verbosity levels. */
typedef enum LogLevel {
        LOG_ERROR = 0,
        LOG_WARNING = 2,
        LOG_NOTICE = 3,
        LOG_INFO = 5,
        LOG_DEBUG = 9,
} LogLevel;

/* Receives each message that passes the level; MESSAGE has no newline at its end. Called under the log's lock, from
 * any thread. */
typedef void LogSink(void *context, LogLevel level, const char *message);

/* Sends messages up to LEVEL (a number 0 to 9) to SINK. Until this is called everything is dropped. SINK NULL drops
 * all. */
void log_open(LogSink *sink, void *context, int level);

/* True when a message of LEVEL would be shown: guards the making of costly texts. */
bool log_shows(LogLevel level);

void log_message(LogLevel level, const char *format, ...) PRINTF_LIKE(2, 3);

#define log_error(...) log_message(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_message(LOG_WARNING, __VA_ARGS__)
#define log_notice(...) log_message(LOG_NOTICE, __VA_ARGS__)
#define log_info(...) log_message(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_message(LOG_DEBUG, __VA_ARGS__)

#endif
