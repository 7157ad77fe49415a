"""What of a gateway is reached in other ways than by the path of a public API, for the soak: a custom domain name whose
clients show certificates, a developer portal, a private API; and HTTP/2 on connections that stay."""

import contextlib
import random
import re
import socket

from harness import certificates, http2, portals, tls, wire
from harness.account import status
from harness.definitions import RestApi
from harness.signing import document

from .visitors import Visitors

NAME = "soak.example.com"
TRUSTSTORE = "s3://soak/clients.pem"
#: Where clients of the VPC endpoint come from.
INSIDE = "127.0.0.5"
CONFIGURATION = """
[[vpc_endpoints]]
id = "vpce-0aa1"
sources = ["127.0.0.5/32"]

[truststores]
"s3://soak/clients.pem" = "{truststore}"
"""


class OtherWays:
    """The name, the portal and the private API; `configuration` is what the gateway has to be started with."""

    def __init__(self, folder):
        authority = certificates.make(["authority"], authority=True)
        self.friend = certificates.client(authority, "friend")
        self.stranger = certificates.client(None, "stranger")
        truststore = folder / "clients.pem"
        truststore.write_text(authority.pem)
        self.configuration = CONFIGURATION.format(truststore=truststore)

    def define(self, everything):
        """Defines them beside `everything`."""
        aws, rest = everything.aws, everything.rest
        aws.apigateway.create_domain_name(
            domainName=NAME, regionalCertificateArn=certificates.issued(aws, NAME), securityPolicy="TLS_1_2",
            endpointConfiguration={"types": ["REGIONAL"]}, mutualTlsAuthentication={"truststoreUri": TRUSTSTORE},
        )
        aws.apigateway.create_base_path_mapping(domainName=NAME, restApiId=rest.id, stage="test")
        anyone = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
        self.private = RestApi(aws, "soak-private", policy=document(anyone),
                               endpointConfiguration={"types": ["PRIVATE"], "vpcEndpointIds": ["vpce-0aa1"]})
        self.private.http_proxy("/pets", everything.backend.url + "/a")
        self.private.deploy()
        self.portals = aws.client("apigatewayv2")
        made = self.portals.create_portal_product(DisplayName="Pets", Description="Adopt one")
        portals.endpoint(self.portals, made["PortalProductId"], rest, "/mock")
        self.portal = portals.portal(self.portals, made["PortalProductArn"])["PortalId"]
        self.portals.publish_portal(PortalId=self.portal)


class ByOtherWays(Visitors):
    """Visitors who come in these ways."""

    def __init__(self, ways, *parts):
        super().__init__(*parts)
        self.ways = ways
        self._friendly = tls.context(client=ways.friend)
        self._others = [tls.context(client=ways.stranger), tls.context()]

    def mutual_tls(self):
        using, expected = (random.choice(self._others), 403) if random.random() < 0.3 else (self._friendly, 200)
        with tls.Connection(self.tls_endpoint, NAME, using=using) as connection:
            for _ in range(2):
                answer = connection.get("/mock")
                self._note(f"mutual TLS, {expected}", answer.status, (expected,), "GET", "/mock", None, answer.body)
                if expected == 403:
                    return

    def private_api(self):
        source, expected = random.choice([(INSIDE, 200), ("127.0.0.1", 403)])
        answer = wire.send(self.endpoint, "GET", self.ways.private.path("/pets"), source=source)
        self._note(f"private API, {expected}", answer.status, (expected,), "GET", "/pets", None, answer.body)

    def reads_portal(self):
        root = f"/_aws/portals/{self.ways.portal}/"
        home = self.ask("portal", root)
        for page in re.findall(r'href="(product-[^"]+|endpoint-[^"]+|style[^"]*)"', (home or b"").decode()):
            self.ask("portal's pages", root + page)
        self.ask("portal, no such page", root + "none", (404,))

    def publishes_portal(self):
        made = status(self.ways.portals.publish_portal(PortalId=self.ways.portal))
        self.tally.add("portal published", made, (202,))

    def http2_kept(self):
        """Some streams more on a connection that stays for a hundred of them; one of them is taken back."""
        own = self._own
        if getattr(own, "streams", None) is None:
            own.secured = tls.Connection(self.tls_endpoint, "localhost", protocols=["h2"])
            own.frames, own.streams = http2.Frames(own.secured.socket), iter(range(1, 201, 2))
        try:
            for stream, _ in zip(own.streams, range(5)):
                target, body = random.choice([("/mock", None), ("/open/slow", None), ("/open/a", b"x" * 3_000)])
                fields = [(":method", "POST" if body else "GET"), (":scheme", "https"), (":authority", "localhost"),
                          (":path", self.all.rest.path(target))]
                own.frames.request(stream, fields, body)
                if random.random() < 0.1:
                    own.frames.send(http2.KINDS["RST_STREAM"], 0, stream, (8).to_bytes(4, "big"))
                    self.tally.add("HTTP/2, taken back", "gone", ("gone",))
                else:
                    self.tally.add("HTTP/2, kept", own.frames.outcome(stream), (200,), target)
                if stream == 199:
                    self._leave()
                    return
        except (OSError, socket.timeout):
            self._leave()
            raise

    def _leave(self):
        with contextlib.suppress(OSError):
            self._own.secured.close()
        self._own.streams = None

    SECONDS_BETWEEN = {mutual_tls: 0.5, private_api: 0.3, reads_portal: 1, publishes_portal: 20, http2_kept: 0.5}
