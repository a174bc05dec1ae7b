/* Header: what a tar header and an Entry say about the same path. */
#ifndef ENGINE_HEADER_H
#define ENGINE_HEADER_H

#include "codec/tar.h"
#include "source/entry.h"

/* The tar header for ENTRY, but for its name and payload size. Without our record. */
TarMember header_of_entry(const Entry *entry);

/* The same with our record: content size and nanoseconds of files. */
TarMember header_with_record(const Entry *entry);

/* The Entry that MEMBER describes; its path is PATH, its texts are MEMBER's. Size and nanoseconds are unknown where
 * there is no record. */
Entry header_to_entry(const TarMember *member, const char *path);

/* Replaces uid and gid by what the recorded names mean on this machine, where they mean anything. */
void header_map_owner(Entry *entry);

#endif
