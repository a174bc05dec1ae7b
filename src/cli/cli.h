/* The command line: one flow from arguments to exit code. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

/* Runs one command and returns the process's exit code (base/error.h, ExitCode). */
int cli_main(int argc, char **argv);

#endif
