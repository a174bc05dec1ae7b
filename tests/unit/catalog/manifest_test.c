#include "catalog/manifest.h"

#include "base/memory.h"
#include "support/test.h"

#define HEX "0123456789abcdef0123456789abcdef01234567"
#define VOLUME(number, first, last)                                                                                    \
        "Volume " number ":\n    StartingPath   " first "  \n    EndingPath     " last "  \n    Hash SHA1 " HEX "\n"

static const char example[] = "Hostname alpha\n"
                              "Localdir /srv/data\n"
                              "Volume 1:\n"
                              "    StartingPath   .  \n"
                              "    EndingPath     big.bin 15\n"
                              "    Hash SHA1 " HEX "\n"
                              "Volume 2:\n"
                              "    StartingPath   big.bin 16\n"
                              "    EndingPath     \"with\\x20blank\"  \n"
                              "    Hash SHA1 76543210fedcba9876543210fedcba9876543210\n"
                              "Filelist 3\n"
                              "    new      big.bin\n"
                              "    changed  \"with\\x20blank\"\n"
                              "    deleted  gone\n";

/* Writes each line of the file list as "kind path;". */
static Error *note_file(void *context, FileChange change, const char *path) {
        buffer_print(context, "%d %s;", (int)change, path);
        return NULL;
}

static Error *parse(Arena *arena, Bytes text, size_t piece, Buffer *files, Manifest *ret_manifest) {
        AUTO(manifest_parser_free) ManifestParser *parser = manifest_parser_new(arena, files ? note_file : NULL, files);
        for (; text.length; text = bytes_slice(text, piece, SIZE_MAX))
                TRY(manifest_parser_feed(parser, bytes_slice(text, 0, piece)));
        return manifest_parser_finish(parser, ret_manifest);
}

static Manifest parse_ok(Arena *arena, const char *text) {
        Manifest manifest = { .host = NULL };
        assert_ok(parse(arena, bytes_of(text), SIZE_MAX, NULL, &manifest));
        return manifest;
}

static void assert_refused(const char *text, const char *reason) {
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO_VALUE(buffer_clear) Buffer files = { 0 };
        Manifest manifest = { .volume_count = 77 };
        AUTO(error_free) Error *error = parse(arena, bytes_of(text), SIZE_MAX, &files, &manifest);
        if (!error || !strstr(error_story(error), reason))
                print_error("wanted '%s' for:\n%s\ngot '%s'\n", reason, text, error_story(error));
        assert_int_equal(error_kind(error), ERROR_CORRUPT);
        assert_int_equal(error_exit_code(error), EXIT_CODE_MANIFEST_UNREADABLE);
        assert_non_null(strstr(error_story(error), reason));
        assert_int_equal(manifest.volume_count, 77);
}

static void assert_is_example(const Manifest *manifest) {
        assert_string_equal(manifest->host, "alpha");
        assert_string_equal(manifest->source, "/srv/data");
        assert_int_equal(manifest->volume_count, 2);
        const Volume *first = &manifest->volumes[0], *second = &manifest->volumes[1];
        assert_int_equal(first->number, 1);
        assert_string_equal(first->first.path, "");
        assert_int_equal(first->first.block, -1);
        assert_string_equal(first->last.path, "big.bin");
        assert_int_equal(first->last.block, 15);
        assert_int_equal(first->hash_kind, MANIFEST_HASH_SHA1);
        assert_memory_equal(first->hash,
                            "\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67", 20);
        assert_int_equal(second->number, 2);
        assert_int_equal(second->first.block, 16);
        assert_string_equal(second->last.path, "with blank");
        assert_int_equal(second->last.block, -1);
        assert_int_equal(second->hash[0], 0x76);
}

TEST(a_manifest_is_read_in_pieces_of_any_size) {
        static const size_t pieces[] = { 1, 2, 3, 7, 20, 64, SIZE_MAX };
        for (size_t i = 0; i < ARRAY_LENGTH(pieces); i++) {
                AUTO(arena_free) Arena *arena = arena_new();
                AUTO_VALUE(buffer_clear) Buffer files = { 0 };
                Manifest manifest;
                assert_ok(parse(arena, bytes_of(example), pieces[i], &files, &manifest));
                assert_is_example(&manifest);
                assert_string_equal(buffer_text(&files), "0 big.bin;1 with blank;2 gone;");
        }
}

