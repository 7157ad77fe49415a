"""Terraform comes with the machine or not at all: without it these scenarios are left out, and one line says so."""

import pytest

from harness.account import Aws

from .driver import Terraform, missing


def pytest_runtest_setup(item):
    why = missing()
    if why:
        pytest.skip(why)


@pytest.fixture
def terraform(gateway, tmp_path, request):
    """Makes a `Terraform` in a region of its own: `terraform("logging", variable=…)`."""

    def make(scenario, **variables):
        return Terraform(Aws(gateway.endpoint, "us-west-2"), scenario, tmp_path, **variables)

    return make
