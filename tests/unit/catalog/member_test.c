#include "catalog/member.h"

#include "base/memory.h"
#include "support/test.h"

static const struct {
        const char *text;
        MemberPlace place;
        bool is_folder;
        Member member;
} written[] = {
        { "snapshot/./", MEMBER_IN_VOLUME, true, { MEMBER_SNAPSHOT, "", 0 } },
        { "snapshot/", MEMBER_IN_VOLUME, false, { MEMBER_SNAPSHOT, "", 0 } },
        { "diff/", MEMBER_IN_VOLUME, false, { MEMBER_DIFF, "", 0 } },
        { "multivol_snapshot/./3", MEMBER_IN_VOLUME, false, { MEMBER_SNAPSHOT, "", 3 } },
        { "multivol_diff/./1", MEMBER_IN_VOLUME, false, { MEMBER_DIFF, "", 1 } },
        { "snapshot/a0/", MEMBER_IN_VOLUME, true, { MEMBER_SNAPSHOT, "a0", 0 } },
        { "snapshot/a0/inner", MEMBER_IN_VOLUME, false, { MEMBER_SNAPSHOT, "a0/inner", 0 } },
        { "diff/a", MEMBER_IN_VOLUME, false, { MEMBER_DIFF, "a", 0 } },
        { "deleted/a/x", MEMBER_IN_VOLUME, false, { MEMBER_DELETED, "a/x", 0 } },
        { "deleted/folder", MEMBER_IN_VOLUME, true, { MEMBER_DELETED, "folder", 0 } },
        { "multivol_snapshot/big.bin/54", MEMBER_IN_VOLUME, false, { MEMBER_SNAPSHOT, "big.bin", 54 } },
        { "multivol_snapshot/a/5/1", MEMBER_IN_VOLUME, false, { MEMBER_SNAPSHOT, "a/5", 1 } },
        { "multivol_diff/a/5/b/12", MEMBER_IN_VOLUME, false, { MEMBER_DIFF, "a/5/b", 12 } },
        { "snapshot/a/5", MEMBER_IN_VOLUME, false, { MEMBER_SNAPSHOT, "a/5", 0 } },
        { "snapshot/", MEMBER_IN_SIGNATURES, true, { MEMBER_SNAPSHOT, "", 0 } },
        { "signature/", MEMBER_IN_SIGNATURES, false, { MEMBER_SIGNATURE, "", 0 } },
        { "signature/a", MEMBER_IN_SIGNATURES, false, { MEMBER_SIGNATURE, "a", 0 } },
        { "snapshot/a0/", MEMBER_IN_SIGNATURES, true, { MEMBER_SNAPSHOT, "a0", 0 } },
        { "snapshot/link", MEMBER_IN_SIGNATURES, false, { MEMBER_SNAPSHOT, "link", 0 } },
        { "deleted/a/x", MEMBER_IN_SIGNATURES, false, { MEMBER_DELETED, "a/x", 0 } },
};

static void assert_parses(const char *text, MemberPlace place, const Member *wanted) {
        AUTO(arena_free) Arena *arena = arena_new();
        Member member;
        assert_ok(member_parse(text, place, arena, &member));
        assert_int_equal(member.kind, wanted->kind);
        assert_string_equal(member.path, wanted->path);
        assert_int_equal(member.chunk, wanted->chunk);
}

TEST(members_are_read_and_printed) {
        for (size_t i = 0; i < ARRAY_LENGTH(written); i++) {
                assert_parses(written[i].text, written[i].place, &written[i].member);
                AUTO_VALUE(buffer_clear) Buffer out = { 0 };
                member_print(&written[i].member, written[i].place, written[i].is_folder, &out);
                assert_string_equal(buffer_text(&out), written[i].text);
        }
}

