"""AWS_PROXY: what a function's answer becomes. Recorded from AWS."""

import json

import pytest

from harness.definitions import RestApi
from harness.functions import allow_gateway, function

# The function answers what the request's body says.
PARROT = """
import json

def handler(event, context):
    return json.loads(event["body"])
"""


@pytest.fixture(scope="module")
def parrot(shared_aws):
    arn = function(shared_aws, PARROT)
    allow_gateway(shared_aws, arn)
    api = RestApi(shared_aws)
    api.function_proxy("/", arn)
    api.deploy()
    return api


@pytest.fixture
def answered(parrot, call):
    """What the client gets when the function answers `answer`."""

    def send(answer, path=None, headers=()):
        return call("POST", path or parrot.path("/"), headers, json.dumps(answer))

    return send


def is_malformed(reply):
    assert (reply.status, reply.json) == (502, {"message": "Internal server error"}), reply
    assert reply.header("x-amzn-ErrorType") == "InternalServerErrorException"
    return True


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        ({"statusCode": 200, "body": "text"}, 200, b"text"),
        ({"statusCode": 201, "body": "made", "headers": {}, "isBase64Encoded": False}, 201, b"made"),
        ({"statusCode": 204}, 204, b""),
        ({"statusCode": 418, "body": None}, 418, b""),
        ({"statusCode": "201", "body": "text"}, 201, b"text"),
        ({"statusCode": 200, "headers": None, "body": "text"}, 200, b"text"),
        ({"headers": {"X-Only": "headers"}}, 200, b""),
        (None, 200, b""),
        ({"statusCode": 200, "body": "snow \u2603 man"}, 200, "snow \u2603 man".encode()),
    ],
    ids=str,
)
def test_answers(answered, answer, status, body):
    reply = answered(answer)
    assert (reply.status, reply.body) == (status, body)


@pytest.mark.parametrize(
    "answer",
    [
        {"statusCode": 200, "body": "x", "wrongValue": 1},
        {"statusCode": "two hundred"},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "multiValueHeaders": {"X-A": "no list"}},
        {"statusCode": 200, "headers": ["no", "map"]},
        {},
        "text",
        7,
        [],
        {"statusCode": 99},
        {"statusCode": 1000},
        {"statusCode": 200, "headers": {"with space": "x"}},
    ],
    ids=str,
)
def test_malformed_answers(answered, answer):
    assert is_malformed(answered(answer))
    assert answered({"statusCode": 200, "body": "next"}).text == "next"


def test_a_header_value_cannot_break_the_line(answered):
    reply = answered({"statusCode": 200, "headers": {"X-A": "a\r\nX-B: b"}, "body": "x"})
    assert reply.header("X-B") is None


class TestHeaders:
    def test_values_of_other_types_become_text(self, answered):
        reply = answered({"statusCode": 200, "headers": {"X-True": True, "X-Number": 7, "X-Text": "t"}})
        assert (reply.header("X-True"), reply.header("X-Number"), reply.header("X-Text")) == ("true", "7", "t")

    def test_many_values(self, answered):
        reply = answered({"statusCode": 200, "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]}})
        assert reply.all("Set-Cookie") == ["a=1", "b=2"]

    def test_many_and_single_values_together(self, answered):
        reply = answered(
            {
                "statusCode": 200,
                "headers": {"X-Both": "value-solo", "X-Single": "1"},
                "multiValueHeaders": {"X-Both": ["value-multi"]},
            }
        )
        assert ", ".join(reply.all("X-Both")) == "value-multi, value-solo"
        assert reply.header("X-Single") == "1"

    def test_an_empty_answer_is_json_of_no_length(self, answered):
        reply = answered({"statusCode": 200})
        assert reply.header("Content-Type") == "application/json"
        assert reply.header("Content-Length") == "0"

    def test_without_a_content_type_it_is_json(self, answered):
        assert answered({"statusCode": 200, "body": "x"}).header("Content-Type") == "application/json"

    def test_its_own_content_type(self, answered):
        reply = answered({"statusCode": 200, "headers": {"content-type": "text/html"}, "body": "<p>"})
        assert reply.header("Content-Type") == "text/html"

    def test_nothing_is_added_for_cors(self, answered):
        reply = answered({"statusCode": 200}, headers={"Origin": "https://example.com"})
        assert not [name for name, _ in reply.headers if name.lower().startswith("access-control")]

    def test_the_functions_length_is_not_believed(self, answered):
        reply = answered({"statusCode": 200, "headers": {"Content-Length": "99"}, "body": "four"})
        assert reply.body == b"four"
        assert reply.header("x-amzn-Remapped-Content-Length") == "99"


@pytest.fixture(scope="module")
def paths(shared_aws):
    """The same function behind APIs with different binaryMediaTypes."""
    arn = function(shared_aws, PARROT)
    allow_gateway(shared_aws, arn)
    found = {}
    for name, types in (
        ("none", []),
        ("png", ["image/png"]),
        ("right", ["application/*"]),
        ("left", ["*/test"]),
    ):
        api = RestApi(shared_aws, name, binaryMediaTypes=types)
        api.function_proxy("/", arn)
        api.deploy()
        found[name] = api.path("/")
    return found


class TestBinary:
    """`isBase64Encoded` counts only together with binaryMediaTypes and the first type of Accept."""

    ENCODED = "iVBOR/8A"
    DECODED = b"\x89PNG\xff\x00"

    @pytest.mark.parametrize(
        ("api", "accept", "decoded"),
        [
            ("none", "image/png", False),
            ("png", "image/png", True),
            ("png", "image/png,image/*,*/*;q=0.8", True),
            ("png", "image/webp,image/png,*/*", False),
            ("png", "image/*", False),
            ("png", "*/*", False),
            ("png", "text/plain", False),
            ("png", None, False),
            ("right", "application/pdf", True),
            ("right", "application/json", True),
            ("right", "image/png", False),
            ("left", "text/test", False),
        ],
    )
    def test_accept_decides(self, paths, answered, api, accept, decoded):
        answer = {"statusCode": 200, "body": self.ENCODED, "isBase64Encoded": True}
        reply = answered(answer, paths[api], {"Accept": accept} if accept else {})
        assert reply.body == (self.DECODED if decoded else self.ENCODED.encode())

    def test_what_is_not_marked_is_never_decoded(self, paths, answered):
        answer = {"statusCode": 200, "body": self.ENCODED, "isBase64Encoded": False}
        assert answered(answer, paths["png"], {"Accept": "image/png"}).body == self.ENCODED.encode()

    def test_the_functions_content_type_plays_no_role(self, paths, answered):
        answer = {
            "statusCode": 200,
            "body": self.ENCODED,
            "isBase64Encoded": True,
            "headers": {"Content-Type": "image/png"},
        }
        assert answered(answer, paths["png"], {"Accept": "text/plain"}).body == self.ENCODED.encode()
