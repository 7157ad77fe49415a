"""Client certificates: a backend that asks for one sees the stage's own (API Gateway developer guide, "Generate
and configure an SSL certificate for backend authentication")."""

import ssl

import pytest

from harness import wire
from harness.account import Aws
from harness.definitions import RestApi
from harness.process import Gateway
from harness.tls_backend import CERTIFICATES, DemandingBackend


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
