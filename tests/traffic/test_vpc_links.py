"""Private integrations: requests go where the operator says that a VPC link leads, and say what the URI says (API
Gateway developer guide, "Private integrations for REST APIs in API Gateway")."""

import socket

import pytest

from harness import wire
from harness.account import ACCOUNT, Aws, patch
from harness.backend import Backend
from harness.definitions import RestApi
from harness.process import TOP, Gateway
from harness.tls_backend import TlsBackend

REGION = "us-west-2"
INTERNAL = b'{"message": "Internal server error"}'

#: A certificate for localhost, and the authority that signed it.
CERTIFICATES = TOP / "crates/gateway/src/integration/http/testdata"


def balancer(kind, name):
    return f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/{kind}/{name}/50dc6c495c0c9188"


BY_ARN, ALB = balancer("net", "by-arn"), balancer("app", "behind")


class Network:
    """What the operator knows: three backends and what leads to them."""

    def __init__(self, directory):
        self.one, self.two = Backend(), Backend()
        self.tls = TlsBackend(CERTIFICATES / "backend.pem", CERTIFICATES / "backend.key")
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self.dead = taken.getsockname()[1]
        entries = {
            "one": [self.one.port],
            "both": [self.one.port, self.two.port],
            "half": [self.dead, self.two.port],
            "dead": [self.dead],
            "tls": [self.tls.port],
            BY_ARN: [self.two.port],
            ALB: [self.two.port],
        }
        lines = [f'[upstreams]\nca_bundle = "{CERTIFICATES / "authority.pem"}"']
        for link, ports in entries.items():
            addresses = ", ".join(f'"127.0.0.1:{port}"' for port in ports)
            lines.append(f'[[vpc_links]]\nlink = "{link}"\naddresses = [{addresses}]')
        lines.append('[[vpc_links]]\nlink = "portless"\naddresses = ["127.0.0.1"]')
        self.configuration = directory / "gatewright.toml"
        self.configuration.write_text("\n".join(lines))

    def close(self):
        for backend in (self.one, self.two, self.tls):
            backend.close()


@pytest.fixture(scope="module")
def standing(tmp_path_factory):
    network = Network(tmp_path_factory.mktemp("links"))
    with Gateway("--ephemeral", "--config", network.configuration) as running:
        yield running, network
    network.close()


@pytest.fixture
def network(standing):
    standing[1].one.clear()
    standing[1].two.clear()
    return standing[1]


@pytest.fixture
def aws(standing):
    return Aws(standing[0].endpoint, REGION)


@pytest.fixture
def api(aws):
    return RestApi(aws)


@pytest.fixture
def link(aws):
    """Makes links; an account has room for twenty."""

    def make(name, target=None):
        return aws.apigateway.create_vpc_link(name=name, targetArns=[target or balancer("net", "n")])["id"]

    return make


def through(link, **settings):
    return {"connectionType": "VPC_LINK", "connectionId": link, **settings}


@pytest.fixture
def get(standing, api):
    def send(path, stage="test"):
        return wire.send(standing[0].endpoint, "GET", api.path(path, stage), [], b"")

    return send


def test_the_link_leads_and_the_uri_names(api, network, link, get):
    """HTTP_PROXY: Host is that of the URI, the connection goes to the link's target."""
    api.http_proxy(
        "/pets/{id}",
        "http://pets.internal:8080/v1/{id}",
        parameters={"integration.request.path.id": "method.request.path.id"},
        **through(link("one")),
    )
    api.deploy()
    assert get("/pets/7?color=red").json == {"from": "backend"}
    received = network.one.last
    assert (received.target, received.header("Host")) == ("/v1/7?color=red", "pets.internal:8080")


def test_http_integrations_go_through_links_too(api, network, link, get):
    api.http("/pets", "http://pets.internal/v1", **through(link("one")))
    api.reply("/pets", responseTemplates={"application/json": '{"seen": "$input.path("$.from")"}'})
    api.deploy()
    assert get("/pets").json == {"seen": "backend"}
    assert network.one.last.header("Host") == "pets.internal"


def test_a_stage_variable_chooses_the_link(api, network, link, get):
    """73."""
    api.http_proxy("/pets", "http://pets.internal/", **through("${stageVariables.link}"))
    one, other = link("one"), link("unnamed", BY_ARN)
    api.deploy("one", variables={"link": one})
    api.deploy("other", variables={"link": other})
    api.deploy("neither")
    assert (get("/pets", "one").status, len(network.one.received)) == (200, 1)
    assert (get("/pets", "other").status, len(network.two.received)) == (200, 1)
    assert (get("/pets", "neither").status, get("/pets", "neither").body) == (500, INTERNAL)


