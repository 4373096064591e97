/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Runs the command line. */
#include "cli.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    /* What is opened later must not become a standard stream that was closed; writing to this one
     * fails. */
    int fd;
    do
        fd = open("/dev/null", O_RDONLY);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
    /* So that a closed pipe, or a file that may not grow, is a write that fails. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    /* It makes the TLS library write keys into a file, with which all traffic can be read, the
     * bot's key included. */
    unsetenv("SSLKEYLOGFILE");
    (void)argc;
    return cli_run(argv[0] ? argv + 1 : argv);
}
