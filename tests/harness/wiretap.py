"""An HTTP/1 backend that writes down the bytes that reach it, and reads them to the letter (RFC 9112): what it does not
understand it calls a fault. It answers every whole request with 200 `ok`."""

import re
import socket
import threading

TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
REQUEST_LINE = re.compile(rb"(" + TOKEN + rb") (/[!-~]*) HTTP/1\.1")
FIELD = re.compile(rb"(" + TOKEN + rb"):[ \t]*((?:[!-~\x80-\xff][ -~\t\x80-\xff]*)?)")


class Fault(Exception):
    """What has arrived is no HTTP/1.1 to the letter."""


class Heard:
    """One whole request: `method`, `target`, `fields` (pairs of bytes), `body`."""

    def __init__(self, method, target, fields, body):
        self.method = method.decode()
        self.target = target.decode()
        self.fields = fields
        self.body = body

    def all(self, name):
        return [value.decode("latin-1") for own, value in self.fields if own.lower() == name.lower().encode()]

    def __repr__(self):
        return f"<Heard {self.method} {self.target} {self.fields} {self.body[:200]!r}>"


class Wiretap:
    """`heard` are whole requests, `left` the bytes of those that never became whole, `faults` what was none. `answers`
    has other bodies by target."""

    def __init__(self):
        self.heard, self.left, self.faults = [], [], []
        self.answers = {}
        self._changed = threading.Condition()
        self._server = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._server.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def clear(self):
        with self._changed:
            self.heard.clear()
            self.left.clear()
            self.faults.clear()

    def wait_for_left(self, seconds=10):
        """The bytes of requests that did not become whole, once their connection has ended."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.left, seconds), "nothing was left half done"
            return list(self.left)

    def close(self):
        self._server.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        data = b""
        with connection:
            while True:
                try:
                    request, data = parsed(data)
                except Fault as fault:
                    self._note(self.faults, (str(fault), data))
                    return
                if request:
                    self._note(self.heard, request)
                    body = self.answers.get(request.target, b"ok")
                    try:
                        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
                    except ConnectionError:
                        return
                    continue
                try:
                    more = connection.recv(65536)
                except ConnectionError:
                    more = b""
                if not more:
                    if data:
                        self._note(self.left, data)
                    return
                data += more

    def _note(self, where, what):
        with self._changed:
            where.append(what)
            self._changed.notify_all()


def parsed(data):
    """The first request of `data`, if it is whole, and what follows it."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None, data
    line, *lines = data[:end].split(b"\r\n")
    found = REQUEST_LINE.fullmatch(line)
    if not found:
        raise Fault("a request line")
    fields = []
    for one in lines:
        field = FIELD.fullmatch(one)
        if not field:
            raise Fault(f"a field: {one!r}")
        fields.append((field[1], field[2].rstrip(b" \t")))
    names = [name.lower() for name, _ in fields]
    for name in (b"host", b"content-length", b"transfer-encoding"):
        if names.count(name) > 1:
            raise Fault(f"{name!r} twice")
    if b"host" not in names:
        raise Fault("no host")
    values = {name.lower(): value for name, value in fields}
    rest = data[end + 4 :]
    if b"transfer-encoding" in values:
        if b"content-length" in values or values[b"transfer-encoding"] != b"chunked":
            raise Fault("framing")
        body, rest = chunks(rest)
        if body is None:
            return None, data
    else:
        length = values.get(b"content-length", b"0")
        if not length.isdigit():
            raise Fault("a length")
        if len(rest) < int(length):
            return None, data
        body, rest = rest[: int(length)], rest[int(length) :]
    return Heard(found[1], found[2], fields, body), rest


def chunks(data):
    """A chunked body, or None if it is not whole, and what follows it. There are neither extensions nor trailers."""
    body = b""
    while True:
        line, ended, rest = data.partition(b"\r\n")
        if not ended:
            if line and not re.fullmatch(rb"[0-9A-Fa-f]+\r?", line):
                raise Fault(f"a chunk: {line[:40]!r}")
            return None, data
        if not re.fullmatch(rb"[0-9A-Fa-f]+", line):
            raise Fault(f"a chunk: {line[:40]!r}")
        size = int(line, 16)
        if len(rest) < size + 2:
            return None, data
        if rest[size : size + 2] != b"\r\n":
            raise Fault("the end of a chunk")
        body, data = body + rest[:size], rest[size + 2 :]
        if size == 0:
            return body, data
