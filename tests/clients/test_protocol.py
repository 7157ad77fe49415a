"""The wire below the clients: forms of answers and errors, and what is no proper call at all."""

import contextlib
import json
import socket

import pytest

from harness import wire
from harness.account import ACCOUNT
from harness.definitions import RestApi

JSON = {"Content-Type": "application/json"}
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def error(reply):
    """(status, error type) of a JSON error, whose form is checked."""
    assert reply.header("Content-Type").startswith("application/json"), reply
    assert reply.header("x-amzn-RequestId"), reply
    assert isinstance(reply.json, dict), reply
    return reply.status, reply.header("x-amzn-ErrorType")


class TestRestJson:
    def test_timestamps_are_epoch_seconds_and_lists_are_called_item(self, aws):
        made = aws.send("apigateway", "POST", "/restapis", {"name": "pets"}, JSON)
        assert made.status == 201
        assert isinstance(made.json["createdDate"], int | float)
        assert 1_700_000_000 < made.json["createdDate"] < 10_000_000_000
        listed = aws.send("apigateway", "GET", "/restapis")
        assert [item["id"] for item in listed.json["item"]] == [made.json["id"]]

    def test_modeled_errors_carry_message_only(self, aws):
        reply = aws.send("apigateway", "GET", "/restapis/nothere123")
        assert error(reply) == (404, "NotFoundException")
        assert reply.json == {"message": f"Invalid API identifier specified {ACCOUNT}:nothere123"}

    def test_validation_and_serialization_errors_spell_message_with_a_capital(self, aws):
        reply = aws.send("apigateway", "POST", "/restapis", {"name": True}, JSON)
        assert error(reply) == (400, "SerializationException")
        assert reply.json == {"Message": "class java.lang.Boolean can not be converted to an String"}
        given = {"name": "x", "endpointConfiguration": {"ipAddressType": "wrong"}}
        reply = aws.send("apigateway", "POST", "/restapis", given, JSON)
        assert error(reply) == (400, "ValidationException")
        assert list(reply.json) == ["Message"]

    @pytest.mark.parametrize(
        "body",
        [
            b'{"name":',
            b"nonsense",
            b'["name"]',
            b'"name"',
            b'{"name": "\xff"}',
            b'{"name": "x"} trailing',
            b"[" * 100_000,
            b'{"tags": ' * 50_000,
        ],
        ids=["cut", "no-json", "array", "string", "no-utf8", "trailing", "deep-array", "deep-object"],
    )
    def test_what_is_no_json_object_is_a_serialization_error(self, aws, body):
        assert error(aws.send("apigateway", "POST", "/restapis", body, JSON)) == (400, "SerializationException")

    @pytest.mark.parametrize(
        "body",
        [
            {"name": {"a": 1}},
            {"name": ["a"]},
            {"name": "x", "tags": "y"},
            {"name": "x", "binaryMediaTypes": {}},
            {"name": "x", "minimumCompressionSize": {"a": 1}},
            {"name": "x", "disableExecuteApiEndpoint": "maybe"},
        ],
        ids=json.dumps,
    )
    def test_a_wrong_type_is_an_error(self, aws, body):
        status, kind = error(aws.send("apigateway", "POST", "/restapis", body, JSON))
        assert status == 400
        assert kind in ("SerializationException", "BadRequestException")
        assert aws.send("apigateway", "GET", "/restapis").json.get("item", []) == []

    def test_an_absent_name_is_a_violation(self, aws):
        reply = aws.send("apigateway", "POST", "/restapis", {}, JSON)
        assert error(reply) == (400, "ValidationException")
        assert "Member must not be null" in reply.json["Message"]
        assert "'createRestApiInput.name'" in reply.json["Message"]

    def test_a_body_beyond_the_limit_is_refused(self, aws):
        body = b'{"name": "x", "description": "' + b"a" * 20_000_000 + b'"}'
        reply = aws.send("apigateway", "POST", "/restapis", body, JSON)
        assert error(reply)[0] == 413
        assert aws.send("apigateway", "GET", "/restapis").status == 200

    @pytest.mark.parametrize(
        ("method", "target"),
        [
            ("GET", "/nothing"),
            ("GET", "/restapis/a/b/c/d/e/f/g/h"),
            ("POST", "/restapis/"),
            ("PUT", "/restapis"),
            ("GET", "//restapis"),
            ("GET", "/v2"),
            ("BREW", "/restapis"),
        ],
    )
    def test_an_unknown_route_is_answered_in_json(self, aws, method, target):
        status, _ = error(aws.send("apigateway", method, target))
        assert status in (400, 403, 404, 405)

    def test_an_unknown_service_is_answered_in_json(self, aws):
        reply = aws.send("quantum", "GET", "/")
        assert 400 <= reply.status < 500
        assert reply.header("Content-Type").startswith("application/json")

    def test_an_unsigned_call_is_refused(self, call):
        reply = call("GET", "/restapis")
        assert error(reply) == (403, "MissingAuthenticationTokenException")
        assert reply.json == {"message": "Missing Authentication Token"}

    @pytest.mark.parametrize(
        "authorization",
        [
            "AWS4-HMAC-SHA256",
            "AWS4-HMAC-SHA256 Credential=test",
            "AWS4-HMAC-SHA256 Credential=/////, SignedHeaders=, Signature=",
            "AWS4-HMAC-SHA256 " + "," * 4000,
        ],
    )
    def test_half_a_signature_is_refused(self, call, authorization):
        status, _ = error(call("GET", "/restapis", [("Authorization", authorization)]))
        assert status in (400, 403)


