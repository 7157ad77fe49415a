"""A clock of the day that a test sets while the gateway runs; clocks that only count go on. The C library's words for the
time of day are answered by a small library of the test's own, which the compiler that Rust needs makes."""

import contextlib
import os
import struct
import subprocess

_SOURCE = """
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile long nothing = 0;
static volatile long *seconds = &nothing;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("CLOCK_SET_BY");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *place = file < 0 ? MAP_FAILED : mmap(NULL, sizeof(long), PROT_READ, MAP_SHARED, file, 0);
    if (place != MAP_FAILED) seconds = place;
    if (file >= 0) close(file);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int failed = syscall(SYS_clock_gettime, clock, now);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += *seconds;
    return failed;
}

int gettimeofday(struct timeval *now, void *zone) {
    int failed = syscall(SYS_gettimeofday, now, zone);
    if (!failed) now->tv_sec += *seconds;
    return failed;
}

time_t time(time_t *to) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (to) *to = now.tv_sec;
    return now.tv_sec;
}
"""


class SetClock:
    """`environment` is what a process needs to go by it."""

    def __init__(self, directory):
        library, source = directory / "clock.so", directory / "clock.c"
        source.write_text(_SOURCE)
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source], check=True)
        self._file = os.open(directory / "seconds", os.O_RDWR | os.O_CREAT)
        self.ahead(0)
        self.environment = {"LD_PRELOAD": str(library), "CLOCK_SET_BY": str(directory / "seconds")}

    def ahead(self, seconds):
        """From now on it is so far ahead of this machine's, or behind it."""
        os.pwrite(self._file, struct.pack("l", seconds), 0)

    def close(self):
        with contextlib.suppress(OSError):
            os.close(self._file)
