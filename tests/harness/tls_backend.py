"""An HTTPS server that answers what it was asked for by: the name in TLS and the Host header."""

import http.server
import json
import ssl
import threading


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
