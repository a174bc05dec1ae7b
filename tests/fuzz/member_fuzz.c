/* Names of archive members: whatever is read is safe, and prints to a name that reads as the same. */
#include "base/memory.h"
#include "base/path.h"
#include "catalog/member.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO_VALUE(buffer_clear) Buffer out = { 0 };
        Member member, again;
        if (size == 0)
                return 0;
        MemberPlace place = data[0] & 1 ? MEMBER_IN_VOLUME : MEMBER_IN_SIGNATURES;
        bool is_folder = data[0] & 2;
        AUTO_TEXT char *text = memory_copy(data + 1, size - 1);
        AUTO(error_free) Error *error = member_parse(text, place, arena, &member);
        if (error)
                return 0;
        must(path_is_safe(member.path) && member.chunk >= 0);
        member_print(&member, place, is_folder, &out);
        AUTO(error_free) Error *error_again = member_parse(buffer_text(&out), place, arena, &again);
        must(!error_again && again.kind == member.kind && again.chunk == member.chunk);
        must(strcmp(again.path, member.path) == 0);
        return 0;
}
