"""Mutual TLS of custom domain names. API Gateway developer guide, "Configuring mutual TLS authentication for a REST
API", unless said otherwise: who has no trusted certificate is answered 403."""

import itertools
import json
import re
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from harness import certificates, http2, tls, wire
from harness.account import Aws, patch
from harness.certificates import client
from harness.definitions import RestApi
from harness.functions import allow_gateway, function
from harness.logs import lines
from harness.process import Gateway

FORBIDDEN = b'{"message":"Forbidden"}'
ECHO = """
import json

def handler(event, context):
    return {"statusCode": 200, "body": json.dumps(event["requestContext"]["identity"])}
"""
_NUMBERS = itertools.count(1)


def authority(name="authority", signer=None, **settings):
    return certificates.make([name], signer=signer, authority=True, **settings)


def old_client(signer):
    """The same of version 1 of X.509: without the member that says the version."""

    def der(tag, content):
        size = len(content)
        digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
        return bytes([tag]) + (bytes([0x80 | len(digits)]) if size > 127 else b"") + digits + content

    made = client(signer)
    version = bytes.fromhex("a003020102")
    content = made.certificate.tbs_certificate_bytes
    content = content[content.index(version) + len(version) :]
    ecdsa_with_sha256 = bytes.fromhex("300a06082a8648ce3d040302")
    signed = der(0x30, content)
    signature = signer.key.sign(signed, ec.ECDSA(hashes.SHA256()))
    certificate = der(0x30, signed + ecdsa_with_sha256 + der(0x03, b"\x00" + signature))
    return certificates.Made(x509.load_der_x509_certificate(certificate), made.key)


class Place:
    """A gateway with truststores: `root` signs, `own` has signed itself; the second version trusts `next` alone."""

    def __init__(self, directory):
        self.root, self.next, self.own = authority("root"), authority("next"), client(None, "own")
        files = {
            "s3://stores/clients.pem": self.root.pem + self.own.pem,
            "s3://stores/clients.pem?versionId=2": self.next.pem,
            "s3://stores/empty.pem": "",
        }
        config = "[truststores]\n"
        for number, (uri, pem) in enumerate(files.items()):
            path = directory / f"{number}.pem"
            path.write_text(pem)
            config += f"{json.dumps(uri)} = {json.dumps(str(path))}\n"
        config += f'"s3://stores/gone.pem" = {json.dumps(str(directory / "gone.pem"))}\n'
        (directory / "gatewright.toml").write_text(config)
        self.gateway = Gateway(
            "--ephemeral", "--tls-listen", "127.0.0.1:0", "--config", directory / "gatewright.toml"
        )
        self.secure = self.gateway.wait_for_line(r"https://127\.0\.0\.1:\d+")[0]
        self.aws = Aws(self.gateway.endpoint, "us-west-2")
        self.api = RestApi(self.aws)
        self.api.mock("/", body="in")
        self.api.deploy("prod")

    def domain(self, uri="s3://stores/clients.pem", version=None, api=None):
        name = f"n{next(_NUMBERS)}.example.com"
        mutual = {"truststoreUri": uri, **({"truststoreVersion": version} if version else {})}
        self.aws.apigateway.create_domain_name(
            domainName=name,
            regionalCertificateArn=certificates.issued(self.aws, name),
            endpointConfiguration={"types": ["REGIONAL"]},
            securityPolicy="TLS_1_2",
            **({"mutualTlsAuthentication": mutual} if uri else {}),
        )
        self.aws.apigateway.create_base_path_mapping(
            domainName=name, restApiId=(api or self.api).id, stage="prod"
        )
        return name

    def update(self, name, *operations):
        self.aws.apigateway.update_domain_name(domainName=name, patchOperations=list(operations))

    def get(self, name, path="/", host=None, **settings):
        return tls.get(self.secure, name, path, host, **settings)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    made = Place(tmp_path_factory.mktemp("truststores"))
    with made.gateway:
        yield made


