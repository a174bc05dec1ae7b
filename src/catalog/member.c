#include "catalog/member.h"

#include "base/memory.h"
#include "base/path.h"

typedef struct Prefix {
        const char *text;
        MemberKind kind;
        bool chunked;
        bool in_volume, in_signatures;
} Prefix;

static const Prefix prefixes[] = {
        { "snapshot/", MEMBER_SNAPSHOT, .in_volume = true, .in_signatures = true },
        { "diff/", MEMBER_DIFF, .in_volume = true },
        { "deleted/", MEMBER_DELETED, .in_volume = true, .in_signatures = true },
        { "signature/", MEMBER_SIGNATURE, .in_signatures = true },
        { "multivol_snapshot/", MEMBER_SNAPSHOT, .chunked = true, .in_volume = true },
        { "multivol_diff/", MEMBER_DIFF, .chunked = true, .in_volume = true },
};

static Error *bad_name(const char *what, const char *name) {
        AUTO_TEXT char *printable = path_printable(name);
        return error_new(ERROR_CORRUPT, "%s in archive: '%s'", what, printable);
}

static const Prefix *find_prefix(Bytes name, MemberPlace place) {
        for (size_t i = 0; i < ARRAY_LENGTH(prefixes); i++) {
                bool is_here = place == MEMBER_IN_VOLUME ? prefixes[i].in_volume : prefixes[i].in_signatures;
                if (is_here && bytes_start_with(name, prefixes[i].text))
                        return &prefixes[i];
        }
        return NULL;
}

/* Cuts the chunk's number off: what follows the last '/', as names of files may look like numbers too. */
static bool cut_chunk(Bytes *path, int64_t *ret_chunk) {
        uint64_t number;
        size_t start = path->length;
        while (start > 0 && path->at[start - 1] != '/')
                start--;
        if (start == 0 || !bytes_to_number(bytes_slice(*path, start, SIZE_MAX), &number) || number == 0 ||
            number > INT64_MAX)
                return false;
        *ret_chunk = (int64_t)number;
        *path = bytes_slice(*path, 0, start - 1);
        return true;
}

Error *member_parse(const char *name, MemberPlace place, Arena *arena, Member *ret_member) {
        Bytes rest = bytes_of(name);
        const Prefix *prefix = find_prefix(rest, place);
        if (!prefix)
                return bad_name("unknown kind of entry", name);
        Member member = { .kind = prefix->kind };
        rest = bytes_slice(rest, strlen(prefix->text), SIZE_MAX);
        if (bytes_end_with(rest, "/"))
                rest.length--;
        if (prefix->chunked && !cut_chunk(&rest, &member.chunk))
                return bad_name("entry without chunk number", name);
        if (bytes_equal_text(rest, "."))
                rest.length = 0;
        const char *path = arena_bytes(arena, rest);
        if (!path_is_safe(path))
                return bad_name("unsafe path", name);
        member.path = path;
        *ret_member = member;
        return NULL;
}

static const char *prefix_text(MemberKind kind, bool chunked) {
        const Prefix *prefix = prefixes;
        while (prefix->kind != kind || prefix->chunked != chunked)
                prefix++;
        return prefix->text;
}

void member_print(const Member *member, MemberPlace place, bool is_folder, Buffer *out) {
        bool chunked = member->chunk > 0;
        bool is_root = member->path[0] == '\0';
        bool has_slash = is_folder && !chunked && member->kind == MEMBER_SNAPSHOT;
        /* a root in a signature archive must not be ".": stock would take it for a child of that name */
        bool has_dot = is_root && place == MEMBER_IN_VOLUME && (has_slash || chunked);
        const char *path = has_dot ? "." : member->path;
        buffer_add_text(out, prefix_text(member->kind, chunked));
        buffer_add_text(out, path);
        if (chunked)
                buffer_print(out, "/%lld", (long long)member->chunk);
        if (has_slash && path[0])
                buffer_add_byte(out, '/');
}
