#include "source/glob.h"

#include <locale.h>
#include <string.h>
#include <wctype.h>

#include "base/list.h"
#include "base/memory.h"

typedef enum TokenKind {
        TOKEN_CHARACTER,
        TOKEN_CLASS,
        TOKEN_ONE,  /* ?: a character but '/' */
        TOKEN_STAR, /* *: any number of those */
        TOKEN_DEEP, /* **: anything */
} TokenKind;

typedef struct Token {
        TokenKind kind;
        bool negated;            /* TOKEN_CLASS */
        uint32_t character;      /* TOKEN_CHARACTER */
        size_t first, count;     /* TOKEN_CLASS: its ranges */
} Token;

typedef struct Range {
        uint32_t low, high;
} Range;

DEFINE_LIST(TokenList, token_list, Token)
DEFINE_LIST(RangeList, range_list, Range)

/* A pattern is a machine whose states are the places in front of its tokens, and one behind them, the last. */
struct Glob {
        TokenList tokens;
        RangeList ranges;
        size_t head_tokens;   /* plain characters in front: compared as bytes */
        Bytes head, tail;     /* plain bytes in front of all, behind all special characters */
        size_t deep;          /* the first TOKEN_DEEP, SIZE_MAX: none */
        bool folders_only;
        locale_t characters;  /* of upper and lower case; NULL: case counts */
        char *text;           /* what head and tail point to */
};

/* ---- compiling ---- */

static uint32_t fold(const Glob *glob, uint32_t character) {
        return glob->characters ? (uint32_t)towlower_l((wint_t)character, glob->characters) : character;
}

/* Those of Unicode; where the machine lacks them, those of ASCII. */
static locale_t open_characters(void) {
        locale_t characters = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
        return characters ? characters : newlocale(LC_CTYPE_MASK, "C", NULL);
}

bool glob_is_plain(Bytes pattern) {
        for (size_t i = 0; i < pattern.length; i++)
                if (pattern.at[i] == '*' || pattern.at[i] == '?' || pattern.at[i] == '[')
                        return false;
        return true;
}

static Error *wrong(const char *problem) {
        return error_with_code(error_new(ERROR_USER, "%s", problem), EXIT_CODE_GLOB_SYNTAX);
}

static bool takes(Bytes *rest, const char *prefix) {
        if (!bytes_start_with(*rest, prefix))
                return false;
        *rest = bytes_slice(*rest, strlen(prefix), SIZE_MAX);
        return true;
}

/* The members of the class that REST begins with, behind its '[' and negation; false when none ends there: then the
 * '[' is a plain character. A ']' in front is a member. */
static bool find_class(Bytes rest, Bytes *ret_members, Bytes *ret_behind) {
        for (size_t i = 1; i < rest.length; i++) {
                if (rest.at[i] != ']')
                        continue;
                *ret_members = bytes_slice(rest, 0, i);
                *ret_behind = bytes_slice(rest, i + 1, SIZE_MAX);
                return true;
        }
        return false;
}

static Error *add_ranges(Glob *glob, Bytes members) {
        while (members.length) {
                Range range;
                range.low = range.high = fold(glob, bytes_take_character(&members));
                if (members.length > 1 && takes(&members, "-"))
                        range.high = fold(glob, bytes_take_character(&members));
                if (range.high < range.low)
                        return wrong("a range in brackets ends before it starts");
                range_list_add(&glob->ranges, range);
        }
        return NULL;
}

/* REST stands behind a '['. */
static Error *add_class(Glob *glob, Bytes *rest) {
        Bytes members = *rest;
        Token token = { .kind = TOKEN_CLASS, .first = glob->ranges.count };
        token.negated = takes(&members, "!") || takes(&members, "^");
        if (!find_class(members, &members, rest)) {
                token_list_add(&glob->tokens, (Token){ .kind = TOKEN_CHARACTER, .character = '[' });
                return NULL;
        }
        TRY(add_ranges(glob, members));
        token.count = glob->ranges.count - token.first;
        token_list_add(&glob->tokens, token);
        return NULL;
}

/* Stars next to each other are one, the mightiest of them. */
static void add_star(Glob *glob, TokenKind kind) {
        Token *last = glob->tokens.count ? &glob->tokens.items[glob->tokens.count - 1] : NULL;
        if (last && (last->kind == TOKEN_DEEP || last->kind == TOKEN_STAR))
                last->kind = MAX(last->kind, kind);
        else
                token_list_add(&glob->tokens, (Token){ .kind = kind });
}

