"""Domain names of portals' own (API Gateway developer guide, "Create a portal in API Gateway" and "Use an API Gateway
portal"): certificates of ACM in us-east-1, one name for one portal, and served at that name alone. Texts of refusals are
those of custom domain names, seen in reports of AWS's users, or this gateway's own."""

import re
import ssl

import pytest

from harness import certificates, tls, wire
from harness.account import Aws, answer, bad_request
from harness.portals import portal
from harness.process import Gateway

TAKEN = re.compile("The domain name you provided is already associated with an existing CloudFront distribution.*")


@pytest.fixture(scope="module")
def secured():
    with Gateway("--ephemeral", "--tls-listen", "127.0.0.1:0") as running:
        running.secure = running.wait_for_line(r"https://127\.0\.0\.1:\d+")[0]
        yield running


@pytest.fixture
def here(secured):
    return Aws(secured.endpoint, "eu-west-1")


@pytest.fixture
def edge(secured):
    return Aws(secured.endpoint, "us-east-1")


def named(here, arn, name):
    return {"EndpointConfiguration": {"AcmManaged": {"CertificateArn": arn, "DomainName": name}}}


def users(edge, arn):
    return edge.acm.describe_certificate(CertificateArn=arn)["Certificate"].get("InUseBy", [])


def test_a_portal_is_served_at_its_own_name_alone(secured, here, edge):
    name, other = "docs.example.com", "guide.example.com"
    made = certificates.make([name])
    arn = edge.acm.import_certificate(Certificate=made.pem, PrivateKey=made.key_pem)["CertificateArn"]
    v2 = here.client("apigatewayv2")
    own = portal(v2, **named(here, arn, name))
    endpoints, id = own["EndpointConfiguration"], own["PortalId"]
    assert endpoints == {
        "CertificateArn": arn,
        "DomainName": name,
        "PortalDefaultDomainName": f"p-{id}.apigw-portal.eu-west-1.on.aws",
        "PortalDomainHostedZoneId": "Z2FDTNDATAQYW2",
    }
    assert users(edge, arn) == [f"arn:aws:apigateway:eu-west-1:000000000000:/portals/{id}"]
    v2.publish_portal(PortalId=id)
    # The client verifies the certificate and the name in it.
    page = tls.get(secured.secure, name, "/", authorities=made.pem)
    assert (page.status, "<title>Pet adoption</title>" in page.text) == (200, True)
    assert wire.send(secured.endpoint, "GET", "/", [("Host", f"{name}:80")]).text == page.text
    for host, path in ((endpoints["PortalDefaultDomainName"], "/"), (None, f"/_aws/portals/{id}/")):
        assert wire.send(secured.endpoint, "GET", path, [("Host", host)] if host else []).status == 404
    # Under the name nothing else is, and the connection is the name's.
    assert tls.get(secured.secure, name, "/_aws/portals/x/", authorities=made.pem).status == 404
    with tls.Connection(secured.secure, "localhost") as connection:
        assert connection.get("/", host=name).status == 421
    # A preview is at the default name.
    v2.preview_portal(PortalId=id)
    url = v2.get_portal(PortalId=id)["Preview"]["PreviewUrl"]
    host, path = re.fullmatch(r"https://([^/]+)(/.+)", url).groups()
    assert host == endpoints["PortalDefaultDomainName"]
    assert wire.send(secured.endpoint, "GET", path, [("Host", host)]).status == 200

    # The published site keeps its name until it is published anew.
    second = certificates.make([other])
    imported = edge.acm.import_certificate(Certificate=second.pem, PrivateKey=second.key_pem)["CertificateArn"]
    v2.update_portal(PortalId=id, **named(here, imported, other))
    assert tls.get(secured.secure, name, "/", authorities=made.pem).status == 200
    assert len(users(edge, arn)) == len(users(edge, imported)) == 1
    with bad_request(TAKEN):
        portal(v2, **named(here, arn, name))
    v2.publish_portal(PortalId=id)
    assert tls.get(secured.secure, other, "/", authorities=second.pem).status == 200
    assert wire.send(secured.endpoint, "GET", "/", [("Host", name)]).status != 200
    assert users(edge, arn) == []
    # A certificate that is taken away closes the name over TLS.
    with pytest.raises(edge.acm.exceptions.ResourceInUseException):
        edge.acm.delete_certificate(CertificateArn=imported)
    v2.disable_portal(PortalId=id)
    assert wire.send(secured.endpoint, "GET", "/", [("Host", other)]).status != 200
    with pytest.raises(ssl.SSLCertVerificationError):
        tls.get(secured.secure, other, "/", authorities=second.pem)
    v2.delete_portal(PortalId=id)
    assert users(edge, imported) == []
    answer(portal(v2, **named(here, arn, name)))