def forbidden(reply):
    assert (reply.status, reply.body) == (403, FORBIDDEN), reply
    assert reply.header("x-amzn-ErrorType") == "ForbiddenException"
    return True


VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


@pytest.mark.parametrize("version", VERSIONS, ids=["1.2", "1.3"])
def test_only_trusted_clients_are_let_in(place, version):
    name = place.domain()
    between = authority("between", signer=place.root)
    stranger = authority("stranger")

    def get(shown):
        return place.get(name, client=shown, oldest=version, newest=version)

    for shown in (
        client(place.root),
        client(place.root, key=certificates.rsa_key()),
        client(place.root, key=ec.generate_private_key(ec.SECP384R1())),
        (client(between), between),
        place.own,
    ):
        assert get(shown).text == "in"
    for shown in (
        None,
        client(stranger),
        (client(stranger), stranger),
        # The names of the truststore, and other keys.
        client(authority("root")),
        client(None, "own"),
        client(place.root, days=(-9, -1)),
        client(place.root, days=(1, 9)),
        client(between),
        client(place.root, key=ec.generate_private_key(ec.SECP521R1())),
        (client(client(place.root, "signer"), "below"), client(place.root, "signer")),
        # It signs, and is no client's; what it is is not asked of those who are trusted by name.
        authority("other"),
    ):
        assert forbidden(get(shown))


def test_a_chain_has_four_certificates_at_most(place):
    name = place.domain()
    first = authority("first", signer=place.root)
    second = authority("second", signer=first)
    third = authority("third", signer=second)
    assert place.get(name, client=(client(second), second, first)).text == "in"
    assert forbidden(place.get(name, client=(client(third), third, second, first)))


def test_a_short_key_proves_nothing(place):
    """RSA-2048 or stronger. The proof that the client has the key is part of the handshake, which fails."""
    name = place.domain()
    with pytest.raises((ssl.SSLError, ConnectionError)):
        place.get(name, client=client(place.root, key=certificates.rsa_key(1024)), weak=True)
    assert place.get(name, client=client(place.root, key=certificates.rsa_key()), weak=True).text == "in"


def test_a_certificate_of_the_first_version_is_taken(place):
    """What `openssl x509 -req` makes, as AWS's tutorials call it, is of version 3 only if extensions are given."""
    name = place.domain()
    for version in VERSIONS:
        for signer, status in ((place.root, 200), (authority("root"), 403)):
            shown = old_client(signer)
            assert place.get(name, client=shown, oldest=version, newest=version).status == status


def test_without_tls_nobody_is_let_in(place):
    name = place.domain()
    for headers in ({}, {"X-Forwarded-Proto": "https"}):
        for target in ("/", "/ping", f"http://{name}/", place.api.path(stage="prod")):
            assert forbidden(wire.send(place.gateway.endpoint, "GET", target, {"Host": name, **headers})), target


def test_nobody_comes_in_under_another_name(place):
    """A connection that was begun without a certificate, under a name that asks for none, is for that name alone."""
    name, open_name = place.domain(), place.domain(uri=None)
    for begun in (open_name, "localhost", "other.example.com", None):
        for shown in (None, client(place.root)):
            with tls.Connection(place.secure, begun, client=shown) as connection:
                for host in (name, name.upper(), f"{name}.", f"{name}:443"):
                    assert connection.get("/", host).status == 421, (begun, host)
                    assert connection.get(f"http://{host}/", begun or "localhost").status == 421, (begun, host)
                assert connection.get("/ping", name).status == 421
    with tls.Connection(place.secure, open_name, protocols=("h2",)) as connection:
        one = http2.Client(connection.socket)
        for _ in range(2):
            assert one.get(name) == b'{"message":"Misdirected Request"}'
            assert one.get(open_name) == b"in"
    with tls.Connection(place.secure, name, protocols=("h2",)) as connection:
        one = http2.Client(connection.socket)
        assert (one.get(name), one.get(name)) == (FORBIDDEN, FORBIDDEN)
    with tls.Connection(place.secure, name, protocols=("h2",), client=client(place.root)) as connection:
        assert http2.Client(connection.socket).get(name) == b"in"
    with tls.Connection(place.secure, name) as connection:
        for _ in range(2):
            assert forbidden(connection.get("/"))
            assert forbidden(connection.get("/ping"))
            assert connection.get("/", open_name).status == 421
    assert place.get(open_name).text == "in"


