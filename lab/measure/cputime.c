// Runs commands by turns and prints the median processor time of each, user and system, children included, in
// milliseconds: `cputime ROUNDS -- COMMAND… -- COMMAND…`. Linked statically, it runs in any image; it starts nothing
// by a shell, and adds nothing of its own to what it measures. Ends with 1 where a command does.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_COMMANDS = 16, WARM_UP = 3 };

static double milliseconds(const struct rusage *usage) {
    return (usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1e3 +
           (usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e3;
}

// The kernel's figure for all children that were waited for grows by what this one took.
static double run(char **command) {
    struct rusage before, after;
    getrusage(RUSAGE_CHILDREN, &before);
    pid_t child = vfork();
    if (child == 0) {
        int nowhere = open("/dev/null", O_WRONLY);
        dup2(nowhere, STDOUT_FILENO);
        execv(command[0], command);
        _exit(127);
    }
    int status;
    if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0) {
        fprintf(stderr, "cputime: %s did not end with 0\n", command[0]);
        exit(1);
    }
    getrusage(RUSAGE_CHILDREN, &after);
    return milliseconds(&after) - milliseconds(&before);
}

static int order(const void *a, const void *b) {
    double difference = *(const double *)a - *(const double *)b;
    return (difference > 0) - (difference < 0);
}

int main(int argc, char **argv) {
    int rounds = argc > 1 ? atoi(argv[1]) : 0, commands = 0;
    char **command[MOST_COMMANDS];
    double *times[MOST_COMMANDS];
    for (int at = 2; at < argc; at++) {
        if (strcmp(argv[at], "--") == 0 && commands < MOST_COMMANDS && argv[at + 1] != NULL) {
            argv[at] = NULL;
            command[commands] = argv + at + 1;
            times[commands++] = calloc((size_t)rounds, sizeof(double));
        }
    }
    if (rounds < 1 || commands == 0) {
        fputs("usage: cputime ROUNDS -- COMMAND... -- COMMAND...\n", stderr);
        return 2;
    }
    for (int round = -WARM_UP; round < rounds; round++) {
        for (int at = 0; at < commands; at++) {
            double took = run(command[at]);
            if (round >= 0) times[at][round] = took;
        }
    }
    for (int at = 0; at < commands; at++) {
        qsort(times[at], (size_t)rounds, sizeof(double), order);
        printf("%.3f\n", times[at][rounds / 2]);
    }
    return 0;
}
