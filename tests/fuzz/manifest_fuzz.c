/* Manifests: the result does not depend on the pieces they come in, and prints to text that reads as the same. */
#include "base/memory.h"
#include "catalog/manifest.h"
#include "fuzz/fuzz.h"

static Error *print_file(void *context, FileChange change, const char *path) {
        manifest_print_file(change, path, context);
        return NULL;
}

static Error *parse(Arena *arena, Bytes text, size_t piece, Buffer *files, Manifest *ret_manifest) {
        AUTO(manifest_parser_free) ManifestParser *parser = manifest_parser_new(arena, print_file, files);
        for (; text.length; text = bytes_slice(text, piece, SIZE_MAX))
                TRY(manifest_parser_feed(parser, bytes_slice(text, 0, piece)));
        return manifest_parser_finish(parser, ret_manifest);
}

/* Appends the manifest as we would write it. False when TEXT is none. */
static bool rewrite(Bytes text, size_t piece, Buffer *out) {
        AUTO(arena_free) Arena *arena = arena_new();
        AUTO_VALUE(buffer_clear) Buffer files = { 0 };
        Manifest manifest;
        AUTO(error_free) Error *error = parse(arena, text, piece, &files, &manifest);
        if (error)
                return false;
        manifest_print_head(manifest.host, manifest.source, out);
        for (size_t i = 0; i < manifest.volume_count; i++) {
                must(manifest.volumes[i].number == i + 1);
                must(volume_may_hold(&manifest.volumes[i], "") && manifest.volumes[i].first.path);
                manifest_print_volume(&manifest.volumes[i], out);
        }
        manifest_print_file_count(0, out);
        buffer_add(out, buffer_bytes(&files));
        return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        AUTO_VALUE(buffer_clear) Buffer whole = { 0 };
        AUTO_VALUE(buffer_clear) Buffer pieces = { 0 };
        AUTO_VALUE(buffer_clear) Buffer again = { 0 };
        if (size == 0)
                return 0;
        Bytes text = bytes_make(data + 1, size - 1);
        bool is_manifest = rewrite(text, SIZE_MAX, &whole);
        must(rewrite(text, (size_t)data[0] + 1, &pieces) == is_manifest);
        must(bytes_equal(buffer_bytes(&whole), buffer_bytes(&pieces)));
        if (is_manifest) {
                must(rewrite(buffer_bytes(&whole), SIZE_MAX, &again));
                must(bytes_equal(buffer_bytes(&whole), buffer_bytes(&again)));
        }
        return 0;
}
