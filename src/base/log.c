#include "base/log.h"

#include <pthread.h>
#include <stdarg.h>

#include "base/memory.h"
#include "base/path.h"

enum { GENERIC_CODE = 1 };

static const struct {
        LogLevel level, told_as;
        unsigned code;
} events[] = {
        [LOG_EVENT_PROBLEM] = { LOG_ERROR, LOG_WARNING, GENERIC_CODE },
        [LOG_EVENT_RESULT] = { LOG_NOTICE, LOG_NOTICE, GENERIC_CODE },
        [LOG_EVENT_STATISTICS] = { LOG_NOTICE, LOG_NOTICE, GENERIC_CODE },
        [LOG_EVENT_PROGRESS] = { LOG_INFO, LOG_INFO, 2 },
        [LOG_EVENT_STATUS] = { LOG_NOTICE, LOG_INFO, 3 },
        [LOG_EVENT_FILE_NEW] = { LOG_INFO, LOG_INFO, 4 },
        [LOG_EVENT_FILE_CHANGED] = { LOG_INFO, LOG_INFO, 5 },
        [LOG_EVENT_FILE_GONE] = { LOG_INFO, LOG_INFO, 6 },
        [LOG_EVENT_FILE_WRITTEN] = { LOG_INFO, LOG_INFO, 7 },
        [LOG_EVENT_FILE_LISTED] = { LOG_NOTICE, LOG_INFO, 10 },
        [LOG_EVENT_UPLOAD_BEGUN] = { LOG_INFO, LOG_INFO, 11 },
        [LOG_EVENT_UPLOAD_DONE] = { LOG_INFO, LOG_INFO, 13 },
        [LOG_EVENT_PARALLEL_UPLOAD_BEGUN] = { LOG_INFO, LOG_INFO, 12 },
        [LOG_EVENT_PARALLEL_UPLOAD_DONE] = { LOG_INFO, LOG_INFO, 14 },
        [LOG_EVENT_SOCKET_SKIPPED] = { LOG_NOTICE, LOG_INFO, 15 },
        [LOG_EVENT_UPLOAD_PROGRESS] = { LOG_NOTICE, LOG_NOTICE, 16 },
        [LOG_EVENT_FILE_UNREADABLE] = { LOG_ERROR, LOG_WARNING, 10 },
        [LOG_EVENT_FILE_FAILED] = { LOG_ERROR, LOG_WARNING, 12 },
};

static struct {
        pthread_mutex_t mutex;
        LogSink *sink;
        void *context;
        int level;
} the_log = { .mutex = PTHREAD_MUTEX_INITIALIZER, .level = -1 };

LogRecord log_record(LogEvent event, const char *extra, const char *text) {
        return (LogRecord){
                .level = events[event].level,
                .text = text,
                .told_as = events[event].told_as,
                .code = events[event].code,
                .extra = extra ? extra : "",
        };
}

const char *log_level_name(LogLevel level) {
        switch (level) {
        case LOG_ERROR:
                return "ERROR";
        case LOG_WARNING:
                return "WARNING";
        case LOG_NOTICE:
                return "NOTICE";
        case LOG_INFO:
                return "INFO";
        case LOG_DEBUG:
                return "DEBUG";
        }
        abort(); /* every level has a name */
}

void log_open(LogSink *sink, void *context, int level) {
        pthread_mutex_lock(&the_log.mutex);
        the_log.sink = sink;
        the_log.context = context;
        __atomic_store_n(&the_log.level, sink ? level : -1, __ATOMIC_RELAXED);
        pthread_mutex_unlock(&the_log.mutex);
}

bool log_shows(LogLevel level) {
        return (int)level <= __atomic_load_n(&the_log.level, __ATOMIC_RELAXED);
}

/* Sends RECORD with the text of FORMAT. */
static void send(LogRecord record, const char *format, va_list arguments) PRINTF_LIKE(2, 0);
static void send(LogRecord record, const char *format, va_list arguments) {
        AUTO_TEXT char *text = memory_vprint(format, arguments);
        record.text = text;
        pthread_mutex_lock(&the_log.mutex);
        if (the_log.sink)
                the_log.sink(the_log.context, &record);
        pthread_mutex_unlock(&the_log.mutex);
}

void log_message(LogLevel level, const char *format, ...) {
        if (!log_shows(level))
                return;
        va_list arguments;
        va_start(arguments, format);
        send((LogRecord){ .level = level, .told_as = level, .code = GENERIC_CODE, .extra = "" }, format, arguments);
        va_end(arguments);
}

void log_event(LogEvent event, const char *extra, const char *format, ...) {
        if (!log_shows(events[event].level))
                return;
        va_list arguments;
        va_start(arguments, format);
        send(log_record(event, extra, NULL), format, arguments);
        va_end(arguments);
}

void log_path_event(LogEvent event, const char *path, const char *format, ...) {
        if (!log_shows(events[event].level))
                return;
        AUTO_TEXT char *extra = path_quoted(path);
        va_list arguments;
        va_start(arguments, format);
        send(log_record(event, extra, NULL), format, arguments);
        va_end(arguments);
}

void log_failure(unsigned exit_code, const char *format, ...) {
        va_list arguments;
        va_start(arguments, format);
        send((LogRecord){ .level = LOG_ERROR, .told_as = LOG_ERROR, .code = exit_code, .extra = "" }, format,
             arguments);
        va_end(arguments);
}

void log_and_go_on(Error *error, const char *consequence) {
        if (error)
                log_warning("%s (%s)", error_story(error), consequence);
        error_free(error);
}
