"""What `gatewright operations` says is built answers, and what it says is not answers 501, in AWS's form."""

import json

import botocore.session
import pytest

from harness.account import Aws
from harness.models import method_name, smallest
from harness.process import run

SERVICES = (
    "apigateway",
    "apigatewayv2",
    "apigatewaymanagementapi",
    "cloudtrail",
    "iam",
    "sts",
    "lambda",
    "logs",
    "acm",
    "ec2",
    "elbv2",
)


@pytest.fixture(scope="module")
def operations():
    """`gatewright operations --json` by service: {"apigateway": {"CreateRestApi": True, …}, …}."""
    printed = run("operations", "--json")
    assert printed.returncode == 0, printed.stderr
    services = json.loads(printed.stdout)["services"]
    for service in services:
        assert service.keys() == {"service", "built", "total", "operations"}
        built = [operation["built"] for operation in service["operations"]]
        assert (service["built"], service["total"]) == (sum(built), len(built))
    return {
        service["service"]: {operation["name"]: operation["built"] for operation in service["operations"]}
        for service in services
    }


def test_the_services_are_those_that_are_promised(operations):
    assert set(SERVICES) <= operations.keys()
    assert {service: len(operations[service]) for service in SERVICES[:3]} == {
        "apigateway": 124,
        "apigatewayv2": 103,
        "apigatewaymanagementapi": 3,
    }


def test_every_operation_is_one_of_botocores(operations):
    session = botocore.session.Session()
    for service, listed in operations.items():
        known = set(session.get_service_model(service).operation_names)
        assert listed.keys() <= known, f"{service}: {listed.keys() - known}"


def test_the_table_says_the_same_as_the_json(operations):
    printed = run("operations")
    assert printed.returncode == 0
    for service, listed in operations.items():
        assert service in printed.stdout
        for name in listed:
            assert name in printed.stdout


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_not_built_answers_501(aws, operations, service):
    client = aws.client(service)
    fell_short = []
    for operation in [name for name, built in operations[service].items() if not built]:
        shape = client.meta.service_model.operation_model(operation).input_shape
        try:
            getattr(client, method_name(client, operation))(**(smallest(shape) if shape else {}))
            fell_short.append((operation, "answered"))
        except client.exceptions.ClientError as refusal:
            got = (refusal.response["ResponseMetadata"]["HTTPStatusCode"], refusal.response["Error"]["Code"])
            if got != (501, "NotImplemented") or operation not in refusal.response["Error"]["Message"]:
                fell_short.append((operation, refusal.response["Error"]))
    assert fell_short == []


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_built_never_answers_5xx_to_the_smallest_input(gateway, operations, service):
    aws = Aws(gateway.endpoint, f"us-smallest-{SERVICES.index(service) + 1}")
    client = aws.client(service)
    fell_short = []
    for operation in [name for name, built in operations[service].items() if built]:
        shape = client.meta.service_model.operation_model(operation).input_shape
        try:
            getattr(client, method_name(client, operation))(**(smallest(shape) if shape else {}))
        except client.exceptions.ClientError as refusal:
            if refusal.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
                fell_short.append((operation, refusal.response["Error"]))
    assert fell_short == []
