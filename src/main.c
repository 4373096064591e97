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
    /* A reader that goes away is a write that fails, and so is a file that may not grow. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    /* With it the library of TLS writes keys into a file, with which all can be read, the bot's
     * own too. */
    unsetenv("SSLKEYLOGFILE");
    (void)argc;
    return cli_run(argv[0] ? argv + 1 : argv);
}
