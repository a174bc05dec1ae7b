/* Names of remote files: whatever is read prints to an exact name that reads as the same. */
#include "base/memory.h"
#include "catalog/name.h"
#include "fuzz/fuzz.h"

static bool same_file(const FileName *a, const FileName *b) {
        return a->kind == b->kind && a->full == b->full && moment_compare(a->start, b->start) == 0 &&
               moment_compare(a->end, b->end) == 0 && a->volume == b->volume && a->partial == b->partial;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const NamePrefixes prefixes[] = { { .all = NULL }, { .all = "p", .volume = "v.", .manifest = "m-", .signature = "" } };
        static const WhenContext times = { { 1795409026 }, -18000, '_' };
        FileName name, again;
        if (size == 0)
                return 0;
        const NamePrefixes *with = &prefixes[data[0] & 1];
        AUTO_TEXT char *text = memory_copy(data + 1, size - 1);
        if (!name_parse(text, with, &times, &name))
                return 0;
        AUTO_TEXT char *printed = name_print(&name, with);
        must(name_parse(printed, with, &times, &again) && same_file(&name, &again));
        must(name_is_exact(printed, with, &times, &again));
        AUTO_TEXT char *printed_again = name_print(&again, with);
        must(strcmp(printed, printed_again) == 0);
        AUTO_TEXT char *local = name_print_local(&name, with);
        must(name_parse(local, with, &times, &again) && same_file(&name, &again) && !again.encrypted);
        if (name.kind == FILE_VOLUME || name.partial)
                return 0;
        AUTO_TEXT char *copy = name_print_copy(text, with, &times);
        must(name_parse(copy, with, &times, &again) && same_file(&name, &again) && !again.encrypted);
        must(name_is_exact(copy, with, &times, &again));
        return 0;
}
