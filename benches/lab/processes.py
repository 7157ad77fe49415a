"""Processes on chosen processors, and what they use up."""

import contextlib
import glob
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
RELEASE = TOP / "target/release"


class Lab:
    """A folder and the processes that were started in it; all of them end with `stack`."""

    def __init__(self, folder, stack):
        self.folder, self.stack = pathlib.Path(folder), stack

    def spawn(self, name, command, cpus, **environment):
        """Starts a process on `cpus` ("0", "0,1"); what it prints goes to `{name}.log` in the folder."""
        log = self.stack.enter_context(open(self.folder / f"{name}.log", "wb"))
        process = subprocess.Popen(
            ["taskset", "-c", cpus, *map(str, command)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **environment},
        )
        self.stack.callback(end, process)
        return process

    def wait_for(self, port, name, seconds=30):
        """Returns when somebody listens on `port`."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), 0.3).close()
                return
            time.sleep(0.02)
        log = (self.folder / f"{name}.log").read_text(errors="replace")
        raise SystemExit(f"{name}: nothing listens on {port}\n{log}")


def end(process, number=signal.SIGTERM):
    """Ends a process, by force if it has to be."""
    if process.poll() is None:
        process.send_signal(number)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def used_nanoseconds(pid):
    """Processor time that the threads of a process have used, the kernel's work for them included."""
    total = 0
    for file in glob.glob(f"/proc/{pid}/task/*/schedstat"):
        with contextlib.suppress(OSError):
            total += int(pathlib.Path(file).read_text().split()[0])
    return total


def resident_mib(pid):
    """Resident memory, as the kernel shows it."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]
