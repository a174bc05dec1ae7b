/* Owner: numeric user and group ids to names and back, each asked once. Not for use by several threads at a time. */
#ifndef SYS_OWNER_H
#define SYS_OWNER_H

#include <stdbool.h>
#include <stdint.h>

/* The account's name, NULL when there is none. Lives until the process ends. */
const char *owner_user_name(uint32_t uid);
const char *owner_group_name(uint32_t gid);

/* The id of NAME on this machine; false when there is no such account, or NAME is NULL or empty. */
bool owner_user_id(const char *name, uint32_t *ret_uid);
bool owner_group_id(const char *name, uint32_t *ret_gid);

#endif