TEST(a_manifest_is_printed_byte_for_byte) {
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO_VALUE(buffer_clear) Buffer out = { 0 };
        Manifest manifest = parse_ok(arena, example);
        manifest_print_head(manifest.host, manifest.source, &out);
        for (size_t i = 0; i < manifest.volume_count; i++)
                manifest_print_volume(&manifest.volumes[i], &out);
        manifest_print_file_count(3, &out);
        manifest_print_file(FILE_CHANGE_NEW, "big.bin", &out);
        manifest_print_file(FILE_CHANGE_CHANGED, "with blank", &out);
        manifest_print_file(FILE_CHANGE_DELETED, "gone", &out);
        assert_string_equal(buffer_text(&out), example);
}

TEST(an_empty_volume_begins_and_ends_at_the_root) {
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO_VALUE(buffer_clear) Buffer out = { 0 };
        static const char text[] = VOLUME("1", ".", ".") "Filelist 0\n";
        Manifest manifest = parse_ok(arena, text);
        assert_null(manifest.host);
        assert_null(manifest.source);
        assert_string_equal(manifest.volumes[0].first.path, "");
        assert_string_equal(manifest.volumes[0].last.path, "");
        manifest_print_head(NULL, NULL, &out);
        manifest_print_volume(&manifest.volumes[0], &out);
        manifest_print_file_count(0, &out);
        assert_string_equal(buffer_text(&out), text);
}

TEST(a_root_that_is_a_file_is_listed_as_a_dot) {
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO_VALUE(buffer_clear) Buffer out = { 0 };
        AUTO_VALUE(buffer_clear) Buffer files = { 0 };
        Manifest manifest;
        manifest_print_file(FILE_CHANGE_NEW, "", &out);
        assert_string_equal(buffer_text(&out), "    new      .\n");
        static const char text[] = VOLUME("1", ".", ".") "Filelist 1\n    new      .\n";
        assert_ok(parse(arena, bytes_of(text), 5, &files, &manifest));
        assert_string_equal(buffer_text(&files), "0 ;");
}

TEST(of_repeated_volumes_the_last_wins) {
        AUTO(arena_free) Arena *arena = arena_new();
        Manifest manifest = parse_ok(arena, VOLUME("1", ".", "a") VOLUME("2", "b", "c") VOLUME("3", "d", "e") VOLUME(
                                                    "4", "old", "old") VOLUME("4", "f", "g") VOLUME("5", "h", "i"));
        assert_int_equal(manifest.volume_count, 5);
        for (size_t i = 0; i < 5; i++)
                assert_int_equal(manifest.volumes[i].number, i + 1);
        assert_string_equal(manifest.volumes[3].first.path, "f");
        assert_string_equal(manifest.volumes[4].last.path, "i");
}

TEST(volumes_above_the_last_block_are_dropped) {
        AUTO(arena_free) Arena *arena = arena_new();
        Manifest manifest = parse_ok(arena, VOLUME("1", ".", "a") VOLUME("2", "b", "c") VOLUME("3", "d", "e")
                                                    VOLUME("2", "new", "z"));
        assert_int_equal(manifest.volume_count, 2);
        assert_string_equal(manifest.volumes[1].first.path, "new");
}

TEST(volumes_may_come_in_any_order) {
        AUTO(arena_free) Arena *arena = arena_new();
        Manifest manifest = parse_ok(arena, VOLUME("2", "b", "c") VOLUME("1", ".", "a") VOLUME("3", "d", "e"));
        assert_int_equal(manifest.volume_count, 3);
        assert_string_equal(manifest.volumes[1].first.path, "b");
}

TEST(gaps_and_missing_volumes_are_refused) {
        assert_refused("", "no volumes");
        assert_refused("Hostname x\nFilelist 0\n", "no volumes");
        assert_refused(VOLUME("2", "a", "b"), "missing");
        assert_refused(VOLUME("1", ".", "a") VOLUME("3", "b", "c"), "missing");
        assert_refused(VOLUME("1", ".", "a") VOLUME("1", ".", "b") VOLUME("3", "b", "c"), "missing");
        assert_refused(VOLUME("18446744073709551615", ".", "a"), "missing");
}

