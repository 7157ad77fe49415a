"""A backend whose path says how it answers; it keeps nothing of what it was asked."""

import http.server
import json
import socket
import threading
import time

LARGE = b"0123456789abcdef" * (2 * 1024 * 1024 // 16)


class MoodyBackend:
    """Runs on a port of its own until `close`. It is the issuer of `pool` too (OpenID discovery and keys)."""

    def __init__(self, pool):
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._server.documents = {
            "/.well-known/openid-configuration": json.dumps({"issuer": self.url, "jwks_uri": f"{self.url}/keys"}),
            "/keys": pool.jwks("k1"),
        }
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass  # clients that break off take the gateway's connection with them


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def answer(self):
        body = self._body()
        mood = self.path.partition("?")[0]
        if document := self.server.documents.get(mood):
            return self._send(200, document.encode())
        if mood == "/slow":
            time.sleep(0.3)
        if mood == "/fails":
            return self._send(500, b'{"message": "the backend does not feel well"}')
        if mood == "/breaks":
            # Less than it has promised.
            self.close_connection = True
            return self.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of")
        if mood == "/large":
            return self._send(200, LARGE, "application/octet-stream")
        if mood == "/trickles":
            return self._trickle()
        if mood == "/echo":
            return self._send(200, body)
        return self._send(200, json.dumps({"path": self.path, "took": len(body)}).encode())

    def _send(self, status, body, media_type="application/json"):
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _trickle(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for part in (b"little ", b"by ", b"little"):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            time.sleep(0.05)
        self.wfile.write(b"0\r\n\r\n")

    def _body(self):
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def setup(self):
        super().setup()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = answer

    def log_message(self, *_):
        pass
