"""HTTP/2 as bytes (RFC 9113): a client that sends GET requests whose authority and headers are the test's, and one that
sends frames as it is told to."""

import hpack


_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _PING, _GOAWAY = 0, 1, 3, 4, 6, 7
_END_STREAM, _END_HEADERS = 1, 4

KINDS = {
    **{"DATA": 0, "HEADERS": 1, "PRIORITY": 2, "RST_STREAM": 3, "SETTINGS": 4},
    **{"PUSH_PROMISE": 5, "PING": 6, "GOAWAY": 7, "WINDOW_UPDATE": 8, "CONTINUATION": 9},
}
FLAGS = {"END_STREAM": 1, "ACK": 1, "END_HEADERS": 4, "PADDED": 8, "PRIORITY": 32}
#: RFC 9113, section 7.
ERRORS = (
    *("NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED"),
    *("FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM"),
    *("INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED"),
)


def _frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def _field(name, value):
    """A header that is not indexed and not compressed (RFC 7541, section 6.2.2)."""
    texts = (name.encode("latin-1"), value.encode("latin-1"))
    return b"\0" + b"".join(_length(len(text)) + text for text in texts)


def _length(number):
    """RFC 7541, section 5.1, with a prefix of seven bits."""
    if number < 127:
        return bytes([number])
    data, number = bytes([127]), number - 127
    while number >= 128:
        data, number = data + bytes([number % 128 + 128]), number // 128
    return data + bytes([number])


def block(fields):
    """A header block of these fields, as they are written."""
    return b"".join(_field(name, value) for name, value in fields)


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


class Frames:
    """A client that sends frames as it is told to. `answers` are those that are whole, by stream: (status, headers, body)."""

    def __init__(self, socket, preface=_PREFACE, settings=b""):
        self._socket = socket
        self._decoder = hpack.Decoder()
        self._begun = {}
        self.answers, self.resets, self.pongs = {}, {}, []
        self.goaway = None
        #: What the server has set: by number.
        self.settings = {}
        self.settings_acknowledged = 0
        #: The longest payload that has come.
        self.largest = 0
        socket.sendall(preface + (_frame(_SETTINGS, 0, 0, settings) if preface == _PREFACE else b""))

    def send(self, kind, flags=0, stream=0, payload=b"", length=None):
        """A frame; `length` is what it claims in place of the truth."""
        head = (len(payload) if length is None else length).to_bytes(3, "big")
        self._socket.sendall(head + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload)

    def request(self, stream, fields, data=None, trailers=None):
        """Header block, body and trailers of a request."""
        last = data is None and trailers is None
        self.send(_HEADERS, _END_HEADERS | (_END_STREAM if last else 0), stream, block(fields))
        if data is not None:
            self.send(_DATA, 0 if trailers else _END_STREAM, stream, data)
        if trailers:
            self.send(_HEADERS, _END_HEADERS | _END_STREAM, stream, block(trailers))

    def read(self):
        """Takes in the next frame; whether there was one."""
        head = self._exactly(9)
        if head is None:
            return False
        kind, flags, stream = head[3], head[4], int.from_bytes(head[5:], "big")
        payload = self._exactly(int.from_bytes(head[:3], "big"))
        if payload is None:
            return False
        self.largest = max(self.largest, len(payload))
        if kind == _HEADERS:
            fields = [(str(name), str(value)) for name, value in self._decoder.decode(payload)]
            self._begun.setdefault(stream, (int(dict(fields)[":status"]), fields, []))
        elif kind == _DATA:
            self._begun[stream][2].append(payload)
        elif kind == _RST_STREAM:
            self.resets[stream] = ERRORS[int.from_bytes(payload, "big")]
        elif kind == _GOAWAY:
            self.goaway = ERRORS[int.from_bytes(payload[4:8], "big")]
        elif kind == _PING and flags & 1:
            self.pongs.append(payload)
        elif kind == _PING:
            self._quietly(_frame(_PING, 1, 0, payload))
        elif kind == _SETTINGS and flags & 1:
            self.settings_acknowledged += 1
        elif kind == _SETTINGS:
            for at in range(0, len(payload), 6):
                number = int.from_bytes(payload[at : at + 2], "big")
                self.settings[number] = int.from_bytes(payload[at + 2 : at + 6], "big")
            self._quietly(_frame(_SETTINGS, 1, 0))
        if kind in (_HEADERS, _DATA) and flags & _END_STREAM:
            status, fields, parts = self._begun.pop(stream)
            self.answers[stream] = (status, fields, b"".join(parts))
        return True

    def keeps_no_table(self):
        """Fails from now on if the server puts anything into the table of headers."""
        self._decoder.max_allowed_table_size = 0
        self._decoder.header_table_size = 0

    def parts(self, stream):
        """What has come of an answer's body that is not whole."""
        return self._begun[stream][2] if stream in self._begun else []

    def until(self, happened):
        """Reads until this has happened; whether it has, before the connection ended."""
        while not happened():
            if not self.read():
                return happened()
        return True

    def outcome(self, stream):
        """The status of the answer to a stream, the code that it or the connection is ended with, or `closed`."""
        self.until(lambda: stream in self.answers or stream in self.resets or self.goaway not in (None, "NO_ERROR"))
        if stream in self.answers:
            return self.answers[stream][0]
        return self.resets.get(stream) or self.goaway or "closed"

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            try:
                more = self._socket.recv(count - len(data))
            except ConnectionError:
                return None
            if not more:
                return None
            data += more
        return data

    def _quietly(self, data):
        try:
            self._socket.sendall(data)
        except ConnectionError:
            pass  # what it has to say before it went is still to be read
