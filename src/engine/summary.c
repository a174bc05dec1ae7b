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

static const size_t number_offsets[SUMMARY_NUMBERS] = {
        offsetof(Summary, source_files),  offsetof(Summary, source_bytes),  offsetof(Summary, new_files),
        offsetof(Summary, new_bytes),     offsetof(Summary, deleted_files), offsetof(Summary, changed_files),
        offsetof(Summary, changed_bytes), offsetof(Summary, delta_entries), offsetof(Summary, delta_bytes),
        offsetof(Summary, problem_count),
};

SummaryMark summary_mark(const Summary *summary) {
        SummaryMark mark;
        for (size_t i = 0; i < SUMMARY_NUMBERS; i++)
                memcpy(&mark.numbers[i], (const uint8_t *)summary + number_offsets[i], sizeof mark.numbers[i]);
        return mark;
}

void summary_return(Summary *summary, const SummaryMark *mark) {
        for (size_t i = 0; i < SUMMARY_NUMBERS; i++)
                memcpy((uint8_t *)summary + number_offsets[i], &mark->numbers[i], sizeof mark->numbers[i]);
}

void summary_clear(Summary *summary) {
        for (size_t i = 0; i < summary->problems.count; i++)
                memory_free((void *)(uintptr_t)summary->problems.items[i]);
        text_list_clear(&summary->problems);
}
