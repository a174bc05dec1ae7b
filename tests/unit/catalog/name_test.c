#include "catalog/name.h"

#include "base/memory.h"
#include "support/test.h"

enum { T0 = 1795409026, T1 = 1795495426 }; /* 2026-11-23T04:43:46Z and a day later */

/* the times of the names below */
#define FULL .full = true, .start = { T0 }, .end = { T0 }
#define INC .full = false, .start = { T0 }, .end = { T1 }

static const WhenContext times = { { T1 }, 0, 0 };
static const NamePrefixes none = { .all = NULL };

static const struct {
        const char *text;
        FileName name;
} long_names[] = {
        { "duplicity-full.20261123T044346Z.vol1.difftar.gz",
          { .kind = FILE_VOLUME, FULL, .volume = 1, .compressed = true } },
        { "duplicity-full.20261123T044346Z.vol12.difftar.gpg",
          { .kind = FILE_VOLUME, FULL, .volume = 12, .encrypted = true } },
        { "duplicity-full.20261123T044346Z.vol1.difftar", { .kind = FILE_VOLUME, FULL, .volume = 1 } },
        { "duplicity-full.20261123T044346Z.vol1.difftar.part",
          { .kind = FILE_VOLUME, FULL, .volume = 1, .partial = true } },
        { "duplicity-full.20261123T044346Z.manifest", { .kind = FILE_MANIFEST, FULL } },
        { "duplicity-full.20261123T044346Z.manifest.gpg", { .kind = FILE_MANIFEST, FULL, .encrypted = true } },
        { "duplicity-full.20261123T044346Z.manifest.part", { .kind = FILE_MANIFEST, FULL, .partial = true } },
        { "duplicity-full-signatures.20261123T044346Z.sigtar.gz",
          { .kind = FILE_SIGNATURE, FULL, .compressed = true } },
        { "duplicity-full-signatures.20261123T044346Z.sigtar.part", { .kind = FILE_SIGNATURE, FULL, .partial = true } },
        { "duplicity-inc.20261123T044346Z.to.20261124T044346Z.vol3.difftar.gz",
          { .kind = FILE_VOLUME, INC, .volume = 3, .compressed = true } },
        { "duplicity-inc.20261123T044346Z.to.20261124T044346Z.manifest.gpg",
          { .kind = FILE_MANIFEST, INC, .encrypted = true } },
        { "duplicity-new-signatures.20261123T044346Z.to.20261124T044346Z.sigtar.gpg",
          { .kind = FILE_SIGNATURE, INC, .encrypted = true } },
        { "duplicity-full.20261123T044346Z.jsonstat", { .kind = FILE_STATISTICS, FULL } },
        { "duplicity-inc.20261123T044346Z.to.20261124T044346Z.jsonstat.gpg",
          { .kind = FILE_STATISTICS, INC, .encrypted = true } },
};

static void assert_names_equal(const char *text, const FileName *got, const FileName *wanted) {
        bool same = got->kind == wanted->kind && got->full == wanted->full &&
                    got->start.seconds == wanted->start.seconds && got->end.seconds == wanted->end.seconds &&
                    got->volume == wanted->volume && got->partial == wanted->partial &&
                    got->compressed == wanted->compressed && got->encrypted == wanted->encrypted;
        if (!same)
                print_error("'%s' was read as something else\n", text);
        assert_true(same);
}

static void assert_parses(const char *text, const FileName *wanted, bool exact) {
        FileName name;
        assert_true(name_parse(text, &none, &times, &name));
        assert_names_equal(text, &name, wanted);
        assert_int_equal(name_is_exact(text, &none, &times, &name), exact);
}

TEST(long_names_are_read_and_printed) {
        for (size_t i = 0; i < ARRAY_LENGTH(long_names); i++) {
                assert_parses(long_names[i].text, &long_names[i].name, true);
                AUTO_TEXT char *text = name_print(&long_names[i].name, &none);
                assert_string_equal(text, long_names[i].text);
        }
}

