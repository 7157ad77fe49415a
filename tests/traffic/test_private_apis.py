"""Private APIs, which only VPC endpoints lead to (API Gateway developer guide, "Private REST APIs in API Gateway" and
"Invoke a private API"). Which clients come by which endpoint is in the configuration; here they are told apart by the
loopback address that they come from."""

import pytest

from harness import wire
from harness.account import Aws, patch
from harness.definitions import RestApi
from harness.process import Gateway
from harness.signing import INVOKE, Person, allow_invoke, denied, document, refusal, shown

CONFIGURATION = """
[[vpc_endpoints]]
id = "vpce-0aa1"
vpc = "vpc-0a"
sources = ["127.0.0.5/32"]
proxies = ["127.0.0.9"]

[[vpc_endpoints]]
id = "vpce-0bb2"
sources = ["127.0.0.6", "127.0.0.9"]
"""

#: Where requests come from: a client of each endpoint, a proxy of the first, and everybody else.
FIRST, SECOND, PROXY, STRANGER = "127.0.0.5", "127.0.0.6", "127.0.0.9", "127.0.0.1"
FORBIDDEN = (403, "ForbiddenException", {"message": "Forbidden"})
REGION = "us-west-2"


@pytest.fixture(scope="module")
def configured(tmp_path_factory):
    path = tmp_path_factory.mktemp("private") / "gatewright.toml"
    path.write_text(CONFIGURATION)
    with Gateway("--ephemeral", "--config", path) as running:
        yield running


@pytest.fixture
def aws(configured):
    return Aws(configured.endpoint, REGION)


@pytest.fixture
def get(configured):
    """Sends a GET from one of the addresses."""

    def send(source, target, headers=()):
        return wire.send(configured.endpoint, "GET", target, headers, source=source)

    return send


def anyone(effect="Allow", **condition):
    return {
        "Effect": effect,
        "Principal": "*",
        "Action": INVOKE,
        "Resource": "execute-api:/*",
        **({"Condition": condition} if condition else {}),
    }


def private(aws, *statements, endpoints=("vpce-0aa1",)):
    """A private API."""
    settings = {"policy": document(*statements)} if statements else {}
    configuration = {"types": ["PRIVATE"], "vpcEndpointIds": list(endpoints)}
    return RestApi(aws, endpointConfiguration=configuration, **settings)


@pytest.fixture
def pets(aws, backend):
    """GET /pets, which the policy opens to all who come by an endpoint."""
    api = private(aws, anyone())
    api.http_proxy("/pets", backend.url + "/pets")
    api.deploy()
    return api


def test_only_endpoints_lead_to_a_private_api(pets, backend, get, configured):
    target = pets.path("/pets")
    named = {"X-Amzn-Vpce-Id": "vpce-0aa1"}
    host = {"Host": f"{pets.id}.execute-api.{REGION}.localhost:{configured.port}"}
    assert get(FIRST, target).status == 200
    assert get(SECOND, target).status == 200
    assert get(FIRST, "/test/pets", host).status == 200
    assert get(PROXY, target, named).status == 200
    assert len(backend.received) == 4
    backend.clear()
    for source, target, headers in [
        (STRANGER, target, {}),
        # A header is believed of proxies alone, and of those only what they are there for.
        (STRANGER, target, named),
        (STRANGER, target, {**named, "X-Forwarded-For": FIRST, "Forwarded": f"for={FIRST}"}),
        (PROXY, target, {}),
        (PROXY, target, {"X-Amzn-Vpce-Id": "vpce-0bb2"}),
        (PROXY, target, {"X-Amzn-Vpce-Id": "vpce-0cc3"}),
        (PROXY, target, {"X-Amzn-Vpce-Id": "VPCE-0AA1"}),
        (PROXY, target, [("X-Amzn-Vpce-Id", "vpce-0aa1"), ("X-Amzn-Vpce-Id", "vpce-0bb2")]),
        (STRANGER, "/test/pets", host),
        (STRANGER, f"http://{host['Host']}/test/pets", host),
        (STRANGER, f"/restapis/{pets.id}/test/_user_request_/pets", {}),
        (STRANGER, pets.path("/unknown"), {}),
    ]:
        assert refusal(get(source, target, headers)) == FORBIDDEN, (source, target, headers)
    assert backend.received == []


