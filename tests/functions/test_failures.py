"""Functions that fail give Lambda's answer and API Gateway's, and the next request works. Texts are Lambda's own."""

import re

import pytest

from harness.definitions import RestApi
from harness.functions import allow_gateway, function, invoke, package

# The event says how to fail; anything else succeeds.
PYTHON = """
import json, os, sys, time

def handler(event, context):
    how = event.get("how") or (event.get("queryStringParameters") or {}).get("how")
    if how == "sleep":
        time.sleep(30)
    if how == "exit":
        os._exit(7)
    if how == "raise":
        raise KeyError("lost")
    if how == "print":
        for _ in range(10 * 1024):
            print("x" * 1023)
    if how == "allocate":
        data = bytearray(1024 * 1024 * 1024)
        return {"statusCode": 200, "body": str(len(data))}
    if how == "unjson":
        return {"statusCode": 200, "body": object()}
    if how == "large":
        return "x" * (7 * 1024 * 1024)
    return {"statusCode": 200, "body": "well"}
"""
NODE = """
exports.handler = async (event) => {
    const how = event.how ?? event.queryStringParameters?.how;
    if (how === "sleep") await new Promise((done) => setTimeout(done, 30000));
    if (how === "exit") process.exit(7);
    if (how === "raise") throw new TypeError("lost");
    if (how === "print") for (let i = 0; i < 10 * 1024; i++) console.log("x".repeat(1023));
    return {statusCode: 200, body: "well"};
};
"""
UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
WELL = {"statusCode": 200, "body": "well"}


def make(aws, source, runtime, **settings):
    arn = function(aws, source, runtime, **{"Timeout": 2, "MemorySize": 256, **settings})
    allow_gateway(aws, arn)
    api = RestApi(aws)
    api.function_proxy("/", arn)
    api.deploy()
    return arn, api


@pytest.fixture(scope="module")
def python(shared_aws):
    return make(shared_aws, PYTHON, "python3.12")


@pytest.fixture(scope="module")
def node(shared_aws):
    return make(shared_aws, NODE, "nodejs20.x")


@pytest.fixture(params=["python", "node"])
def made(request):
    """(the function's ARN, the API in front of it) in each language."""
    return request.getfixturevalue(request.param)


def recovers(aws, call, arn, api):
    assert invoke(aws, arn)[1] == WELL
    reply = call("GET", api.path("/"))
    assert (reply.status, reply.text) == (200, "well")
    return True


def fails_with(aws, call, made, how, matches):
    """By Invoke: 200 with FunctionError. Through API Gateway: 502. And the next ones work."""
    arn, api = made
    answer, error = invoke(aws, arn, {"how": how})
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert matches(error), error
    reply = call("GET", api.path("/?how=" + how))
    assert (reply.status, reply.json) == (502, {"message": "Internal server error"})
    assert reply.header("x-amzn-ErrorType") == "InternalServerErrorException"
    return recovers(aws, call, arn, api)


def test_past_its_timeout(shared_aws, call, made):
    def timed_out(error):
        return re.fullmatch(
            rf"(\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{3}}Z {UUID} )?(RequestId: {UUID} Error: )?"
            r"Task timed out after 2\.00 seconds",
            error["errorMessage"],
        )

    assert fails_with(shared_aws, call, made, "sleep", timed_out)


def test_exits(shared_aws, call, made):
    def exited(error):
        return error["errorType"] == "Runtime.ExitError" and re.fullmatch(
            rf"RequestId: {UUID} Error: Runtime exited with error: exit status 7", error["errorMessage"]
        )

    assert fails_with(shared_aws, call, made, "exit", exited)


def test_raises(shared_aws, call, python):
    def raised(error):
        return (
            (error["errorMessage"], error["errorType"]) == ("'lost'", "KeyError")
            and any("handler" in line for line in error["stackTrace"])
            and re.fullmatch(UUID, error["requestId"])
        )

    assert fails_with(shared_aws, call, python, "raise", raised)


def test_throws(shared_aws, call, node):
    def threw(error):
        return (error["errorType"], error["errorMessage"]) == ("TypeError", "lost") and isinstance(
            error["trace"], list
        )

    assert fails_with(shared_aws, call, node, "raise", threw)


