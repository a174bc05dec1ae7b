#include "catalog/manifest.h"

#include <strings.h>

#include "base/attribute.h"
#include "base/encode.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/path.h"

enum { LONGEST_LINE = 1024 * 1024 };

DEFINE_LIST(VolumeList, volume_list, Volume)

/* What indented lines belong to. */
typedef enum Section { SECTION_OTHER, SECTION_VOLUME, SECTION_FILES } Section;

struct ManifestParser {
        Arena *arena;
        ManifestFileSink *sink;
        void *context;
        Buffer line; /* the beginning of a line whose end has not come yet */
        Buffer path; /* the path read last */
        uint64_t line_number;
        Section section;
        const char *host, *source;
        VolumeList volumes; /* as they come, with repetitions; the last one may be half-read */
};

static const struct {
        const char *name;
        size_t size;
} hashes[] = {
        [MANIFEST_HASH_NONE] = { "", 0 },
        [MANIFEST_HASH_SHA1] = { "SHA1", 20 },
        [MANIFEST_HASH_MD5] = { "MD5", 16 },
};

static const char *const change_names[] = {
        [FILE_CHANGE_NEW] = "new",
        [FILE_CHANGE_CHANGED] = "changed",
        [FILE_CHANGE_DELETED] = "deleted",
};

ManifestParser *manifest_parser_new(Arena *arena, ManifestFileSink *sink, void *context) {
        ManifestParser *parser = memory_new(ManifestParser);
        parser->arena = arena;
        parser->sink = sink;
        parser->context = context;
        return parser;
}

static Error *bad_manifest(const char *what) {
        return error_with_code(error_new(ERROR_CORRUPT, "bad manifest: %s", what), EXIT_CODE_MANIFEST_UNREADABLE);
}

static Error *bad_line(const ManifestParser *parser, const char *what) {
        AUTO_TEXT char *where = memory_print("line %llu: %s", (unsigned long long)parser->line_number, what);
        return bad_manifest(where);
}

static bool is_word(Bytes text, const char *word) {
        return text.length && text.length == strlen(word) && strncasecmp((const char *)text.at, word, text.length) == 0;
}

/* Takes the next word off the front of LINE; empty at the end. */
static Bytes cut_word(Bytes *line) {
        *line = bytes_trim(*line);
        size_t length = 0;
        while (length < line->length && !byte_is_blank(line->at[length]))
                length++;
        Bytes word = bytes_slice(*line, 0, length);
        *line = bytes_slice(*line, length, SIZE_MAX);
        return word;
}

/* Appends what stands between the double quotes of a path. False when a backslash begins no \xHH, or that is a NUL. */
static bool unquote(Bytes quoted, Buffer *out) {
        while (quoted.length) {
                uint8_t byte = quoted.at[0];
                size_t taken = 1;
                if (byte == '\\') {
                        taken = 4;
                        if (!bytes_start_with(quoted, "\\x") || !encode_from_hex(bytes_slice(quoted, 2, 2), &byte, 1) ||
                            !byte)
                                return false;
                }
                buffer_add_byte(out, byte);
                quoted = bytes_slice(quoted, taken, SIZE_MAX);
        }
        return true;
}

/* Takes a path off the front of LINE into parser->path. */
static bool cut_path(ManifestParser *parser, Bytes *line) {
        buffer_truncate(&parser->path, 0);
        *line = bytes_trim(*line);
        if (bytes_start_with(*line, "\"")) {
                Bytes rest;
                Bytes quoted = bytes_cut(bytes_slice(*line, 1, SIZE_MAX), '"', &rest);
                *line = rest;
                return rest.at && quoted.length && unquote(quoted, &parser->path);
        }
        Bytes word = cut_word(line);
        if (!bytes_equal_text(word, "."))
                buffer_add(&parser->path, word);
        return word.length > 0;
}

static Error *read_host(ManifestParser *parser, Bytes rest) {
        parser->host = arena_bytes(parser->arena, bytes_trim(rest));
        return NULL;
}

static Error *read_source(ManifestParser *parser, Bytes rest) {
        if (!cut_path(parser, &rest) || bytes_trim(rest).length)
                return bad_line(parser, "no path of a source folder");
        parser->source = parser->path.length ? arena_text(parser->arena, buffer_text(&parser->path)) : ".";
        return NULL;
}

static Error *read_volume(ManifestParser *parser, Bytes rest) {
        Volume volume = { .number = 0 };
        rest = bytes_trim(rest);
        if (!bytes_end_with(rest, ":") || !bytes_to_number(bytes_slice(rest, 0, rest.length - 1), &volume.number) ||
            volume.number == 0)
                return bad_line(parser, "no volume number");
        volume_list_add(&parser->volumes, volume);
        parser->section = SECTION_VOLUME;
        return NULL;
}

