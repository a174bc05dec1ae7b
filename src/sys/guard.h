/* Guard: keeps what this process has in memory to itself. */
#ifndef SYS_GUARD_H
#define SYS_GUARD_H

/* Secrets get into no core dump, of this process or of what it starts, and other processes of the same user cannot read
 * them. Where the system refuses, all goes on without. */
void guard_memory(void);

#endif
