#include "engine/header.h"

#include "sys/owner.h"

static const struct {
        EntryType entry;
        TarType tar;
} types[] = {
        { ENTRY_FILE, TAR_FILE },
        { ENTRY_FOLDER, TAR_FOLDER },
        { ENTRY_LINK, TAR_LINK },
        { ENTRY_FIFO, TAR_FIFO },
        { ENTRY_CHAR_DEVICE, TAR_CHAR_DEVICE },
        { ENTRY_BLOCK_DEVICE, TAR_BLOCK_DEVICE },
};

static TarType tar_type_of(EntryType type) {
        for (size_t i = 0; i < ARRAY_LENGTH(types); i++)
                if (types[i].entry == type)
                        return types[i].tar;
        abort(); /* the table is complete */
}

static EntryType entry_type_of(TarType type) {
        for (size_t i = 0; i < ARRAY_LENGTH(types); i++)
                if (types[i].tar == type)
                        return types[i].entry;
        abort(); /* the tar reader lets no other type through */
}

TarMember header_of_entry(const Entry *entry) {
        return (TarMember){
                .type = tar_type_of(entry->type),
                .target = entry->type == ENTRY_LINK ? entry->target : NULL,
                .modified = entry->modified,
                .mode = entry->mode,
                .uid = entry->uid,
                .gid = entry->gid,
                .user = entry->user,
                .group = entry->group,
                .major = entry->major,
                .minor = entry->minor,
        };
}

TarMember header_with_record(const Entry *entry) {
        TarMember member = header_of_entry(entry);
        if (entry->type == ENTRY_FILE && entry->size >> 56 == 0) {
                member.has_record = true;
                member.content_size = entry->size;
                member.nanoseconds = (uint32_t)MAX(entry->modified_nanoseconds, 0);
        }
        return member;
}

Entry header_to_entry(const TarMember *member, const char *path) {
        return (Entry){
                .type = entry_type_of(member->type),
                .path = path,
                .size = member->has_record ? member->content_size : ENTRY_SIZE_UNKNOWN,
                .modified = member->modified,
                .modified_nanoseconds = member->has_record ? (int32_t)member->nanoseconds : -1,
                .mode = member->mode,
                .uid = member->uid,
                .gid = member->gid,
                .user = member->user,
                .group = member->group,
                .target = member->target,
                .major = member->major,
                .minor = member->minor,
        };
}

void header_map_owner(Entry *entry) {
        uint32_t id;
        if (owner_user_id(entry->user, &id))
                entry->uid = id;
        if (owner_group_id(entry->group, &id))
                entry->gid = id;
}
