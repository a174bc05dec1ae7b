#include "engine/summary.h"

#include <stdarg.h>

#include "base/log.h"

/* Takes TEXT. */
static void count(Summary *summary, char *text) {
        summary->problem_count++;
        if (summary->problems.count < SUMMARY_KEPT_PROBLEMS)
                text_list_add(&summary->problems, text);
        else
                memory_free(text);
}

void summary_problem(Summary *summary, const char *format, ...) {
        va_list arguments;
        va_start(arguments, format);
        char *text = memory_vprint(format, arguments);
        va_end(arguments);
        log_event(LOG_EVENT_PROBLEM, NULL, "%s", text);
        count(summary, text);
}

void summary_file_problem(Summary *summary, LogEvent event, const char *path, const char *format, ...) {
        va_list arguments;
        va_start(arguments, format);
        char *text = memory_vprint(format, arguments);
        va_end(arguments);
        log_path_event(event, path, "%s", text);
        count(summary, text);
}

void summary_clear(Summary *summary) {
        for (size_t i = 0; i < summary->problems.count; i++)
                memory_free((void *)(uintptr_t)summary->problems.items[i]);
        text_list_clear(&summary->problems);
}