def test_prints_ten_megabytes(shared_aws, call, made):
    arn, api = made
    shared_aws.functions.update_function_configuration(FunctionName=arn, Timeout=60)
    answer, got = invoke(shared_aws, arn, {"how": "print"}, LogType="Tail")
    assert got == WELL
    assert len(answer["LogResult"]) <= 4096 * 4 // 3 + 4
    assert call("GET", api.path("/?how=print")).text == "well"
    shared_aws.functions.update_function_configuration(FunctionName=arn, Timeout=2)
    assert recovers(shared_aws, call, arn, api)


def test_allocates_past_its_memory(shared_aws, call, python):
    def out_of_memory(error):
        return error["errorType"] in ("Runtime.OutOfMemory", "Runtime.ExitError", "MemoryError")

    assert fails_with(shared_aws, call, python, "allocate", out_of_memory)


def test_answers_what_is_no_json(shared_aws, call, python):
    def unmarshalled(error):
        return error["errorType"] == "Runtime.MarshalError" and error["errorMessage"].startswith(
            "Unable to marshal response: Object of type object is not JSON serializable"
        )

    assert fails_with(shared_aws, call, python, "unjson", unmarshalled)


def test_answers_more_than_six_megabytes(shared_aws, call, python):
    def too_large(error):
        return error["errorType"] in ("Function.ResponseSizeTooLarge", "RequestEntityTooLargeException")

    assert fails_with(shared_aws, call, python, "large", too_large)


@pytest.mark.parametrize(
    ("runtime", "source", "kind", "message"),
    [
        ("python3.12", "def handler(event, context)\n    pass\n", "Runtime.UserCodeSyntaxError", "Syntax error in module"),
        ("python3.12", "import nothing_like_that\n", "Runtime.ImportModuleError", "Unable to import module 'index'"),
        ("python3.12", "other = 1\n", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'index'"),
        ("nodejs20.x", "exports.handler = async ( => {\n", "Runtime.UserCodeSyntaxError", "SyntaxError: "),
        ("nodejs20.x", "require('nothing-like-that');\n", "Runtime.ImportModuleError", "Error: Cannot find module"),
        ("nodejs20.x", "exports.other = 1;\n", "Runtime.HandlerNotFound", "index.handler is undefined or not exported"),
    ],
    ids=["python-syntax", "python-import", "python-handler", "node-syntax", "node-import", "node-handler"],
)
def test_broken_code_and_its_repair(aws, call, runtime, source, kind, message):
    arn, api = make(aws, source, runtime, Timeout=10)
    for _ in range(2):
        answer, error = invoke(aws, arn)
        assert answer["FunctionError"] == "Unhandled"
        assert error["errorType"] == kind
        assert message in error["errorMessage"]
    reply = call("GET", api.path("/"))
    assert (reply.status, reply.json) == (502, {"message": "Internal server error"})
    name, well = ("index.py", PYTHON) if runtime.startswith("python") else ("index.js", NODE)
    aws.functions.update_function_code(FunctionName=arn, ZipFile=package({name: well}))
    assert recovers(aws, call, arn, api)


def test_a_bootstrap_that_is_not_there(aws, call):
    arn, api = make(aws, "", "provided.al2023", Code={"ZipFile": package({"other": "x"})})
    answer, error = invoke(aws, arn)
    assert answer["FunctionError"] == "Unhandled"
    assert error["errorType"] == "Runtime.InvalidEntrypoint"
    assert call("GET", api.path("/")).status == 502


def test_a_bootstrap_that_exits(aws, call):
    arn, api = make(aws, "#!/bin/sh\nexit 3\n", "provided.al2023")
    answer, error = invoke(aws, arn)
    assert answer["FunctionError"] == "Unhandled"
    assert error["errorType"] == "Runtime.ExitError"
    assert call("GET", api.path("/")).status == 502


def test_a_failing_function_does_not_disturb_another(shared_aws, call, python, node):
    invoke(shared_aws, python[0], {"how": "exit"})
    assert invoke(shared_aws, node[0])[1] == WELL