static Error *add_token(Glob *glob, Bytes *rest, bool literal) {
        if (literal || !strchr("*?[", *rest->at) || *rest->at == '\0')
                token_list_add(&glob->tokens, (Token){ .kind = TOKEN_CHARACTER,
                                                       .character = fold(glob, bytes_take_character(rest)) });
        else if (takes(rest, "**"))
                add_star(glob, TOKEN_DEEP);
        else if (takes(rest, "*"))
                add_star(glob, TOKEN_STAR);
        else if (takes(rest, "?"))
                token_list_add(&glob->tokens, (Token){ .kind = TOKEN_ONE });
        else if (takes(rest, "["))
                return add_class(glob, rest);
        return NULL;
}

static size_t count_plain(const TokenList *tokens) {
        size_t count = 0;
        while (count < tokens->count && tokens->items[count].kind == TOKEN_CHARACTER)
                count++;
        return count;
}

static size_t count_plain_behind(const TokenList *tokens) {
        size_t count = 0;
        while (count < tokens->count && tokens->items[tokens->count - 1 - count].kind == TOKEN_CHARACTER)
                count++;
        return count;
}

/* The bytes of the COUNT characters at the end of TEXT, or at its start. */
static Bytes characters_of(Bytes text, size_t count, bool at_end) {
        Bytes rest = text;
        size_t total = 0;
        for (Bytes counted = text; counted.length; total++)
                (void)bytes_take_character(&counted);
        for (size_t i = 0; i < (at_end ? total - count : count); i++)
                (void)bytes_take_character(&rest);
        return at_end ? rest : bytes_slice(text, 0, (size_t)(rest.at - text.at));
}

/* Finds what can be compared faster than character by character. */
static void find_shortcuts(Glob *glob, Bytes pattern) {
        glob->deep = SIZE_MAX;
        for (size_t i = glob->tokens.count; i-- > 0;)
                if (glob->tokens.items[i].kind == TOKEN_DEEP)
                        glob->deep = i;
        if (glob->characters)
                return;
        glob->text = memory_copy(pattern.at, pattern.length);
        Bytes text = bytes_make(glob->text, pattern.length);
        glob->head_tokens = count_plain(&glob->tokens);
        glob->head = characters_of(text, glob->head_tokens, false);
        if (glob->head_tokens < glob->tokens.count)
                glob->tail = characters_of(text, count_plain_behind(&glob->tokens), true);
}

Error *glob_check(Bytes pattern) {
        if (pattern.length == 0)
                return wrong("it is empty");
        if (memmem(pattern.at, pattern.length, "//", 2))
                return wrong("it has two slashes in a row, which no path has: write one");
        return NULL;
}

Error *glob_compile(Bytes pattern, unsigned syntax, Glob **ret_glob) {
        AUTO(glob_free) Glob *glob = memory_new(Glob);
        TRY(glob_check(pattern));
        if (syntax & GLOB_IGNORE_CASE)
                glob->characters = open_characters();
        glob->folders_only = bytes_end_with(pattern, "/");
        pattern.length -= glob->folders_only;
        for (Bytes rest = pattern; rest.length;) {
                TRY(add_token(glob, &rest, syntax & GLOB_LITERAL));
                if (glob->tokens.count > GLOB_LONGEST)
                        return wrong("it is too long");
        }
        find_shortcuts(glob, pattern);
        *ret_glob = TAKE(glob);
        return NULL;
}

void glob_free(Glob *glob) {
        if (!glob)
                return;
        token_list_clear(&glob->tokens);
        range_list_clear(&glob->ranges);
        if (glob->characters)
                freelocale(glob->characters);
        memory_free(glob->text);
        memory_free(glob);
}

/* ---- matching ---- */

enum { WORD_BITS = 64, MOST_WORDS = GLOB_LONGEST / WORD_BITS + 1 };

/* The states the machine is in. */
typedef struct States {
        uint64_t words[MOST_WORDS];
} States;

static size_t count_words(const Glob *glob) {
        return glob->tokens.count / WORD_BITS + 1;
}

static bool has(const States *states, size_t state) {
        return states->words[state / WORD_BITS] >> state % WORD_BITS & 1;
}

static bool is_star(const Glob *glob, size_t state) {
        return state < glob->tokens.count && glob->tokens.items[state].kind >= TOKEN_STAR;
}

