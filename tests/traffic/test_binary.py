"""Payloads that are bytes: what `contentHandling` and `binaryMediaTypes` make of them on the way to the backend and
back. Numbers are those of the behaviours recorded from AWS."""

import pytest

from harness.definitions import RestApi

INTERNAL = b'{"message": "Internal server error"}'

PNG = b"\x89PNG\r\n"
#: Each byte that is no UTF-8 becomes U+FFFD.
REPLACED = b"\xef\xbf\xbdPNG\r\n"
BASE64 = b"iVBORw0K"

BINARY, TEXT = "image/png", "text/plain"
TO_TEXT, TO_BINARY = "CONVERT_TO_TEXT", "CONVERT_TO_BINARY"


@pytest.fixture(scope="module")
def shared_api(shared_aws):
    return RestApi(shared_aws, binaryMediaTypes=[BINARY])


@pytest.fixture(scope="module")
def paths(shared_api, shared_backend):
    """A path for each handling of request and response, and some with templates, in one deployment."""
    api, url = shared_api, shared_backend.url

    def define(path, request=None, response=None, template=None, response_template=None):
        handling = {"contentHandling": request} if request else {}
        templates = {"requestTemplates": {BINARY: template, TEXT: template}} if template else {}
        api.http(path, url, "POST", **handling, **templates)
        settings = {"contentHandling": response} if response else {}
        if response_template:
            settings["responseTemplates"] = {"application/json": response_template}
        api.reply(path, "POST", **settings)

    for name, handling in (("none", None), ("to-text", TO_TEXT), ("to-binary", TO_BINARY)):
        define(f"/request/{name}", request=handling)
        define(f"/response/{name}", response=handling)
    define("/template/none", template='{"body": "$input.body"}')
    define("/template/to-text", template='{"body": "$input.body"}', request=TO_TEXT)
    define("/template/unread", template='{"x": "$input.params("x")"}')
    define("/answer-template/none", response_template='{"body": "$input.body"}')
    define("/answer-template/to-text", response_template='{"body": "$input.body"}', response=TO_TEXT)
    api.deploy()
    return api


@pytest.fixture
def ask(paths, shared_backend, call):
    shared_backend.clear()

    def send(path, content_type=TEXT, body=b"", accept=None):
        headers = {"Content-Type": content_type, **({"Accept": accept} if accept else {})}
        return call("POST", paths.path(path), headers=headers, body=body)

    return send


@pytest.mark.parametrize(
    ("handling", "content_type", "body", "arrives"),
    [
        ("none", BINARY, PNG, PNG),
        ("none", TEXT, PNG, REPLACED),
        ("none", TEXT, b"text", b"text"),
        ("to-text", BINARY, PNG, BASE64),
        ("to-text", TEXT, PNG, REPLACED),
        ("to-text", TEXT, b"text", b"text"),
        ("to-binary", TEXT, BASE64, PNG),
        ("to-binary", BINARY, PNG, PNG),
        ("to-binary", BINARY, BASE64, BASE64),
    ],
)
def test_requests_are_converted(ask, shared_backend, handling, content_type, body, arrives):
    """201, 202, 203."""
    assert ask(f"/request/{handling}", content_type, body).status == 200
    assert shared_backend.last.body == arrives
    assert shared_backend.last.header("Content-Type") == content_type


def test_a_request_that_cannot_be_decoded_goes_nowhere(ask, shared_backend):
    """203."""
    got = ask("/request/to-binary", TEXT, b"no base 64!")
    assert (got.status, got.body, shared_backend.received) == (500, INTERNAL, [])


@pytest.mark.parametrize(
    ("handling", "content_type", "accept", "body", "arrives"),
    [
        ("none", BINARY, BINARY, PNG, PNG),
        ("none", TEXT, BINARY, BASE64, PNG),
        ("none", BINARY, TEXT, PNG, BASE64),
        ("none", BINARY, None, PNG, BASE64),
        ("none", TEXT, TEXT, PNG, REPLACED),
        ("to-text", BINARY, BINARY, PNG, BASE64),
        ("to-text", BINARY, TEXT, PNG, BASE64),
        ("to-text", TEXT, BINARY, PNG, REPLACED),
        ("to-binary", TEXT, TEXT, BASE64, PNG),
        ("to-binary", BINARY, TEXT, PNG, PNG),
        # 208: the first media type counts, and literally.
        ("none", BINARY, f"{BINARY},{TEXT};q=0.5", PNG, PNG),
        ("none", BINARY, f"{TEXT},{BINARY}", PNG, BASE64),
        ("none", BINARY, "image/*", PNG, BASE64),
        ("none", BINARY, "*/*", PNG, BASE64),
    ],
)
def test_answers_are_converted(ask, shared_backend, handling, content_type, accept, body, arrives):
    """204, 205, 206, 208."""
    shared_backend.reply(200, {"Content-Type": content_type}, body)
    got = ask(f"/response/{handling}", accept=accept)
    assert (got.status, got.body) == (200, arrives)


def test_an_answer_that_cannot_be_decoded_is_not_handed_on(ask, shared_backend):
    """204: text for a client that takes bytes; 206."""
    for path, accept in (("/response/none", BINARY), ("/response/to-binary", TEXT)):
        shared_backend.reply(200, {"Content-Type": TEXT}, b"no base 64!")
        got = ask(path, accept=accept)
        assert (got.status, got.body) == (500, INTERNAL), path


def test_templates_do_not_read_bytes(ask, shared_backend):
    """207: on true bytes it fails, on text it works, whatever the type is called."""
    got = ask("/template/none", BINARY, PNG)
    assert (got.status, got.body, shared_backend.received) == (500, INTERNAL, [])
    assert ask("/template/none", BINARY, b"text").status == 200
    assert shared_backend.last.body == b'{"body": "text"}'
    assert ask("/template/to-text", BINARY, PNG).status == 200
    assert shared_backend.last.body == b'{"body": "iVBORw0K"}'
    assert ask("/template/unread?x=1", BINARY, PNG).status == 200
    assert shared_backend.last.body == b'{"x": "1"}'


def test_templates_of_answers_do_not_read_bytes(ask, shared_backend):
    """207."""
    shared_backend.reply(200, {"Content-Type": BINARY}, PNG)
    assert ask("/answer-template/none", accept=BINARY).status == 500
    shared_backend.reply(200, {"Content-Type": BINARY}, b"text")
    assert ask("/answer-template/none", accept=BINARY).body == b'{"body": "text"}'
    shared_backend.reply(200, {"Content-Type": BINARY}, PNG)
    assert ask("/answer-template/to-text", accept=BINARY).body == b'{"body": "iVBORw0K"}'
