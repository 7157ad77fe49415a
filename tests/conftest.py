"""Fixtures: one gateway a worker, a region of its own for every test, a backend that records.

The gateway is shared because its state is not: accounts and regions never see each other's things, so a test
that has a region to itself may count and list what it finds. A test that needs its own process (another
configuration, a crash) starts one with `harness.process.Gateway`.
"""

import itertools
import os

import pytest

# What the user's own AWS set-up says must not reach the clients under test.
for _name in [name for name in os.environ if name.startswith(("AWS_", "GATEWRIGHT_")) and name != "GATEWRIGHT_BIN"]:
    del os.environ[_name]
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull

from harness import account, wire
from harness.account import Aws
from harness.backend import Backend
from harness.definitions import RestApi
from harness.process import TOP, Gateway, binary

_REGIONS = itertools.count(1)


@pytest.fixture(scope="session", autouse=True)
def _binary_found_once():
    os.environ["GATEWRIGHT_BIN"] = str(binary())


@pytest.fixture(scope="session")
def gateway(_binary_found_once):
    """The worker's gateway. It has to end with status 0 within ten seconds of SIGTERM."""
    with Gateway("--ephemeral") as running:
        yield running


def _new_region():
    """A region that nobody else uses; of the form that Lambda's ARNs have, so the number is spelt in letters."""
    return "us-" + "".join("abcdefghij"[int(digit)] for digit in str(next(_REGIONS))) + "-1"


@pytest.fixture
def aws(gateway):
    """Clients in a region that only this test uses."""
    return Aws(gateway.endpoint, _new_region())


@pytest.fixture(scope="module")
def shared_aws(gateway):
    """Clients in a region that only this file uses, for what its tests read but never change."""
    return Aws(gateway.endpoint, _new_region())


@pytest.fixture
def apigateway(aws):
    return aws.client("apigateway")


@pytest.fixture
def api(aws):
    """An empty REST API."""
    return RestApi(aws)


@pytest.fixture
def backend():
    recording = Backend()
    yield recording
    recording.close()


@pytest.fixture(scope="module")
def shared_backend():
    recording = Backend()
    yield recording
    recording.close()


@pytest.fixture
def call(gateway):
    """Sends exactly what it is given: `call("GET", target, headers=…, body=…)`."""

    def send(method, target, headers=(), body=b"", **settings):
        return wire.send(gateway.endpoint, method, target, headers, body, **settings)

    return send


@pytest.fixture(scope="session")
def top():
    """The checkout."""
    return TOP


#: The services of which a whole run has to see every operation succeed.
_WHOLE = ("apigateway",)


def pytest_addoption(parser):
    parser.addoption(
        "--every-operation",
        action="store_true",
        help=f"fail unless the run saw each operation of {', '.join(_WHOLE)} succeed",
    )


def pytest_sessionfinish(session):
    """Ends what a failed test has left running. A worker hands over which operations its tests saw succeed."""
    for process in Gateway.started:
        if process.poll() is None:
            process.kill()
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["answered"] = sorted(account.ANSWERED)
    elif session.config.getoption("--every-operation") and _never_answered():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    account.ANSWERED.update(getattr(node, "workeroutput", {}).get("answered", ()))


def _never_answered():
    return sorted(set().union(*map(account.operations, _WHOLE)) - account.ANSWERED)


def pytest_terminal_summary(terminalreporter, config):
    """One line for what a machine without terraform leaves out, and one for operations that no test exercised."""
    if config.getoption("--every-operation"):
        never = _never_answered()
        terminalreporter.write_line(f"operations of {', '.join(_WHOLE)} that never succeeded: {', '.join(never) or 'none'}")
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = {str(report.longrepr[2]).removeprefix("Skipped: ") for report in skipped}
    for reason in sorted(reasons):
        count = sum(reason in str(report.longrepr[2]) for report in skipped)
        terminalreporter.write_line(f"{reason}: {count} terraform scenarios skipped")
