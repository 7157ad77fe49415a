"""Control groups of functions, made by the kernel of this machine: what it bounds, and that nothing stays behind. A
superuser must find them to work wherever a hierarchy can be written; elsewhere the gateway says that there are none.
cgroups(7); Lambda quotas, "Execution processes/threads"."""

import os
import time

import botocore.exceptions
import pytest

from harness import control_groups
from harness.account import Aws
from harness.control_groups import MEMORY, TASKS, USABLE, groups
from harness.functions import all_gone, function, invoke, marked
from harness.process import Gateway, run

SOURCE = """
import os, time

def lost(marker):
    # Twice forked, in a session of its own, with nothing in its environment.
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execve("/bin/sleep", ["/bin/sleep", marker], {})
        os._exit(0)
    os.wait()

def handler(event, context):
    how = event.get("how")
    if how == "groups":
        return open("/proc/self/cgroup").read().splitlines()
    if how == "processes":
        started = 0
        try:
            for _ in range(1100):
                os.posix_spawn("/bin/sleep", ["/bin/sleep", event["marker"]], {})
                started += 1
        except OSError as error:
            return [type(error).__name__, started]
    if how == "memory":
        return len(b"x" * (event["mebibytes"] << 20))
    if how == "child's memory":
        pid = os.fork()
        if pid == 0:
            len(b"x" * (event["mebibytes"] << 20))
            os._exit(0)
        os.waitpid(pid, 0)
        time.sleep(10)
    if how == "lost":
        lost(event["marker"])
    if how == "leave":
        for path in event["paths"]:
            try:
                open(path, "w").write("0")
            except OSError as error:
                return type(error).__name__
    return os.getpid()
"""

usable = pytest.mark.skipif(not USABLE, reason="not the superuser, or no hierarchy can be written")


def configured(directory, base):
    path = directory / "gatewright.toml"
    path.write_text(f'[functions]\ncontrol_group = "{base}"\n')
    return "--config", path


class Held:
    """A gateway whose functions are in groups below `bases`."""

    def __init__(self, bases, directory):
        self.bases = bases
        self.gateway = Gateway("--data-dir", directory / "data", *configured(directory, bases[0]))
        self.aws = Aws(self.gateway.endpoint, "us-east-1")

    def function(self, **settings):
        return function(self.aws, SOURCE, **{"Timeout": 20, "MemorySize": 256, **settings})

    @property
    def places(self):
        own = f"gatewright-functions.{self.gateway.pid}.*"
        return [place for base in self.bases for place in base.glob(own)]


@pytest.fixture
def bases():
    with control_groups.bases() as made:
        yield made


@pytest.fixture
def held(bases, tmp_path):
    held = Held(bases, tmp_path)
    try:
        yield held
    finally:
        held.gateway.kill()


def empty(places, seconds=10):
    """Whether no process has a group in them any more."""
    until = time.monotonic() + seconds
    while any(groups(place) for place in places) and time.monotonic() < until:
        time.sleep(0.02)
    return not any(groups(place) for place in places)


def test_what_is_in_force_is_told(tmp_path):
    """Whatever this machine has."""
    with Gateway("--ephemeral") as gateway:
        line = gateway.wait_for_line(r" functions: (.*)")[1]
    if os.geteuid() != 0 and "groups are in" not in line:
        assert line.startswith("memory and number of processes are watched, not held by control groups; ")
    with Gateway("--ephemeral", *configured(tmp_path, "none")) as gateway:
        gateway.wait_for_line(
            "functions: memory and number of processes are watched, not held by control groups; the configuration says so$"
        )


@usable
def test_what_is_in_force_of_a_named_group_is_told(held):
    expected = {
        (True, True): "memory and number of processes are held by control groups",
        (True, False): "memory is held by control groups, number of processes is watched",
        (False, True): "number of processes is held by control groups, memory is watched",
        (False, False): "memory and number of processes are watched, not held by control groups",
    }[MEMORY, TASKS]
    line = held.gateway.wait_for_line(r" functions: (.*)")[1]
    assert line.startswith(f"{expected}; groups are in {', '.join(map(str, held.places))}"), line


