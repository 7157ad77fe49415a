"""HTTP/1 as hostile clients write it, byte for byte: the files of `data/http1`. Behind the gateway is a backend that
reads to the letter, and behind each request of a case is another, the probe, in the same bytes: whoever disagrees with
the gateway about where a request ends would see it as something else.

A case has `raw` bytes, or a `line` (POST), a `host` line, `headers` and a `body`. `<<x>>` is the target that leads to
the backend, `<<host>>` the host, `<<x*512>>` 512 times `x`; `each` has what `<<each>>` stands for, a case each. What has
to come of it:

    refused   the status of the one answer, and its `text` if the case says it; then the connection ends, and nothing
              has reached the backend
    closed    there is no answer at all, and nothing has reached the backend
    passes    200, and what has reached the backend: `method`, `target`, `headers`, `body`; the probe is answered too
    answers   the statuses of all answers; `reaches` what has reached the backend but for the probe, which has been
              answered if there is one more 200 than that
    halts     200 or a refusal does not come, for the request is not whole when the client stops; nothing whole reaches
"""

import pathlib
import re
import socket

import pytest

from harness import cases, wire
from harness.definitions import RestApi
from harness.http_apis import HttpApi
from harness.wiretap import Wiretap

FILES = cases.files(pathlib.Path(__file__).resolve().parent / "data/http1")
OUTCOMES = ("refused", "closed", "passes", "answers", "halts")
MEMBERS = ("raw", "line", "host", "headers", "body", "reaches", "slowly", "text")
#: Whoever answers this one has understood where the one before it ends.
PROBE = "GET <<x>>/probe HTTP/1.1\r\nHost: <<host>>\r\nConnection: close\r\n\r\n"


def test_cases_say_what_has_to_come_of_them():
    cases.are_whole(FILES, MEMBERS, OUTCOMES)
    assert len(list(cases.cases(FILES))) >= 300


class Target:
    """What the cases are aimed at: a REST API, or an HTTP API."""

    def __init__(self, aws, kind="REST"):
        self.aws = aws
        self.backend = Wiretap()
        self.path = getattr(self, f"_{kind.lower()}_api")(aws)
        self.host = aws.endpoint.removeprefix("http://")

    def _http_api(self, aws):
        api = HttpApi(aws)
        api.http("ANY /x", self.backend.url + "/x")
        api.http("ANY /x/{proxy+}", self.backend.url + "/x/{proxy}")
        return api.path("/x")

    def _rest_api(self, aws):
        api = RestApi(aws)
        api.http_proxy("/x", self.backend.url + "/x", "ANY")
        api.http_proxy(
            "/x/{proxy+}", self.backend.url + "/x/{proxy}", "ANY",
            parameters={"integration.request.path.proxy": "method.request.path.proxy"},
        )  # fmt: skip
        api.deploy()
        return api.path("/x")

    def filled(self, text, each=None):
        text = text.replace("<<each>>", each or "").replace("<<x>>", self.path).replace("<<host>>", self.host)
        return re.sub(r"<<([^<>]*)\*(\d+)>>", lambda found: found[1] * int(found[2]), text)

    def bytes_of(self, case):
        if "raw" in case:
            return self.filled(case["raw"], case["each"]).encode("latin-1")
        lines = [case.get("line", "POST <<x>> HTTP/1.1")]
        host = case.get("host", "Host: <<host>>")
        lines += [host] if host is not None else []
        lines += case.get("headers", [])
        text = "\r\n".join(lines) + "\r\n\r\n" + case.get("body", "")
        return self.filled(text, case["each"]).encode("latin-1")


@pytest.fixture(scope="module")
def target(shared_aws):
    made = Target(shared_aws)
    yield made
    made.backend.close()


@pytest.fixture(scope="module")
def http_api(shared_aws):
    made = Target(shared_aws, "HTTP")
    yield made
    made.backend.close()


def read_answers(connection):
    """The statuses and bodies of all answers until the connection ends, interim ones left out."""
    data = b""
    while True:
        try:
            more = connection.recv(65536)
        except ConnectionError:
            break
        if not more:
            break
        data += more
    answers = []
    while data:
        head, ended, data = data.partition(b"\r\n\r\n")
        assert ended, head
        found = re.match(rb"HTTP/1\.[01] (\d{3}) ", head)
        assert found, head
        if found[1] == b"100":
            continue
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
        length = int(length[1]) if length else 0
        answers.append((int(found[1]), data[:length].decode("latin-1")))
        data = data[length:]
    return answers


def is_as_expected(expected, heard):
    assert heard.method == expected.get("method", "POST"), heard
    assert heard.target == expected.get("target", "/x"), heard
    assert heard.body == expected.get("body", "").encode("latin-1"), heard
    for name, value in expected.get("headers", {}).items():
        wanted = [] if value is None else value if isinstance(value, list) else [value]
        assert heard.all(name) == wanted, heard


@pytest.mark.parametrize("case", [one for one in cases.cases(FILES) if "passes" in one.values[0]])
def test_an_http_api_passes_the_same_on(http_api, case):
    """But for headers, of which HTTP APIs have their own."""
    passes = case["passes"] if isinstance(case["passes"], list) else [case["passes"]]
    passes = [{key: value for key, value in expected.items() if key != "headers"} for expected in passes]
    test_it_is_read_to_the_letter_or_not_at_all(http_api, {**case, "passes": passes})


@pytest.mark.parametrize("case", list(cases.cases(FILES)))
def test_it_is_read_to_the_letter_or_not_at_all(target, case):
    backend = target.backend
    backend.clear()
    data = target.bytes_of(case)
    if "halts" not in case:
        data += target.filled(PROBE).encode()
    with wire.connect(target.aws.endpoint) as connection:
        try:
            for piece in [data[at : at + 7] for at in range(0, len(data), 7)] if case.get("slowly") else [data]:
                connection.sendall(piece)
            if "halts" in case:
                connection.shutdown(socket.SHUT_WR)
        except ConnectionError:
            pass  # it was refused before all of it was read
        answered = read_answers(connection)
    answers = [status for status, _ in answered]
    assert backend.faults == []
    heard = list(backend.heard)
    if "refused" in case:
        assert (answers, heard) == ([case["refused"]], [])
        assert answered[0][1] == case.get("text", answered[0][1])
    elif "closed" in case:
        assert (answers, heard) == ([], [])
    elif "halts" in case:
        assert heard == []
        assert all(status >= 400 for status in answers), answers
    else:
        reaching = case.get("reaches", []) if "answers" in case else case["passes"]
        reaching = reaching if isinstance(reaching, list) else [reaching]
        assert answers == (case["answers"] if "answers" in case else [200] * (len(reaching) + 1)), heard
        probed = answers.count(200) > len(reaching)
        assert len(heard) == len(reaching) + probed, heard
        for expected, one in zip(reaching, heard, strict=False):
            is_as_expected({**expected, "body": target.filled(expected.get("body", ""), case["each"])}, one)
        if probed:
            assert (heard[-1].method, heard[-1].target) == ("GET", "/x/probe")
