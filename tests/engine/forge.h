/* Forge: sets made by hand, for what no backup of ours would ever write. */
#ifndef ENGINE_FORGE_H
#define ENGINE_FORGE_H

#include "codec/tar.h"

/* Begins a set that ends at END; a full one when START is the same. */
void forge_begin(int64_t start, int64_t end);

/* A member of the volume at work: a file called NAME ("snapshot/a") with mode 0644 and the time 1000, or whatever
 * HEADER says; its size is always the payload's. */
void forge_file(const char *name, Bytes payload);
void forge_member(const TarMember *header, Bytes payload);

/* A folder's entry: NAME is "snapshot/a/". */
void forge_folder(const char *name);

/* What follows goes to the next volume. */
void forge_next_volume(void);

/* A member of the signature archive; the second is a file with mode 0644. */
void forge_signature(const TarMember *header, Bytes payload);
void forge_signature_file(const char *name, int64_t modified);

/* Stores volumes, signatures and manifest in the storage in memory: neither compressed nor encrypted. */
void forge_finish(void);

#endif
