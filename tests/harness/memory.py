"""Memory of a process, as the kernel counts it (proc(5))."""

import pathlib


def _kilobytes(pid, name):
    status = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in status if line.startswith(f"{name}:")).split()[1])


class Growth:
    """What a process has more of since this was made. Only one at a time for a process: the kernel keeps one highest
    value, and making this begins it anew."""

    def __init__(self, pid):
        self._pid = pid
        pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")
        self._before = _kilobytes(pid, "VmRSS")

    @property
    def most(self):
        """How many bytes more it had at most, if only for a moment."""
        return (_kilobytes(self._pid, "VmHWM") - self._before) * 1024

    @property
    def now(self):
        """How many bytes more it has."""
        return (_kilobytes(self._pid, "VmRSS") - self._before) * 1024
