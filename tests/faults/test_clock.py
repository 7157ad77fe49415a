"""The clock of the day is set back and forward by a day while the gateway runs: nothing that is kept for a time is kept
longer, nothing that is limited is let through or stuck, and changes go on. An hour of daylight saving is no such thing;
a machine whose time service finds out late that it was wrong is."""

import time

import pytest

from harness import functions, logs, wire
from harness.account import Aws, patch
from harness.clock import SetClock
from harness.definitions import RestApi, invocation_uri
from harness.process import Gateway

REGION = "us-fault-1"
DAY = 86_400

AUTHORIZER = """
import uuid

def handler(event, context):
    allow = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [allow]}
    return {"principalId": str(uuid.uuid4()), "policyDocument": policy}
"""


class Timed:
    """An API with something of each kind that depends on time."""

    def __init__(self, gateway, backend):
        self.gateway, self.backend = gateway, backend
        self.aws = Aws(gateway.endpoint, REGION)
        self.api = RestApi(self.aws, "timed")
        arn = functions.function(self.aws, AUTHORIZER)
        made = self.api.client.create_authorizer(
            restApiId=self.api.id,
            name="a",
            type="TOKEN",
            authorizerUri=invocation_uri(REGION, arn),
            identitySource="method.request.header.Auth",
            authorizerResultTtlInSeconds=3600,
        )
        functions.allow_gateway(self.aws, arn, self.api.source_arn(f"authorizers/{made['id']}"))
        authorized = {"authorizationType": "CUSTOM", "authorizerId": made["id"]}
        self.api.mock("/guarded", body='"$context.authorizer.principalId"', **authorized)
        self.api.mock("/time", body="$context.requestTimeEpoch")
        self.api.mock("/few", body="in")
        self.api.mock("/some", body="in")
        self.api.http_proxy("/kept", backend.url + "/kept")
        self.api.deploy(cacheClusterEnabled=True, cacheClusterSize="0.5")
        group = f"arn:aws:logs:{REGION}:000000000000:log-group:/access"
        self.change(
            patch("replace", "/~1kept/GET/caching/enabled", "true"),
            patch("replace", "/~1kept/GET/caching/ttlInSeconds", "3600"),
            # By the clock of the day, two more every day, or none for a day.
            patch("replace", "/~1few/GET/throttling/rateLimit", str(2 / DAY)),
            patch("replace", "/~1few/GET/throttling/burstLimit", "2"),
            patch("replace", "/~1some/GET/throttling/rateLimit", "5"),
            patch("replace", "/~1some/GET/throttling/burstLimit", "1"),
            patch("replace", "/accessLogSettings/destinationArn", group),
            patch("replace", "/accessLogSettings/format", "$context.requestId"),
        )

    def change(self, *operations):
        self.api.client.update_stage(restApiId=self.api.id, stageName="test", patchOperations=list(operations))

    def ask(self, path, **headers):
        return wire.send(self.gateway.endpoint, "GET", self.api.path(path), headers)

    def principals(self):
        """Who an authorizer says that one token is, at each of three requests."""
        return [self.ask("/guarded", Auth="me").json for _ in range(3)]

    def reached(self):
        """How many of three requests come to a backend whose answers are cached."""
        before = len(self.backend.received)
        assert [self.ask("/kept").status for _ in range(3)] == [200] * 3
        return len(self.backend.received) - before

    def few(self):
        return [self.ask("/few").status for _ in range(3)]

    def some(self):
        """Whether what is throttled is let through again within a few seconds."""
        until = time.monotonic() + 5
        while time.monotonic() < until:
            if self.ask("/some").status == 200:
                return True
        return False

    def is_changed(self, name):
        """Whether an API can be made and serves at once."""
        api = RestApi(self.aws, name)
        api.mock("/", body=name)
        api.deploy()
        return wire.send(self.gateway.endpoint, "GET", api.path("/")).text == name


@pytest.mark.parametrize("way", [(-DAY, 0), (DAY, 0), (-DAY, DAY)], ids=["back and right", "forward and right", "to and fro"])
def test_a_clock_that_jumps(tmp_path, backend, way):
    clock = SetClock(tmp_path)
    with Gateway("--data-dir", tmp_path / "data", **clock.environment) as gateway:
        timed = Timed(gateway, backend)
        first = timed.principals()
        assert len(set(first)) == 1
        assert timed.reached() == 1
        assert timed.few() == [200, 200, 429]
        known, told = {first[0]}, 0
        for ahead in way:
            clock.ahead(ahead)
            now = int(timed.ask("/time").text) / 1000 - time.time()
            assert abs(now - ahead) < 60, "the gateway goes by the clock that was set"
            principals = timed.principals()
            assert len(set(principals)) == 1, "what it says is kept anew"
            assert principals[0] not in known, "what was said at another time is not believed"
            known.add(principals[0])
            assert timed.reached() == 1
            assert timed.few() == [429] * 3
            assert timed.some()
            assert timed.is_changed(f"day{told}")
            request = timed.ask("/time").header("x-amzn-RequestId")
            until = time.monotonic() + 10
            while request not in logs.lines(timed.aws, "/access", 1):
                assert time.monotonic() < until
            told += 1
        assert not any("panicked" in line for line in gateway.output)
    # What was written in another time is read by one that never heard of it.
    with Gateway("--data-dir", tmp_path / "data") as again:
        names = {item["name"] for item in Aws(again.endpoint, REGION).apigateway.get_rest_apis()["items"]}
        assert names == {"timed", "day0", "day1"}
        timed.gateway = again
        assert timed.ask("/guarded", Auth="me").status == 200
    clock.close()
