/* Patterns: any text is compiled or refused; what a glob, a set of paths and a path beneath say of each other holds together. The
 * input is a line of a list, and a path. */
#include "base/memory.h"
#include "fuzz/fuzz.h"
#include "source/file_list.h"
#include "source/glob.h"
#include "source/path_set.h"
#include "source/regexp.h"

static GlobAnswer ask(const Glob *glob, Bytes path, bool is_folder) {
        GlobAnswer answer = glob_match(glob, path, is_folder, true);
        must(glob_match(glob, path, is_folder, false) == (answer == GLOB_LEADS ? GLOB_NOTHING : answer));
        return answer;
}

/* What lies in a folder that matches matches; what lies where nothing leads does not. */
static void check_beneath(const Glob *glob, Bytes pattern, Bytes path) {
        AUTO_TEXT char *inner = memory_print("%.*s/x", (int)path.length, (const char *)path.at);
        GlobAnswer outside = ask(glob, path, true), inside = ask(glob, bytes_of(inner), true);
        bool has_class = pattern.length && memchr(pattern.at, '[', pattern.length); /* may match a slash */
        must(outside != GLOB_MATCHES || inside == GLOB_MATCHES);
        must(outside != GLOB_NOTHING || inside == GLOB_NOTHING || has_class);
}

/* Plain patterns are looked up in a set, but could as well be matched. */
static void check_set(const Glob *glob, Bytes pattern, Bytes path, bool is_folder) {
        AUTO(path_set_free) PathSet *set = path_set_new();
        bool folders_only = bytes_end_with(pattern, "/");
        path_set_add(set, bytes_slice(pattern, 0, pattern.length - folders_only),
                     PATH_SET_LEADS | (folders_only ? PATH_SET_FOLDER : 0), 1);
        PathSetAnswer answer = path_set_find(set, path, is_folder);
        GlobAnswer wanted = answer.match != PATH_SET_NONE  ? GLOB_MATCHES
                            : answer.lead != PATH_SET_NONE ? GLOB_LEADS
                                                           : GLOB_NOTHING;
        must(ask(glob, path, is_folder) == wanted);
}

static void check_glob(Bytes pattern, unsigned syntax, Bytes path) {
        AUTO(glob_free) Glob *glob = NULL;
        AUTO(error_free) Error *error = glob_compile(pattern, syntax, &glob);
        must(!error == (glob != NULL));
        if (!glob)
                return;
        bool has_odd_slashes = bytes_end_with(path, "/") || (path.length && memmem(path.at, path.length, "//", 2));
        check_beneath(glob, pattern, path);
        if (has_odd_slashes || syntax & GLOB_IGNORE_CASE || !(syntax & GLOB_LITERAL || glob_is_plain(pattern)))
                return;
        check_set(glob, pattern, path, true);
        check_set(glob, pattern, path, false);
}

static void check_regexp(Bytes pattern, Bytes path) {
        AUTO_TEXT char *text = memory_copy(pattern.at, pattern.length);
        AUTO(regexp_free) Regexp *regexp = NULL;
        AUTO(regexp_room_free) RegexpRoom *room = regexp_room_new();
        bool is_found;
        AUTO(error_free) Error *error = regexp_compile(text, false, &regexp);
        must(!error == (regexp != NULL));
        if (regexp)
                error_free(regexp_search(regexp, room, path, &is_found)); /* may give up */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        AUTO_TEXT char *text = memory_copy(data, size);
        Bytes path;
        FileListEntry entry;
        Bytes line = bytes_cut(bytes_of(text), '\n', &path);
        if (!file_list_parse(line, &entry))
                return 0;
        must(entry.pattern.length > 0 && entry.pattern.at >= line.at &&
             entry.pattern.at + entry.pattern.length <= line.at + line.length);
        for (unsigned syntax = 0; syntax <= (GLOB_LITERAL | GLOB_IGNORE_CASE); syntax++)
                check_glob(entry.pattern, syntax, bytes_slice(path, 0, 4096));
        check_regexp(entry.pattern, path);
        return 0;
}