def test_a_new_certificate_is_shown_at_once(secured, here, edge):
    name = "fresh.example.com"
    first, second = certificates.make([name]), certificates.make([name])
    arn = edge.acm.import_certificate(Certificate=first.pem, PrivateKey=first.key_pem)["CertificateArn"]
    v2 = here.client("apigatewayv2")
    v2.publish_portal(PortalId=portal(v2, **named(here, arn, name))["PortalId"])
    edge.acm.import_certificate(CertificateArn=arn, Certificate=second.pem, PrivateKey=second.key_pem)
    assert tls.get(secured.secure, name, "/", authorities=second.pem).status == 200


def test_a_name_is_only_ones(here, edge):
    name = "taken.example.com"
    arn = certificates.imported(edge, name)
    v2 = here.client("apigatewayv2")
    own = portal(v2, **named(here, arn, name))["PortalId"]
    regional = certificates.imported(here, name)
    custom = {"regionalCertificateArn": regional, "endpointConfiguration": {"types": ["REGIONAL"]}}
    for aws in (here, edge):
        with bad_request(TAKEN):
            portal(aws.client("apigatewayv2"), **named(here, arn, name))
    with bad_request(TAKEN):
        here.apigateway.create_domain_name(domainName=name, **custom)
    # The portal itself may name it again.
    answer(v2.update_portal(PortalId=own, **named(here, arn, name)))
    v2.delete_portal(PortalId=own)
    here.apigateway.create_domain_name(domainName=name, **custom)
    with bad_request(TAKEN):
        portal(v2, **named(here, arn, name))


def test_a_wildcard_gives_way_to_a_portals_name(secured, here, edge):
    wild = certificates.issued(here, "*.wild.example.com")
    here.apigateway.create_domain_name(
        domainName="*.wild.example.com", regionalCertificateArn=wild, endpointConfiguration={"types": ["REGIONAL"]}
    )
    v2 = here.client("apigatewayv2")
    name = "docs.wild.example.com"
    v2.publish_portal(PortalId=portal(v2, **named(here, certificates.imported(edge, name), name))["PortalId"])
    assert "Pet adoption" in wire.send(secured.endpoint, "GET", "/", [("Host", name)]).text
    assert wire.send(secured.endpoint, "GET", "/", [("Host", "api.wild.example.com")]).status == 403


def test_what_a_name_needs_is_asked_for(here, edge):
    v2, name = here.client("apigatewayv2"), "asked.example.com"
    fitting = certificates.imported(edge, name)
    for arn, given, text in (
        (certificates.imported(here, name), name, "Invalid certificate ARN: .*. Certificate must be in 'us-east-1'."),
        (certificates.imported(edge, "b.example.com"), name, "Unable to associate certificate .* with CloudFront.*"),
        (fitting[:-1] + "x", name, "The certificate provided must be owned by the account creating the domain."),
        (fitting.replace("000000000000", "111111111111"), name, "Cross-account certificate references are not allowed."),
        ("certificate/x", name, "Invalid ARN specified in the request"),
        (fitting, "Asked.example.com", "Invalid domain name specified: Asked.example.com"),
        (fitting, "localhost", "Invalid domain name specified: localhost"),
        (certificates.issued(edge, "*.example.com"), "*.example.com", "The domain name of a portal must be fully qualified"),
    ):
        with bad_request(re.compile(text)):
            portal(v2, **named(here, arn, given))
