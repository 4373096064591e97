/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* measure COMMAND...: runs it, its output thrown away; prints microseconds of CPU and kB of memory
 * at most. A small parent: a child's peak counts what it had of its parent's memory. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct rusage usage;
    int status = 1;
    pid_t child = argc > 1 ? fork() : -1;
    if (child == 0) {
        int null = open("/dev/null", O_WRONLY);
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        execvp(argv[1], argv + 1);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &usage) != child || !WIFEXITED(status))
        return 126;
    printf("%ld %ld\n",
           (long)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
               (long)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec),
           usage.ru_maxrss);
    return WEXITSTATUS(status);
}
