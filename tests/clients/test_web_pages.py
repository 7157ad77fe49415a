"""Pages in a browser call no AWS operation, though any access key opens everything in development mode: neither by requests
that browsers send without asking first (Fetch Standard, "CORS-safelisted"), nor under a name of their own that leads to this
machine. Texts are this gateway's own."""

import json
import urllib.parse

import pytest

from harness import wire
from harness.definitions import RestApi

SCOPE = "anybody/20261128/us-west-2/{}/aws4_request"
PRESIGNED = urllib.parse.urlencode(
    {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": SCOPE.format("apigateway"),
        "X-Amz-Date": "20261128T160000Z",
        "X-Amz-Expires": "900",
        "X-Amz-SignedHeaders": "host",
        "X-Amz-Signature": "0" * 64,
    }
)
CLAIM = ("Authorization", f"AWS4-HMAC-SHA256 Credential={SCOPE.format('apigateway')}, SignedHeaders=host, Signature={'0' * 64}")


def create(gateway, *headers, name="made by a page"):
    """What a page can send without being asked: a POST of plain text, with the claim in the address."""
    headers = [("Content-Type", "text/plain"), *headers]
    return wire.send(gateway.endpoint, "POST", f"/restapis?{PRESIGNED}", headers, json.dumps({"name": name}))


@pytest.mark.parametrize(
    "mark",
    [
        [("Origin", "https://rebound.attacker.net")],
        [("Origin", "null")],
        [("Origin", "http://rebound.attacker.net"), ("Host", "rebound.attacker.net:4566")],
        [("Sec-Fetch-Site", "cross-site")],
        [("Sec-Fetch-Site", "same-origin")],
    ],
    ids=lambda mark: " ".join(value for _, value in mark),
)
def test_a_page_creates_nothing(gateway, mark):
    assert create(gateway).status == 201, "without the mark it would"
    refused = create(gateway, *mark)
    assert (refused.status, refused.header("x-amzn-errortype")) == (403, "AccessDeniedException")
    assert refused.header("Access-Control-Allow-Origin") is None


def test_the_gateways_own_pages_call_nothing_either(gateway):
    """What an API or a portal serves under the gateway's own name is somebody's page, too."""
    origin = ("Origin", gateway.endpoint)
    assert create(gateway, origin, ("Sec-Fetch-Site", "same-origin")).status == 403


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_name_of_the_pages_own_leads_nowhere(gateway, method):
    for host, status in (
        ("rebound.attacker.net:4566", 403),
        ("127.0.0.1.rebound.attacker.net", 403),
        ("localhost:4566", 200),
        ("gatewright:4566", 200),
        ("apigateway.us-west-2.amazonaws.com", 200),
    ):
        body = json.dumps({"name": "x"}) if method == "POST" else b""
        reply = wire.send(gateway.endpoint, method, "/restapis", [("Host", host), CLAIM], body)
        assert reply.status == (201 if (method, status) == ("POST", 200) else status), host
        if status == 403:
            assert "Name it in `hosts` of the configuration" in reply.text


def test_nothing_is_allowed_beforehand(gateway):
    """A browser that asks first (Fetch Standard, "CORS-preflight fetch") is not told that it may."""
    asks = [("Origin", "https://rebound.attacker.net"), ("Access-Control-Request-Method", "PUT")]
    reply = wire.send(gateway.endpoint, "OPTIONS", "/restapis", asks)
    assert reply.status >= 400
    assert not [name for name, _ in reply.headers if name.lower().startswith("access-control-")]


def test_traffic_is_the_apis_own_matter(gateway, aws):
    api = RestApi(aws)
    api.mock("/", body="x")
    api.deploy()
    marks = [("Origin", "https://shop.example.com"), ("Sec-Fetch-Site", "cross-site")]
    assert wire.send(gateway.endpoint, "GET", api.path(), marks).text == "x"
