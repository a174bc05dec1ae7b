#include "catalog/flaws.h"

#include "support/test.h"

#define T1 "20260101T000000Z"
#define T2 "20260102T000000Z"
#define T3 "20260103T000000Z"
#define T4 "20260104T000000Z"
#define SIGNED_FULL(time)                                                                                              \
        "duplicity-full." time ".manifest", "duplicity-full." time ".vol1.difftar.gz",                                 \
                "duplicity-full-signatures." time ".sigtar.gz"
#define UNSIGNED_FULL(time) "duplicity-full." time ".manifest", "duplicity-full." time ".vol1.difftar.gz"

static const NamePrefixes none = { .all = NULL };
static const WhenContext times = { .local_offset = 0 };

static bool is_of_day(const void *context, const BackupSet *set) {
        return when_to_civil(set->end).day == *(const int *)context;
}

/* Fails unless the flaws of a collection of NAMES are LINES: "day kind [file]: text; remedy". */
static void assert_list(const char *lines, const char *const *names, size_t count) {
        static const char *const kinds[] = {
                [FLAW_MISSING_SIGNATURE] = "missing signature", [FLAW_ORPHAN] = "orphan",
                [FLAW_UNFINISHED] = "unfinished", [FLAW_DUPLICATE] = "duplicate", [FLAW_STRAY] = "stray",
        };
        static const int continuable = 4;
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO(collection_builder_free) CollectionBuilder *builder = collection_builder_new(arena, &none, &times);
        AUTO_VALUE(flaw_list_clear) FlawList flaws = { .items = NULL };
        AUTO_VALUE(buffer_clear) Buffer text;
        for (size_t i = 0; i < count; i++)
                collection_builder_add(builder, names[i], 100);
        flaws_collect(collection_builder_finish(builder), is_of_day, &continuable, arena, &flaws);
        buffer_init(&text, 0);
        for (size_t i = 0; i < flaws.count; i++) {
                const Flaw *flaw = &flaws.items[i];
                if (flaw->set)
                        buffer_print(&text, "%d ", when_to_civil(flaw->set->end).day);
                buffer_print(&text, "%s%s%s: %s; %s\n", kinds[flaw->kind], flaw->file ? " " : "",
                             flaw->file ? flaw->file->name : "", flaw->text, flaw->remedy);
        }
        assert_string_equal(buffer_text(&text), lines);
}
#define ASSERT_FLAWS(lines, ...)                                                                                    \
        assert_list(lines, (const char *const[]){ __VA_ARGS__ }, ARRAY_LENGTH(((const char *const[]){ __VA_ARGS__ })))

TEST(flaws_of_a_sound_collection_are_none) {
        ASSERT_FLAWS("", SIGNED_FULL(T1), "duplicity-full." T1 ".jsonstat", "README");
}

TEST(flaws_tell_what_a_missing_signature_archive_means) {
        ASSERT_FLAWS("1 missing signature: its signature archive is missing: its chain can be restored, but its "
                        "files not be listed; nothing has to be done\n"
                        "2 missing signature: its signature archive is missing: its chain can be restored, but not be "
                        "continued; begin a new chain with 'full'\n",
                        UNSIGNED_FULL(T1), UNSIGNED_FULL(T2));
}

TEST(flaws_name_what_is_of_no_chain) {
        ASSERT_FLAWS("3 orphan: the set before it is missing, or another took its place: it cannot be restored; "
                        "bring back the missing files, or remove it with 'cleanup --force'\n"
                        "1 unfinished: never finished; remove it with 'cleanup --force'\n"
                        "4 unfinished: not finished yet; run the backup again to continue it\n"
                        "stray duplicity-full-signatures." T2 ".sigtar.gz: its set is gone; remove it with 'cleanup "
                        "--force'\n"
                        "stray duplicity-full." T2 ".jsonstat: its set is gone; remove it with 'cleanup --force'\n",
                        "duplicity-inc." T2 ".to." T3 ".manifest", "duplicity-full." T1 ".vol1.difftar",
                        "duplicity-full." T4 ".vol1.difftar", "duplicity-full-signatures." T2 ".sigtar.gz",
                        "duplicity-full." T2 ".jsonstat");
}

TEST(flaws_name_both_files_that_claim_one_place) {
        ASSERT_FLAWS("1 duplicate duplicity-full." T1 ".vol1.difftar.gz.bak: claims to be the same file as "
                        "'duplicity-full." T1 ".vol1.difftar.gz', which is used; remove it with 'cleanup --force'\n"
                        "1 duplicate duplicity-full." T1 ".manifest.gpg: claims to be the same file as 'duplicity-full." T1
                        ".manifest', which is used; compare both, and remove the wrong one by hand\n",
                        SIGNED_FULL(T1), "duplicity-full." T1 ".vol1.difftar.gz.bak",
                        "duplicity-full." T1 ".manifest.gpg");
}
