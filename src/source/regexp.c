#include "source/regexp.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"

enum {
        MOST_STEPS = 1000000,      /* about 30 ms */
        MOST_DEPTH = 100000,
        MOST_MEMORY = 16 * 1024,   /* KiB */
        STRAY_BYTES = 0x10FF00,    /* what stands for a byte that is not UTF-8: of a private use area */
};

struct Regexp {
        pcre2_code *code;
};

struct RegexpRoom {
        pcre2_match_context *limits;
        pcre2_match_data *data;
        Buffer text; /* with stray bytes replaced */
};

static Error *wrong(const char *format, ...) PRINTF_LIKE(1, 2);
static Error *wrong(const char *format, ...) {
        va_list arguments;
        va_start(arguments, format);
        AUTO_TEXT char *text = memory_vprint(format, arguments);
        va_end(arguments);
        return error_with_code(error_new(ERROR_USER, "%s", text), EXIT_CODE_GLOB_SYNTAX);
}

/* The number of bytes at the start of REST that are one escape, or one character. */
static size_t unit_length(Bytes rest) {
        return rest.at[0] == '\\' && rest.length > 1 ? 2 : 1;
}

/* "{,3}": up to three; elder PCRE2 takes that for plain text. */
static bool is_open_count(Bytes rest) {
        size_t i = 2;
        while (i < rest.length && rest.at[i] >= '0' && rest.at[i] <= '9')
                i++;
        return bytes_start_with(rest, "{,") && i < rest.length && rest.at[i] == '}';
}

/* Appends PATTERN with what Python spells otherwise: \Z is the very end, {,n} begins with 0, and there are no classes
 * within classes. */
static void translate(Bytes pattern, Buffer *out) {
        bool in_class = false;
        size_t length;
        for (Bytes rest = pattern; rest.length; rest = bytes_slice(rest, length, SIZE_MAX)) {
                length = unit_length(rest);
                bool begins_class = !in_class && rest.at[0] == '[';
                if (begins_class && (bytes_start_with(rest, "[]") || bytes_start_with(rest, "[^]")))
                        length = rest.at[1] == ']' ? 2 : 3;
                bool is_member = in_class;
                in_class = begins_class || (in_class && rest.at[0] != ']');
                if (is_member && rest.at[0] == '[')
                        (void)buffer_add_text(out, "\\"); /* no ceiling, cannot fail; so below */
                if (!in_class && bytes_start_with(rest, "\\Z"))
                        (void)buffer_add_text(out, "\\z");
                else if (!in_class && is_open_count(rest))
                        (void)buffer_add_text(out, "{0");
                else
                        (void)buffer_add(out, bytes_slice(rest, 0, length));
        }
}

Error *regexp_compile(const char *pattern, bool ignore_case, Regexp **ret_regexp) {
        AUTO_VALUE(buffer_clear) Buffer text = { .length = 0 };
        int problem;
        size_t place;
        uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C | (ignore_case ? PCRE2_CASELESS : 0);
        if (!bytes_are_utf8(bytes_of(pattern)))
                return wrong("it is not UTF-8");
        translate(bytes_of(pattern), &text);
        pcre2_compile_context *context = pcre2_compile_context_create(NULL);
        (void)pcre2_set_newline(context, PCRE2_NEWLINE_LF); /* a known value */
        pcre2_code *code = pcre2_compile((PCRE2_SPTR)buffer_text(&text), text.length, options, &problem, &place,
                                         context);
        pcre2_compile_context_free(context);
        if (!code) {
                char told[160];
                (void)pcre2_get_error_message(problem, (PCRE2_UCHAR *)told, sizeof told); /* at worst cut */
                return wrong("%s, at character %zu", told, place + 1);
        }
        *ret_regexp = memory_new(Regexp);
        (*ret_regexp)->code = code;
        return NULL;
}

RegexpRoom *regexp_room_new(void) {
        RegexpRoom *room = memory_new(RegexpRoom);
        room->limits = pcre2_match_context_create(NULL);
        room->data = pcre2_match_data_create(1, NULL);
        (void)pcre2_set_match_limit(room->limits, MOST_STEPS); /* these cannot fail */
        (void)pcre2_set_depth_limit(room->limits, MOST_DEPTH);
        (void)pcre2_set_heap_limit(room->limits, MOST_MEMORY);
        return room;
}

static void add_utf8(Buffer *out, uint32_t point) {
        const char bytes[] = { (char)(0xF0 | point >> 18), (char)(0x80 | (point >> 12 & 0x3F)),
                               (char)(0x80 | (point >> 6 & 0x3F)), (char)(0x80 | (point & 0x3F)) };
        (void)buffer_add(out, bytes_make(bytes, sizeof bytes)); /* no ceiling, cannot fail */
}

static Bytes replace_stray_bytes(Bytes text, Buffer *out) {
        buffer_truncate(out, 0);
        while (text.length) {
                Bytes rest = text;
                uint32_t point = bytes_take_character(&rest);
                bool is_stray = point >= BYTES_NO_CHARACTER && point <= BYTES_NO_CHARACTER + UINT8_MAX;
                if (is_stray)
                        add_utf8(out, STRAY_BYTES + text.at[0]);
                else
                        (void)buffer_add(out, bytes_slice(text, 0, text.length - rest.length));
                text = rest;
        }
        return buffer_bytes(out);
}

Error *regexp_search(const Regexp *regexp, RegexpRoom *room, Bytes text, bool *ret_found) {
        if (!bytes_are_utf8(text))
                text = replace_stray_bytes(text, &room->text);
        int result = pcre2_match(regexp->code, text.at, text.length, 0, PCRE2_NO_UTF_CHECK, room->data, room->limits);
        if (result < 0 && result != PCRE2_ERROR_NOMATCH)
                return wrong("the regular expression takes too long: write it without repeats within repeats");
        *ret_found = result >= 0;
        return NULL;
}

void regexp_free(Regexp *regexp) {
        if (!regexp)
                return;
        pcre2_code_free(regexp->code);
        memory_free(regexp);
}

void regexp_room_free(RegexpRoom *room) {
        if (!room)
                return;
        pcre2_match_context_free(room->limits);
        pcre2_match_data_free(room->data);
        buffer_clear(&room->text);
        memory_free(room);
}