def test_targets_take_turns(api, network, link, get):
    api.http_proxy("/pets", "http://pets.internal/", **through(link("both")))
    api.deploy()
    for _ in range(6):
        assert get("/pets").status == 200
    assert (len(network.one.received), len(network.two.received)) == (3, 3)


def test_a_target_that_is_down_is_passed_over(api, network, link, get):
    api.http_proxy("/pets", "http://pets.internal/", **through(link("half")))
    api.deploy()
    assert [get("/pets").status for _ in range(4)] == [200] * 4
    assert len(network.two.received) == 4


def test_without_any_target_up_there_is_a_network_error(api, link, get):
    api.http_proxy("/pets", "http://pets.internal/", **through(link("dead")))
    api.deploy()
    got = get("/pets")
    assert (got.status, got.body) == (504, b'{"message": "Network error communicating with endpoint"}')


def test_an_address_without_a_port_has_that_of_the_uri(api, network, link, get):
    api.http_proxy("/pets", f"http://pets.internal:{network.one.port}/", **through(link("portless")))
    api.deploy()
    assert get("/pets").status == 200
    assert network.one.last.header("Host") == f"pets.internal:{network.one.port}"


def test_tls_is_with_the_name_in_the_uri(api, network, link, get):
    """The guide: the URI's host name is used for the certificate."""
    tls = link("tls")
    api.http_proxy("/good", "https://localhost/secure", **through(tls))
    api.http_proxy("/bad", "https://pets.internal/secure", **through(tls))
    api.http_proxy("/insecure", "https://pets.internal/", **through(tls, tlsConfig={"insecureSkipVerification": True}))
    api.deploy()
    assert get("/good").json == {"server_name": "localhost", "host": "localhost", "path": "/secure"}
    for path in ("/bad", "/insecure"):
        got = get(path)
        assert (got.status, got.body) == (500, INTERNAL)
    assert network.tls.names[-1] == "pets.internal"


def test_a_load_balancer_behind_the_link_is_another_target(api, network, link, get):
    """`integrationTarget`: one of several load balancers; the link's own target is not it."""
    one = link("one")
    api.http_proxy("/known", "http://pets.internal/", **through(one, integrationTarget=ALB))
    api.http_proxy("/unknown", "http://pets.internal/", **through(one, integrationTarget=balancer("app", "other")))
    api.deploy()
    assert get("/known").status == 200
    assert get("/unknown").status == 500
    assert (len(network.one.received), len(network.two.received)) == (0, 1)


def test_links_that_lead_nowhere_are_not_followed(standing, api, network, link, get):
    """No target is configured; and one that has failed, which a link to another kind of load balancer does."""
    unnamed = link("nobody-named-it")
    api.http_proxy("/unnamed", "http://pets.internal/", **through(unnamed))
    api.http_proxy("/failed", "http://pets.internal/", **through(link("one", balancer("app", "a"))))
    api.http_proxy("/unknown", "http://pets.internal/", **through("abc123"))
    api.deploy()
    for path in ("/unnamed", "/failed", "/unknown"):
        assert (get(path).status, get(path).body) == (500, INTERNAL), path
    assert (network.one.received, network.two.received) == ([], [])
    standing[0].wait_for_line(rf"no target is configured for the VPC link {unnamed}: name one with \[\[vpc_links\]\]")


def test_a_link_counts_as_it_is_now(aws, api, network, link, get):
    """A served stage follows its link: when it gets the name that has a target, and when it is deleted, which a stage
    variable does not prevent."""
    used = link("not-yet")
    api.http_proxy("/pets", "http://pets.internal/", **through("${stageVariables.link}"))
    api.deploy(variables={"link": used})
    assert get("/pets").status == 500
    aws.apigateway.update_vpc_link(vpcLinkId=used, patchOperations=[patch("replace", "/name", "one")])
    assert get("/pets").status == 200
    aws.apigateway.delete_vpc_link(vpcLinkId=used)
    assert get("/pets").status == 500


def test_a_test_invocation_goes_through_the_link(aws, api, network, link):
    api.http_proxy("/pets", "http://pets.internal/", **through(link("one")))
    got = aws.apigateway.test_invoke_method(**api.at("/pets"))
    assert (got["status"], network.one.last.header("Host")) == (200, "pets.internal")
