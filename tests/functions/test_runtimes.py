"""Functions run: Python, Node, and a bootstrap of one's own. From Lambda's developer guide."""

import base64
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.functions import function, invoke, package

PYTHON = """
import os

def handler(event, context):
    return {"event": event, "env": dict(os.environ), "cwd": os.getcwd(), "context": {
        "function_name": context.function_name,
        "function_version": context.function_version,
        "invoked_function_arn": context.invoked_function_arn,
        "memory_limit_in_mb": context.memory_limit_in_mb,
        "aws_request_id": context.aws_request_id,
        "log_group_name": context.log_group_name,
        "log_stream_name": context.log_stream_name,
        "remaining": context.get_remaining_time_in_millis(),
    }}
"""
NODE = """
exports.handler = async (event, context) => ({event, env: process.env, cwd: process.cwd(), context: {
    function_name: context.functionName,
    function_version: context.functionVersion,
    invoked_function_arn: context.invokedFunctionArn,
    memory_limit_in_mb: context.memoryLimitInMB,
    aws_request_id: context.awsRequestId,
    log_group_name: context.logGroupName,
    log_stream_name: context.logStreamName,
    remaining: context.getRemainingTimeInMillis(),
}});
"""
# Lambda's runtime interface in a dozen lines of shell; curl is the only thing it needs.
BOOTSTRAP = r"""#!/bin/sh
set -eu
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
while true; do
    event=$(curl -sS -D "$TMPDIR/head" "$api/invocation/next" 2>/dev/null) || exit 0
    id=$(tr -d '\r' < "$TMPDIR/head" | sed -n 's/^[Ll]ambda-[Rr]untime-[Aa]ws-[Rr]equest-[Ii]d: //p')
    curl -sS -o /dev/null -d "{\"event\": $event, \"handler\": \"$_HANDLER\"}" "$api/invocation/$id/response"
done
"""
UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"

RUNTIMES = [("python3.12", PYTHON), ("nodejs20.x", NODE), ("nodejs22.x", NODE)]


