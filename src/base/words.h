/* Words: a text split as a shell does it. */
#ifndef BASE_WORDS_H
#define BASE_WORDS_H

#include "base/arena.h"
#include "base/error.h"
#include "base/list.h"

/* Adds to WORDS (out of ARENA) the words of TEXT: blanks, both quotes, backslash; nothing is expanded. Quotes without
 * their end: ERROR_USER with exit code 2, naming OPTION ("--gpg-options"). */
CHECKED Error *words_split(const char *text, const char *option, Arena *arena, TextList *words);

#endif
