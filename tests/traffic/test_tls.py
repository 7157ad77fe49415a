"""TLS towards clients: certificates by name, versions, and that the name of the connection is that of its requests."""

import contextlib
import json
import socket
import ssl
import threading
from urllib.parse import urlsplit

import botocore.session
import pytest

from harness import certificates, http2, tls, wire
from harness.account import Aws, patch
from harness.definitions import RestApi
from harness.process import Gateway

MISDIRECTED = (421, b'{"message":"Misdirected Request"}')
A, B = "a.example.com", "b.example.com"


def served(*arguments, **environment):
    """A gateway that speaks TLS; `secure` is its URL."""
    gateway = Gateway(*arguments, "--tls-listen", "127.0.0.1:0", **environment)
    gateway.secure = gateway.wait_for_line(r"https://127\.0\.0\.1:\d+")[0]
    return gateway


@pytest.fixture(scope="module")
def gateway():
    with served("--ephemeral") as running:
        yield running


def domain(aws, name, api, arn=None, **settings):
    """A custom domain name that leads to an API's stage `prod`; the PEM of its certificate, if it is made here."""
    made = certificates.make([name])
    arn = arn or aws.acm.import_certificate(Certificate=made.pem, PrivateKey=made.key_pem)["CertificateArn"]
    aws.apigateway.create_domain_name(
        domainName=name, regionalCertificateArn=arn, endpointConfiguration={"types": ["REGIONAL"]}, **settings
    )
    aws.apigateway.create_base_path_mapping(domainName=name, restApiId=api.id, stage="prod")
    return made.pem


def saying(aws, word):
    api = RestApi(aws)
    api.mock("/", body=word)
    api.deploy("prod")
    return api


@pytest.fixture(scope="module")
def names(gateway):
    """A and B with certificates of their own; each answers its letter."""
    aws = Aws(gateway.endpoint, "us-west-2")
    api, other = saying(aws, "a"), saying(aws, "b")
    pems = {A: domain(aws, A, api), B: domain(aws, B, other)}
    return aws, api, pems


def test_each_name_is_served_with_its_certificate(gateway, names):
    _, _, pems = names
    for name, word in ((A, "a"), (B, "b")):
        # The client verifies the certificate and the name in it.
        reply = tls.get(gateway.secure, name, "/", authorities=pems[name])
        assert (reply.status, reply.text) == (200, word)
        with pytest.raises(ssl.SSLCertVerificationError):
            tls.get(gateway.secure, name, "/", authorities=pems[B if name == A else A])


def test_other_names_are_served_with_the_default_certificate(gateway, names):
    _, api, _ = names
    host = f"{api.id}.execute-api.us-west-2.localhost"
    with tls.Connection(gateway.secure, "localhost") as one, tls.Connection(gateway.secure, host) as other:
        assert one.certificate == other.certificate
        assert one.get(api.path(stage="prod")).text == "a"
        assert other.get("/prod").text == "a"
        assert tls.get(gateway.secure, "localhost", api.path(stage="prod"), authorities=one.certificate).text == "a"


def test_aws_clients_come_over_tls(gateway, names, tmp_path):
    _, api, _ = names
    with tls.Connection(gateway.secure, "localhost") as connection:
        (tmp_path / "default.pem").write_text(connection.certificate)
    client = botocore.session.Session().create_client(
        "apigateway",
        endpoint_url=gateway.secure,
        region_name="us-west-2",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        verify=str(tmp_path / "default.pem"),
    )
    assert client.get_rest_api(restApiId=api.id)["id"] == api.id


def test_the_name_of_the_connection_is_that_of_its_requests(gateway, names):
    """Whoever connects under one name must not get what is behind another, which may ask for more."""
    _, api, _ = names
    execute_api = f"{api.id}.execute-api.us-west-2.localhost"
    for begun, host in (
        (A, B),
        (A, B.upper() + ".:443"),
        (A, f"x{A}"),
        (A, execute_api),
        (A, "localhost"),
        ("localhost", A),
        (execute_api, A),
        ("other.example.com", A),
        (None, A),
    ):
        with tls.Connection(gateway.secure, begun) as connection:
            for target in ("/", "/prod", api.path(stage="prod"), "/restapis"):
                reply = connection.get(target, host)
                assert (reply.status, reply.body) == MISDIRECTED, (begun, host, target)
            # A target's own host goes before the header.
            reply = connection.get(f"http://{host}/", begun or "localhost")
            assert (reply.status, reply.body) == MISDIRECTED, (begun, host)
    with tls.Connection(gateway.secure, A) as connection:
        # However it is written, it is the same name; and the connection goes on after a refusal.
        for host in (A, A.upper(), f"{A}.", f"{A}:443"):
            assert connection.get("/", B).status == 421
            assert connection.get("/", host).text == "a", host


