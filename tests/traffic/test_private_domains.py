"""Private custom domain names, which lead VPC endpoints to private APIs (API Gateway developer guide, "Custom domain
names for private APIs in API Gateway" and "Invoke a private API"). Clients of the endpoints are told apart by the
loopback address that they come from."""

import itertools

import pytest

from harness import tls, wire
from harness.account import Aws
from harness.certificates import issued
from harness.definitions import RestApi
from harness.process import Gateway
from harness.signing import INVOKE, document

CONFIGURATION = """
[[vpc_endpoints]]
id = "vpce-0aa1"
vpc = "vpc-0a"
sources = ["127.0.0.5"]
proxies = ["127.0.0.9"]

[[vpc_endpoints]]
id = "vpce-0bb2"
sources = ["127.0.0.6"]
"""
FIRST, SECOND, PROXY, STRANGER = "127.0.0.5", "127.0.0.6", "127.0.0.9", "127.0.0.1"
FORBIDDEN = (403, {"message": "Forbidden"})
REGION = "us-west-2"
_NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def configured(tmp_path_factory):
    path = tmp_path_factory.mktemp("private") / "gatewright.toml"
    path.write_text(CONFIGURATION)
    with Gateway("--ephemeral", "--config", path, "--tls-listen", "127.0.0.1:0") as running:
        running.secure = running.wait_for_line(r"https://127\.0\.0\.1:\d+")[0]
        yield running


@pytest.fixture
def aws(configured):
    return Aws(configured.endpoint, REGION)


@pytest.fixture
def get(configured):
    """Sends a GET by a name, from one of the addresses."""

    def send(source, name, target="/pets", headers=()):
        return wire.send(configured.endpoint, "GET", target, [("Host", name), *headers], source=source)

    return send


def anyone(effect="Allow", resource="execute-api:/*", **condition):
    statement = {"Effect": effect, "Principal": "*", "Action": INVOKE, "Resource": resource}
    return {**statement, **({"Condition": condition} if condition else {})}


#: The guide's own policy: all may who come by this endpoint.
BY_FIRST = (anyone(), anyone("Deny", StringNotEquals={"aws:SourceVpce": "vpce-0aa1"}))


def api(aws, *statements, kind="PRIVATE"):
    policy = {"policy": document(*statements)} if statements else {}
    made = RestApi(aws, endpointConfiguration={"types": [kind]}, **policy)
    made.mock("/pets", body="pets")
    made.deploy()
    return made


def domain(aws, leading_to, *statements, associated=("vpce-0aa1",), name=None):
    """A private custom domain name; its name and what AWS says of it."""
    name = name or f"private.n{next(_NUMBERS)}.example.com"
    policy = {"policy": document(*statements)} if statements else {}
    made = aws.apigateway.create_domain_name(
        domainName=name,
        certificateArn=issued(aws, name),
        endpointConfiguration={"types": ["PRIVATE"]},
        **policy,
    )
    aws.apigateway.create_base_path_mapping(
        domainName=name, domainNameId=made["domainNameId"], restApiId=leading_to.id, stage="test"
    )
    for endpoint in associated:
        associate(aws, made, endpoint)
    return name, made


def associate(aws, made, endpoint):
    return aws.apigateway.create_domain_name_access_association(
        domainNameArn=made["domainNameArn"], accessAssociationSource=endpoint, accessAssociationSourceType="VPCE"
    )["domainNameAccessAssociationArn"]


def answers(reply):
    return reply.status, reply.text if reply.status == 200 else reply.json


def test_associated_endpoints_lead_to_the_mapped_private_api(aws, get):
    name, _ = domain(aws, api(aws, anyone()), *BY_FIRST)
    assert answers(get(FIRST, name)) == (200, "pets")
    assert answers(get(PROXY, name, headers=[("X-Amzn-Vpce-Id", "vpce-0aa1")])) == (200, "pets")
    for source, headers in [
        (SECOND, []),
        (STRANGER, []),
        (STRANGER, [("X-Amzn-Vpce-Id", "vpce-0aa1")]),
        (PROXY, []),
    ]:
        assert answers(get(source, name, headers=headers)) == FORBIDDEN, (source, headers)
        assert answers(get(source, name, "/ping", headers)) == FORBIDDEN
    assert answers(get(FIRST, name, "/ping"))[0] == 200
    # What has no mapping is answered as by other names.
    assert get(FIRST, name, "/restapis").status == 403