def test_headers_have_8000_bytes_at_most(pets, get, configured):
    """"Amazon API Gateway quotas": the values of all headers, Host among them."""
    host = len(configured.endpoint.removeprefix("http://"))
    target = pets.path("/pets")
    assert get(FIRST, target, {"X-Long": "x" * (8000 - host)}).status == 200
    long = get(FIRST, target, {"X-Long": "x" * (8001 - host)})
    assert refusal(long) == (413, "RequestTooLargeException", {"message": "Request Too Long"})


def test_what_says_so_is_not_handed_on(pets, aws, backend, get):
    public = RestApi(aws)
    public.http_proxy("/pets", backend.url + "/pets")
    public.deploy()
    claims = {"X-Amzn-Vpce-Id": "vpce-0aa1", "X-Amzn-Vpc-Id": "vpc-0a", "X-Own": "1"}
    assert get(PROXY, pets.path("/pets"), claims).status == 200
    assert get(STRANGER, public.path("/pets"), claims).status == 200
    for received in backend.received:
        assert received.header("X-Own") == "1"
        assert (received.all("X-Amzn-Vpce-Id"), received.all("X-Amzn-Vpc-Id")) == ([], [])


def test_without_a_policy_nobody_gets_in(aws, backend, get):
    api = private(aws)
    api.http_proxy("/pets", backend.url + "/pets")
    api.deploy()
    for source in (FIRST, SECOND, STRANGER):
        assert refusal(get(source, api.path("/pets"))) == FORBIDDEN
    assert backend.received == []


@pytest.mark.parametrize(
    ("statements", "allowed"),
    [
        ([anyone(StringEquals={"aws:SourceVpce": "vpce-0aa1"})], {FIRST, PROXY}),
        ([anyone(), anyone("Deny", StringNotEquals={"aws:SourceVpce": "vpce-0bb2"})], {SECOND}),
        ([anyone(StringEquals={"aws:SourceVpc": "vpc-0a"})], {FIRST, PROXY}),
        # The second endpoint's VPC is not known: what depends on it decides against its clients.
        ([anyone(), anyone("Deny", StringEquals={"aws:SourceVpc": "vpc-0x"})], {FIRST, PROXY}),
        ([anyone(IpAddress={"aws:VpcSourceIp": ["127.0.0.5", "127.0.0.9"]})], {FIRST}),
        # An address behind a proxy is not known either, and the public one is not for private APIs.
        ([anyone(), anyone("Deny", IpAddress={"aws:VpcSourceIp": "10.0.0.0/8"})], {FIRST, SECOND}),
        ([anyone(IpAddress={"aws:SourceIp": "127.0.0.0/8"})], set()),
        ([anyone("Deny")], set()),
    ],
)
def test_the_policy_decides_who_of_them(aws, backend, get, statements, allowed):
    api = private(aws, *statements)
    api.http_proxy("/pets", backend.url + "/pets")
    api.deploy()
    for source in (FIRST, SECOND, PROXY):
        backend.clear()
        reply = get(source, api.path("/pets"), {"X-Amzn-Vpce-Id": "vpce-0aa1"})
        if source in allowed:
            assert (reply.status, len(backend.received)) == (200, 1), source
        else:
            assert refusal(reply)[:2] == (403, "AccessDeniedException"), source
            assert reply.json["Message"].startswith(denied("anonymous", shown(api, "/pets"))[2]["Message"])
            assert backend.received == []


def test_a_public_api_knows_no_endpoints(aws, backend, get):
    """`aws:SourceVpce` is for private APIs (guide, "AWS condition keys")."""
    api = RestApi(aws, policy=document(anyone(StringLike={"aws:SourceVpce": "*"})))
    api.http_proxy("/pets", backend.url + "/pets")
    api.deploy()
    assert refusal(get(FIRST, api.path("/pets"))) == denied("anonymous", shown(api, "/pets"))
    assert backend.received == []


