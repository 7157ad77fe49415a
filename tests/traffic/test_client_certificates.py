"""Client certificates: a backend that asks for one sees the stage's own (API Gateway developer guide, "Generate
and configure an SSL certificate for backend authentication")."""

import http.server
import ssl
import threading

import pytest

from harness import wire
from harness.account import Aws
from harness.definitions import RestApi
from harness.process import TOP, Gateway

#: A certificate for localhost, and the authority that signed it.
CERTIFICATES = TOP / "crates/gateway/src/integration/http/testdata"


class DemandingBackend:
    """Serves HTTPS to those who show a certificate of `trusted`, and answers with the certificate that it was shown."""

    def __init__(self, trusted):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
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


@pytest.fixture(scope="module")
def trusting(tmp_path_factory):
    """A gateway that trusts the backend's authority."""
    configuration = tmp_path_factory.mktemp("tls") / "gatewright.toml"
    configuration.write_text(f'[upstreams]\nca_bundle = "{CERTIFICATES / "authority.pem"}"\n')
    with Gateway("--ephemeral", "--config", configuration) as running:
        yield running


@pytest.fixture
def aws(trusting):
    return Aws(trusting.endpoint, "us-west-2")


def pem(text):
    """The certificate, however it is broken into lines."""
    return ssl.PEM_cert_to_DER_cert(text.strip())


def test_each_stage_shows_its_own_certificate(aws, trusting):
    client = aws.client("apigateway")
    known, unknown = (client.generate_client_certificate() for _ in range(2))
    backend = DemandingBackend([known["pemEncodedCertificate"]])
    api = RestApi(aws)
    api.http_proxy("/who", backend.url + "/who")

    def ask(stage):
        return wire.send(trusting.endpoint, "GET", api.path("/who", stage), [], b"")

    def show(stage, certificate):
        patch = {"op": "replace", "path": "/clientCertificateId", "value": certificate}
        client.update_stage(restApiId=api.id, stageName=stage, patchOperations=[patch])

    for stage in ("known", "unknown", "none"):
        api.deploy(stage)
    show("known", known["clientCertificateId"])
    show("unknown", unknown["clientCertificateId"])
    # Twice, so that a connection that is open already is used.
    for _ in range(2):
        reply = ask("known")
        assert reply.status == 200
        assert pem(reply.text) == pem(known["pemEncodedCertificate"])
    # Whoever shows another certificate, or none, is not let in on that connection either.
    assert ask("unknown").status == 504
    assert ask("none").status == 504
    # A stage shows what it is told to from that moment on.
    show("unknown", known["clientCertificateId"])
    show("known", "")
    assert pem(ask("unknown").text) == pem(known["pemEncodedCertificate"])
    assert ask("known").status == 504
    backend.close()