/* A star may stand for nothing: whoever is in front of one is behind it too. */
static void enter(const Glob *glob, States *states, size_t state) {
        states->words[state / WORD_BITS] |= UINT64_C(1) << state % WORD_BITS;
        if (is_star(glob, state))
                enter(glob, states, state + 1);
}

static bool is_in_class(const Glob *glob, const Token *token, uint32_t character) {
        for (size_t i = token->first; i < token->first + token->count; i++)
                if (character >= glob->ranges.items[i].low && character <= glob->ranges.items[i].high)
                        return !token->negated;
        return token->negated;
}

static bool accepts(const Glob *glob, const Token *token, uint32_t character) {
        switch (token->kind) {
        case TOKEN_CHARACTER:
                return token->character == character;
        case TOKEN_CLASS:
                return is_in_class(glob, token, character);
        case TOKEN_ONE:
        case TOKEN_STAR:
                return character != '/';
        case TOKEN_DEEP:
                return true;
        }
        abort(); /* every kind is dealt with */
}

/* Moves on by one character. False when no state is left. */
static bool advance(const Glob *glob, States *now, uint32_t character) {
        States next;
        size_t words = count_words(glob);
        bool is_alive = false;
        memset(next.words, 0, words * sizeof next.words[0]);
        for (size_t i = 0; i < words; i++) {
                for (uint64_t left = now->words[i]; left; left &= left - 1) {
                        size_t state = i * WORD_BITS + (size_t)__builtin_ctzll(left);
                        if (state == glob->tokens.count || !accepts(glob, &glob->tokens.items[state], character))
                                continue;
                        enter(glob, &next, is_star(glob, state) ? state : state + 1);
                        is_alive = true;
                }
        }
        memcpy(now->words, next.words, words * sizeof next.words[0]);
        return is_alive;
}

/* At the end of a path: whether it is the first components of the pattern, or up to its first '**'. */
static bool leads(const Glob *glob, const States *now) {
        if (glob->deep != SIZE_MAX && has(now, glob->deep))
                return true;
        for (size_t i = glob->head_tokens; i < MIN(glob->tokens.count, glob->deep); i++)
                if (glob->tokens.items[i].kind == TOKEN_CHARACTER && glob->tokens.items[i].character == '/' &&
                    has(now, i))
                        return true;
        return false;
}

/* Runs the machine over what follows the head. */
static GlobAnswer run(const Glob *glob, Bytes rest, bool is_folder) {
        States now;
        size_t last = glob->tokens.count;
        bool lies_beneath = false;
        memset(now.words, 0, count_words(glob) * sizeof now.words[0]);
        enter(glob, &now, glob->head_tokens);
        while (rest.length) {
                if (*rest.at == '/' && has(&now, last)) {
                        if (!glob->folders_only)
                                return GLOB_MATCHES;
                        lies_beneath = true;
                }
                if (!advance(glob, &now, fold(glob, bytes_take_character(&rest))))
                        return lies_beneath ? GLOB_MATCHES : GLOB_NOTHING;
        }
        if (has(&now, last)) /* and nothing else: where the very path is meant, its type decides */
                return !glob->folders_only || is_folder ? GLOB_MATCHES : GLOB_NOTHING;
        return lies_beneath ? GLOB_MATCHES : leads(glob, &now) ? GLOB_LEADS : GLOB_NOTHING;
}

static bool begins_with(Bytes bytes, Bytes prefix) {
        return bytes_equal(bytes_slice(bytes, 0, prefix.length), prefix);
}

GlobAnswer glob_match(const Glob *glob, Bytes path, bool is_folder, bool wants_leads) {
        if (path.length < glob->head.length) {
                bool is_parent = begins_with(glob->head, path) && glob->head.at[path.length] == '/';
                return is_parent && wants_leads ? GLOB_LEADS : GLOB_NOTHING;
        }
        if (!begins_with(path, glob->head))
                return GLOB_NOTHING;
        Bytes rest = bytes_slice(path, glob->head.length, SIZE_MAX);
        bool may_match = rest.length >= glob->tail.length &&
                         (!glob->tail.length || memmem(rest.at, rest.length, glob->tail.at, glob->tail.length));
        if (!may_match && !wants_leads)
                return GLOB_NOTHING;
        if (!may_match && glob->deep == glob->head_tokens)
                return GLOB_LEADS;
        GlobAnswer answer = run(glob, rest, is_folder);
        return answer == GLOB_LEADS && !wants_leads ? GLOB_NOTHING : answer;
}
