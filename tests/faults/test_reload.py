"""SIGHUP: certificates, truststores and the configuration are read again while traffic is served."""

import json
import signal

import pytest

from harness import certificates, tls, wire
from harness.account import Aws, patch
from harness.definitions import RestApi
from harness.process import Gateway

REGION = "us-fault-1"


class Place:
    """A gateway with a certificate, a truststore, and access logs that are copied."""

    def __init__(self, directory):
        self.directory = directory
        self.config, self.copy = directory / "gatewright.toml", directory / "access.log"
        self.certificate(certificates.make(["localhost"]))
        self.trust(certificates.make(["root"], authority=True))
        self.write()
        self.gateway = Gateway("--ephemeral", "--config", self.config, "--tls-listen", "127.0.0.1:0")
        self.secure = self.gateway.wait_for_line(r"https://127\.0\.0\.1:\d+")[0]
        self.aws = Aws(self.gateway.endpoint, REGION)
        self.api = RestApi(self.aws)
        self.api.mock("/", body="in")
        self.api.deploy()

    def certificate(self, made):
        self.made = made
        (self.directory / "certificate.pem").write_text(made.pem)
        (self.directory / "key.pem").write_text(made.key_pem)

    def trust(self, root):
        self.root = root
        (self.directory / "trusted.pem").write_text(root.pem)

    def write(self, more="", level="info"):
        named = {name: json.dumps(str(self.directory / f"{name}.pem")) for name in ("certificate", "key", "trusted")}
        self.config.write_text(
            f"{more}\n[log]\nlevel = {json.dumps(level)}\n"
            f"[tls]\ncertificate = {named['certificate']}\nprivate_key = {named['key']}\n"
            f"[truststores]\n\"s3://stores/clients.pem\" = {named['trusted']}\n"
            f"[access_log]\ncopy_to = {json.dumps(str(self.copy))}\n"
        )

    def reload(self, told="the configuration was read again"):
        before = len(self.gateway.output)
        self.gateway.signal(signal.SIGHUP)
        with self.gateway._changed:
            assert self.gateway._changed.wait_for(
                lambda: any(told in line for line in self.gateway.output[before:]), 10
            ), self.gateway.output[before:]
        return self.gateway.output[before:]

    def shown(self):
        """The certificate that a new client sees."""
        with tls.Connection(self.secure, "localhost") as client:
            return client.certificate


@pytest.fixture
def place(tmp_path):
    made = Place(tmp_path)
    with made.gateway:
        yield made


def test_a_new_certificate_is_shown(place):
    old = place.shown()
    place.certificate(certificates.make(["localhost"]))
    assert place.shown() == old
    place.reload()
    assert place.shown() != old


def test_a_new_truststore_lets_others_in(place):
    name = "mutual.example.com"
    place.aws.apigateway.create_domain_name(
        domainName=name,
        regionalCertificateArn=certificates.issued(place.aws, name),
        endpointConfiguration={"types": ["REGIONAL"]},
        securityPolicy="TLS_1_2",
        mutualTlsAuthentication={"truststoreUri": "s3://stores/clients.pem"},
    )
    place.aws.apigateway.create_base_path_mapping(domainName=name, restApiId=place.api.id, stage="test")
    old, new = place.root, certificates.make(["next"], authority=True)

    def status(root):
        # Whoever is in the truststore itself is trusted.
        return tls.get(place.secure, name, "/", client=root).status

    assert (status(old), status(new)) == (200, 403)
    place.trust(new)
    place.reload()
    # The names are compiled soon after.
    place.gateway.wait_for_line("custom domain names were compiled anew")
    assert (status(old), status(new)) == (403, 200)


def test_the_level_of_the_log_changes(place):
    assert not any("DEBUG" in line for line in place.gateway.output)
    place.write(level="debug")
    place.reload()
    wire.send(place.gateway.endpoint, "GET", "/_aws/execute-api/nosuchapi0/x")
    place.gateway.wait_for_line("DEBUG")


def test_the_copy_of_access_logs_is_begun_anew(place):
    place.aws.logs.create_log_group(logGroupName="/access")
    arn = f"arn:aws:logs:{REGION}:000000000000:log-group:/access"
    operations = [
        patch("replace", "/accessLogSettings/destinationArn", arn),
        patch("replace", "/accessLogSettings/format", "$context.requestId"),
    ]
    place.aws.apigateway.update_stage(restApiId=place.api.id, stageName="test", patchOperations=operations)
    renamed = place.copy.rename(place.directory / "access.log.1")
    place.reload()
    reply = wire.send(place.gateway.endpoint, "GET", place.api.path("/"))
    place.gateway.stop()
    assert place.copy.read_text() == reply.header("x-amzn-RequestId") + "\n"
    assert renamed.read_text() == ""


@pytest.mark.parametrize(
    ("break_it", "told"),
    [
        (lambda place: place.config.write_text("workers = "), "nothing is changed"),
        (lambda place: place.write("unheard_of = 1"), "unheard_of"),
        (lambda place: place.write("workers = 0"), "workers"),
        (lambda place: place.write(level="gatewright=nonsense"), "nothing is changed"),
        (lambda place: (place.directory / "trusted.pem").write_text("nonsense"), "truststore"),
        (lambda place: (place.directory / "key.pem").write_text("nonsense"), "key.pem|certificate"),
        (lambda place: (place.directory / "key.pem").write_text(certificates.make(["x"]).key_pem), "certificate"),
    ],
)
def test_what_is_faulty_changes_nothing(place, break_it, told):
    old = place.shown()
    place.certificate(certificates.make(["localhost"]))
    break_it(place)
    lines = place.reload("nothing is changed")
    assert any(word in line for line in lines for word in told.split("|")), lines
    assert place.shown() == old
    assert wire.send(place.gateway.endpoint, "GET", place.api.path("/")).text == "in"


def test_what_cannot_be_changed_is_named(place):
    place.write("workers = 1\ndrain_seconds = 3")
    lines = place.reload()
    assert any('keys="drain_seconds, workers"' in line for line in lines), lines
    # It has been told.
    assert not any("keys=" in line for line in place.reload())
