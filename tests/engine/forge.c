#include "engine/forge.h"

#include "base/list.h"
#include "catalog/manifest.h"
#include "catalog/member.h"
#include "catalog/name.h"
#include "engine/memory_storage.h"
#include "support/test.h"

DEFINE_LIST(ForgedList, forged_list, Volume)

static struct {
        Moment start, end;
        Arena *arena; /* of the positions' paths */
        ForgedList volumes;
        Buffer volume, signatures;
        Position first, last;
        bool has_first;
} forge;

static char *name_of(FileKind kind, uint64_t volume) {
        bool full = forge.start.seconds == forge.end.seconds;
        FileName name = { .kind = kind, .full = full, .start = forge.start, .end = forge.end, .volume = volume };
        return name_print(&name, &(NamePrefixes){ .all = NULL });
}

void forge_begin(int64_t start, int64_t end) {
        forge.start.seconds = start;
        forge.end.seconds = end;
        forge.arena = arena_new();
}

static void add_member(Buffer *out, const TarMember *header, Bytes payload) {
        TarMember member = *header;
        Writer *writer = stream_write_buffer(out);
        member.size = payload.length;
        assert_ok(tar_write_member(writer, &member, payload));
        assert_ok(writer_finish(writer));
}

/* Hostile names have no position, and change nothing. */
static void move_position(const char *name) {
        Member member;
        AUTO(error_free) Error *hostile = member_parse(name, MEMBER_IN_VOLUME, forge.arena, &member);
        if (hostile)
                return;
        forge.last = (Position){ .path = member.path, .block = -1 };
        if (!forge.has_first)
                forge.first = forge.last;
        forge.has_first = true;
}

void forge_member(const TarMember *header, Bytes payload) {
        move_position(header->name);
        add_member(&forge.volume, header, payload);
}

void forge_file(const char *name, Bytes payload) {
        forge_member(&(TarMember){ .type = TAR_FILE, .name = name, .mode = 0644, .modified = 1000 }, payload);
}

void forge_folder(const char *name) {
        forge_member(&(TarMember){ .type = TAR_FOLDER, .name = name, .mode = 0755, .modified = 1000 },
                     (Bytes){ .length = 0 });
}

void forge_next_volume(void) {
        Volume volume = {
                .number = forge.volumes.count + 1,
                .first = forge.has_first ? forge.first : (Position){ "", -1 },
                .last = forge.has_first ? forge.last : (Position){ "", -1 },
                .hash_kind = MANIFEST_HASH_SHA1,
        };
        AUTO_TEXT char *name = name_of(FILE_VOLUME, volume.number);
        buffer_add_zeros(&forge.volume, 2 * TAR_BLOCK);
        digest_once(DIGEST_SHA1, buffer_bytes(&forge.volume), volume.hash);
        memory_storage_write(name, buffer_bytes(&forge.volume));
        forged_list_add(&forge.volumes, volume);
        buffer_truncate(&forge.volume, 0);
        forge.has_first = false;
}

void forge_signature(const TarMember *header, Bytes payload) {
        add_member(&forge.signatures, header, payload);
}

void forge_signature_file(const char *name, int64_t modified) {
        forge_signature(&(TarMember){ .type = TAR_FILE, .name = name, .mode = 0644, .modified = modified },
                        (Bytes){ .length = 0 });
}

static void write_manifest(void) {
        AUTO_VALUE(buffer_clear) Buffer text = { .data = NULL };
        AUTO_TEXT char *name = name_of(FILE_MANIFEST, 0);
        manifest_print_head("host", "src", &text);
        for (size_t i = 0; i < forge.volumes.count; i++)
                manifest_print_volume(&forge.volumes.items[i], &text);
        manifest_print_file_count(0, &text);
        memory_storage_write(name, buffer_bytes(&text));
}

void forge_finish(void) {
        AUTO_TEXT char *name = name_of(FILE_SIGNATURE, 0);
        if (forge.volume.length || !forge.volumes.count)
                forge_next_volume();
        buffer_add_zeros(&forge.signatures, 2 * TAR_BLOCK);
        memory_storage_write(name, buffer_bytes(&forge.signatures));
        write_manifest();
        forged_list_clear(&forge.volumes);
        buffer_clear(&forge.volume);
        buffer_clear(&forge.signatures);
        arena_free(TAKE(forge.arena));
}