TEST(carriage_returns_and_a_missing_last_newline_are_accepted) {
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO_VALUE(buffer_clear) Buffer crlf = { 0 };
        AUTO_VALUE(buffer_clear) Buffer files = { 0 };
        Manifest manifest;
        for (const char *byte = example; *byte; byte++) {
                if (*byte == '\n')
                        buffer_add_byte(&crlf, '\r');
                buffer_add_byte(&crlf, (uint8_t)*byte);
        }
        assert_ok(parse(arena, buffer_bytes(&crlf), 11, &files, &manifest));
        assert_is_example(&manifest);
        assert_string_equal(buffer_text(&files), "0 big.bin;1 with blank;2 gone;");
        buffer_truncate(&files, 0);
        assert_ok(parse(arena, bytes_make(example, strlen(example) - 1), 11, &files, &manifest));
        assert_string_equal(buffer_text(&files), "0 big.bin;1 with blank;2 gone;");
}

TEST(field_names_have_no_case_and_unknown_ones_are_skipped) {
        AUTO(arena_free) Arena *arena = arena_new();
        Manifest manifest = parse_ok(arena, "HOSTNAME alpha\nlocaldir /srv/data\nVersion 9\n    Detail of it\n\n"
                                            "volume 1:\n    startingpath .\n\tENDINGPATH\tb/c 2\n    Owner me\n"
                                            "    hash sha1 " HEX "\nSum 5\n    StartingPath of something else\n");
        assert_string_equal(manifest.host, "alpha");
        assert_string_equal(manifest.source, "/srv/data");
        assert_string_equal(manifest.volumes[0].first.path, "");
        assert_string_equal(manifest.volumes[0].last.path, "b/c");
        assert_int_equal(manifest.volumes[0].hash_kind, MANIFEST_HASH_SHA1);
}

TEST(blocks_may_be_absent) {
        AUTO(arena_free) Arena *arena = arena_new();
        Manifest manifest = parse_ok(arena, "Volume 1:\n StartingPath a\n EndingPath b\t7 \n");
        assert_string_equal(manifest.volumes[0].first.path, "a");
        assert_int_equal(manifest.volumes[0].first.block, -1);
        assert_int_equal(manifest.volumes[0].last.block, 7);
        assert_int_equal(manifest.volumes[0].hash_kind, MANIFEST_HASH_NONE);
}

TEST(the_file_list_may_come_before_the_volumes) {
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO_VALUE(buffer_clear) Buffer files = { 0 };
        Manifest manifest;
        static const char text[] = "Filelist 2\n    new      Volume\n    deleted  Hash\n" VOLUME("1", ".", "a");
        assert_ok(parse(arena, bytes_of(text), 9, &files, &manifest));
        assert_string_equal(buffer_text(&files), "0 Volume;2 Hash;");
        assert_int_equal(manifest.volume_count, 1);
}

TEST(sha1_beats_md5_and_others_are_skipped) {
        AUTO(arena_free) Arena *arena = arena_new();
        static const char *const md5 = "    Hash MD5 00112233445566778899aabbccddeeff\n";
        static const char *const sha1 = "    Hash SHA1 " HEX "\n";
        static const char *const sha256 = "    Hash SHA256 00\n";
        const char *const orders[][3] = { { md5, sha1, sha256 }, { sha1, md5, sha256 }, { sha256, sha1, "" } };
        for (size_t i = 0; i < ARRAY_LENGTH(orders); i++) {
                const char *text = arena_print(arena, "Volume 1:\n StartingPath .\n EndingPath .\n%s%s%s", orders[i][0],
                                               orders[i][1], orders[i][2]);
                Manifest manifest = parse_ok(arena, text);
                assert_int_equal(manifest.volumes[0].hash_kind, MANIFEST_HASH_SHA1);
                assert_int_equal(manifest.volumes[0].hash[1], 0x23);
        }
        const char *text = arena_print(arena, "Volume 1:\n    StartingPath   .  \n    EndingPath     .  \n%s", md5);
        Manifest manifest = parse_ok(arena, text);
        assert_int_equal(manifest.volumes[0].hash_kind, MANIFEST_HASH_MD5);
        AUTO_VALUE(buffer_clear) Buffer out = { 0 };
        manifest_print_volume(&manifest.volumes[0], &out);
        assert_string_equal(buffer_text(&out), text);
}

TEST(hashes_in_upper_case_are_read) {
        AUTO(arena_free) Arena *arena = arena_new();
        Manifest manifest = parse_ok(arena, "Volume 1:\n StartingPath .\n EndingPath .\n"
                                            " Hash SHA1 ABCDEF6789ABCDEF0123456789ABCDEF01234567\n");
        assert_int_equal(manifest.volumes[0].hash[0], 0xAB);
}