def test_hosts_that_name_an_endpoint(pets, aws, backend, get):
    other = private(aws, anyone(), endpoints=["vpce-0bb2"])
    other.http_proxy("/pets", backend.url + "/pets")
    other.deploy()
    public = RestApi(aws)
    public.http_proxy("/pets", backend.url + "/pets")
    public.deploy()

    def alias(api, endpoint):
        return {"Host": f"{api.id}-{endpoint}.execute-api.{REGION}.amazonaws.com"}

    def own(name, api):
        return {"Host": f"{name}.execute-api.{REGION}.vpce.amazonaws.com", "x-apigw-api-id": api.id}

    for source, headers in [
        (FIRST, alias(pets, "vpce-0aa1")),
        (SECOND, alias(other, "vpce-0bb2")),
        (FIRST, own("vpce-0aa1-x1y2z3", pets)),
        (FIRST, own("vpce-0aa1-x1y2z3-us-west-2a", other)),
    ]:
        assert get(source, "/test/pets", headers).status == 200, headers
    backend.clear()
    for source, headers in [
        (SECOND, alias(pets, "vpce-0aa1")),  # came by another
        (SECOND, alias(pets, "vpce-0bb2")),  # which has no alias for it
        (STRANGER, alias(pets, "vpce-0aa1")),
        (STRANGER, own("vpce-0aa1-x1y2z3", pets)),
        (SECOND, own("vpce-0aa1-x1y2z3", pets)),
        (FIRST, own("vpce-0aa1-x1y2z3", public)),
        (FIRST, alias(public, "vpce-0aa1")),
        (FIRST, {"Host": f"vpce-0aa1-x1y2z3.execute-api.{REGION}.vpce.amazonaws.com"}),
        # The header stands for nothing else than what a host leaves out.
        (FIRST, {"Host": f"unknown.execute-api.{REGION}.amazonaws.com", "x-apigw-api-id": pets.id}),
    ]:
        assert refusal(get(source, "/test/pets", headers)) == FORBIDDEN, (source, headers)
    assert backend.received == []


def test_the_endpoint_is_known_behind_the_gate(aws, get):
    template = "$context.identity.vpceId $context.identity.vpcId $context.identity.sourceIp"
    answers = {}
    for name, api in [("private", private(aws, anyone())), ("public", RestApi(aws))]:
        api.mock("/", body=template)
        api.deploy()
        answers[name] = [get(source, api.path("/")).text for source in (FIRST, SECOND)]
    assert answers == {
        "private": [f"vpce-0aa1 vpc-0a {FIRST}", f"vpce-0bb2  {SECOND}"],
        "public": [f"  {FIRST}", f"  {SECOND}"],
    }


def test_signatures_are_asked_for_too(aws, configured, backend):
    api = private(aws, anyone(StringEquals={"aws:SourceVpce": "vpce-0aa1"}))
    api.method("/pets", authorizationType="AWS_IAM")
    api.integration("/pets", type="HTTP_PROXY", integrationHttpMethod="GET", uri=backend.url + "/x")
    api.deploy()
    ada = Person(aws, allow_invoke())
    target = api.path("/pets")

    def send(source, headers):
        return wire.send(configured.endpoint, "GET", target, headers, source=source)

    assert send(FIRST, ada.headers("GET", target)).status == 200
    assert refusal(send(STRANGER, ada.headers("GET", target))) == FORBIDDEN
    assert refusal(send(FIRST, {}))[1] == "MissingAuthenticationTokenException"
    assert len(backend.received) == 1


def test_a_canary_and_a_cached_answer_are_private_too(pets, backend, get):
    pets.client.update_stage(
        restApiId=pets.id,
        stageName="test",
        patchOperations=[
            patch("replace", "/cacheClusterEnabled", "true"),
            patch("replace", "/cacheClusterSize", "0.5"),
            patch("replace", "/*/*/caching/enabled", "true"),
        ],
    )
    for _ in range(2):
        assert get(FIRST, pets.path("/pets")).status == 200
    assert len(backend.received) == 1
    assert refusal(get(STRANGER, pets.path("/pets"))) == FORBIDDEN
    pets.deploy(canarySettings={"percentTraffic": 100.0})
    assert refusal(get(STRANGER, pets.path("/pets"))) == FORBIDDEN
    assert get(FIRST, pets.path("/pets")).status == 200


def test_without_endpoints_a_private_api_is_closed(aws, gateway, backend, call):
    """In this worker's gateway nothing is configured."""
    api = private(Aws(gateway.endpoint, REGION), anyone())
    api.http_proxy("/pets", backend.url + "/pets")
    api.deploy()
    for headers in ({}, {"X-Amzn-Vpce-Id": "vpce-0aa1"}):
        assert refusal(call("GET", api.path("/pets"), headers)) == FORBIDDEN
    assert backend.received == []
