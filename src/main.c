/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Runs the command line. */
#include "cli.h"

#include <signal.h>

int main(int argc, char **argv)
{
    /* A reader that goes away is a write that fails. */
    signal(SIGPIPE, SIG_IGN);
    return cli_run(argc, argv);
}