TEST(lines_that_make_no_sense_are_named) {
        assert_refused("Volume x:\n", "line 1: no volume number");
        assert_refused("Hostname a\nVolume 0:\n", "line 2: no volume number");
        assert_refused("Volume 1\n", "line 1: no volume number");
        assert_refused("Volume\n", "line 1: no volume number");
        assert_refused("Volume :\n", "line 1: no volume number");
        assert_refused("Volume 1:\n StartingPath\n", "line 2: no path");
        assert_refused("Volume 1:\n StartingPath \"a\n", "line 2: no path");
        assert_refused("Volume 1:\n StartingPath \"\"\n", "line 2: no path");
        assert_refused("Volume 1:\n StartingPath \"a\\x2\"\n", "line 2: no path");
        assert_refused("Volume 1:\n StartingPath \"a\\n\"\n", "line 2: no path");
        assert_refused("Volume 1:\n StartingPath \"a\\\"\n", "line 2: no path");
        assert_refused("Volume 1:\n StartingPath \"a\\x00b\"\n", "line 2: no path");
        assert_refused("Volume 1:\n EndingPath a b\n", "line 2: no block number");
        assert_refused("Volume 1:\n EndingPath a -1\n", "line 2: no block number");
        assert_refused("Volume 1:\n EndingPath a 9223372036854775808\n", "line 2: no block number");
        assert_refused("Volume 1:\n Hash SHA1 0123\n", "line 2: no hash");
        assert_refused("Volume 1:\n Hash MD5 " HEX "\n", "line 2: no hash");
        assert_refused("Localdir a b\n", "line 1: no path");
        assert_refused("Localdir\n", "line 1: no path");
        assert_refused("Filelist\n", "line 1: no number of files");
        assert_refused("Filelist 1\n\n    moved    a\n", "line 3: neither a new");
        assert_refused("Filelist 1\n    new\n", "line 2: no path");
        assert_refused("Filelist 1\n    new      a b\n", "line 2: no path");
        assert_refused("Volume 1:\n StartingPath a\n", "no starting or no ending path");
        assert_refused("Volume 1:\n EndingPath a\n", "no starting or no ending path");
}

TEST(a_half_written_volume_that_was_redone_does_no_harm) {
        AUTO(arena_free) Arena *arena = arena_new();
        Manifest manifest = parse_ok(arena, "Volume 1:\n    StartingPath   a\n" VOLUME("1", "a", "b"));
        assert_string_equal(manifest.volumes[0].last.path, "b");
}

TEST(nul_bytes_are_refused) {
        AUTO(arena_free) Arena *arena = arena_new();
        Manifest manifest;
        static const char text[] = "Hostname a\0b\n";
        assert_error(parse(arena, bytes_make(text, sizeof text - 1), 4, NULL, &manifest), ERROR_CORRUPT,
                     "line 1: a NUL");
}

TEST(lines_over_a_mebibyte_are_refused) {
        for (size_t extra = 0; extra < 2; extra++) {
                AUTO(arena_free) Arena *arena = arena_new();
                AUTO(manifest_parser_free) ManifestParser *parser = manifest_parser_new(arena, NULL, NULL);
                AUTO_VALUE(buffer_clear) Buffer line = { 0 };
                buffer_add_text(&line, "Hostname ");
                while (line.length < 1024 * 1024 + extra)
                        buffer_add_byte(&line, 'x');
                assert_ok(manifest_parser_feed(parser, bytes_of("Version 1\n")));
                assert_ok(manifest_parser_feed(parser, bytes_slice(buffer_bytes(&line), 0, 1000000)));
                Error *error = manifest_parser_feed(parser, bytes_slice(buffer_bytes(&line), 1000000, SIZE_MAX));
                if (extra == 0)
                        assert_ok(error);
                else
                        assert_error(error, ERROR_CORRUPT, "line 2: too long");
        }
}

static Error *refuse_file(void *context, FileChange change, const char *path) {
        (void)context;
        return error_new(ERROR_CANCELLED, "enough at %d %s", (int)change, path);
}

TEST(errors_of_the_sink_are_passed_on) {
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO(manifest_parser_free) ManifestParser *parser = manifest_parser_new(arena, refuse_file, NULL);
        assert_error(manifest_parser_feed(parser, bytes_of(example)), ERROR_CANCELLED, "enough at 0 big.bin");
}