TEST(short_names_are_read) {
        static const struct {
                const char *text;
                FileName name;
        } names[] = {
                { "df.toxugy.1.dt.z", { .kind = FILE_VOLUME, FULL, .volume = 1, .compressed = true } },
                { "df.toxugy.10.dt.g", { .kind = FILE_VOLUME, FULL, .volume = 36, .encrypted = true } },
                { "df.toxugy.m", { .kind = FILE_MANIFEST, FULL } },
                { "dfs.toxugy.st.z", { .kind = FILE_SIGNATURE, FULL, .compressed = true } },
                { "di.toxugy.tozp4y.z.dt", { .kind = FILE_VOLUME, INC, .volume = 35 } },
                { "di.toxugy.tozp4y.m.g", { .kind = FILE_MANIFEST, INC, .encrypted = true } },
                { "dns.toxugy.tozp4y.st.p", { .kind = FILE_SIGNATURE, INC, .partial = true } },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
                assert_parses(names[i].text, &names[i].name, true);
}

TEST(old_names_have_w3_times) {
        static const struct {
                const char *text;
                FileName name;
        } names[] = {
                { "duplicity-full.2026-11-22T23:43:46-05:00.vol1.difftar.gz",
                  { .kind = FILE_VOLUME, FULL, .volume = 1, .compressed = true } },
                { "duplicity-inc.2026-11-23T04:43:46Z.to.2026-11-24T05:43:46+01:00.manifest",
                  { .kind = FILE_MANIFEST, INC } },
                { "duplicity-new-signatures.2026-11-23T04:43:46Z.to.2026-11-24T04:43:46.sigtar.gpg",
                  { .kind = FILE_SIGNATURE, INC, .encrypted = true } },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
                assert_parses(names[i].text, &names[i].name, true);
}

TEST(bare_old_times_are_local) {
        static const WhenContext in_new_york = { { T1 }, -5 * 3600, 0 };
        FileName name;
        assert_true(name_parse("duplicity-full.2026-11-22T23:43:46.manifest", &none, &in_new_york, &name));
        assert_int_equal(name.start.seconds, T0);
}

TEST(old_names_may_have_another_separator) {
        static const WhenContext with_underscores = { { T1 }, 0, '_' };
        static const char text[] = "duplicity-full.2026-11-22T23_43_46-05_00.manifest.gpg";
        FileName name;
        assert_false(name_parse(text, &none, &times, &name));
        assert_true(name_parse(text, &none, &with_underscores, &name));
        assert_int_equal(name.start.seconds, T0);
        assert_true(name_is_exact(text, &none, &with_underscores, &name));
        AUTO_TEXT char *copy = name_print_copy(text, &none, &with_underscores);
        assert_string_equal(copy, "duplicity-full.2026-11-22T23_43_46-05_00.manifest");
}

TEST(local_copies_are_called_as_stock_calls_them) {
        static const NamePrefixes prefixes = { .all = "p.", .manifest = "m." };
        static const struct {
                const NamePrefixes *prefixes;
                const char *remote, *copy;
        } names[] = {
                { &none, "duplicity-full.20261123T044346Z.manifest.gpg", "duplicity-full.20261123T044346Z.manifest" },
                { &none, "duplicity-full-signatures.20261123T044346Z.sigtar.gpg",
                  "duplicity-full-signatures.20261123T044346Z.sigtar.gz" },
                { &none, "duplicity-full-signatures.20261123T044346Z.sigtar",
                  "duplicity-full-signatures.20261123T044346Z.sigtar.gz" },
                { &none, "df.toxugy.m.g", "df.toxugy.m" },
                { &none, "dfs.toxugy.st.g", "dfs.toxugy.st.z" },
                { &none, "dfs.toxugy.st", "dfs.toxugy.st.z" },
                { &none, "duplicity-full-signatures.2026-11-22T23:43:46-05:00.sigtar.gpg",
                  "duplicity-full-signatures.2026-11-22T23:43:46-05:00.sigtar.gz" },
                { &prefixes, "p.m.duplicity-full.20261123T044346Z.manifest.gpg",
                  "p.m.duplicity-full.20261123T044346Z.manifest" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
                AUTO_TEXT char *copy = name_print_copy(names[i].remote, names[i].prefixes, &times);
                assert_string_equal(copy, names[i].copy);
        }
}

TEST(names_with_something_appended_count_but_are_not_exact) {
        static const FileName volume = { .kind = FILE_VOLUME, FULL, .volume = 1 };
        static const FileName zipped = { .kind = FILE_VOLUME, FULL, .volume = 1, .compressed = true };
        static const FileName manifest = { .kind = FILE_MANIFEST, FULL };
        static const FileName zipped_manifest = { .kind = FILE_MANIFEST, FULL, .compressed = true };
        assert_parses("duplicity-full.20261123T044346Z.vol1.difftar.gz.bak", &volume, false);
        assert_parses("duplicity-full.20261123T044346Z.vol1.difftar.gpg.tmp", &volume, false);
        assert_parses("duplicity-full.20261123T044346Z.vol1.difftar.", &volume, false);
        assert_parses("duplicity-full.20261123T044346Z.vol1.difftar.bak.gz", &zipped, false);
        assert_parses("duplicity-full.20261123T044346Z.vol1.difftar.tgz", &zipped, false);
        assert_parses("duplicity-full.20261123T044346Z.manifest.new", &manifest, false);
        assert_parses("duplicity-full.20261123T044346Z.manifest.gz", &zipped_manifest, false);
}

TEST(times_in_lower_case_are_read) {
        static const FileName manifest = { .kind = FILE_MANIFEST, FULL };
        assert_parses("duplicity-full.20261123t044346z.manifest", &manifest, true);
}

TEST(names_of_others_are_not_ours) {
        static const char *const names[] = {
                "",
                ".",
                "lost+found",
                "duplicity-full",
                "duplicity-full.",
                "duplicity-full.20261123T044346Z",
                "duplicity-full.20261123T044346Z.vol1.difftargz",
                "duplicity-full.20261123T044346Z.vol.difftar.gz",
                "duplicity-full.20261123T044346Z.vol0.difftar.gz",
                "duplicity-full.20261123T044346Z.vol-1.difftar.gz",
                "duplicity-full.20261123T044346Z.vol1x.difftar.gz",
                "duplicity-full.20261123T044346Z.vol99999999999999999999.difftar.gz",
                "duplicity-full.20261323T044346Z.manifest",
                "duplicity-full.20260230T044346Z.manifest",
                "duplicity-full.1D.vol1.difftar.gz",
                "duplicity-full.now.manifest",
                "duplicity-full.1795409026.manifest",
                "duplicity-full.2026-11-23.manifest",
                "duplicity-full.20261123T044346Z.manifests",
                "duplicity-full.20261123T044346Z.to.20261124T044346Z.manifest",
                "duplicity-inc.20261123T044346Z.manifest",
                "duplicity-new-signatures.20261123T044346Z.sigtar.gz",
                "duplicity-full-signatures.20261123T044346Z.vol1.sigtar",
                ".duplicity-full.20261123T044346Z.manifest.part",
                "xduplicity-full.20261123T044346Z.manifest",
                "Duplicity-full.20261123T044346Z.manifest",
                "df.TOXUGY.m",
                "df..m",
                "df.toxugy.0.dt",
                "df.zzzzzzzzzzzzzz.m",
                "df.zzzzzzzzzz.m", /* a year beyond 9999 */
                "di.toxugy.m",
                "df.20261123T044346Z.vol1.difftar",
        };
        for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
                FileName name = { .volume = 77 };
                if (name_parse(names[i], &none, &times, &name))
                        print_error("'%s' was taken for ours\n", names[i]);
                assert_int_equal(name.volume, 77);
        }
}

TEST(prefixes_stand_in_front) {
        static const NamePrefixes prefixes = {
                .all = "all.", .volume = "v-", .manifest = "m-", .signature = "s-", .statistics = "j-",
        };
        static const struct {
                const char *text;
                FileName name;
        } names[] = {
                { "all.v-duplicity-full.20261123T044346Z.vol1.difftar", { .kind = FILE_VOLUME, FULL, .volume = 1 } },
                { "all.m-duplicity-full.20261123T044346Z.manifest", { .kind = FILE_MANIFEST, FULL } },
                { "all.s-duplicity-full-signatures.20261123T044346Z.sigtar", { .kind = FILE_SIGNATURE, FULL } },
                { "all.j-duplicity-full.20261123T044346Z.jsonstat", { .kind = FILE_STATISTICS, FULL } },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
                FileName name;
                assert_true(name_parse(names[i].text, &prefixes, &times, &name));
                assert_names_equal(names[i].text, &name, &names[i].name);
                assert_true(name_is_exact(names[i].text, &prefixes, &times, &name));
                AUTO_TEXT char *text = name_print(&name, &prefixes);
                assert_string_equal(text, names[i].text);
        }
        FileName name;
        assert_false(name_parse("duplicity-full.20261123T044346Z.manifest", &prefixes, &times, &name));
        assert_false(name_parse("all.duplicity-full.20261123T044346Z.manifest", &prefixes, &times, &name));
        assert_false(name_parse("all.v-duplicity-full.20261123T044346Z.manifest", &prefixes, &times, &name));
        assert_false(name_parse("m-duplicity-full.20261123T044346Z.manifest", &prefixes, &times, &name));
}

TEST(local_names_have_plain_manifests_and_zipped_signatures) {
        static const NamePrefixes prefixes = { .all = "p.", .manifest = "m." };
        static const FileName manifest = { .kind = FILE_MANIFEST, INC, .encrypted = true };
        static const FileName signature = { .kind = FILE_SIGNATURE, FULL, .encrypted = true };
        static const FileName plain_signature = { .kind = FILE_SIGNATURE, FULL };
        static const FileName partial = { .kind = FILE_SIGNATURE, FULL, .partial = true };
        AUTO_TEXT char *manifest_text = name_print_local(&manifest, &prefixes);
        AUTO_TEXT char *signature_text = name_print_local(&signature, &prefixes);
        AUTO_TEXT char *plain_text = name_print_local(&plain_signature, &none);
        AUTO_TEXT char *partial_text = name_print_local(&partial, &none);
        assert_string_equal(manifest_text, "p.m.duplicity-inc.20261123T044346Z.to.20261124T044346Z.manifest");
        assert_string_equal(signature_text, "p.duplicity-full-signatures.20261123T044346Z.sigtar.gz");
        assert_string_equal(plain_text, "duplicity-full-signatures.20261123T044346Z.sigtar.gz");
        assert_string_equal(partial_text, "duplicity-full-signatures.20261123T044346Z.sigtar.part");
}
