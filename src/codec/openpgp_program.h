/* The way past gpgme to gpg's command line.
 *
 * gpgme chooses the arguments of gpg and takes none of ours; it only lets us name the program to run. So it is told to
 * run us: the real program and its extra options travel in an environment variable, and we become that program. Knows
 * nothing of gpgme. */
#ifndef CODEC_OPENPGP_PROGRAM_H
#define CODEC_OPENPGP_PROGRAM_H

#include <stdbool.h>

#include "base/list.h"

/* The program that has to be named to gpgme after openpgp_program_announce. */
extern const char openpgp_program_ourselves[];

/* True when one of gpg's options in WORDS is about compression or the literal packet. */
bool openpgp_program_shapes_contents(const TextList *words);

/* Says in the environment that BINARY is to be run, with OPTIONS before all other arguments. */
void openpgp_program_announce(const char *binary, const TextList *options);

/* Becomes that program when the environment says so and ARGV looks like gpgme's; otherwise returns. */
void openpgp_program_become(char **argv);

#endif