static Error *read_file_count(ManifestParser *parser, Bytes rest) {
        uint64_t count; /* stock writes 0 when it leaves the list out, and nobody else relies on it */
        if (!bytes_to_number(bytes_trim(rest), &count))
                return bad_line(parser, "no number of files");
        parser->section = SECTION_FILES;
        return NULL;
}

static Volume *current_volume(ManifestParser *parser) {
        return &parser->volumes.items[parser->volumes.count - 1];
}

static Error *read_position(ManifestParser *parser, Bytes rest, Position *position) {
        uint64_t block = 0;
        if (!cut_path(parser, &rest))
                return bad_line(parser, "no path");
        rest = bytes_trim(rest);
        if (rest.length && (!bytes_to_number(rest, &block) || block > INT64_MAX))
                return bad_line(parser, "no block number behind the path");
        position->path = arena_text(parser->arena, buffer_text(&parser->path));
        position->block = rest.length ? (int64_t)block : -1;
        return NULL;
}

static Error *read_first(ManifestParser *parser, Bytes rest) {
        return read_position(parser, rest, &current_volume(parser)->first);
}

static Error *read_last(ManifestParser *parser, Bytes rest) {
        return read_position(parser, rest, &current_volume(parser)->last);
}

static ManifestHash hash_kind_of(Bytes name) {
        for (size_t i = 0; i < ARRAY_LENGTH(hashes); i++)
                if (is_word(name, hashes[i].name))
                        return (ManifestHash)i;
        return MANIFEST_HASH_NONE;
}

static Error *read_hash(ManifestParser *parser, Bytes rest) {
        Volume *volume = current_volume(parser);
        Bytes name = cut_word(&rest);
        ManifestHash kind = hash_kind_of(name);
        if (kind == MANIFEST_HASH_NONE || (kind == MANIFEST_HASH_MD5 && volume->hash_kind == MANIFEST_HASH_SHA1))
                return NULL; /* other hashes may stand beside the one that counts */
        if (!encode_from_hex(bytes_trim(rest), volume->hash, hashes[kind].size))
                return bad_line(parser, "no hash");
        volume->hash_kind = kind;
        return NULL;
}

static Error *read_file(ManifestParser *parser, Bytes line) {
        if (!parser->sink || bytes_trim(line).length == 0)
                return NULL;
        Bytes word = cut_word(&line);
        size_t change = 0;
        while (change < ARRAY_LENGTH(change_names) && !is_word(word, change_names[change]))
                change++;
        if (change == ARRAY_LENGTH(change_names))
                return bad_line(parser, "neither a new nor a changed nor a deleted file");
        if (!cut_path(parser, &line) || bytes_trim(line).length)
                return bad_line(parser, "no path of a file");
        return parser->sink(parser->context, (FileChange)change, buffer_text(&parser->path));
}

static Error *read_field(ManifestParser *parser, Bytes line, bool is_indented) {
        static const struct {
                const char *name;
                bool is_indented;
                Error *(*read)(ManifestParser *parser, Bytes rest);
        } fields[] = {
                { "Hostname", false, read_host },     { "Localdir", false, read_source },
                { "Volume", false, read_volume },     { "Filelist", false, read_file_count },
                { "StartingPath", true, read_first }, { "EndingPath", true, read_last },
                { "Hash", true, read_hash },
        };
        Bytes name = cut_word(&line);
        for (size_t i = 0; i < ARRAY_LENGTH(fields); i++)
                if (fields[i].is_indented == is_indented && is_word(name, fields[i].name))
                        return fields[i].read(parser, line);
        return NULL;
}

static Error *read_line(ManifestParser *parser, Bytes line) {
        parser->line_number++;
        if (line.length && memchr(line.at, '\0', line.length))
                return bad_line(parser, "a NUL byte");
        if (bytes_trim(line).length == 0)
                return NULL;
        if (!byte_is_blank(line.at[0])) {
                parser->section = SECTION_OTHER;
                return read_field(parser, line, false);
        }
        switch (parser->section) {
        case SECTION_VOLUME:
                return read_field(parser, line, true);
        case SECTION_FILES:
                return read_file(parser, line);
        default:
                return NULL;
        }
}

/* Takes a piece of a line, which ends the line or not. */
static Error *take_piece(ManifestParser *parser, Bytes piece, bool is_end) {
        if (is_end && parser->line.length == 0)
                return read_line(parser, piece);
        buffer_add(&parser->line, piece);
        if (!is_end)
                return NULL;
        TRY(read_line(parser, buffer_bytes(&parser->line)));
        buffer_truncate(&parser->line, 0);
        return NULL;
}

