/* Trees of files for tests: made in a few words, and told as text, so that two can be compared and the difference be
 * seen. */
#ifndef ENGINE_TREE_H
#define ENGINE_TREE_H

#include <stddef.h>
#include <stdint.h>

/* Each fails the test when it cannot do its work. Every change gives its path and the folder that holds it a time of
 * their own, never twice the same within the process, so that the next backup sees both. */
void tree_folder(const char *path);
void tree_file(const char *path, const char *text);
void tree_random_file(const char *path, size_t size, uint64_t seed);
void tree_link(const char *path, const char *target);
void tree_fifo(const char *path);
void tree_socket(const char *path);
void tree_mode(const char *path, unsigned mode);
void tree_time(const char *path, int64_t seconds, long nanoseconds);

/* Removes PATH and what lies beneath it. */
void tree_remove(const char *path);

/* The whole tree at ROOT: a line for each path, sorted, with type, mode, time (nanoseconds of files only, as backups
 * keep them) and size, and a hash of the content or a link's target. Caller frees. */
char *tree_text(const char *root);

/* The same without times. */
char *tree_text_without_times(const char *root);

/* Compares with what tree_text gave. */
#define assert_tree(root, text)                           \
        do {                                              \
                AUTO_TEXT char *found_ = tree_text(root); \
                assert_string_equal(found_, text);        \
        } while (0)

/* From here to tree_as_before the test is a user who may not read everything (not root, that is); the current folder is
 * given to that user. */
void tree_as_nobody(void);
void tree_as_before(void);

#endif