@pytest.mark.parametrize(("runtime", "source"), RUNTIMES)
def test_a_function_knows_where_it_is(aws, runtime, source):
    arn = function(aws, source, runtime, Environment={"Variables": {"COLOR": "blue"}}, MemorySize=256, Timeout=30)
    name = arn.rpartition(":")[2]
    answer, got = invoke(aws, arn, {"a": [1, None, "\u2603"]})
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert "FunctionError" not in answer
    assert got["event"] == {"a": [1, None, "\u2603"]}
    context = got["context"]
    assert context["function_name"] == name
    assert context["function_version"] == "$LATEST"
    assert context["invoked_function_arn"] == arn
    assert str(context["memory_limit_in_mb"]) == "256"
    assert re.fullmatch(UUID, context["aws_request_id"])
    assert context["log_group_name"] == f"/aws/lambda/{name}"
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", context["log_stream_name"])
    assert 25_000 < context["remaining"] <= 30_000
    environment = got["env"]
    assert {
        key: environment.get(key)
        for key in (
            "COLOR",
            "AWS_REGION",
            "AWS_DEFAULT_REGION",
            "AWS_LAMBDA_FUNCTION_NAME",
            "AWS_LAMBDA_FUNCTION_VERSION",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
            "AWS_LAMBDA_LOG_GROUP_NAME",
            "AWS_ENDPOINT_URL",
            "_HANDLER",
        )
    } == {
        "COLOR": "blue",
        "AWS_REGION": aws.region,
        "AWS_DEFAULT_REGION": aws.region,
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
        "AWS_ENDPOINT_URL": aws.endpoint,
        "_HANDLER": "index.handler",
    }
    assert environment["LAMBDA_TASK_ROOT"] == got["cwd"]
    assert environment["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert environment["AWS_SESSION_TOKEN"]


def test_the_gateways_own_environment_stays_outside(aws):
    _, got = invoke(aws, function(aws, PYTHON, Timeout=30))
    assert not [name for name in got["env"] if name.startswith(("GATEWRIGHT_", "CARGO", "PYTEST"))]


def test_a_bootstrap_of_ones_own(aws):
    arn = function(aws, BOOTSTRAP, "provided.al2023", Handler="my.handler", Timeout=10)
    for n in range(2):
        answer, got = invoke(aws, arn, {"n": n})
        assert "FunctionError" not in answer
        assert got == {"event": {"n": n}, "handler": "my.handler"}


@pytest.mark.parametrize("runtime", ["nodejs20.x", "nodejs22.x"])
@pytest.mark.parametrize(
    "files",
    [
        {"index.mjs": "export const handler = async (event) => event.a;"},
        {"index.js": "exports.handler = (event, context, callback) => callback(null, event.a);"},
        {"index.js": "exports.handler = async (event) => event.a;"},
        {"index.js": "export const handler = async (e) => e.a;", "package.json": '{"type": "module"}'},
    ],
    ids=["esm", "callback", "commonjs", "type-module"],
)
def test_forms_of_node_handlers(aws, runtime, files):
    arn = function(aws, "", runtime, Code={"ZipFile": package(files)})
    assert invoke(aws, arn, {"a": 7})[1] == 7


def test_a_handler_in_a_folder(aws):
    files = {"app/__init__.py": "", "app/web.py": "def run(event, context):\n    return 'deep'\n"}
    arn = function(aws, "", Handler="app.web.run", Code={"ZipFile": package(files)})
    assert invoke(aws, arn)[1] == "deep"


def test_a_process_is_kept_and_serves_one_event_at_a_time(aws):
    source = "count = 0\ndef handler(event, context):\n    global count\n    count += 1\n    return count\n"
    arn = function(aws, source)
    assert [invoke(aws, arn)[1] for _ in range(3)] == [1, 2, 3]


def test_new_code_and_new_configuration_hold_at_once(aws):
    arn = function(aws, "def handler(event, context):\n    return 'old'\n")
    assert invoke(aws, arn)[1] == "old"
    source = "import os\ndef handler(event, context):\n    return os.environ.get('COLOR', 'new')\n"
    aws.functions.update_function_code(FunctionName=arn, ZipFile=package({"index.py": source}))
    assert invoke(aws, arn)[1] == "new"
    aws.functions.update_function_configuration(FunctionName=arn, Environment={"Variables": {"COLOR": "blue"}})
    assert invoke(aws, arn)[1] == "blue"


def test_a_function_calls_back_with_its_roles_credentials(aws):
    source = """
import json, os, urllib.request

def handler(event, context):
    # Unsigned on purpose: what counts is that the endpoint is reachable from inside.
    request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"] + "/restapis")
    try:
        return urllib.request.urlopen(request).status
    except urllib.error.HTTPError as refusal:
        return refusal.code
"""
    assert invoke(aws, function(aws, source, Timeout=10))[1] == 403


class TestInvoke:
    ECHO = "def handler(event, context):\n    print('seen')\n    return event\n"

    def test_dry_run_runs_nothing(self, aws):
        arn = function(aws, self.ECHO)
        answer, got = invoke(aws, arn, InvocationType="DryRun")
        assert (answer["StatusCode"], got) == (204, None)

    def test_an_event_is_accepted_and_runs_later(self, aws, backend):
        source = f"import urllib.request\ndef handler(e, c):\n    urllib.request.urlopen('{backend.url}/ran')\n"
        answer, got = invoke(aws, function(aws, source), InvocationType="Event")
        assert (answer["StatusCode"], got) == (202, None)
        assert backend.wait_for(1)[0].target == "/ran"

    def test_the_tail_of_the_log(self, aws):
        answer, _ = invoke(aws, function(aws, self.ECHO), LogType="Tail")
        tail = base64.b64decode(answer["LogResult"]).decode()
        assert re.search(rf"START RequestId: {UUID} Version: \$LATEST", tail)
        assert "\nseen\n" in tail
        assert re.search(rf"END RequestId: {UUID}", tail)
        assert re.search(rf"REPORT RequestId: {UUID}\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms", tail)

    def test_a_client_context(self, aws):
        source = "def handler(event, context):\n    return context.client_context.custom['a']\n"
        given = base64.b64encode(json.dumps({"custom": {"a": "1"}}).encode()).decode()
        assert invoke(aws, function(aws, source), ClientContext=given)[1] == "1"

    @pytest.mark.parametrize("payload", [b"nonsense", b"{", b"\xff"])
    def test_an_event_that_is_no_json(self, aws, payload):
        arn = function(aws, self.ECHO)
        with pytest.raises(aws.functions.exceptions.InvalidRequestContentException) as caught:
            aws.functions.invoke(FunctionName=arn, Payload=payload)
        assert caught.value.response["Error"]["Message"].startswith("Could not parse request body into json")

    def test_an_event_beyond_six_megabytes(self, aws):
        # Lambda developer guide, page "quotas": 6 MB for synchronous invocations.
        arn = function(aws, "def handler(event, context):\n    return len(event)\n", Timeout=10)
        fits = b'"' + b"a" * (6 * 1024 * 1024 - 2) + b'"'
        got = aws.functions.invoke(FunctionName=arn, Payload=fits)
        assert json.loads(got["Payload"].read()) == len(fits) - 2
        with pytest.raises(aws.functions.exceptions.RequestTooLargeException):
            aws.functions.invoke(FunctionName=arn, Payload=b"a" + fits)

    def test_several_at_once_run_side_by_side(self, aws):
        source = "import time\ndef handler(event, context):\n    time.sleep(0.5)\n    return event['n']\n"
        arn = function(aws, source, Timeout=30)
        client = aws.functions
        started = time.monotonic()
        with ThreadPoolExecutor(4) as pool:
            calls = [
                pool.submit(client.invoke, FunctionName=arn, Payload=json.dumps({"n": n})) for n in range(4)
            ]
            assert [json.loads(call.result()["Payload"].read()) for call in calls] == [0, 1, 2, 3]
        assert time.monotonic() - started < 8
