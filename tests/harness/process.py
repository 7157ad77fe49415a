"""The real binary as a process: found or built, started on a free port, stopped by its pid."""

import itertools
import json
import os
import pathlib
import re
import select
import signal
import subprocess
import threading
from typing import ClassVar

TOP = pathlib.Path(__file__).resolve().parents[2]

#: How long a start and a stop may take before the test fails.
START_SECONDS = 20
STOP_SECONDS = 10


def binary():
    """The path of the binary: $GATEWRIGHT_BIN, else where `cargo build` puts it."""
    if os.environ.get("GATEWRIGHT_BIN"):
        return pathlib.Path(os.environ["GATEWRIGHT_BIN"])
    described = subprocess.run(
        ["cargo", "metadata", "--format-version=1", "--no-deps"], cwd=TOP, capture_output=True, text=True, check=True
    )
    path = pathlib.Path(json.loads(described.stdout)["target_directory"], "debug", "gatewright")
    assert path.exists(), f"{path} is not built: run `cargo build --package gatewright`, or `make test`"
    return path


def clean_environment(**extra):
    """This process's environment without what would steer an AWS client or the gateway."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "GATEWRIGHT_"))}
    return {**kept, **extra}


def run(*arguments, timeout=30, **environment):
    """Runs the binary to its end; for commands that print, and for starts that are refused."""
    return subprocess.run(
        [str(binary()), *map(str, arguments)],
        env=clean_environment(**environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def wait_until_ended(pid, seconds=STOP_SECONDS):
    """Fails unless this process, whoever's it is, has ended within this time."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        waiting = select.poll()
        waiting.register(descriptor, select.POLLIN)
        assert waiting.poll(seconds * 1000), f"process {pid} is still there"
    finally:
        os.close(descriptor)


class Gateway:
    """One running `gatewright serve`. `endpoint` is its URL, `output` every line it has printed."""

    #: Every process that this worker has started.
    started: ClassVar[list] = []

    def __init__(self, *arguments, listen="127.0.0.1:0", within=(), **environment):
        """`within` is a command that starts the gateway as its own: what it does with signals is its business."""
        self.output = []
        self._changed = threading.Condition()
        self._ended = False
        self._process = subprocess.Popen(
            [*within, str(binary()), "serve", "--listen", listen, *map(str, arguments)],
            env=clean_environment(**environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        self.started.append(self._process)
        threading.Thread(target=self._read, daemon=True).start()
        try:
            self.endpoint = self.wait_for_line(r"http://127\.0\.0\.1:\d+", START_SECONDS)[0]
        except BaseException:
            self.kill()
            raise
        self.port = int(self.endpoint.rpartition(":")[2])

    @property
    def pid(self):
        return self._process.pid

    def _read(self):
        for line in self._process.stdout:
            with self._changed:
                self.output.append(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def wait_for_line(self, pattern, seconds=10, count=1):
        """The match of `pattern` in the first printed line that has one, or in as many as `count` says the last of
        these, waiting for it to be printed."""

        def found():
            matches = (match for match in map(re.compile(pattern).search, self.output) if match)
            return next(itertools.islice(matches, count - 1, None), None)

        with self._changed:
            self._changed.wait_for(lambda: found() or self._ended, seconds)
            assert found(), f"nothing like {pattern!r} was printed:\n" + "\n".join(self.output[-50:])
            return found()

    def signal(self, number=signal.SIGTERM):
        self._process.send_signal(number)

    def wait(self, seconds=STOP_SECONDS):
        """The exit status, once the process has ended by itself or by a signal."""
        return self._process.wait(seconds)

    def stop(self):
        """Asks the gateway to end and fails unless it does, with status 0, within ten seconds."""
        if self._process.poll() is None:
            self.signal()
        try:
            status = self.wait()
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the gateway was still there {STOP_SECONDS} s after SIGTERM") from None
        assert status == 0, f"the gateway ended with {status}:\n" + "\n".join(self.output[-50:])

    def kill(self):
        """`kill -9`."""
        self._process.kill()
        self._process.wait()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is None:
            self.stop()
        elif self._process.poll() is None:
            self.kill()
