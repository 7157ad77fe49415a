"""Disks that are really full, or really cannot be written any more, with traffic and changes under way: changes are refused
and said why, what was answered is there, traffic is served, and all is well again when the disk is."""

import itertools
import json
import os
import subprocess
import threading
import time

import pytest

from harness import logs, wire
from harness.account import Aws, patch
from harness.definitions import RestApi, create, names
from harness.disks import Disk
from harness.functions import allow_gateway, function
from harness.process import Gateway, binary, clean_environment

REGION = "us-fault-1"
superuser = pytest.mark.skipif(os.geteuid() != 0, reason="only the superuser has devices")


def log_accesses(aws, api):
    group = f"arn:aws:logs:{REGION}:000000000000:log-group:/access"
    operations = [
        patch("replace", "/accessLogSettings/destinationArn", group),
        patch("replace", "/accessLogSettings/format", "$context.requestId"),
    ]
    aws.apigateway.update_stage(restApiId=api.id, stageName="test", patchOperations=operations)


class Served:
    """A gateway whose data is on `disk`, with an API that answers by itself and by a function, and logs."""

    def __init__(self, disk):
        self.disk = disk
        self.gateway = Gateway("--data-dir", disk.path / "data", within=disk.within)
        self.aws = Aws(self.gateway.endpoint, REGION)
        self.api = RestApi(self.aws, "served")
        self.api.mock("/", body="in")
        arn = function(self.aws, "def handler(e, c):\n    return {'statusCode': 200, 'body': 'ran'}\n")
        allow_gateway(self.aws, arn)
        self.api.function_proxy("/function", arn)
        self.api.deploy()
        log_accesses(self.aws, self.api)
        self.logged, self._counting = 0, threading.Lock()
        # Its process is there; a new one would need room.
        assert self.asked("/function") == "ran"

    def asked(self, path):
        with self._counting:
            self.logged += 1
        return wire.send(self.gateway.endpoint, "GET", self.api.path(path)).text


class Load:
    """Four that create until they are refused, and two that ask until they are told to stop. What went wrong for one of them
    is told in the end."""

    def __init__(self, served, enough):
        self.served, self.created, self.underway, self.faults = served, [], [], []
        self.enough, self.many, self.over = enough, threading.Event(), threading.Event()
        self.creators = [threading.Thread(target=self._of, args=(self._create, f"api-{n}")) for n in range(4)]
        self.askers = [threading.Thread(target=self._of, args=(self._ask, path)) for path in ("/", "/function")]

    def _of(self, work, what):
        try:
            work(what)
        except Exception as fault:  # whatever it was, it is the test's
            self.faults.append(repr(fault))

    def _create(self, prefix):
        aws = Aws(self.served.gateway.endpoint, REGION)
        for number in range(140):
            if not create(aws, f"{prefix}-{number}"):
                return self.underway.append(f"{prefix}-{number}")
            self.created.append(f"{prefix}-{number}")
            if len(self.created) >= self.enough:
                self.many.set()
        raise AssertionError("it was never refused")

    def _ask(self, path):
        expected = {"/": "in", "/function": "ran"}[path]
        while not self.over.is_set():
            assert self.served.asked(path) == expected

    def __enter__(self):
        for thread in self.creators + self.askers:
            thread.start()
        assert self.many.wait(60), (len(self.created), self.faults)
        return self

    def refused(self):
        """Waits until all of the creators are."""
        for thread in self.creators:
            thread.join(60)

    def __exit__(self, *_):
        self.over.set()
        for thread in self.creators + self.askers:
            thread.join(60)
        assert not self.faults


def created_until_refused(aws, prefix):
    """The names of the APIs that could be created."""
    every = [f"{prefix}-{number}" for number in range(300)]
    created = list(itertools.takewhile(lambda name: create(aws, name), every))
    assert created != every, "it was never refused"
    return set(created)


def test_a_disk_that_gets_full_under_load(tmp_path):
    with Disk.in_memory(tmp_path / "disk", 48) as disk:
        served = Served(disk)
        gateway, aws = served.gateway, served.aws
        with Load(served, 60) as load:
            ballast = disk.fill()
            load.refused()
            gateway.wait_for_line("the disk that holds the data directory is full")
            expected = {"served", *load.created}
            assert names(aws) == expected
            # There may be room for a little in the files that are there.
            expected |= created_until_refused(aws, "little")
            ballast.unlink()
            assert create(aws, "after")
            assert served.asked("/") == "in"
        # Each of the requests is in the log, or counted among those that could not be.
        until = time.monotonic() + 10
        while (accounted_for := accounted(logs.lines(aws, "/access", 1))) != served.logged:
            assert time.monotonic() < until, (accounted_for, served.logged)
        expected.add("after")
        # Full once more, and then the process is killed: what was answered is there, with and without room.
        ballast = disk.fill()
        expected |= created_until_refused(aws, "full")
        gateway.kill()
        with Gateway("--data-dir", disk.path / "data", within=disk.within) as again:
            aws = Aws(again.endpoint, REGION)
            assert names(aws) == expected
            assert wire.send(again.endpoint, "GET", served.api.path("/")).text == "in"
            expected |= created_until_refused(aws, "still")
            ballast.unlink()
            assert create(aws, "again")
            assert wire.send(again.endpoint, "GET", served.api.path("/function")).text == "ran"
            assert names(aws) == expected | {"again"}
        assert not any("panicked" in line for line in gateway.output + again.output)


