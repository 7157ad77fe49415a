"""The AWS CLI, as a user types it."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

from harness.process import clean_environment


@pytest.fixture
def cli(aws, tmp_path):
    """Runs `aws ARGUMENTS` and returns (status, JSON or text of stdout, stderr)."""
    program = pathlib.Path(sys.executable).with_name("aws")

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, program, *arguments],
            env=clean_environment(
                AWS_ENDPOINT_URL=aws.endpoint,
                AWS_ACCESS_KEY_ID="test",
                AWS_SECRET_ACCESS_KEY="test",
                AWS_DEFAULT_REGION=aws.region,
                AWS_CONFIG_FILE=os.devnull,
                AWS_SHARED_CREDENTIALS_FILE=os.devnull,
                AWS_MAX_ATTEMPTS="1",
                AWS_PAGER="",
            ),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        out = json.loads(done.stdout) if done.stdout.startswith(("{", "[")) else done.stdout
        return done.returncode, out, done.stderr

    return run


def test_an_api_from_nothing_to_traffic(cli, call):
    def aws(*arguments):
        code, out, err = cli(*arguments)
        assert code == 0, err
        return out

    api = aws("apigateway", "create-rest-api", "--name", "pets")
    resource = aws(
        "apigateway", "create-resource", "--rest-api-id", api["id"],
        "--parent-id", api["rootResourceId"], "--path-part", "pets",
    )  # fmt: skip
    place = ["--rest-api-id", api["id"], "--resource-id", resource["id"], "--http-method", "GET"]
    aws("apigateway", "put-method", *place, "--authorization-type", "NONE")
    aws(
        "apigateway", "put-integration", *place, "--type", "MOCK",
        "--request-templates", '{"application/json":"{\\"statusCode\\": 200}"}',
    )  # fmt: skip
    aws("apigateway", "put-method-response", *place, "--status-code", "200")
    aws(
        "apigateway", "put-integration-response", *place, "--status-code", "200",
        "--response-templates", '{"application/json":"[\\"cat\\"]"}',
    )  # fmt: skip
    aws("apigateway", "create-deployment", "--rest-api-id", api["id"], "--stage-name", "dev")
    listed = aws("apigateway", "get-resources", "--rest-api-id", api["id"])["items"]
    assert sorted(item["path"] for item in listed) == ["/", "/pets"]
    reply = call("GET", f"/_aws/execute-api/{api['id']}/dev/pets")
    assert (reply.status, reply.json) == (200, ["cat"])
    aws("apigateway", "delete-rest-api", "--rest-api-id", api["id"])
    assert aws("apigateway", "get-rest-apis") == {"items": []}


def test_an_error_is_shown_with_its_code_and_text(cli):
    code, _, err = cli("apigateway", "get-rest-api", "--rest-api-id", "nothere123")
    assert code == 255
    assert (
        "An error occurred (NotFoundException) when calling the GetRestApi operation: "
        "Invalid API identifier specified 000000000000:nothere123" in err
    )


def test_who_am_i(cli):
    code, out, _ = cli("sts", "get-caller-identity")
    assert (code, out["Account"]) == (0, "000000000000")
