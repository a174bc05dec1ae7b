/* MemoryStorage: a back end in this process's memory, scheme "memory", that can be told to fail, lose and alter.
 *
 * There is one store, whatever the URL says: all Storages opened see the same files, from any thread. The functions
 * below, but for memory_storage_fail and memory_storage_count, want no run to be at work. */
#ifndef ENGINE_MEMORY_STORAGE_H
#define ENGINE_MEMORY_STORAGE_H

#include "base/buffer.h"
#include "storage/storage.h"

typedef enum MemoryCall { MEMORY_OPEN, MEMORY_PUT, MEMORY_GET, MEMORY_LIST, MEMORY_REMOVE, MEMORY_CALLS } MemoryCall;

/* Registers the scheme, once; then the store is empty, nothing fails and all counts are 0. */
void memory_storage_begin(void);

/* Sets the counts to 0. From now on the N-th call of KIND (MEMORY_CALLS: of any kind) fails with an error of
 * ERROR_KIND; N 0: none. */
void memory_storage_fail(MemoryCall kind, unsigned n, ErrorKind error_kind);

/* Calls of KIND (MEMORY_CALLS: of all) since the counts were set to 0. */
unsigned memory_storage_count(MemoryCall kind);

/* From now on each put takes so many SECONDS more. */
void memory_storage_slow_down(double seconds);

/* The next get gives a copy whose first byte is wrong; the file itself stays as it is. */
void memory_storage_garble_next_get(void);

/* The one file whose name contains PART; fails the test when there is none or several. Valid until the file is gone. */
const char *memory_storage_find(const char *part);

/* How many names contain PART. */
size_t memory_storage_matches(const char *part);

/* The content of NAME; valid until the next change. */
Bytes memory_storage_content(const char *name);

void memory_storage_write(const char *name, Bytes content);
void memory_storage_lose(const char *name);
void memory_storage_alter(const char *name, size_t offset); /* flips a bit */
void memory_storage_truncate(const char *name, size_t length);

/* Names in the order in which they were put, those that failed included, since memory_storage_begin: "a b c". */
const char *memory_storage_puts(void);

/* Names in the order in which they were fetched since the counts were set to 0. */
const char *memory_storage_gets(void);

/* Keeps all files as they are now, or goes back to them. */
void memory_storage_keep(void);
void memory_storage_go_back(void);

#endif
