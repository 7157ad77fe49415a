"""Control groups below which a gateway under test may make those of its functions.

A superuser can make some wherever the hierarchies can be written. One is left alone: a hierarchy of version 1
in which this process is in a group that somebody has put it into, since functions would leave it.
"""

import contextlib
import os
import pathlib
import signal
import time


class Hierarchy:
    def __init__(self, version, mount, controllers):
        self.version, self.mount, self.controllers = version, pathlib.Path(mount), controllers


def _mounted():
    with open("/proc/self/cgroup") as file:
        own = [line.rstrip("\n").split(":", 2)[1:] for line in file]
    with open("/proc/self/mountinfo") as file:
        for line in file:
            place, kind = line.rstrip("\n").split(" - ")
            mount, kind = place.split(" ")[4], kind.split(" ")
            if kind[0] == "cgroup2":
                yield Hierarchy(2, mount, set(pathlib.Path(mount, "cgroup.subtree_control").read_text().split()))
            controllers = {"memory", "pids"} & set(kind[2].split(",")) if kind[0] == "cgroup" else set()
            if any(controllers & set(names.split(",")) and path == "/" for names, path in own):
                yield Hierarchy(1, mount, controllers)


#: Those that can be used here, in the order in which they are mounted.
USABLE = [one for one in _mounted() if os.access(one.mount, os.W_OK)] if os.geteuid() == 0 else []

#: What the kernel can hold functions to in them.
MEMORY = any("memory" in one.controllers for one in USABLE)
TASKS = any("pids" in one.controllers for one in USABLE)


def groups(base):
    """The groups directly below one."""
    return sorted(path for path in base.iterdir() if path.is_dir())


@contextlib.contextmanager
def bases():
    """A new group in each of them, all at the same path; whatever is below them in the end is ended and removed."""
    name = f"gatewright-tests-{os.getpid()}-{time.monotonic_ns()}"
    made = [one.mount / name for one in USABLE]
    for path in made:
        path.mkdir()
    try:
        yield made
    finally:
        for path in made:
            _remove(path)


def _remove(group):
    for below in groups(group):
        _remove(below)
    until = time.monotonic() + 10
    while True:
        for pid in (group / "cgroup.procs").read_text().split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        try:
            return group.rmdir()
        except OSError:
            if time.monotonic() > until:
                raise
