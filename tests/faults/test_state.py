"""Data that cannot be written, or read, or is somebody else's: said in one sentence, nothing lost in silence, and traffic
is served on where it can be."""

import os
import pathlib
import resource
import shutil

import botocore.exceptions
import pytest

from harness import logs, wire
from harness.account import Aws, patch
from harness.definitions import RestApi, create, names
from harness.functions import allow_gateway, function
from harness.process import Gateway, run

REGION = "us-fault-1"


def served(aws, name="served"):
    api = RestApi(aws, name)
    api.mock("/", body="in")
    api.deploy()
    return api


def test_a_full_disk_refuses_changes_and_serves_on(tmp_path):
    """The limit of a file's size stands for the disk: what is beyond cannot be written."""
    with Gateway("--data-dir", tmp_path) as gateway:
        aws = Aws(gateway.endpoint, REGION)
        api = served(aws)
        arn = function(aws, "def handler(e, c):\n    return {'statusCode': 200, 'body': 'ran'}\n")
        allow_gateway(aws, arn)
        api.function_proxy("/function", arn)
        group = f"arn:aws:logs:{REGION}:000000000000:log-group:/access"
        api.deploy()
        operations = [
            patch("replace", "/accessLogSettings/destinationArn", group),
            patch("replace", "/accessLogSettings/format", "$context.requestId"),
        ]
        aws.apigateway.update_stage(restApiId=api.id, stageName="test", patchOperations=operations)
        # A process of the function is there; a new one would need a place to be unpacked in.
        assert wire.send(gateway.endpoint, "GET", api.path("/function")).text == "ran"
        size = max(path.stat().st_size for path in tmp_path.glob("*.db*"))
        resource.prlimit(gateway.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        created = []
        for number in range(2_000):
            if not create(aws, f"api-{number}"):
                break
            created.append(f"api-{number}")
        else:
            raise AssertionError("the disk was never full")
        assert not create(aws, "refused")
        gateway.wait_for_line("the data directory|disk")
        for _ in range(20):
            assert wire.send(gateway.endpoint, "GET", api.path("/")).text == "in"
            assert wire.send(gateway.endpoint, "GET", api.path("/function")).text == "ran"
        assert names(aws) == {"served", *created}
        # There is room again.
        resource.prlimit(gateway.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert create(aws, "after")
        request = wire.send(gateway.endpoint, "GET", api.path("/")).header("x-amzn-RequestId")
        gateway.stop()
    with Gateway("--data-dir", tmp_path) as again:
        aws = Aws(again.endpoint, REGION)
        assert names(aws) == {"served", *created, "after"}
        assert request in logs.lines(aws, "/access", 1)
        assert "refused" not in names(aws)


def refusal(directory, *words):
    """The start is refused in one sentence that has these words; nothing is changed."""
    before = {path.name: path.read_bytes() for path in directory.glob("*.db")}
    done = run("serve", "--listen", "127.0.0.1:0", "--data-dir", directory)
    assert done.returncode not in (0, 101), done
    said = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(said) == 1, said
    for word in words:
        assert str(word) in said[0], said[0]
    assert {path.name: path.read_bytes() for path in directory.glob("*.db")} == before
    return said[0]


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A data directory with an API and a log event, of a process that has ended."""
    directory = tmp_path_factory.mktemp("filled") / "data"
    with Gateway("--data-dir", directory) as gateway:
        aws = Aws(gateway.endpoint, REGION)
        for number in range(60):
            served(aws, f"api-{number}")
        aws.logs.create_log_group(logGroupName="/kept")
    return directory


@pytest.mark.parametrize("name", ["gatewright.db", "logs.db"])
@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"nonsense" * 1_000,
        lambda data: data[:100] + b"\xff" * 4_000 + data[4_100:],
        lambda data: data[: len(data) // 2],
    ],
    ids=["replaced", "overwritten", "cut"],
)
def test_a_damaged_file_is_told_and_left_alone(filled, tmp_path, name, damage):
    directory = tmp_path / "data"
    shutil.copytree(filled, directory)
    path = directory / name
    path.write_bytes(damage(path.read_bytes()))
    refusal(directory, name)


def test_a_file_of_another_program_is_left_alone(tmp_path):
    import sqlite3

    with sqlite3.connect(tmp_path / "gatewright.db") as other:
        other.execute("CREATE TABLE theirs (x)")
    refusal(tmp_path, "gatewright.db")


def test_a_place_that_cannot_be_written_is_told():
    done = run("serve", "--listen", "127.0.0.1:0", "--data-dir", "/proc/gatewright")
    assert done.returncode not in (0, 101)
    assert "/proc/gatewright" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_damage_while_it_runs_stops_no_traffic(tmp_path):
    gateway = Gateway("--data-dir", tmp_path)
    try:
        aws = Aws(gateway.endpoint, REGION)
        api = served(aws)
        for path in tmp_path.glob("gatewright.db*"):
            with path.open("r+b") as file:
                file.write(os.urandom(path.stat().st_size))
        for _ in range(20):
            assert wire.send(gateway.endpoint, "GET", api.path("/")).text == "in"
        with pytest.raises(botocore.exceptions.ClientError) as raised:
            for number in range(50):
                aws.apigateway.create_rest_api(name=f"api-{number}")
                aws.apigateway.get_rest_apis(limit=500)
        assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] in (500, 503)
        assert wire.send(gateway.endpoint, "GET", api.path("/")).text == "in"
    finally:
        gateway.kill()


def test_a_data_directory_that_is_gone_stops_no_traffic(tmp_path):
    directory = tmp_path / "data"
    with Gateway("--data-dir", directory) as gateway:
        api = served(Aws(gateway.endpoint, REGION))
        directory.rename(tmp_path / "elsewhere")
        for _ in range(20):
            assert wire.send(gateway.endpoint, "GET", api.path("/")).text == "in"
        pathlib.Path(tmp_path / "elsewhere").rename(directory)
        assert names(Aws(gateway.endpoint, REGION)) == {"served"}
