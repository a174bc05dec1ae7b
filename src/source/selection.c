#include "source/selection.h"

#include <stdarg.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/path.h"
#include "source/file_list.h"
#include "source/rules.h"

#define IGNORE_CASE "ignorecase:"

/* Options becoming rules. */
typedef struct Builder {
        Selection *selection;
        Digest *digest;                /* of the options, and the lines of their lists */
        const char *root;              /* as typed, for messages */
        char separator;                /* of lines */
        const SelectionOption *option; /* at work on this one */
        size_t line;                   /* and this line of its list; 0: the option itself */
        SelectionKind syntax;          /* the last of SELECTION_FILTER_GLOBBING, _LITERAL, _REGEXP */
        bool ignore_case;
        uint32_t count;                /* of plain paths */
        char *included;                /* what the last rule includes; NULL: it excludes */
        const SelectionOption *includer;
        size_t missing;                /* paths of --files-from that are not there */
        char *first_missing;
} Builder;

static void builder_clear(Builder *builder) {
        memory_free(builder->included);
        memory_free(builder->first_missing);
        digest_free(builder->digest);
}

/* With a NUL, so that no two texts together are the same as two others. */
static void note_text(Builder *builder, Bytes text) {
        static const char end = '\0';
        digest_add(builder->digest, text);
        digest_add(builder->digest, bytes_make(&end, 1));
}

/* ---- messages ---- */

/* Puts in front of CAUSE which option it is about, in which line, and what it says there. */
static Error *in_option(const Builder *builder, Bytes pattern, Error *cause) {
        AUTO_TEXT char *text = memory_copy(pattern.at, pattern.length);
        AUTO_TEXT char *shown = path_printable(text);
        if (builder->line)
                return error_context(cause, "line %zu of '%s' (option '%s'): bad pattern '%s'", builder->line,
                                     builder->option->value, builder->option->spelled, shown);
        return error_context(cause, "option '%s': bad pattern '%s'", builder->option->spelled, shown);
}

static Error *user_error(ExitCode code, const char *format, ...) PRINTF_LIKE(2, 3);
static Error *user_error(ExitCode code, const char *format, ...) {
        va_list arguments;
        va_start(arguments, format);
        AUTO_TEXT char *text = memory_vprint(format, arguments);
        va_end(arguments);
        return error_with_code(error_new(ERROR_USER, "%s", text), code);
}

static Error *out_of_reach(const Builder *builder) {
        return user_error(EXIT_CODE_GLOB_PREFIX,
                          "it can match nothing in '%s': patterns are about whole paths, so begin it with '%s/' or "
                          "'**'",
                          builder->root, builder->selection->prefix);
}

/* ---- rules from patterns ---- */

static void add_rule(Builder *builder, Rule rule) {
        rule_list_add(&builder->selection->rules, rule);
}

/* What the last rule includes, for the message when nothing follows. */
static void note_last(Builder *builder, bool include, Bytes pattern) {
        memory_free(builder->included);
        builder->included = include ? memory_copy(pattern.at, pattern.length) : NULL;
        builder->includer = builder->option;
}

/* True when PATH is BASE or lies in it; both without slashes behind. */
static bool lies_in(Bytes path, Bytes base) {
        return bytes_equal(bytes_slice(path, 0, base.length), base) &&
               (path.length == base.length || path.at[base.length] == '/');
}

/* Adds a pattern without special characters to the set of those in a row. */
static Error *add_path(Builder *builder, bool include, Bytes path) {
        RuleList *rules = &builder->selection->rules;
        Bytes prefix = bytes_of(builder->selection->prefix);
        unsigned flags = (bytes_end_with(path, "/") ? PATH_SET_FOLDER : 0U) | (include ? PATH_SET_LEADS : 0U);
        TRY(glob_check(path));
        path.length -= bytes_end_with(path, "/");
        if (!lies_in(path, prefix) && !lies_in(prefix, path))
                return out_of_reach(builder);
        if (builder->count > PATH_SET_NONE / 4)
                return user_error(EXIT_CODE_GLOB_SYNTAX, "there are too many patterns");
        if (rules->count == 0 || rules->items[rules->count - 1].kind != RULE_PATHS)
                add_rule(builder, (Rule){ .kind = RULE_PATHS, .paths = path_set_new() });
        path_set_add(rules->items[rules->count - 1].paths, path, flags, builder->count++ << 1 | include);
        return NULL;
}

