"""As much of HTTP/2 as it takes to send GET requests whose authority and headers are the test's (RFC 9113)."""

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _GOAWAY = 0, 1, 3, 4, 7
_END_STREAM, _END_HEADERS = 1, 4


def _frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def _field(name, value):
    """A header that is not indexed and not compressed (RFC 7541, section 6.2.2)."""
    texts = (name.encode(), value.encode())
    assert all(len(text) < 127 for text in texts)
    return b"\0" + b"".join(bytes([len(text)]) + text for text in texts)


class Client:
    """Requests on one connection, one after the other."""

    def __init__(self, socket):
        self._stream = 1
        self._socket = socket
        self._file = socket.makefile("rb")
        socket.sendall(_PREFACE + _frame(_SETTINGS, 0, 0))

    def get(self, authority, path="/", headers=()):
        """The answer's body."""
        fields = [(":method", "GET"), (":scheme", "https"), (":path", path), (":authority", authority), *headers]
        block = b"".join(_field(name, value) for name, value in fields)
        stream, self._stream = self._stream, self._stream + 2
        self._socket.sendall(_frame(_HEADERS, _END_STREAM | _END_HEADERS, stream, block))
        body = b""
        while True:
            head = self._file.read(9)
            assert len(head) == 9, "the connection ended"
            kind, flags = head[3], head[4]
            payload = self._file.read(int.from_bytes(head[:3], "big"))
            assert kind not in (_RST_STREAM, _GOAWAY), payload
            if int.from_bytes(head[5:], "big") == stream:
                body += payload if kind == _DATA else b""
                if kind in (_DATA, _HEADERS) and flags & _END_STREAM:
                    return body
            elif kind == _SETTINGS and not flags:
                self._socket.sendall(_frame(_SETTINGS, 1, 0))