class TestQuery:
    """IAM and STS: forms in, XML out."""

    def post(self, aws, body, service="iam"):
        return aws.send(service, "POST", "/", body, {"Content-Type": "application/x-www-form-urlencoded"})

    def test_an_answer_is_xml_with_a_request_id(self, aws):
        reply = self.post(aws, "Action=GetCallerIdentity&Version=2011-06-15", "sts")
        assert reply.status == 200
        assert reply.header("Content-Type").startswith("text/xml")
        assert reply.text.count("<GetCallerIdentityResult>") == 1
        assert f"<Account>{ACCOUNT}</Account>" in reply.text
        assert "<ResponseMetadata><RequestId>" in reply.text.replace("\n", "").replace("  ", "")
        assert 'xmlns="https://sts.amazonaws.com/doc/2011-06-15/"' in reply.text

    def test_an_error_is_xml(self, aws):
        reply = self.post(aws, "Action=GetRole&Version=2010-05-08&RoleName=nobody")
        assert reply.status == 404
        assert "<Code>NoSuchEntity</Code>" in reply.text
        assert "<Message>The role with name nobody cannot be found.</Message>" in reply.text
        assert "<Type>Sender</Type>" in reply.text

    def test_an_unknown_action_is_named(self, aws):
        reply = self.post(aws, "Action=Nonsense&Version=2010-05-08")
        assert reply.status == 400
        assert "<Code>InvalidAction</Code>" in reply.text

    @pytest.mark.parametrize("body", ["", "nonsense", "Action=", "Action=GetRole%ZZ", "&&&===", "Version=2010-05-08"])
    def test_what_is_no_form_is_an_error(self, aws, body):
        reply = self.post(aws, body)
        assert 400 <= reply.status < 500
        assert reply.text.startswith("<") and "html" not in reply.text.lower()

    def test_markup_in_values_stays_text(self, aws):
        reply = self.post(aws, "Action=GetRole&Version=2010-05-08&RoleName=%3Cb%3E%26")
        assert reply.status in (400, 404)
        assert "<b>" not in reply.text


class TestJson11:
    """Logs: X-Amz-Target in, `__type` out."""

    def post(self, aws, target, body):
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target}
        return aws.send("logs", "POST", "/", body, headers)

    def test_an_error_has_a_type(self, aws):
        reply = self.post(aws, "Logs_20140328.DeleteLogGroup", {"logGroupName": "nope"})
        assert reply.status == 400
        assert reply.json["__type"].rpartition("#")[2] == "ResourceNotFoundException"
        assert reply.json["message"] == "The specified log group does not exist."

    @pytest.mark.parametrize("target", ["Logs_20140328.Nonsense", "Nonsense", "Other_1.DeleteLogGroup"])
    def test_an_unknown_target_is_an_error(self, aws, target):
        reply = self.post(aws, target, {})
        assert 400 <= reply.status < 500
        assert reply.json["__type"].rpartition("#")[2] == "UnknownOperationException"

    def test_what_is_no_json_is_a_serialization_error(self, aws):
        reply = self.post(aws, "Logs_20140328.DeleteLogGroup", b"{")
        assert reply.status == 400
        assert reply.json["__type"].rpartition("#")[2] == "SerializationException"


class TestBytes:
    """Whatever arrives on the socket, the gateway answers or hangs up, and serves the next."""

    @pytest.mark.parametrize(
        "data",
        [
            b"nonsense\r\n\r\n",
            b"GET / HTTP/9.9\r\n\r\n",
            b"GET /\r\n\r\n",
            b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
            b"GET / HTTP/1.1\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 1_000_000 + b"\r\n\r\n",
            b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
            b"GET /\xff\xfe HTTP/1.1\r\nHost: \xff\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"\x00" * 1000,
        ],
    )
    def test_garbage(self, gateway, call, data):
        with wire.connect(gateway.endpoint, 10) as connection:
            answer = b""
            # The gateway may hang up before it has read everything.
            with contextlib.suppress(OSError):
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionError):
                while chunk := connection.recv(65536):
                    answer += chunk
        assert answer == b"" or answer.startswith(b"HTTP/1.1 4"), answer[:200]
        assert b"<html" not in answer.lower()
        assert call("GET", "/restapis").status == 403

    def test_several_requests_on_one_connection(self, aws, gateway):
        api = RestApi(aws)
        api.mock("/", body="one")
        api.deploy()
        request = wire.head("GET", api.path("/"), [("Host", "localhost")])
        with wire.connect(gateway.endpoint) as connection:
            for _ in range(3):
                connection.sendall(request)
                assert wire.read_reply(connection).text == "one"
