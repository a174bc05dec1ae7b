#include "base/words.h"

#include <string.h>

#include "base/buffer.h"

static const char blanks[] = " \t\n";

/* Moves the word at *AT to WORD. False when a quote has no end. */
static bool take_word(const char **at, Buffer *word) {
        char quote = 0;
        for (; **at && (quote || !strchr(blanks, **at)); (*at)++) {
                char c = **at, next = (*at)[1];
                bool is_escape = c == '\\' && next && (!quote || (quote == '"' && strchr("\\\"$`", next)));
                if (is_escape)
                        buffer_add_byte(word, (uint8_t)*++(*at));
                else if (quote ? c == quote : c == '\'' || c == '"')
                        quote = quote ? 0 : c;
                else
                        buffer_add_byte(word, (uint8_t)c);
        }
        return !quote;
}

Error *words_split(const char *text, const char *option, Arena *arena, TextList *words) {
        for (const char *at = text + strspn(text, blanks); *at; at += strspn(at, blanks)) {
                AUTO_VALUE(buffer_clear) Buffer word = { .data = NULL };
                if (!take_word(&at, &word))
                        return error_with_code(error_new(ERROR_USER, "quote without an end in %s '%s'", option, text),
                                               EXIT_CODE_COMMAND_LINE);
                text_list_add(words, arena_text(arena, buffer_text(&word)));
        }
        return NULL;
}