def test_a_session_is_not_taken_up_again(place):
    """Who takes up a session shows no certificate; so none is."""
    name, open_name = place.domain(), place.domain(uri=None)
    for version in VERSIONS:
        using = tls.context(client=client(place.root), oldest=version, newest=version)
        with tls.Connection(place.secure, name, using) as connection:
            assert connection.get("/").text == "in"
            session = connection.socket.session
        if session is None:
            continue
        with wire.connect(place.secure) as plain:
            with using.wrap_socket(plain, server_hostname=name, session=session) as again:
                assert not again.session_reused
        # One that was begun under another name, by somebody who was never asked.
        with tls.Connection(place.secure, open_name, using) as connection:
            assert connection.get("/").text == "in"
            session = connection.socket.session
        with wire.connect(place.secure) as plain:
            with using.wrap_socket(plain, server_hostname=name, session=session) as again:
                assert not again.session_reused


@pytest.mark.parametrize("uri", ["s3://stores/unknown.pem", "s3://stores/gone.pem", "s3://stores/empty.pem"])
def test_a_truststore_that_cannot_be_read_lets_nobody_in(place, uri):
    name = place.domain(uri)
    place.gateway.wait_for_line(f"{re.escape(name)}.*truststore")
    assert forbidden(place.get(name, client=client(place.root)))
    assert forbidden(place.get(name))
    assert forbidden(wire.send(place.gateway.endpoint, "GET", "/", {"Host": name}))
    place.update(name, patch("replace", "/mutualTlsAuthentication/truststoreUri", "s3://stores/clients.pem"))
    assert place.get(name, client=client(place.root)).text == "in"


def test_a_new_version_of_the_truststore_is_in_effect_at_once(place):
    name = place.domain(version="1")
    old, new = client(place.root), client(place.next)
    with tls.Connection(place.secure, name, client=old) as connection:
        assert connection.get("/").text == "in"
        assert forbidden(place.get(name, client=new))
        place.update(name, patch("replace", "/mutualTlsAuthentication/truststoreVersion", "2"))
        # Its certificate was asked of a truststore that counts no longer.
        assert connection.get("/").status == 421
    assert place.get(name, client=new).text == "in"
    assert forbidden(place.get(name, client=old))


def test_mutual_tls_is_turned_on_and_off(place):
    name = place.domain(uri=None)
    with tls.Connection(place.secure, name) as connection:
        assert connection.get("/").text == "in"
        place.update(name, patch("add", "/mutualTlsAuthentication/truststoreUri", "s3://stores/clients.pem"))
        assert connection.get("/").status == 421
    assert forbidden(place.get(name))
    assert place.get(name, client=client(place.root)).text == "in"
    assert forbidden(wire.send(place.gateway.endpoint, "GET", "/", {"Host": name}))
    place.update(name, patch("replace", "/mutualTlsAuthentication/truststoreUri", ""))
    assert place.get(name).text == "in"
    assert wire.send(place.gateway.endpoint, "GET", "/", {"Host": name}).text == "in"


