/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Starts the libraries that must start before any thread, runs the command line, ends them. */
#include "cli.h"
#include "fault.h"
#include "http.h"
#include "log.h"

#include <signal.h>

int main(int argc, char **argv)
{
    struct fault fault = {0};
    /* A reader that goes away is a write that fails. */
    signal(SIGPIPE, SIG_IGN);
    if (!http_init(&fault))
        return log_fault(&fault);
    int status = cli_run(argc, argv);
    http_shutdown();
    return status;
}
