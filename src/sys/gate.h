/* Gate: where one thread waits until another lets it pass, and hands it something. */
#ifndef SYS_GATE_H
#define SYS_GATE_H

#include "base/cleanup.h"

typedef struct Gate Gate;

Gate *gate_new(void);

/* Opens the gate for good, once: THING is what those get who pass. */
void gate_open(Gate *gate, void *thing);

/* Waits until the gate is open, and returns what it was opened with. */
void *gate_pass(Gate *gate);

/* Nobody may be waiting. */
void gate_free(Gate *gate);
DEFINE_AUTO(Gate, gate_free)

#endif