def test_a_wildcard_does_not_stand_for_a_name_with_mutual_tls(place):
    """Connected under the wildcard before the name itself was made."""
    aws, parent = place.aws, f"n{next(_NUMBERS)}.example.com"
    aws.apigateway.create_domain_name(
        domainName=f"*.{parent}",
        regionalCertificateArn=certificates.issued(aws, f"*.{parent}"),
        endpointConfiguration={"types": ["REGIONAL"]},
    )
    aws.apigateway.create_base_path_mapping(domainName=f"*.{parent}", restApiId=place.api.id, stage="prod")
    name = f"own.{parent}"
    with tls.Connection(place.secure, name) as connection:
        assert connection.get("/").text == "in"
        aws.apigateway.create_domain_name(
            domainName=name,
            regionalCertificateArn=certificates.issued(aws, name),
            endpointConfiguration={"types": ["REGIONAL"]},
            securityPolicy="TLS_1_2",
            mutualTlsAuthentication={"truststoreUri": "s3://stores/clients.pem"},
        )
        aws.apigateway.create_base_path_mapping(domainName=name, restApiId=place.api.id, stage="prod")
        assert connection.get("/").status == 421
        assert connection.get("/", f"other.{parent}").text == "in"


def test_the_certificate_is_told_to_functions_mappings_and_logs(place):
    """ "Input format of a Lambda function for proxy integration" and "Variables for access logging"."""
    aws = place.aws
    arn = function(aws, ECHO)
    allow_gateway(aws, arn)
    api = RestApi(aws)
    api.function_proxy("/function", arn)
    members = ("subjectDN", "issuerDN", "serialNumber", "validity.notBefore", "validity.notAfter")
    told = "|".join(f"$context.identity.clientCert.{member}" for member in members)
    api.mock("/mapping", body=told + "|$context.identity.clientCert.clientCertPem")
    aws.logs.create_log_group(logGroupName="/access/mutual")
    api.deploy("prod")
    log = f"arn:aws:logs:{aws.region}:{'0' * 12}:log-group:/access/mutual"
    api.client.update_stage(
        restApiId=api.id,
        stageName="prod",
        patchOperations=[
            patch("replace", "/accessLogSettings/destinationArn", log),
            patch("replace", "/accessLogSettings/format", told + "|$context.requestId"),
        ],
    )
    name = place.domain(api=api)
    parts = ((NameOID.COUNTRY_NAME, "NZ"), (NameOID.ORGANIZATION_NAME, "Kiwi, Inc."))
    shown = client(place.root, "device", parts=parts)
    identity = place.get(name, "/function", client=shown).json
    expected = {
        "clientCertPem": shown.pem.strip(),
        "subjectDN": "CN=device,O=Kiwi\\, Inc.,C=NZ",
        "issuerDN": "CN=root",
        "serialNumber": "01:a1:ff",
        "validity": {
            "notBefore": f"{shown.certificate.not_valid_before_utc:%b %e %H:%M:%S %Y GMT}",
            "notAfter": f"{shown.certificate.not_valid_after_utc:%b %e %H:%M:%S %Y GMT}",
        },
    }
    assert identity["clientCert"] == expected
    validity = expected["validity"]
    line = "|".join(
        [*(expected[member] for member in members[:3]), validity["notBefore"], validity["notAfter"]]
    )
    assert place.get(name, "/mapping", client=shown).text == f"{line}|{shown.pem.strip()}"
    # By other ways there is no certificate to tell of, whatever a client shows.
    other = place.domain(uri=None, api=api)
    assert "clientCert" not in place.get(other, "/function", client=shown).json
    logged = [entry.rpartition("|")[0] for entry in lines(aws, "/access/mutual", 3)]
    assert sorted(logged) == sorted([line, line, "-|-|-|-|-"])


def test_the_default_endpoint_is_another_way_unless_it_is_disabled(place):
    """The guide's warning: disable it, or clients need no certificate there."""
    aws = place.aws
    api = RestApi(aws, disableExecuteApiEndpoint=True)
    api.mock("/", body="in")
    api.deploy("prod")
    name = place.domain(api=api)
    assert place.get(name, client=client(place.root)).text == "in"
    host = f"{api.id}.execute-api.{aws.region}.localhost"
    assert forbidden(place.get(host, "/prod"))
    assert forbidden(place.get("localhost", api.path(stage="prod")))
    assert forbidden(wire.send(place.gateway.endpoint, "GET", "/prod", {"Host": host}))
    assert place.get("localhost", place.api.path(stage="prod")).text == "in"