static Error *add_glob(Builder *builder, bool include, unsigned syntax, Bytes pattern) {
        AUTO(glob_free) Glob *glob = NULL;
        TRY(glob_compile(pattern, syntax, &glob));
        if (glob_match(glob, bytes_of(builder->selection->prefix), true, true) == GLOB_NOTHING)
                return out_of_reach(builder);
        add_rule(builder, (Rule){ .kind = RULE_GLOB, .include = include, .glob = glob });
        glob = NULL; /* the rule's */
        return NULL;
}

static Error *add_regexp(Builder *builder, bool include, Bytes pattern) {
        const char *text = arena_bytes(builder->selection->arena, pattern);
        Regexp *regexp;
        TRY(in_option(builder, pattern, regexp_compile(text, builder->ignore_case, &regexp)));
        add_rule(builder, (Rule){ .kind = RULE_REGEXP, .include = include, .regexp = regexp, .text = text });
        note_last(builder, include, pattern);
        return NULL;
}

static bool takes_ignore_case(Bytes *pattern) {
        size_t length = strlen(IGNORE_CASE);
        if (pattern->length < length || strncasecmp((const char *)pattern->at, IGNORE_CASE, length) != 0)
                return false;
        *pattern = bytes_slice(*pattern, length, SIZE_MAX);
        return true;
}

/* Adds what --include, --exclude or a line of a list gives. */
static Error *add_pattern(Builder *builder, bool include, Bytes pattern) {
        if (builder->syntax == SELECTION_FILTER_REGEXP)
                return add_regexp(builder, include, pattern);
        Bytes rest = pattern;
        bool is_literal = builder->syntax == SELECTION_FILTER_LITERAL;
        bool ignores_case = (!is_literal && takes_ignore_case(&rest)) || builder->ignore_case;
        unsigned syntax = (is_literal ? GLOB_LITERAL : 0U) | (ignores_case ? GLOB_IGNORE_CASE : 0U);
        Error *error = !ignores_case && (is_literal || glob_is_plain(rest)) ? add_path(builder, include, rest)
                                                                            : add_glob(builder, include, syntax, rest);
        note_last(builder, include, pattern);
        return in_option(builder, pattern, error);
}

/* ---- rules from options ---- */

static Error *apply_pattern(Builder *builder) {
        return add_pattern(builder, builder->option->kind == SELECTION_INCLUDE, bytes_of(builder->option->value));
}

static Error *apply_regexp(Builder *builder) {
        return add_regexp(builder, builder->option->kind == SELECTION_INCLUDE_REGEXP,
                          bytes_of(builder->option->value));
}

static Error *add_line(void *context, size_t number, Bytes line) {
        Builder *builder = context;
        FileListEntry entry;
        builder->line = number;
        note_text(builder, line);
        if (!file_list_parse(line, &entry))
                return NULL;
        bool include = entry.has_sign ? entry.include : builder->option->kind == SELECTION_INCLUDE_LIST;
        return add_pattern(builder, include, entry.pattern);
}

static Error *read_list(Builder *builder, FileListSink *sink) {
        Error *error = file_list_read(builder->option->value, builder->separator, sink, builder);
        if (error_exit_code(error) == EXIT_CODE_FILELIST_UNREADABLE)
                error = error_context(error, "option '%s'", builder->option->spelled);
        builder->line = 0;
        return error;
}

static Error *apply_list(Builder *builder) {
        return read_list(builder, add_line);
}

