#include "base/log.h"

#include <pthread.h>
#include <stdarg.h>

#include "base/memory.h"

static struct {
        pthread_mutex_t mutex;
        LogSink *sink;
        void *context;
        int level;
} the_log = { .mutex = PTHREAD_MUTEX_INITIALIZER, .level = -1 };

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

void log_message(LogLevel level, const char *format, ...) {
        if (!log_shows(level))
                return;
        va_list arguments;
        va_start(arguments, format);
        AUTO_TEXT char *message = memory_vprint(format, arguments);
        va_end(arguments);
        pthread_mutex_lock(&the_log.mutex);
        if (the_log.sink)
                the_log.sink(the_log.context, level, message);
        pthread_mutex_unlock(&the_log.mutex);
}
