"""An HTTP server that writes down what reaches it and answers as the test tells it to."""

import collections
import http.server
import json
import socket
import threading


class Received:
    """A request as it arrived: `method`, `target` (raw), `headers` (pairs, order and case kept), `body`."""

    def __init__(self, method, target, headers, body):
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body

    def header(self, name):
        values = self.all(name)
        assert len(values) < 2, f"{name} is there {len(values)} times: {values}"
        return values[0] if values else None

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def names(self):
        return [name for name, _ in self.headers]

    def __repr__(self):
        return f"<Received {self.method} {self.target} {self.headers} {self.body[:200]!r}>"


class Backend:
    """Runs on a port of its own until `close`. Without a script every answer is 200 `{"from": "backend"}`."""

    def __init__(self):
        self.received = []
        self._scripted = collections.deque()
        self._arrived = threading.Condition()
        self._released = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.backend = self
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def reply(self, status=200, headers=(), body=b'{"from": "backend"}'):
        """Scripts the next answer that has no script yet. Content-Length is added unless given."""
        pairs = list(headers.items()) if isinstance(headers, dict) else list(headers)
        body = body.encode() if isinstance(body, str) else body
        given = {name.lower() for name, _ in pairs}
        if not given & {"content-length", "transfer-encoding"}:
            pairs.append(("Content-Length", str(len(body))))
        lines = [f"HTTP/1.1 {status} Scripted", *(f"{name}: {value}" for name, value in pairs)]
        self.reply_bytes(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body)

    def reply_bytes(self, data):
        """Scripts the next answer byte for byte; the connection is closed after it."""
        self._scripted.append(data)

    def hold(self):
        """Scripts an answer that does not come before `release`."""
        self._scripted.append(None)

    def release(self):
        self._released.set()

    def wait_for(self, count=1, seconds=10):
        """The requests so far, once there are `count`."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.received) >= count, seconds), (
                f"{len(self.received)} of {count} requests arrived"
            )
            return list(self.received)

    @property
    def last(self):
        assert self.received, "nothing reached the backend"
        return self.received[-1]

    def clear(self):
        self.received.clear()
        self._scripted.clear()
        self._released = threading.Event()

    def close(self):
        self.release()
        self._server.shutdown()
        self._server.server_close()


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass  # a gateway that gives up on a held answer closes the connection


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        backend = self.server.backend
        method, target, _ = self.raw_requestline.decode("latin-1").split(" ", 2)
        body = self._body()
        with backend._arrived:
            backend.received.append(Received(method, target, self.headers.items(), body))
            backend._arrived.notify_all()
            scripted = backend._scripted.popleft() if backend._scripted else b""
        if scripted is None:
            backend._released.wait(30)
            scripted = b""
        if scripted:
            # The answer's last bytes and the end of the connection leave together: a gateway that has read the
            # one has read the other, and does not send its next request into a connection that is closing.
            self.close_connection = True
            self.connection.sendall(scripted, socket.MSG_MORE)
            self.connection.shutdown(socket.SHUT_WR)
            return
        text = json.dumps({"from": "backend"}).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
        self.wfile.write(head.encode() + (b"" if method == "HEAD" else text))

    def _body(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            body = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = answer

    def log_message(self, *_):
        pass