def test_the_same_for_authorities_of_http2(gateway, names):
    """RFC 9113, section 9.1.2: 421 sends a client that has joined connections to a new one."""
    with tls.Connection(gateway.secure, A, protocols=("h2",)) as connection:
        client = http2.Client(connection.socket)
        assert client.get(A) == b"a"
        for authority in (B, f"{B}.", f"{B}:443", B.upper(), "localhost", f"x{A}"):
            assert client.get(authority) == MISDIRECTED[1], authority
        for authority in (A, f"{A}.", f"{A}:443", A.upper()):
            assert client.get(authority) == b"a", authority
        # A header that names another host makes no request (section 8.3.1).
        for authority, host in ((A, B), (B, A)):
            assert client.get(authority, headers=[("host", host)]) == b'{"message":"Bad Request"}'
        assert client.get(A, headers=[("host", A)]) == b"a"


def test_a_changed_certificate_is_shown_at_once(gateway, names):
    aws, _, _ = names
    name = "changed.example.com"
    first, second = certificates.make([name]), certificates.make([name])
    arn = aws.acm.import_certificate(Certificate=first.pem, PrivateKey=first.key_pem)["CertificateArn"]
    domain(aws, name, saying(aws, "changed"), arn)
    with tls.Connection(gateway.secure, name, authorities=first.pem) as connection:
        aws.acm.import_certificate(CertificateArn=arn, Certificate=second.pem, PrivateKey=second.key_pem)
        assert tls.get(gateway.secure, name, "/", authorities=second.pem).text == "changed"
        assert connection.get("/").text == "changed"
    third = certificates.imported(aws, name)
    aws.apigateway.update_domain_name(
        domainName=name, patchOperations=[patch("replace", "/regionalCertificateArn", third)]
    )
    pem = aws.acm.get_certificate(CertificateArn=third)["Certificate"]
    assert tls.get(gateway.secure, name, "/", authorities=pem).text == "changed"
    aws.apigateway.delete_domain_name(domainName=name)
    with tls.Connection(gateway.secure, name) as gone, tls.Connection(gateway.secure, "localhost") as default:
        assert gone.certificate == default.certificate


def test_a_chain_is_sent_whole(gateway, names):
    aws, _, _ = names
    name = "chain.example.com"
    root = certificates.make(["root"], authority=True)
    between = certificates.make(["between"], signer=root, authority=True)
    own = certificates.make([name], signer=between, key=certificates.rsa_key())
    arn = aws.acm.import_certificate(
        Certificate=own.pem, PrivateKey=own.key_pem, CertificateChain=between.pem + root.pem
    )["CertificateArn"]
    domain(aws, name, saying(aws, "chain"), arn)
    assert tls.get(gateway.secure, name, "/", authorities=root.pem).text == "chain"


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [(("h2", "http/1.1"), "h2"), (("http/1.1",), "http/1.1"), ((), None)],
)
def test_a_client_chooses_the_protocol(gateway, names, offered, chosen):
    for name in (A, "localhost"):
        with tls.Connection(gateway.secure, name, protocols=offered) as connection:
            assert connection.socket.selected_alpn_protocol() == chosen


def test_a_security_policy_decides_on_the_versions(gateway, names):
    """ "Security policies for REST APIs in API Gateway". Less than TLS 1.2 is never spoken."""
    aws, api, _ = names
    old, new = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
    name = "newest.example.com"
    domain(aws, name, api, securityPolicy="SecurityPolicy_TLS13_1_3_2025_09", endpointAccessMode="BASIC")
    assert tls.get(gateway.secure, name, "/", oldest=new).text == "a"
    with pytest.raises(ssl.SSLError):
        tls.get(gateway.secure, name, "/", newest=old)
    for version in (old, new):
        assert tls.get(gateway.secure, A, "/", oldest=version, newest=version).text == "a"
    # A connection from before the policy was raised is not good enough after it.
    name = "raised.example.com"
    domain(aws, name, api)
    with tls.Connection(gateway.secure, name, newest=old) as connection:
        assert connection.get("/").text == "a"
        aws.apigateway.update_domain_name(
            domainName=name,
            patchOperations=[
                patch("replace", "/securityPolicy", "SecurityPolicy_TLS13_1_3_2025_09"),
                patch("replace", "/endpointAccessMode", "BASIC"),
            ],
        )
        assert connection.get("/").status == 421


