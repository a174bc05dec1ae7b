#include "catalog/name.h"

#include "base/attribute.h"
#include "base/memory.h"

/* All names we know. '<' stands for the start (of a full set: its time), '>' for the end, '#' for the volume's number;
 * each reaches to the next dot. The old style has the long patterns, with times in W3 form. */
typedef enum Style { STYLE_LONG, STYLE_SHORT } Style;
typedef struct Pattern {
        FileKind kind;
        bool full;
        Style style;
        const char *text;
} Pattern;

static const Pattern patterns[] = {
        { FILE_VOLUME, true, STYLE_LONG, "duplicity-full.<.vol#.difftar" },
        { FILE_VOLUME, true, STYLE_SHORT, "df.<.#.dt" },
        { FILE_MANIFEST, true, STYLE_LONG, "duplicity-full.<.manifest" },
        { FILE_MANIFEST, true, STYLE_SHORT, "df.<.m" },
        { FILE_SIGNATURE, true, STYLE_LONG, "duplicity-full-signatures.<.sigtar" },
        { FILE_SIGNATURE, true, STYLE_SHORT, "dfs.<.st" },
        { FILE_VOLUME, false, STYLE_LONG, "duplicity-inc.<.to.>.vol#.difftar" },
        { FILE_VOLUME, false, STYLE_SHORT, "di.<.>.#.dt" },
        { FILE_MANIFEST, false, STYLE_LONG, "duplicity-inc.<.to.>.manifest" },
        { FILE_MANIFEST, false, STYLE_SHORT, "di.<.>.m" },
        { FILE_SIGNATURE, false, STYLE_LONG, "duplicity-new-signatures.<.to.>.sigtar" },
        { FILE_SIGNATURE, false, STYLE_SHORT, "dns.<.>.st" },
        { FILE_STATISTICS, true, STYLE_LONG, "duplicity-full.<.jsonstat" },
        { FILE_STATISTICS, false, STYLE_LONG, "duplicity-inc.<.to.>.jsonstat" },
};

static const struct {
        const char *partial, *compressed, *encrypted;
} suffixes[] = {
        [STYLE_LONG] = { ".part", ".gz", ".gpg" },
        [STYLE_SHORT] = { ".p", ".z", ".g" },
};

static const char *prefix_of_kind(const NamePrefixes *prefixes, FileKind kind) {
        const char *const of_kind[] = {
                [FILE_VOLUME] = prefixes->volume,
                [FILE_MANIFEST] = prefixes->manifest,
                [FILE_SIGNATURE] = prefixes->signature,
                [FILE_STATISTICS] = prefixes->statistics,
        };
        return of_kind[kind] ? of_kind[kind] : "";
}

static bool strip(Bytes *text, const char *prefix) {
        if (!bytes_start_with(*text, prefix))
                return false;
        *text = bytes_slice(*text, strlen(prefix), SIZE_MAX);
        return true;
}

/* Reads lower-case base 36. */
static bool read_base36(Bytes text, uint64_t *ret_number) {
        static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
        uint64_t number = 0;
        for (size_t i = 0; i < text.length; i++) {
                const char *digit = text.at[i] ? strchr(digits, text.at[i]) : NULL;
                if (!digit || __builtin_mul_overflow(number, 36, &number) ||
                    __builtin_add_overflow(number, (uint64_t)(digit - digits), &number))
                        return false;
        }
        *ret_number = number;
        return text.length > 0;
}

/* YYYY-MM-DDTHH:MM:SS and a zone: stock reads any form of time here, but "1D" in a name would wander with the clock. */
static bool read_w3(Bytes text, const WhenContext *times, Moment *ret_moment) {
        if (text.length < strlen("YYYY-MM-DDTHH:MM:SS") || (text.at[10] & ~0x20) != 'T')
                return false;
        AUTO(error_free) Error *error = when_parse(text, times, ret_moment);
        return !error;
}

/* True for moments that the four digits of a name's year can tell. */
static bool is_printable(Moment moment) {
        char text[17];
        Moment again;
        when_print_compact(moment, text);
        return when_parse_compact(bytes_of(text), &again) && moment_compare(moment, again) == 0;
}

static bool read_time(Bytes text, Style style, const WhenContext *times, Moment *ret_moment) {
        Moment moment;
        uint64_t seconds;
        if (style == STYLE_SHORT) {
                if (!read_base36(text, &seconds) || seconds > INT64_MAX)
                        return false;
                moment.seconds = (int64_t)seconds;
        } else if (!when_parse_compact(text, &moment) && !read_w3(text, times, &moment)) {
                return false;
        }
        *ret_moment = moment;
        return is_printable(moment);
}

static bool read_field(char field, Bytes text, Style style, const WhenContext *times, FileName *name) {
        switch (field) {
        case '<':
                return read_time(text, style, times, &name->start);
        case '>':
                return read_time(text, style, times, &name->end);
        default:
                return (style == STYLE_SHORT ? read_base36 : bytes_to_number)(text, &name->volume) && name->volume > 0;
        }
}

