"""examples/jwt-http-api with an issuer whose keys and tokens are made here."""

import json
import subprocess
import sys

import pytest

from harness import wire
from harness.issuers import Issuer
from harness.process import TOP, clean_environment


@pytest.fixture
def issuer():
    issuer = Issuer()
    issuer.publish()
    yield issuer
    issuer.close()


@pytest.fixture
def url(gateway, issuer):
    """The target of the API."""
    done = subprocess.run(
        [sys.executable, TOP / "examples" / "jwt-http-api" / "deploy.py", issuer.url, gateway.endpoint],
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().removeprefix(gateway.endpoint)


def test_everybody_has_their_own_notes(gateway, issuer, url):
    def send(method, path, who, scope="notes/read notes/write", body=b""):
        token = issuer.token(sub=who, aud="notes", scope=scope)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return wire.send(gateway.endpoint, method, url + path, headers, body)

    made = send("POST", "/notes", "ada", body=b'{"text": "Buy milk"}')
    assert (made.status, made.json["text"]) == (201, "Buy milk")
    note = made.header("Location")
    assert send("GET", "/notes", "ada").json == [made.json]
    assert json.loads(send("GET", "/notes", "eve").text) == []
    assert send("DELETE", note, "eve").status == 404
    assert send("DELETE", note, "ada", scope="notes/read").status == 403
    assert send("DELETE", note, "ada").status == 204
    assert send("GET", "/notes", "ada").json == []


def test_nobody_gets_in_without_a_token_for_notes(gateway, issuer, url):
    def status(token):
        headers = {"Authorization": token} if token else {}
        return wire.send(gateway.endpoint, "GET", f"{url}/notes", headers).status

    assert status(None) == 401
    assert status(issuer.token(aud="mail", scope="notes/read")) == 401
    assert status(issuer.token(aud="notes", scope="mail/read")) == 403


def test_a_page_may_ask(gateway, url):
    headers = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "POST"}
    reply = wire.send(gateway.endpoint, "OPTIONS", f"{url}/notes", headers)
    assert (reply.status, reply.header("Access-Control-Allow-Origin")) == (204, "http://localhost:3000")