static Error *apply_rule(Builder *builder) {
        static const RuleKind kinds[] = {
                [SELECTION_EXCLUDE_IF_PRESENT] = RULE_IF_PRESENT,
                [SELECTION_EXCLUDE_DEVICE_FILES] = RULE_DEVICE_FILES,
                [SELECTION_EXCLUDE_OTHER_FILESYSTEMS] = RULE_OTHER_FILESYSTEMS,
                [SELECTION_EXCLUDE_OLDER_THAN] = RULE_OLDER_THAN,
        };
        const SelectionOption *option = builder->option;
        add_rule(builder, (Rule){ .kind = kinds[option->kind], .text = option->value, .before = option->before });
        return NULL;
}

static Error *apply_ordered_rule(Builder *builder) {
        note_last(builder, false, bytes_of(""));
        return apply_rule(builder);
}

static Error *apply_syntax(Builder *builder) {
        builder->syntax = builder->option->kind;
        return NULL;
}

static Error *apply_case(Builder *builder) {
        builder->ignore_case = builder->option->kind == SELECTION_FILTER_IGNORE_CASE;
        return NULL;
}

/* ---- --files-from ---- */

static void note_missing(Builder *builder, const char *path) {
        struct stat status;
        AUTO_TEXT char *full = memory_print("%s/%s", builder->selection->prefix, path);
        if (lstat(full, &status) == 0)
                return;
        builder->missing++;
        if (!builder->first_missing)
                builder->first_missing = path_printable(path);
}

static Error *add_file(void *context, size_t number, Bytes line) {
        Builder *builder = context;
        AUTO_TEXT char *text = memory_copy(line.at, line.length);
        AUTO_TEXT char *path = path_clean(text);
        builder->line = number;
        note_text(builder, line);
        if (line.length == 0)
                return NULL;
        if (path[0] == '/')
                return in_option(builder, line, user_error(EXIT_CODE_FILES_FROM_ABSOLUTE,
                                                           "write paths relative to the folder that is backed up"));
        if (strlen(text) < line.length || !path_is_safe(path))
                return in_option(builder, line, user_error(EXIT_CODE_GLOB_SYNTAX,
                                                           "it is no path inside the folder that is backed up"));
        path_set_add(builder->selection->only, bytes_of(path), PATH_SET_LEADS, builder->count++);
        note_missing(builder, path);
        return NULL;
}

static Error *apply_files_from(Builder *builder) {
        uint32_t before = builder->count;
        builder->missing = 0;
        memory_free(TAKE(builder->first_missing));
        if (!builder->selection->only)
                builder->selection->only = path_set_new();
        TRY(read_list(builder, add_file));
        if (builder->count == before)
                return user_error(EXIT_CODE_FILES_FROM_EMPTY,
                                  "option '%s': there is no path in '%s': the backup would be empty",
                                  builder->option->spelled, builder->option->value);
        if (builder->missing)
                log_warning("%zu of the paths in '%s' are not in '%s', the first is '%s'", builder->missing,
                            builder->option->value, builder->root, builder->first_missing);
        return NULL;
}

/* ---- all options ---- */

static Error *apply(Builder *builder) {
        static Error *(*const appliers[])(Builder *) = {
                [SELECTION_INCLUDE] = apply_pattern,
                [SELECTION_EXCLUDE] = apply_pattern,
                [SELECTION_INCLUDE_LIST] = apply_list,
                [SELECTION_EXCLUDE_LIST] = apply_list,
                [SELECTION_INCLUDE_REGEXP] = apply_regexp,
                [SELECTION_EXCLUDE_REGEXP] = apply_regexp,
                [SELECTION_EXCLUDE_IF_PRESENT] = apply_rule,
                [SELECTION_EXCLUDE_DEVICE_FILES] = apply_rule,
                [SELECTION_EXCLUDE_OTHER_FILESYSTEMS] = apply_ordered_rule,
                [SELECTION_EXCLUDE_OLDER_THAN] = apply_ordered_rule,
                [SELECTION_FILES_FROM] = apply_files_from,
                [SELECTION_FILTER_GLOBBING] = apply_syntax,
                [SELECTION_FILTER_LITERAL] = apply_syntax,
                [SELECTION_FILTER_REGEXP] = apply_syntax,
                [SELECTION_FILTER_IGNORE_CASE] = apply_case,
                [SELECTION_FILTER_STRICT_CASE] = apply_case,
        };
        const uint8_t kind = (uint8_t)builder->option->kind;
        digest_add(builder->digest, bytes_make(&kind, 1));
        note_text(builder, bytes_of(builder->option->value));
        return appliers[builder->option->kind](builder);
}