def test_strict_names_are_served_over_tls_only(gateway, names):
    """The name in the handshake has to be that of the request; without TLS there is none."""
    aws, api, _ = names
    name = "strict.example.com"
    domain(aws, name, api, securityPolicy="SecurityPolicy_TLS13_1_3_2025_09", endpointAccessMode="STRICT")
    reply = wire.send(gateway.endpoint, "GET", "/", {"Host": name})
    assert (reply.status, reply.body) == (403, b'{"message":"Forbidden"}')
    assert tls.get(gateway.secure, name, "/").text == "a"


def test_backends_hear_that_it_was_tls(gateway, names, backend):
    aws, _, _ = names
    api = RestApi(aws)
    api.http_proxy("/", f"http://127.0.0.1:{backend.port}/")
    api.deploy("prod")
    name = "proto.example.com"
    domain(aws, name, api)
    for reply in (tls.get(gateway.secure, name, "/"), wire.send(gateway.endpoint, "GET", "/", {"Host": name})):
        assert reply.status == 200
    assert [request.header("X-Forwarded-Proto") for request in backend.received] == ["https", "http"]
    assert backend.received[0].header("X-Forwarded-Port") == str(urlsplit(gateway.secure).port)


def test_what_is_no_tls_is_not_answered(gateway, names):
    with wire.connect(gateway.secure) as connection:
        connection.sendall(wire.head("GET", "/", [("Host", A)]))
        data = b""
        while part := connection.recv(1_000):
            data += part
    assert b"HTTP" not in data


def test_a_handshake_has_its_time(tmp_path):
    config = tmp_path / "gatewright.toml"
    config.write_text("[connections]\nhead_seconds = 1\n")
    with served("--ephemeral", "--config", config) as gateway:
        with wire.connect(gateway.secure) as silent, wire.connect(gateway.secure) as slow:
            slow.sendall(b"\x16\x03\x01\x02\x00\x01")
            assert silent.recv(1) == b""
            assert slow.recv(1) == b""
        with tls.Connection(gateway.secure, "localhost") as connection:
            assert connection.get("/").status == 404


def test_the_end_waits_for_requests_over_tls(backend):
    with served("--ephemeral") as gateway:
        aws = Aws(gateway.endpoint, "us-west-2")
        api = RestApi(aws)
        api.http_proxy("/", f"http://127.0.0.1:{backend.port}/")
        api.deploy("prod")
        domain(aws, A, api)
        backend.hold()
        replies = []
        with tls.Connection(gateway.secure, A) as connection, tls.Connection(gateway.secure, A) as idle:
            asking = threading.Thread(target=lambda: replies.append(connection.get("/")))
            asking.start()
            backend.wait_for()
            with wire.connect(gateway.secure) as begun:
                gateway.signal()
                gateway.wait_for_line("Stopping")
                # Nobody waits for those who have not asked for anything.
                assert idle.socket.recv(1) == b""
                # One that nobody has taken from the system yet is reset by it.
                with contextlib.suppress(ConnectionResetError):
                    assert begun.recv(1) == b""
            backend.release()
            asking.join(20)
        assert [reply.json for reply in replies] == [{"from": "backend"}]


def test_the_default_certificate_is_kept_or_the_operators(tmp_path):
    shown = []
    for _ in range(2):
        with served("--data-dir", tmp_path / "data") as gateway, tls.Connection(gateway.secure, "localhost") as one:
            shown.append(one.certificate)
    assert shown[0] == shown[1]
    made = certificates.make(["gateway.example.com"])
    (tmp_path / "certificate.pem").write_text(made.pem)
    (tmp_path / "key.pem").write_text(made.key_pem)
    config = tmp_path / "gatewright.toml"
    config.write_text(
        f"[tls]\ncertificate = {json.dumps(str(tmp_path / 'certificate.pem'))}\n"
        f"private_key = {json.dumps(str(tmp_path / 'key.pem'))}\n"
    )
    with served("--ephemeral", "--config", config) as gateway:
        assert tls.get(gateway.secure, "gateway.example.com", "/", authorities=made.pem).status == 404