TEST(other_spellings_of_members_are_read) {
        static const struct {
                const char *text;
                MemberPlace place;
                Member member;
        } spellings[] = {
                { "snapshot/.", MEMBER_IN_VOLUME, { MEMBER_SNAPSHOT, "", 0 } },
                { "snapshot/./", MEMBER_IN_SIGNATURES, { MEMBER_SNAPSHOT, "", 0 } },
                { "signature/.", MEMBER_IN_SIGNATURES, { MEMBER_SIGNATURE, "", 0 } },
                { "diff/./", MEMBER_IN_VOLUME, { MEMBER_DIFF, "", 0 } },
                { "deleted/folder/", MEMBER_IN_VOLUME, { MEMBER_DELETED, "folder", 0 } },
                { "multivol_snapshot//3", MEMBER_IN_VOLUME, { MEMBER_SNAPSHOT, "", 3 } },
                { "multivol_snapshot/a/3/", MEMBER_IN_VOLUME, { MEMBER_SNAPSHOT, "a", 3 } },
                { "multivol_snapshot/a/007", MEMBER_IN_VOLUME, { MEMBER_SNAPSHOT, "a", 7 } },
                { "snapshot/...", MEMBER_IN_VOLUME, { MEMBER_SNAPSHOT, "...", 0 } },
                { "snapshot/a\n\\\"\xff", MEMBER_IN_VOLUME, { MEMBER_SNAPSHOT, "a\n\\\"\xff", 0 } },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(spellings); i++)
                assert_parses(spellings[i].text, spellings[i].place, &spellings[i].member);
}

static void assert_refused(const char *text, MemberPlace place, const char *reason) {
        AUTO(arena_free) Arena *arena = arena_new();
        Member member = { .chunk = 77 };
        assert_error(member_parse(text, place, arena, &member), ERROR_CORRUPT, reason);
        assert_int_equal(member.chunk, 77);
}

TEST(members_of_unknown_kind_are_refused) {
        static const char *const names[] = {
                "", "a", "snapshot", "snapshots/a", "./snapshot/a", "/snapshot/a", "Snapshot/a", "multivol_deleted/a/1"
        };
        for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
                assert_refused(names[i], MEMBER_IN_VOLUME, "unknown kind");
                assert_refused(names[i], MEMBER_IN_SIGNATURES, "unknown kind");
        }
}

TEST(the_two_kinds_of_archives_have_members_of_their_own) {
        assert_refused("signature/a", MEMBER_IN_VOLUME, "'signature/a'");
        assert_refused("diff/a", MEMBER_IN_SIGNATURES, "'diff/a'");
        assert_refused("multivol_snapshot/a/1", MEMBER_IN_SIGNATURES, "'multivol_snapshot/a/1'");
        assert_refused("multivol_diff/a/1", MEMBER_IN_SIGNATURES, "'multivol_diff/a/1'");
}

TEST(chunks_without_a_proper_number_are_refused) {
        static const char *const names[] = {
                "multivol_snapshot/a",
                "multivol_snapshot/a/",
                "multivol_snapshot/a/0",
                "multivol_snapshot/a/x1",
                "multivol_snapshot/a/-1",
                "multivol_snapshot/a/1x",
                "multivol_snapshot/1",
                "multivol_snapshot/",
                "multivol_diff/a/99999999999999999999",
                "multivol_diff/a/9223372036854775808",
        };
        for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
                assert_refused(names[i], MEMBER_IN_VOLUME, "chunk number");
}

TEST(unsafe_paths_are_refused) {
        static const char *const names[] = {
                "snapshot//etc/passwd",   "snapshot/..",   "snapshot/../x",  "snapshot/a/../b",
                "snapshot/a/..",          "snapshot/a//b", "snapshot/a/./b", "snapshot/./a",
                "multivol_snapshot/../1", "deleted/a/..",  "snapshot/a//",   "diff//a",
                "multivol_diff//a/1",
        };
        for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
                assert_refused(names[i], MEMBER_IN_VOLUME, "unsafe path");
}

TEST(refused_members_are_shown_printably) {
        assert_refused("snapshot/../\n", MEMBER_IN_VOLUME, "'snapshot/../\\x0a'");
}
