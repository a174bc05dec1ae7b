#include "charm/apt.h"

#include "sys/process.h"

enum { TIMEOUT = 1800, ANSWER = 1 << 20 };

Error *apt_run(const char *const *command, const TextList *more, Arena *arena, const char **ret_words, Buffer *out) {
        static const char *const environment[] = { "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8", NULL };
        AUTO_VALUE(process_result_clear) ProcessResult result = { .status = 0 };
        AUTO_VALUE(text_list_clear) TextList words = { .items = NULL };
        for (; *command; command++)
                text_list_add(&words, *command);
        for (size_t i = 0; i < more->count; i++)
                text_list_add(&words, more->items[i]);
        text_list_add(&words, NULL);
        const ProcessSpec spec = {
                .arguments = words.items, .environment = environment, .most = ANSWER, .timeout = TIMEOUT
        };
        TRY(process_run(&spec, &result));
        if (out)
                (void)buffer_add(out, buffer_bytes(&result.out));
        AUTO_TEXT char *last = result.status ? process_last_words(&result) : NULL;
        *ret_words = arena_text(arena, last);
        return NULL;
}

Error *apt_update(Arena *arena, const char **ret_words) {
        static const char *const update[] = { "apt-get", "--quiet", "--option=DPkg::Lock::Timeout=300", "update",
                                              NULL };
        return apt_run(update, &(TextList){ .items = NULL }, arena, ret_words, NULL);
}