def test_without_an_address_no_tls_is_spoken():
    with Gateway("--ephemeral") as gateway:
        assert not any("https://" in line for line in gateway.output)
        with pytest.raises((ssl.SSLError, ConnectionError, socket.timeout)):
            tls.get(gateway.endpoint, "localhost", "/")


def policed(aws, policy, mode="BASIC", **settings):
    """A regional API whose default endpoint has a security policy; its own name."""
    api = RestApi(
        aws,
        endpointConfiguration={"types": ["REGIONAL"]},
        securityPolicy=policy,
        endpointAccessMode=mode,
        **settings,
    )
    api.mock("/", body="it")
    api.deploy("prod")
    return api, f"{api.id}.execute-api.us-west-2.localhost"


def test_a_default_endpoint_speaks_what_its_security_policy_allows(gateway, names):
    """API Gateway developer guide, "Security policies for REST APIs": "Redeploy your API for the changes to take
    effect." """
    aws, _, _ = names
    old, new = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
    api, host = policed(aws, "SecurityPolicy_TLS13_1_3_2025_09")
    with pytest.raises(ssl.SSLError):
        tls.get(gateway.secure, host, "/prod", newest=old)
    assert tls.get(gateway.secure, host, "/prod", oldest=new).text == "it"
    # A connection that was begun for another name is held to it too.
    with tls.Connection(gateway.secure, "localhost", newest=old) as connection:
        reply = connection.get(api.path(stage="prod"))
        assert (reply.status, reply.body) == MISDIRECTED
        reply = connection.get("/prod", host)
        assert (reply.status, reply.body) == MISDIRECTED
    # A stage that was deployed before has what was deployed.
    operations = [patch("replace", "/securityPolicy", "TLS_1_2")]
    aws.apigateway.update_rest_api(restApiId=api.id, patchOperations=operations)
    with pytest.raises(ssl.SSLError):
        tls.get(gateway.secure, host, "/prod", newest=old)
    api.deploy("open")
    with tls.Connection(gateway.secure, host, newest=old) as connection:
        assert connection.get("/open").text == "it"
        reply = connection.get("/prod")
        assert (reply.status, reply.body) == MISDIRECTED
    api.deploy("prod")
    assert tls.get(gateway.secure, host, "/prod", newest=old).text == "it"


def test_a_fips_policy_leaves_out_other_ciphers(gateway, names):
    aws, _, _ = names
    _, host = policed(aws, "SecurityPolicy_TLS13_1_2_FIPS_PQ_2025_09")
    using = tls.context(newest=ssl.TLSVersion.TLSv1_2)
    using.set_ciphers("ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305")
    with tls.Connection(gateway.secure, "localhost", using=using):
        pass
    with pytest.raises(ssl.SSLError):
        tls.get(gateway.secure, host, "/prod", using=using)


def test_strict_access_is_by_the_apis_own_name(gateway, names):
    """The name in the handshake must be the name in the request, and the endpoint the API's own."""
    aws, _, _ = names
    api, host = policed(aws, "SecurityPolicy_TLS13_1_3_2025_09", "STRICT")
    assert tls.get(gateway.secure, host, "/prod").text == "it"
    assert tls.get(gateway.secure, host, "/prod", host=host.upper() + ":443").text == "it"
    for name in ("localhost", None, f"x.{host}", "other.execute-api.us-west-2.localhost"):
        reply = tls.get(gateway.secure, name, "/prod", host=host)
        assert (reply.status, reply.body) == MISDIRECTED, name
    forbidden = (403, {"message": "Forbidden"})
    reply = tls.get(gateway.secure, "localhost", api.path(stage="prod"))
    assert (reply.status, reply.json) == forbidden
    # Without TLS there is no name of a connection.
    for target, headers in ((api.path(stage="prod"), {}), ("/prod", {"Host": host})):
        reply = wire.send(gateway.endpoint, "GET", target, headers)
        assert (reply.status, reply.json) == forbidden
    # By a custom domain name it is that name's policy that counts.
    domain(aws, "c.example.com", api)
    assert tls.get(gateway.secure, "c.example.com", "/").text == "it"
    assert wire.send(gateway.endpoint, "GET", "/", {"Host": "c.example.com"}).text == "it"
