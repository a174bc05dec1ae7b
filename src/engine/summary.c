#include "engine/summary.h"

#include <stdarg.h>

#include "base/log.h"

void summary_problem(Summary *summary, const char *format, ...) {
        va_list arguments;
        va_start(arguments, format);
        AUTO_TEXT char *text = memory_vprint(format, arguments);
        va_end(arguments);
        log_error("%s", text);
        summary->problem_count++;
        if (summary->problems.count < SUMMARY_KEPT_PROBLEMS)
                text_list_add(&summary->problems, TAKE(text));
}

void summary_clear(Summary *summary) {
        for (size_t i = 0; i < summary->problems.count; i++)
                memory_free((void *)(uintptr_t)summary->problems.items[i]);
        text_list_clear(&summary->problems);
}
