"""Backends that break HTTP/1, byte for byte: the files of `data/answers`. A case's `answer` is what the backend says to a
request; then somebody else asks for something on the same stage, and the backend answers that as it should. Whoever
disagreed with the backend about where the first answer ends would give the second client a part of it.

A case has the `method` of the request (GET), the `answer` and whether the backend then `closes`. What has to come of it:

    status    what the client is answered with; `body` and `headers` too, if the case says them
    cut       the answer begins and breaks off: the client can tell that there should be more
    reused    whether the second request comes on the same connection; left out if either will do
"""

import pathlib
import re
import socket
import threading

import pytest

from harness import cases, wire
from harness.account import Aws
from harness.definitions import RestApi
from harness.process import Gateway
from harness.wiretap import Fault, parsed

FILES = cases.files(pathlib.Path(__file__).resolve().parent / "data/answers")
MEMBERS = ("method", "answer", "closes", "body", "headers", "reused")
SECOND = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nX-Second: yes\r\n\r\nsecond"


def test_cases_say_what_has_to_come_of_them():
    cases.are_whole(FILES, MEMBERS, ("status", "cut"))


class Backend:
    """Says what it is told to, once, and then the second answer. `asked` is by which connection each request came."""

    def __init__(self):
        self.script = None
        self.asked = []
        self._connections = 0
        self._server = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._server.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            self._connections += 1
            threading.Thread(target=self._serve, args=(connection, self._connections), daemon=True).start()

    def _serve(self, connection, number):
        data = b""
        with connection:
            while True:
                try:
                    request, data = parsed(data)
                except Fault:
                    return
                if request is None:
                    try:
                        more = connection.recv(65536)
                    except ConnectionError:
                        return
                    if not more:
                        return
                    data += more
                    continue
                self.asked.append(number)
                said, closes = self.script or (SECOND, False)
                self.script = None
                try:
                    connection.sendall(said)
                except ConnectionError:
                    return
                if closes:
                    return


class Target:
    def __init__(self, aws):
        self.aws = aws
        self.backend = Backend()
        api = RestApi(aws)
        api.http_proxy("/x", self.backend.url + "/x", "ANY", timeoutInMillis=1500)
        api.deploy()
        self.path = api.path("/x")
        self.host = aws.endpoint.removeprefix("http://")

    def ask(self, method):
        """Everything that is answered to a request on a connection of its own."""
        with wire.connect(self.aws.endpoint) as connection:
            connection.sendall(wire.head(method, self.path, [("Host", self.host), ("Connection", "close")]))
            data = b""
            try:
                while more := connection.recv(65536):
                    data += more
            except ConnectionError:
                pass
        return data


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    """A gateway of one worker, which keeps all connections to the backend."""
    configuration = tmp_path_factory.mktemp("one") / "gatewright.toml"
    configuration.write_text("workers = 1\n")
    with Gateway("--ephemeral", "--config", configuration) as running:
        made = Target(Aws(running.endpoint, "us-west-2"))
        yield made
        made.backend.close()


def told(data, method):
    """The status, the headers, the body, and whether that is all of it."""
    head, _, rest = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    found = re.fullmatch(r"HTTP/1\.1 (\d{3}) .*", lines[0])
    assert found, data[:200]
    headers = [tuple(line.split(": ", 1)) if ": " in line else (line.rstrip(":"), "") for line in lines[1:]]
    values = {name.lower(): value for name, value in headers}
    if method == "HEAD" or found[1] in ("204", "304"):
        return int(found[1]), values, rest, True
    if values.get("transfer-encoding") == "chunked":
        body = b""
        while True:
            line, _, rest = rest.partition(b"\r\n")
            if not line or len(rest) < int(line, 16):
                return int(found[1]), values, body, False
            if line == b"0":
                return int(found[1]), values, body, rest == b"\r\n"
            size = int(line, 16)
            body, rest = body + rest[:size], rest[size + 2 :]
    return int(found[1]), values, rest, len(rest) == int(values["content-length"])


@pytest.mark.parametrize("case", list(cases.cases(FILES)))
def test_nobody_gets_a_part_of_somebody_elses_answer(target, case):
    backend, method = target.backend, case.get("method", "GET")
    # A connection that is left of the case before has the right answer on it.
    backend.script = None
    assert told(target.ask("GET"), "GET")[2] == b"second"
    backend.asked.clear()
    answer = case["answer"].replace("<<each>>", case["each"] or "")
    answer = re.sub(r"<<([^<>]*)\*(\d+)>>", lambda found: found[1] * int(found[2]), answer)
    backend.script = (answer.encode("latin-1"), case.get("closes", False))
    first = target.ask(method)
    status, headers, body, whole = told(first, method)
    second = told(target.ask("GET"), "GET")
    assert (second[0], second[2], second[3]) == (200, b"second", True)
    assert "x-smuggled" not in headers and "x-smuggled" not in second[1]
    if "cut" in case:
        assert not whole, first
    else:
        assert (status, whole) == (case["status"], True), first
    if "body" in case:
        assert body == case["body"].encode("latin-1"), first
    for name, value in case.get("headers", {}).items():
        assert headers.get(name.lower()) == value, headers
    if "reused" in case:
        assert (backend.asked[0] == backend.asked[1]) == case["reused"], backend.asked