@usable
def test_a_function_is_in_a_group_of_its_own(held):
    arn, other = held.function(), held.function()
    for base, one in zip(held.bases, USABLE, strict=True):
        of = {}
        for function_arn in (arn, other):
            lines = invoke(held.aws, function_arn, {"how": "groups"})[1]
            paths = [line.split(":", 2) for line in lines]
            names = one.controllers if one.version == 1 else {""}
            path = next(path for _, controllers, path in paths if set(controllers.split(",")) & names)
            assert path.startswith(f"/{base.name}/gatewright-functions.{held.gateway.pid}."), lines
            of[function_arn] = path
        assert of[arn] != of[other]


@usable
def test_a_group_ends_with_its_process(held):
    arn = held.function()
    invoke(held.aws, arn)
    assert [len(groups(place)) for place in held.places] == [1] * len(USABLE)
    held.aws.functions.delete_function(FunctionName=arn)
    assert empty(held.places)
    held.gateway.stop()
    assert not any(groups(base) for base in held.bases)


@usable
def test_a_function_starts_no_more_than_it_may(held):
    """As on AWS it is told so, and lives on."""
    if not TASKS:
        pytest.fail("the kernel counts no processes here")
    arn = held.function(MemorySize=2048)
    marker = f"86400.{os.getpid()}{time.monotonic_ns()}"
    kind, started = invoke(held.aws, arn, {"how": "processes", "marker": marker})[1]
    assert kind == "BlockingIOError"
    assert 1000 < started < 1024
    assert len(marked(marker)) == started
    held.aws.functions.delete_function(FunctionName=arn)
    assert all_gone(marker, 15)
    assert empty(held.places)


@usable
@pytest.mark.parametrize("how", ["memory", "child's memory"])
def test_a_function_has_no_more_memory_than_it_may(held, how):
    arn = held.function()
    answer, error = invoke(held.aws, arn, {"how": how, "mebibytes": 2000})
    assert answer["FunctionError"] == "Unhandled"
    assert error["errorType"] == "Runtime.OutOfMemory", error
    assert isinstance(invoke(held.aws, arn)[1], int), "the next one works"
    for place, one in zip(held.places, USABLE, strict=True):
        if "memory" in one.controllers:
            peak = place / {1: "memory.max_usage_in_bytes", 2: "memory.peak"}[one.version]
            # One of 256 MiB that was ended, and one of which a little was used.
            assert int(peak.read_text()) < 400 << 20
    # As much as it may have is there for it.
    assert invoke(held.aws, arn, {"how": "memory", "mebibytes": 150})[1] == 150 << 20


@usable
def test_what_a_killed_gateway_leaves_is_ended_by_the_next(held, bases, tmp_path):
    arn = held.function()
    marker = f"86400.{os.getpid()}{time.monotonic_ns()}"
    invoke(held.aws, arn, {"how": "lost", "marker": marker})
    # Another gateway below the same groups leaves those of a living one alone.
    (tmp_path / "other").mkdir()
    other = Held(bases, tmp_path / "other")
    with other.gateway:
        assert isinstance(invoke(held.aws, arn)[1], int)
        assert marked(marker)
    places = held.places
    held.gateway.kill()
    assert marked(marker), "nobody can tell whose it was but by its group"
    with Held(bases, tmp_path).gateway as again:
        again.wait_for_line("removed what an earlier run left behind")
        assert all_gone(marker)
        assert not any(place.exists() for place in places)
    assert not any(groups(base) for base in bases)


@usable
def test_without_its_group_no_process_runs(held):
    assert held.places
    for place in held.places:
        place.rmdir()
    arn = held.function()
    with pytest.raises(botocore.exceptions.ClientError) as raised:
        invoke(held.aws, arn)
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] >= 500
    held.gateway.wait_for_line("no control group can be made")


@usable
def test_a_function_does_not_leave_its_group(held):
    entrances = [str(path / "cgroup.procs") for base in held.bases for path in (base, base.parent)]
    answer = invoke(held.aws, held.function(), {"how": "leave", "paths": entrances})[1]
    confined = not any("functions are not confined" in line for line in held.gateway.output)
    assert answer == "PermissionError" or not confined


def test_a_group_that_is_none_is_told(tmp_path):
    done = run("serve", "--listen", "127.0.0.1:0", "--ephemeral", *configured(tmp_path, tmp_path))
    assert done.returncode not in (0, 101)
    assert f"{tmp_path} is no control group" in done.stderr
    assert "panicked" not in done.stderr
