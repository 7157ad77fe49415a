"""Texts of clients that an API carries elsewhere: into a path, a query, a header, a verb's target, or an answer. Whatever
is in them stays there: behind the gateway is a backend that reads HTTP/1.1 to the letter, and it is asked for one thing."""

import json
from urllib.parse import quote

import pytest

from harness import wire
from harness.definitions import OK, RestApi
from harness.http_apis import HttpApi
from harness.wiretap import Wiretap

REQUEST = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
TEXTS = [
    "\r\nX-Smuggled: yes",
    "\nX-Smuggled: yes",
    "\rX-Smuggled: yes",
    "\r\n\r\n" + REQUEST,
    "x HTTP/1.1\r\nX-Smuggled: yes\r\n\r\n" + REQUEST,
    " HTTP/1.1",
    "a b",
    "\t",
    "\0",
    "\x7f",
    "\x85",
    "\u2028X-Smuggled: yes",
    "\u560d\u560aX-Smuggled: yes",
    "?a=b",
    "#x",
    "&q=2",
    "a%0d%0aX-Smuggled: yes",
    "//b.example.com/",
    "@b.example.com",
    ":80",
    "\\",
    "x" * 7_000,
]


class Target:
    """APIs that take a text from `text` of the query, or from where the name says, to where the name says."""

    def __init__(self, aws):
        self.endpoint, self.backend = aws.endpoint, Wiretap()
        rest, http = RestApi(aws), HttpApi(aws)
        self.paths = {}
        text = "method.request.querystring.text"
        for name, place, uri in [
            ("header", "header.X-Mapped", "/x"),
            ("host", "header.Host", "/x"),
            ("query", "querystring.q", "/x"),
            ("path", "path.p", "/x/{p}"),
        ]:
            rest.http_proxy(f"/{name}", self.backend.url + uri, parameters={f"integration.request.{place}": text})
        rest.http_proxy("/named/{p}", self.backend.url + "/x/{p}", parameters={"integration.request.path.p": "method.request.path.p"})
        overrides = (
            "#set($context.requestOverride.header.X-Mapped = $input.params('text'))\n"
            "#set($context.requestOverride.querystring.q = $input.params('text'))\n"
            "#set($context.requestOverride.path.p = $input.params('text'))\n$input.params('text')"
        )
        rest.http("/template", self.backend.url + "/x/{p}", "POST", requestTemplates={"application/json": overrides})
        rest.reply("/template", "POST")
        # Answers: of what the backend says, and of what the client does.
        rest.http("/answer", self.backend.url + "/said", "GET")
        rest.reply("/answer", headers={"X-Mapped": "integration.response.body.text"})
        rest.method("/mock")
        rest.integration("/mock", type="MOCK", requestTemplates={"application/json": OK})
        answer = "#set($context.responseOverride.header.X-Mapped = $input.params('text'))ok"
        rest.reply("/mock", responseTemplates={"application/json": answer})
        rest.deploy()
        for name in ("header", "host", "query", "path", "named/{p}", "template", "answer", "mock"):
            self.paths[name] = rest.path(f"/{name}")
        for name, key, value in [
            ("http header", "overwrite:header.X-Mapped", "$request.querystring.text"),
            ("http query", "append:querystring.q", "$request.querystring.text"),
            ("http path", "overwrite:path", "/x/$request.querystring.text"),
            ("http whole path", "overwrite:path", "$request.querystring.text"),
        ]:
            route = "/" + name.replace(" ", "-")
            http.http(f"ANY {route}", self.backend.url + "/x", request={key: value})
            self.paths[name] = http.path(route)
        http.http(
            "ANY /answered", self.backend.url + "/x",
            response={"200": {"overwrite:header.X-Mapped": "$request.querystring.text"}},
        )  # fmt: skip
        http.http("ANY /said", self.backend.url + "/said", response={"200": {"append:header.X-Mapped": "$response.body.text"}})
        self.paths |= {"http answered": http.path("/answered"), "http said": http.path("/said")}

    def ask(self, name, text):
        written = quote(text, safe="")
        path = self.paths[name]
        target = path.replace("{p}", written) if "{p}" in path else f"{path}?text={written}"
        method = "POST" if name == "template" else "GET"
        self.backend.answers["/said"] = json.dumps({"text": text}).encode()
        return wire.send(self.endpoint, method, target, {"Connection": "close"})


@pytest.fixture(scope="module")
def target(shared_aws):
    made = Target(shared_aws)
    yield made
    made.backend.close()


NAMES = [
    *("header", "host", "query", "path", "named/{p}", "template", "answer", "mock"),
    *("http header", "http query", "http path", "http whole path", "http answered", "http said"),
]


@pytest.mark.parametrize("name", NAMES)
def test_a_plain_text_arrives(target, name):
    target.backend.clear()
    reply = target.ask(name, "plain")
    heard = "".join(f"{one.target} {one.fields}" for one in target.backend.heard)
    assert reply.status == 200
    assert "plain" in heard + str(reply.headers), (heard, reply)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("text", TEXTS, ids=lambda text: ascii(text)[1:41])
def test_a_text_stays_where_it_was_put(target, name, text):
    target.backend.clear()
    reply = target.ask(name, text)
    assert target.backend.faults == []
    assert len(target.backend.heard) <= 1, target.backend.heard
    for one in target.backend.heard:
        assert (one.method, one.all("X-Smuggled")) == ("POST" if name == "template" else "GET", [])
    assert reply.header("X-Smuggled") is None
    assert "/smuggled" not in {one.target for one in target.backend.heard}
    # Nor does the next one find anything of it.
    target.backend.clear()
    after = target.ask("header", "after")
    assert (after.status, [one.all("X-Mapped") for one in target.backend.heard]) == (200, [["after"]])
    assert target.backend.faults == []