/* Length of TEXT up to its first dot. */
static size_t length_to_dot(Bytes text) {
        Bytes rest;
        return bytes_cut(text, '.', &rest).length;
}

/* Matches PATTERN at the front of TEXT, which has no prefix any more. *REST becomes what follows. */
static bool match(const Pattern *pattern, Bytes text, const WhenContext *times, FileName *name, Bytes *rest) {
        *name = (FileName){ .kind = pattern->kind, .full = pattern->full };
        for (const char *wanted = pattern->text; *wanted; wanted++) {
                bool is_field = strchr("<>#", *wanted) != NULL;
                size_t length = is_field ? length_to_dot(text) : 1;
                Bytes part = bytes_slice(text, 0, length);
                if (is_field ? !read_field(*wanted, part, pattern->style, times, name)
                             : part.length == 0 || part.at[0] != (uint8_t)*wanted)
                        return false;
                text = bytes_slice(text, length, SIZE_MAX);
        }
        if (name->full)
                name->end = name->start;
        *rest = text;
        return text.length == 0 || text.at[0] == '.';
}

/* The pattern of TEXT and what follows it, NULL when there is none. */
static const Pattern *recognise(const char *text, const NamePrefixes *prefixes, const WhenContext *times,
                                FileName *name, Bytes *rest) {
        Bytes whole = bytes_of(text);
        if (!strip(&whole, prefixes->all ? prefixes->all : ""))
                return NULL;
        for (size_t i = 0; i < ARRAY_LENGTH(patterns); i++) {
                Bytes base = whole;
                if (strip(&base, prefix_of_kind(prefixes, patterns[i].kind)) &&
                    match(&patterns[i], base, times, name, rest))
                        return &patterns[i];
        }
        return NULL;
}

/* True when REST begins with SUFFIX, which ends there or at a dot. */
static bool begins_with_suffix(Bytes rest, const char *suffix) {
        return strip(&rest, suffix) && (rest.length == 0 || rest.at[0] == '.');
}

bool name_parse(const char *text, const NamePrefixes *prefixes, const WhenContext *times, FileName *ret_name) {
        FileName name;
        Bytes rest;
        const Pattern *pattern = recognise(text, prefixes, times, &name, &rest);
        if (!pattern)
                return false;
        name.partial = begins_with_suffix(rest, suffixes[pattern->style].partial);
        name.compressed = bytes_end_with(rest, ".z") || (pattern->style == STYLE_LONG && bytes_end_with(rest, "gz"));
        name.encrypted = bytes_end_with(rest, ".g") || bytes_end_with(rest, ".gpg");
        *ret_name = name;
        return true;
}

/* What a writer of STYLE puts behind the pattern. */
static const char *suffix_of(const FileName *name, Style style) {
        if (name->partial)
                return suffixes[style].partial;
        if (name->encrypted)
                return suffixes[style].encrypted;
        return name->compressed && name->kind != FILE_MANIFEST ? suffixes[style].compressed : "";
}

bool name_is_exact(const char *text, const NamePrefixes *prefixes, const WhenContext *times, const FileName *name) {
        FileName again;
        Bytes rest;
        const Pattern *pattern = recognise(text, prefixes, times, &again, &rest);
        return pattern && bytes_equal_text(rest, suffix_of(name, pattern->style));
}

static const char *long_pattern(const FileName *name) {
        const Pattern *pattern = patterns;
        while (pattern->style != STYLE_LONG || pattern->kind != name->kind || pattern->full != name->full)
                pattern++;
        return pattern->text;
}

static void print_field(char field, const FileName *name, Buffer *out) {
        char time_text[17];
        if (field == '#') {
                buffer_print(out, "%llu", (unsigned long long)name->volume);
                return;
        }
        when_print_compact(field == '<' ? name->start : name->end, time_text);
        buffer_add_text(out, time_text);
}

char *name_print(const FileName *name, const NamePrefixes *prefixes) {
        Buffer out;
        buffer_init(&out, 0);
        buffer_add_text(&out, prefixes->all);
        buffer_add_text(&out, prefix_of_kind(prefixes, name->kind));
        for (const char *next = long_pattern(name); *next; next++) {
                if (strchr("<>#", *next))
                        print_field(*next, name, &out);
                else
                        buffer_add_byte(&out, (uint8_t)*next);
        }
        buffer_add_text(&out, suffix_of(name, STYLE_LONG));
        return buffer_detach(&out);
}

char *name_print_local(const FileName *name, const NamePrefixes *prefixes) {
        FileName local = *name;
        local.encrypted = false;
        local.compressed = true;
        return name_print(&local, prefixes);
}

char *name_print_copy(const char *text, const NamePrefixes *prefixes, const WhenContext *times) {
        FileName name;
        Bytes rest;
        const Pattern *pattern = recognise(text, prefixes, times, &name, &rest);
        name.compressed = true;
        return memory_print("%.*s%s", (int)(strlen(text) - rest.length), text, suffix_of(&name, pattern->style));
}
