"""HTTPS servers: one answers what it was asked for by, the name in TLS and the Host header; one asks who asks."""

import http.server
import json
import ssl
import threading

from .process import TOP

#: A certificate for localhost, and the authority that signed it.
CERTIFICATES = TOP / "crates/gateway/src/integration/http/testdata"


class TlsBackend:
    """Shows the certificate in the files `chain` and `key`. Answers `{"server_name": …, "host": …, "path": …}`."""

    def __init__(self, chain, key):
        names = self.names = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                seen = {"server_name": names[-1], "host": self.headers["Host"], "path": self.path}
                text = json.dumps(seen).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain, key)
        context.sni_callback = lambda _, name, __: names.append(name)
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        # Hands shake on the connection's own thread, when it first reads; one that fails is the client's affair.
        self._server.handle_error = lambda *_: None
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class DemandingBackend:
    """Serves HTTPS to those who show a certificate of `trusted`, and answers with the certificate that it was shown."""

    def __init__(self, trusted):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                shown = ssl.DER_cert_to_PEM_cert(self.connection.getpeercert(binary_form=True)).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(shown)))
                self.end_headers()
                self.wfile.write(shown)

            def log_message(self, *_):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATES / "backend.pem", CERTIFICATES / "backend.key")
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata="\n".join(trusted))
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        # Hands shake on the connection's own thread, when it first reads.
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self.url = f"https://localhost:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