Error *manifest_parser_feed(ManifestParser *parser, Bytes bytes) {
        while (bytes.length) {
                Bytes rest;
                Bytes piece = bytes_cut(bytes, '\n', &rest);
                if (piece.length > LONGEST_LINE - parser->line.length) {
                        parser->line_number++;
                        return bad_line(parser, "too long");
                }
                TRY(take_piece(parser, piece, rest.at != NULL));
                bytes = rest;
        }
        return NULL;
}

/* Makes the volumes that count: those up to the last one's number, of each number the last. */
static Error *settle_volumes(ManifestParser *parser, Manifest *manifest) {
        const VolumeList *list = &parser->volumes;
        if (list->count == 0)
                return bad_manifest("no volumes");
        if (current_volume(parser)->number > list->count)
                return bad_manifest("a volume is missing");
        size_t count = (size_t)current_volume(parser)->number;
        Volume *volumes = arena_zeroed(parser->arena, memory_size(count, sizeof(Volume)));
        for (size_t i = 0; i < list->count; i++)
                if (list->items[i].number <= count)
                        volumes[list->items[i].number - 1] = list->items[i];
        for (size_t i = 0; i < count; i++) {
                if (volumes[i].number == 0)
                        return bad_manifest("a volume is missing");
                if (!volumes[i].first.path || !volumes[i].last.path)
                        return bad_manifest("a volume has no starting or no ending path");
        }
        manifest->volume_count = count;
        manifest->volumes = volumes;
        return NULL;
}

Error *manifest_parser_finish(ManifestParser *parser, Manifest *ret_manifest) {
        TRY(take_piece(parser, bytes_make(NULL, 0), true)); /* the last line may lack its end */
        Manifest manifest = { .host = parser->host, .source = parser->source };
        TRY(settle_volumes(parser, &manifest));
        *ret_manifest = manifest;
        return NULL;
}

void manifest_parser_free(ManifestParser *parser) {
        if (!parser)
                return;
        buffer_clear(&parser->line);
        buffer_clear(&parser->path);
        volume_list_clear(&parser->volumes);
        memory_free(parser);
}

void manifest_quote(const char *path, Buffer *out) {
        static const char special[] = " \t\n\v\f\r\\\"'";
        if (!path[strcspn(path, special)]) {
                buffer_add_text(out, path);
                return;
        }
        buffer_add_byte(out, '"');
        for (const char *byte = path; *byte; byte++) {
                if (strchr(special, *byte))
                        buffer_print(out, "\\x%02x", (unsigned char)*byte);
                else
                        buffer_add_byte(out, (uint8_t)*byte);
        }
        buffer_add_byte(out, '"');
}

/* A path below the root, which itself is written as a dot. */
static void print_path(const char *path, Buffer *out) {
        manifest_quote(path[0] ? path : ".", out);
}

void manifest_print_head(const char *host, const char *source, Buffer *out) {
        if (host)
                buffer_print(out, "Hostname %s\n", host);
        if (source) {
                buffer_add_text(out, "Localdir ");
                manifest_quote(source, out);
                buffer_add_byte(out, '\n');
        }
}

static void print_position(const char *field, const Position *position, Buffer *out) {
        buffer_add_text(out, field);
        print_path(position->path, out);
        if (position->block >= 0)
                buffer_print(out, " %lld\n", (long long)position->block);
        else
                buffer_add_text(out, "  \n");
}

void manifest_print_volume(const Volume *volume, Buffer *out) {
        buffer_print(out, "Volume %llu:\n", (unsigned long long)volume->number);
        print_position("    StartingPath   ", &volume->first, out);
        print_position("    EndingPath     ", &volume->last, out);
        if (volume->hash_kind == MANIFEST_HASH_NONE)
                return;
        char hex[2 * sizeof volume->hash + 1];
        encode_hex(bytes_make(volume->hash, hashes[volume->hash_kind].size), hex);
        buffer_print(out, "    Hash %s %s\n", hashes[volume->hash_kind].name, hex);
}

void manifest_print_file_count(uint64_t count, Buffer *out) {
        buffer_print(out, "Filelist %llu\n", (unsigned long long)count);
}

void manifest_print_file(FileChange change, const char *path, Buffer *out) {
        buffer_print(out, "    %-7s  ", change_names[change]);
        print_path(path, out);
        buffer_add_byte(out, '\n');
}

bool volume_may_hold(const Volume *volume, const char *path) {
        bool begins_before = path_compare(volume->first.path, path) <= 0 || path_is_within(volume->first.path, path);
        return begins_before && path_compare(volume->last.path, path) >= 0;
}
