"""HTTP as bytes: what is sent is exactly what the test says, what came back keeps order and case."""

import contextlib
import http.client
import json
import socket
from urllib.parse import urlsplit


class Reply:
    """An answer: `status`, `headers` (pairs as sent), `body` (bytes)."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def header(self, name):
        """The header's only value; None if it is absent; fails if it is there twice."""
        values = self.all(name)
        assert len(values) < 2, f"{name} is there {len(values)} times: {values}"
        return values[0] if values else None

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<Reply {self.status} {self.headers} {self.body[:300]!r}>"


def connect(endpoint, seconds=30, source=None):
    """A connection; from another address of this machine, `127.0.0.5`, if one is named."""
    address = urlsplit(endpoint)
    return socket.create_connection((address.hostname, address.port), seconds, source and (source, 0))


def read_reply(connection, method="GET"):
    """Reads one answer from a socket."""
    answer = http.client.HTTPResponse(connection, method=method)
    try:
        answer.begin()
        return Reply(answer.status, answer.getheaders(), answer.read())
    finally:
        answer.close()


def exchange(endpoint, data, method="GET", seconds=30, source=None):
    """Sends `data` as it is on a new connection and reads one answer."""
    with connect(endpoint, seconds, source) as connection:
        # A server may answer before it has read everything, and then read no further.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(data)
        return read_reply(connection, method)


def head(method, target, headers):
    """The bytes of a request's head. `headers` are pairs, sent in order and case."""
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def send(endpoint, method, target, headers=(), body=b"", seconds=30, source=None):
    """Sends one request. `target` goes out as it is written; Host and Content-Length are added unless given."""
    headers = list(headers.items()) if isinstance(headers, dict) else list(headers)
    body = body.encode() if isinstance(body, str) else body
    given = {name.lower() for name, _ in headers}
    if "host" not in given:
        headers.insert(0, ("Host", urlsplit(endpoint).netloc))
    if body and not given & {"content-length", "transfer-encoding"}:
        headers.append(("Content-Length", str(len(body))))
    return exchange(endpoint, head(method, target, headers) + body, method, seconds, source)