static bool comes_first(const SelectionOption *option) {
        return option->kind == SELECTION_EXCLUDE_IF_PRESENT || option->kind == SELECTION_EXCLUDE_DEVICE_FILES;
}

static Error *apply_all(Builder *builder, const SelectionOptionList *options, bool first) {
        for (size_t i = 0; i < options->count; i++) {
                builder->option = &options->items[i];
                if (comes_first(builder->option) == first)
                        TRY(apply(builder));
        }
        return NULL;
}

static bool is_filter(const SelectionOption *option) {
        return option->kind >= SELECTION_FILTER_GLOBBING;
}

static Error *check_filters(const SelectionOptionList *options) {
        const SelectionOption *idle = NULL;
        bool has_effect = false;
        for (size_t i = 0; i < options->count; i++) {
                const SelectionOption *option = &options->items[i];
                if (option->kind == SELECTION_FILTER_GLOBBING || option->kind == SELECTION_FILTER_STRICT_CASE)
                        idle = option;
                else if (is_filter(option))
                        has_effect = true;
        }
        const SelectionOption *last = options->count ? &options->items[options->count - 1] : NULL;
        if (last && is_filter(last))
                return user_error(EXIT_CODE_FILTER_TRAILING,
                                  "option '%s' changes nothing, because no include or exclude follows: put it in front "
                                  "of those it is about",
                                  last->spelled);
        if (idle && !has_effect)
                return user_error(EXIT_CODE_FILTER_REDUNDANT,
                                  "option '%s' changes nothing, because that is the default: leave it out",
                                  idle->spelled);
        return NULL;
}

static Error *check_last(const Builder *builder) {
        if (!builder->included)
                return NULL;
        AUTO_TEXT char *shown = path_printable(builder->included);
        return user_error(EXIT_CODE_REDUNDANT_INCLUDE,
                          "option '%s': the last rule includes '%s', but so is everything that no rule excludes: put "
                          "an exclude behind it, for example '--exclude \"**\"', or leave it out",
                          builder->includer->spelled, shown);
}

/* "./a//b/" is "a/b", as in the backup; "." stays, and "/" is empty. */
static char *make_prefix(const char *root) {
        AUTO_TEXT char *clean = path_clean(root);
        if (strcmp(clean, "/") == 0)
                return memory_text("");
        return clean[0] ? TAKE(clean) : memory_text(".");
}

Error *selection_open(const SelectionOptionList *options, bool null_separated, const char *root,
                      Selection **ret_selection) {
        if (options->count == 0) {
                *ret_selection = NULL;
                return NULL;
        }
        AUTO(selection_close) Selection *selection = memory_new(Selection);
        AUTO_VALUE(builder_clear) Builder builder = {
                .selection = selection,
                .digest = digest_new(DIGEST_SHA256),
                .root = root,
                .separator = null_separated ? '\0' : '\n',
                .syntax = SELECTION_FILTER_GLOBBING,
        };
        selection->arena = arena_new();
        selection->prefix = make_prefix(root);
        TRY(check_filters(options));
        TRY(apply_all(&builder, options, true));
        TRY(apply_all(&builder, options, false));
        TRY(check_last(&builder));
        digest_finish(builder.digest, selection->digest);
        *ret_selection = TAKE(selection);
        return NULL;
}

const uint8_t *selection_digest(const Selection *selection) {
        return selection->digest;
}

void selection_close(Selection *selection) {
        if (!selection)
                return;
        for (size_t i = 0; i < selection->rules.count; i++) {
                glob_free(selection->rules.items[i].glob);
                path_set_free(selection->rules.items[i].paths);
                regexp_free(selection->rules.items[i].regexp);
        }
        rule_list_clear(&selection->rules);
        path_set_free(selection->only);
        arena_free(selection->arena);
        memory_free(selection->prefix);
        memory_free(selection);
}
