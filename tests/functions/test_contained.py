"""Functions that take what is not theirs: processes, memory, disk, files, output, other processes. Each is ended or refused,
whatever it had started is gone, and a neighbour answers all the while. Limits: Lambda quotas, "Execution processes/threads",
"File descriptors", "/tmp directory storage"."""

import base64
import ctypes.util
import os
import shutil
import tempfile
import threading
import time

import pytest

from harness.account import Aws
from harness.functions import all_gone, function, invoke, marked
from harness.process import Gateway

HOSTILE = """
import ctypes, glob, os, resource, signal, subprocess, sys, threading, time

SLEEP = "/bin/sleep"

def start(marker, many=1, apart=False, **settings):
    environment = {} if apart else dict(os.environ)
    for _ in range(many):
        os.posix_spawn(SLEEP, [SLEEP, marker], environment, setsid=apart, **settings)

def orphan(marker):
    # Twice forked, in a session of its own, with nothing in its environment.
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execve(SLEEP, [SLEEP, marker], {})
        os._exit(0)
    os.wait()

def attempt(what):
    try:
        return what() or "done"
    except (OSError, ValueError) as error:
        return type(error).__name__

def ptrace(pid):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(16, pid, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")

def handler(event, context):
    how, marker = event.get("how"), event.get("marker")
    if how == "processes":
        start(marker, 1100)
        time.sleep(30)
    if how == "threads":
        threading.stack_size(65536)
        for _ in range(1100):
            threading.Thread(target=time.sleep, args=(30,), daemon=True).start()
        time.sleep(30)
    if how == "zombies":
        for _ in range(1100):
            if os.fork() == 0:
                os._exit(0)
        time.sleep(30)
    if how == "apart":
        for _ in range(20):
            start(marker, apart=True)
            orphan(marker)
        if event["then"] == "exit":
            os._exit(3)
        if event["then"] == "answer":
            return os.getpid()
        time.sleep(30)
    if how == "orphan's memory":
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                data = b"x" * (400 << 20)
                time.sleep(30)
            os._exit(0)
        os.wait()
        time.sleep(30)
    if how == "print":
        while True:
            os.write(1, b"x" * 65535 + b"\\n")
    if how == "files":
        kept = []
        try:
            while len(kept) < 5000:
                kept.append(open("/dev/null"))
        except OSError as error:
            return [len(kept) < 1024, error.strerror]
    if how == "disk":
        kept = []
        for at in range(3):
            path = os.path.join(os.environ["TMPDIR"], f"deep{at}")
            kept.append(open(path, "wb"))
            os.posix_fallocate(kept[-1].fileno(), 0, 250 << 20)
            if event["removed"]:
                os.unlink(path)
        time.sleep(30)
    if how == "one file":
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        with open(os.path.join(os.environ["TMPDIR"], "x"), "wb") as file:
            return attempt(lambda: os.posix_fallocate(file.fileno(), 0, 600 << 20))
    if how == "reach":
        gateway, other = event["gateway"], event["other"]
        return {
            "read the database": attempt(lambda: open(event["database"], "rb").read(1)),
            "list the data": attempt(lambda: os.listdir(event["data"])),
            "write beside": attempt(lambda: open(event["beside"], "w")),
            "write to /usr": attempt(lambda: open("/usr/hostile", "w")),
            "signal to the gateway": attempt(lambda: os.kill(gateway, 0)),
            "signal to another function": attempt(lambda: os.kill(other, 0)),
            "trace the gateway": attempt(lambda: ptrace(gateway)),
            "trace another function": attempt(lambda: ptrace(other)),
            "memory of the gateway": attempt(lambda: open(f"/proc/{gateway}/mem", "rb").read(1)),
            "environment of another function": attempt(lambda: open(f"/proc/{other}/environ", "rb").read(1)),
            "files of the gateway": attempt(lambda: open(f"/proc/{gateway}/fd/1").read(1)),
            "more files": attempt(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))),
            "mount": attempt(lambda: mount()),
        }
    return os.getpid()

def mount():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"none", os.environ["TMPDIR"].encode(), b"tmpfs", 0, None) != 0:
        raise OSError(ctypes.get_errno(), "mount")
"""

# A runtime that asks for its event and never reads it.
DEAF = """#!/bin/sh
exec python3 -c '
import os, socket, time
host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].rsplit(":", 1)
runtime = socket.create_connection((host, int(port)))
runtime.sendall(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
time.sleep(60)
'
"""
QUIET = "def handler(event, context):\n    return event['n']\n"
KILLED = "Error: Runtime exited with error: signal: killed"


@pytest.fixture(scope="module")
def hostile(shared_aws):
    return function(shared_aws, HOSTILE, Timeout=20, MemorySize=4096)