TEST(the_file_list_takes_no_memory) {
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO_VALUE(buffer_clear) Buffer files = { 0 };
        AUTO(manifest_parser_free) ManifestParser *parser = manifest_parser_new(arena, note_file, &files);
        assert_ok(manifest_parser_feed(parser, bytes_of("Filelist 1000\n")));
        size_t before = arena_used(arena);
        for (size_t i = 0; i < 1000; i++)
                assert_ok(manifest_parser_feed(parser, bytes_of("    new      some/long/path/of/a/file\n")));
        assert_int_equal(arena_used(arena), before);
}

TEST(only_blanks_backslashes_and_quotes_are_quoted) {
        static const struct {
                const char *path, *quoted;
        } paths[] = {
                { "plain/path-1.x", "plain/path-1.x" },
                { "a b", "\"a\\x20b\"" },
                { "\t\n\v\f\r", "\"\\x09\\x0a\\x0b\\x0c\\x0d\"" },
                { "back\\slash", "\"back\\x5cslash\"" },
                { "dou\"ble", "\"dou\\x22ble\"" },
                { "sin'gle", "\"sin\\x27gle\"" },
                { "\x01\x7f\x80\xff\xc3\xa9", "\x01\x7f\x80\xff\xc3\xa9" },
                { "a b\xff", "\"a\\x20b\xff\"" },
        };
        for (size_t i = 0; i < ARRAY_LENGTH(paths); i++) {
                AUTO_VALUE(buffer_clear) Buffer out = { 0 };
                manifest_quote(paths[i].path, &out);
                assert_string_equal(buffer_text(&out), paths[i].quoted);
        }
}

TEST(paths_of_every_byte_come_back) {
        for (int byte = 1; byte < 256; byte++) {
                if (byte == '/')
                        continue;
                AUTO(arena_free) Arena *arena = arena_new();
                AUTO_VALUE(buffer_clear) Buffer text = { 0 };
                AUTO_VALUE(buffer_clear) Buffer files = { 0 };
                char path[] = { 'p', (char)byte, (char)byte, '\0' };
                Volume volume = { .number = 1, .first = { path, -1 }, .last = { path + 1, 3 } };
                manifest_print_head("host", path, &text);
                manifest_print_volume(&volume, &text);
                manifest_print_file_count(1, &text);
                manifest_print_file(FILE_CHANGE_CHANGED, path, &text);
                Manifest manifest;
                assert_ok(parse(arena, buffer_bytes(&text), 10, &files, &manifest));
                assert_string_equal(manifest.source, path);
                assert_string_equal(manifest.volumes[0].first.path, path);
                assert_string_equal(manifest.volumes[0].last.path, path + 1);
                assert_int_equal(manifest.volumes[0].last.block, 3);
                assert_string_equal(buffer_text(&files), arena_print(arena, "1 %s;", path));
        }
}

static bool holds(const char *first, const char *last, const char *path) {
        const Volume volume = { .number = 1, .first = { first, -1 }, .last = { last, -1 } };
        return volume_may_hold(&volume, path);
}

TEST(volumes_hold_what_lies_between_their_ends) {
        assert_true(holds("b", "d", "b"));
        assert_true(holds("b", "d", "c"));
        assert_true(holds("b", "d", "d"));
        assert_false(holds("b", "d", "a"));
        assert_false(holds("b", "d", "e"));
        assert_false(holds("b", "d", "d/x"));
        assert_true(holds("b", "d/x", "d"));
}

TEST(volumes_hold_what_lies_beneath_a_path) {
        assert_true(holds("a/x", "a/y", "a"));
        assert_true(holds("a/x", "z", "a"));
        assert_false(holds("a/x", "z", "a/w"));
        assert_true(holds("a/x/1", "a/x/2", "a/x"));
        assert_false(holds("a/x/1", "a/x/2", "a/y"));
        assert_false(holds("ab", "ac", "a"));
}

TEST(every_volume_may_hold_something_of_the_root) {
        assert_true(holds("", "", ""));
        assert_true(holds("x", "y", ""));
        assert_false(holds("", "", "a"));
        assert_true(holds("", "b", "a"));
}

TEST(volumes_are_compared_in_archive_order) {
        assert_true(holds("a", "a!", "a/x")); /* '/' sorts below '!' */
        assert_false(holds("a!", "b", "a/x"));
        assert_true(holds("a/x", "a-b", "a!"));
}