def test_associations_come_and_go(aws, get):
    leading_to = api(aws, anyone())
    name, made = domain(aws, leading_to, anyone(), associated=())
    assert answers(get(FIRST, name)) == FORBIDDEN
    arn = associate(aws, made, "vpce-0aa1")
    assert answers(get(FIRST, name)) == (200, "pets")
    assert answers(get(SECOND, name)) == FORBIDDEN
    associate(aws, made, "vpce-0bb2")
    assert answers(get(SECOND, name)) == (200, "pets")
    aws.apigateway.delete_domain_name_access_association(domainNameAccessAssociationArn=arn)
    assert answers(get(FIRST, name)) == FORBIDDEN
    assert answers(get(SECOND, name)) == (200, "pets")


@pytest.mark.parametrize(
    ("statements", "lets_in"),
    [
        ((), False),
        ((anyone(),), True),
        ((anyone(resource="{arn}"),), True),
        ((anyone(resource="{arn}/*"),), True),
        ((anyone(resource="*"),), True),
        ((anyone(resource="arn:aws:execute-api:us-west-2:000000000000:/domainnames/other+abc"),), False),
        ((anyone(), anyone("Deny", resource="{arn}")), False),
        ((anyone(), anyone("Deny", resource="execute-api:/pets")), False),
        ((anyone(), anyone("Deny", resource="execute-api:/dogs")), True),
        ((anyone(StringEquals={"aws:SourceVpc": "vpc-0a"}),), True),
        ((anyone(StringEquals={"aws:SourceVpc": "vpc-0b"}),), False),
        ((anyone(IpAddress={"aws:VpcSourceIp": "127.0.0.5"}),), True),
        ((anyone(IpAddress={"aws:SourceIp": "127.0.0.5"}),), False),
        (({**anyone(), "Principal": {"AWS": "arn:aws:iam::000000000000:user/u"}},), False),
    ],
)
def test_the_names_own_policy_must_let_the_request_in(aws, get, statements, lets_in):
    name, made = domain(aws, api(aws, anyone()))
    arn = f"arn:aws:execute-api:{REGION}:000000000000:/domainnames/{name}+{made['domainNameId']}"
    if statements:
        policy = document(*({**one, "Resource": one["Resource"].format(arn=arn)} for one in statements))
        aws.apigateway.update_domain_name(
            domainName=name,
            domainNameId=made["domainNameId"],
            patchOperations=[{"op": "replace", "path": "/policy", "value": policy}],
        )
    assert answers(get(FIRST, name)) == ((200, "pets") if lets_in else FORBIDDEN)


def test_the_apis_own_policy_is_asked_too(aws, get):
    denying = api(aws, anyone(), anyone("Deny", StringEquals={"aws:SourceVpce": "vpce-0aa1"}))
    name, _ = domain(aws, denying, anyone(), associated=("vpce-0aa1", "vpce-0bb2"))
    reply = get(FIRST, name)
    assert (reply.status, reply.header("x-amzn-ErrorType")) == (403, "AccessDeniedException")
    assert answers(get(SECOND, name)) == (200, "pets")
    name, _ = domain(aws, api(aws), anyone())
    assert answers(get(FIRST, name)) == FORBIDDEN


def test_each_endpoint_has_its_own_name_of_names_that_are_the_same(aws, get):
    """ "Custom domain names for private APIs don't need to be unique across multiple accounts." """
    others = Aws(aws.endpoint, REGION, access_key="111111111111")
    mine, theirs = api(aws, anyone()), api(others, anyone())
    theirs.mock("/owner", body="theirs")
    theirs.deploy()
    name, _ = domain(aws, mine, anyone())
    domain(others, theirs, anyone(), associated=("vpce-0bb2",), name=name)
    assert get(FIRST, name, "/owner").status == 403
    assert answers(get(SECOND, name, "/owner")) == (200, "theirs")
    assert answers(get(STRANGER, name)) == FORBIDDEN


def test_a_private_name_over_tls(aws, configured):
    name, _ = domain(aws, api(aws, anyone()), *BY_FIRST)
    # The client's own address is what tells by which endpoint it has come.
    reply = tls.get(configured.secure, name, "/pets")
    assert (reply.status, reply.json) == FORBIDDEN
    with tls.Connection(configured.secure, name, source=FIRST) as connection:
        assert connection.get("/pets").text == "pets"
    # The endpoint's own name leads to it too.
    endpoint = f"vpce-0aa1-abcd.execute-api.{REGION}.vpce.amazonaws.com"
    with tls.Connection(configured.secure, endpoint, source=FIRST) as connection:
        assert connection.get("/pets", name).text == "pets"
    for begun, source in (("localhost", FIRST), (endpoint, SECOND), (endpoint.replace("0aa1", "0bb2"), FIRST)):
        with tls.Connection(configured.secure, begun, source=source) as connection:
            assert connection.get("/pets", name).status == 421