class Neighbour(threading.Thread):
    """Invokes a function of its own again and again; what it saw is checked at the end."""

    def __init__(self, aws, arn):
        super().__init__()
        self.aws, self.arn = aws, arn
        self.answers, self.slowest, self._over = [], 0.0, threading.Event()

    def run(self):
        # At least once, however soon the test is over.
        while True:
            begun = time.monotonic()
            try:
                self.answers.append(invoke(self.aws, self.arn, {"n": 7})[1])
            except Exception as error:  # what it was is told by the test
                self.answers.append(repr(error))
            self.slowest = max(self.slowest, time.monotonic() - begun)
            if self._over.wait(0.02):
                return

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self.join()
        assert self.answers and all(answer == 7 for answer in self.answers), set(map(str, self.answers))
        assert self.slowest < 8, f"a neighbour waited for {self.slowest:.1f} s"


@pytest.fixture(scope="module")
def quiet(shared_aws):
    arn = function(shared_aws, QUIET, Timeout=10)
    invoke(shared_aws, arn, {"n": 7})
    return arn


@pytest.fixture
def neighbour(shared_aws, quiet):
    with Neighbour(shared_aws, quiet) as running:
        yield running


@pytest.fixture
def marker():
    """A time of sleep that nothing else sleeps."""
    return f"86400.{os.getpid()}{time.monotonic_ns()}"


def killed(aws, arn, event):
    """What the log says of a function that is ended for this event."""
    answer, error = invoke(aws, arn, event, LogType="Tail")
    assert answer["FunctionError"] == "Unhandled"
    assert error["errorMessage"].endswith(KILLED), error
    assert isinstance(invoke(aws, arn)[1], int), "the next one works"
    return error["errorType"], base64.b64decode(answer["LogResult"]).decode()


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """Clients of a gateway that uses no control groups, and a function there."""
    path = tmp_path_factory.mktemp("watched") / "gatewright.toml"
    path.write_text('[functions]\ncontrol_group = "none"\n')
    with Gateway("--ephemeral", "--config", path) as gateway:
        gateway.wait_for_line("functions: memory and number of processes are watched, not held by control groups")
        aws = Aws(gateway.endpoint, "us-east-1")
        yield aws, function(aws, HOSTILE, Timeout=20, MemorySize=4096), function(aws, QUIET, Timeout=10)


@pytest.mark.parametrize("how", ["processes", "threads", "zombies"])
def test_a_function_has_so_many_processes_and_threads(watched, marker, how):
    """What happens where control groups hold them: `test_control_groups.py`."""
    aws, arn, quiet = watched
    invoke(aws, quiet, {"n": 7})
    with Neighbour(aws, quiet):
        kind, log = killed(aws, arn, {"how": how, "marker": marker})
    assert kind == "Runtime.ExitError"
    assert "The function has more processes and threads than 1024\n" in log
    assert all_gone(marker)


@pytest.mark.parametrize("then", ["exit", "time out"])
def test_nothing_of_a_function_outlives_it(shared_aws, neighbour, marker, then):
    arn = function(shared_aws, HOSTILE, Timeout=2, MemorySize=512)
    answer, _ = invoke(shared_aws, arn, {"how": "apart", "marker": marker, "then": then})
    assert answer["FunctionError"] == "Unhandled"
    assert all_gone(marker)


def test_what_runs_behind_an_answer_ends_with_its_function(shared_aws, marker):
    """Lambda freezes it with its environment; here it goes on until the environment ends."""
    arn = function(shared_aws, HOSTILE, Timeout=5, MemorySize=512)
    pid = invoke(shared_aws, arn, {"how": "apart", "marker": marker, "then": "answer"})[1]
    until = time.monotonic() + 5
    while len(marked(marker)) < 40 and time.monotonic() < until:
        pass  # an orphan may not have become its program yet
    assert len(marked(marker)) == 40
    assert invoke(shared_aws, arn)[1] == pid, "the same environment"
    shared_aws.functions.delete_function(FunctionName=arn)
    assert all_gone(marker, 15)


def test_what_is_left_behind_is_found_in_a_container(tmp_path, marker):
    """The gateway as a container's first process, its session led from outside: as container engines start one."""
    container = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc", "--kill-child")
    gateway = Gateway("--data-dir", tmp_path, within=container)
    try:
        aws = Aws(gateway.endpoint, "us-east-1")
        arn = function(aws, HOSTILE, Timeout=2, MemorySize=512)
        for then in ("exit", "time out"):
            answer, _ = invoke(aws, arn, {"how": "apart", "marker": marker, "then": then})
            assert answer["FunctionError"] == "Unhandled"
            assert all_gone(marker)
        assert not [line for line in gateway.output if "panicked" in line]
    finally:
        gateway.kill()


def test_the_memory_of_orphans_is_the_functions(shared_aws, neighbour):
    arn = function(shared_aws, HOSTILE, Timeout=20, MemorySize=256)
    kind, _ = killed(shared_aws, arn, {"how": "orphan's memory"})
    assert kind == "Runtime.OutOfMemory"


def test_endless_output_ends_with_the_time(shared_aws, neighbour):
    arn = function(shared_aws, HOSTILE, Timeout=3, MemorySize=256)
    _, error = invoke(shared_aws, arn, {"how": "print"})
    assert error["errorMessage"].endswith("Task timed out after 3.00 seconds")