def accounted(lines):
    """How many events these lines are, and how many they say were dropped."""
    dropped = sum(int(line.split(" ")[0]) for line in lines if line.endswith(" log events were dropped"))
    return sum(" " not in line for line in lines) + dropped


def refused(disk, *words):
    """A start is refused in one sentence that has these words."""
    done = subprocess.run(
        [*disk.within, binary(), "serve", "--listen", "127.0.0.1:0", "--data-dir", disk.path / "data"],
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode not in (0, 101), done
    said = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(said) == 1, said
    for word in words:
        assert word in said[0], said[0]


@superuser
def test_a_device_that_can_only_be_read_any_more(tmp_path):
    """What ext4 makes of a device that fails: every write from then on is refused, in files that are open, too."""
    with Disk.on_a_device(tmp_path / "disk", 64) as disk:
        served = Served(disk)
        gateway, aws = served.gateway, served.aws
        with Load(served, 60) as load:
            before = set(load.created)
            disk.remount("abort")
            load.refused()
            gateway.wait_for_line("the data directory has become read-only")
            assert names(aws) == {"served", *load.created}
            assert not create(aws, "refused")
        gateway.stop()
        assert not any("panicked" in line for line in gateway.output)
        refused(disk, f"{disk.path}/data", "read-only")
    # Mounted anew: the device is well again.
    with Disk.on_a_device(tmp_path / "disk", 64) as disk:
        with Gateway("--data-dir", disk.path / "data", within=disk.within) as again:
            aws = Aws(again.endpoint, REGION)
            # What was being written when the device failed may be on it, since 503 does not say that it is not; or may not,
            # since in that moment fdatasync says of any file that it is there and it may not be (ext4, Linux 6.18).
            there = names(aws)
            assert {"served", *before} - there == set()
            assert there - {"served", *load.created, *load.underway} == set()
            assert create(aws, "after")
            assert wire.send(again.endpoint, "GET", served.api.path("/function")).text == "ran"
    with Disk.on_a_device(tmp_path / "disk", 64, "ro") as disk:
        refused(disk, f"{disk.path}/data", "read-only")
    with (
        Disk.on_a_device(tmp_path / "disk", 64) as disk,
        Gateway("--data-dir", disk.path / "data", within=disk.within) as last,
    ):
        assert names(Aws(last.endpoint, REGION)) == there | {"after"}


def with_access_log(aws):
    api = RestApi(aws, "logged")
    api.mock("/", body="in")
    api.deploy()
    log_accesses(aws, api)
    return api


def test_the_copy_of_access_logs_is_full_and_then_is_not(tmp_path):
    copy = tmp_path / "disk" / "access.log"
    config = tmp_path / "gatewright.toml"
    config.write_text(f"[access_log]\ncopy_to = {json.dumps(str(copy))}\n")
    with (
        Disk.in_memory(tmp_path / "disk", 1) as disk,
        Gateway("--data-dir", tmp_path / "data", "--config", config, within=disk.within) as gateway,
    ):
        api = with_access_log(Aws(gateway.endpoint, REGION))

        def asked():
            reply = wire.send(gateway.endpoint, "GET", api.path("/"))
            assert reply.text == "in"
            return reply.header("x-amzn-RequestId")

        first = asked()
        seen = disk.seen / "access.log"
        until = time.monotonic() + 10
        while first not in seen.read_text():
            assert time.monotonic() < until
        ballast = disk.fill()
        # What does not fit beside the first line is lost, and said to be; nobody has to wait for it.
        lost = [asked() for _ in range(300)]
        gateway.wait_for_line("the copy of the access logs cannot be written; lines are lost.*full|No space left")
        ballast.unlink()
        last = asked()
        until = time.monotonic() + 10
        while last not in seen.read_text():
            assert time.monotonic() < until
        # The log group has them all.
        there = logs.lines(Aws(gateway.endpoint, REGION), "/access", 302)
        assert {first, last, *lost} == set(there)


def test_a_copy_of_access_logs_that_takes_nothing_stops_nothing(tmp_path):
    config = tmp_path / "gatewright.toml"
    config.write_text('[access_log]\ncopy_to = "/dev/full"\n')
    with Gateway("--ephemeral", "--config", config) as gateway:
        api = with_access_log(Aws(gateway.endpoint, REGION))
        for _ in range(50):
            assert wire.send(gateway.endpoint, "GET", api.path("/")).text == "in"
        gateway.wait_for_line("the copy of the access logs cannot be written; lines are lost")
        logs.lines(Aws(gateway.endpoint, REGION), "/access", 50)