def test_an_event_that_is_never_read_ends_with_the_time(shared_aws, neighbour):
    arn = function(shared_aws, DEAF, "provided.al2023", Timeout=2)
    begun = time.monotonic()
    _, error = invoke(shared_aws, arn, {"text": "x" * 5_000_000})
    assert error["errorMessage"].endswith("Task timed out after 2.00 seconds")
    assert time.monotonic() - begun < 10


def test_a_function_has_so_many_files(shared_aws, hostile, neighbour):
    assert invoke(shared_aws, hostile, {"how": "files"})[1] == [True, "Too many open files"]


@pytest.mark.parametrize("removed", [False, True])
def test_a_function_has_so_much_disk(shared_aws, hostile, neighbour, removed):
    kind, log = killed(shared_aws, hostile, {"how": "disk", "removed": removed})
    assert kind == "Runtime.ExitError"
    assert "The function has written more than its ephemeral storage holds\n" in log


def test_a_file_has_so_many_bytes(shared_aws, hostile):
    assert invoke(shared_aws, hostile, {"how": "one file"})[1] == "OSError"


def kernel_confines():
    try:
        with open("/sys/kernel/security/lsm") as file:
            return "landlock" in file.read()
    except OSError:
        # Not mounted: asked of the system call itself, which answers the version of its rules.
        libc = ctypes.CDLL(ctypes.util.find_library("c"), use_errno=True)
        return libc.syscall(444, None, 0, 1) >= 6


@pytest.fixture
def kept():
    """A gateway whose data is not below /tmp, where every function may write."""
    folder = tempfile.mkdtemp(dir="/var/tmp")
    with Gateway("--data-dir", folder + "/data") as running:
        running.folder = folder
        yield running
    shutil.rmtree(folder)


PLACES = """
import os

def handler(event, context):
    if "name" in event:
        for place in ("/tmp", "/dev/shm"):
            with open(f"{place}/{event['name']}", "w") as file:
                file.write("mine")
    if "mebibytes" in event:
        for at in range(event["mebibytes"] // 50):
            with open(f"/tmp/{at}", "wb") as file:
                os.posix_fallocate(file.fileno(), 0, 50 << 20)
        __import__("time").sleep(30)
    return {place: sorted(os.listdir(place)) for place in ("/tmp", "/dev/shm")}
"""


def test_a_function_has_a_tmp_of_its_own(kept):
    told = kept.wait_for_line(r" functions: (each process has|/tmp and /dev/shm are shared; )(.*)")
    if os.geteuid() != 0:
        assert told[2] == "only the superuser can give each a place of its own"
        return
    assert told[2] == " a /tmp and a /dev/shm of its own"
    with open("/proc/mounts") as file:
        mounts = file.read()
    aws = Aws(kept.endpoint, "us-west-2")
    one, other = (function(aws, PLACES, Timeout=20, MemorySize=256) for _ in range(2))
    name = f"gatewright-{os.getpid()}"
    assert invoke(aws, one, {"name": name})[1] == {"/tmp": [name], "/dev/shm": [name]}
    assert invoke(aws, other)[1] == {"/tmp": [], "/dev/shm": []}
    assert not os.path.exists(f"/tmp/{name}") and not os.path.exists(f"/dev/shm/{name}")
    # What is written there is counted, and ends with the process.
    answer, error = invoke(aws, one, {"mebibytes": 1000}, LogType="Tail")
    assert error["errorType"] == "Runtime.ExitError"
    log = base64.b64decode(answer["LogResult"]).decode()
    assert "The function has written more than its ephemeral storage holds\n" in log
    assert invoke(aws, one)[1] == {"/tmp": [], "/dev/shm": []}
    with open("/proc/mounts") as file:
        assert file.read() == mounts, "nobody else sees it"


@pytest.mark.skipif(not kernel_confines(), reason="this kernel has no Landlock, or an old one")
def test_a_function_reaches_neither_the_gateway_nor_others(kept):
    aws = Aws(kept.endpoint, "us-west-2")
    one, other = (function(aws, HOSTILE, Timeout=10) for _ in range(2))
    pid = invoke(aws, other)[1]
    files = [os.path.join(at, name) for at, _, names in os.walk(kept.folder) for name in names]
    database = next(path for path in files if os.path.isfile(path) and open(path, "rb").read(15) == b"SQLite format 3")
    event = {"how": "reach", "gateway": kept.pid, "other": pid, "database": database}
    event.update(data=kept.folder + "/data", beside=kept.folder + "/beside")
    assert invoke(aws, one, event)[1] == {
        what: "PermissionError"
        for what in (
            "read the database",
            "list the data",
            "write beside",
            "write to /usr",
            "signal to the gateway",
            "signal to another function",
            "trace the gateway",
            "trace another function",
            "memory of the gateway",
            "environment of another function",
            "files of the gateway",
            "mount",
        )
    } | {"more files": "ValueError"}
    assert invoke(aws, other)[1] == pid, "it is unharmed"
