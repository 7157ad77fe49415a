"""Resource policies of REST APIs at run time (API Gateway developer guide, "How API Gateway resource policies affect
authorization workflow" and "AWS condition keys that can be used in API Gateway resource policies"; texts of refusals:
knowledge centre, "How do I troubleshoot HTTP 403 errors from API Gateway")."""

import base64
import json
import time

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from harness import functions, wire
from harness.account import Aws, patch
from harness.certificates import rsa_key
from harness.definitions import RestApi, invocation_uri
from harness.process import Gateway
from harness.signing import INVOKE, Person, Signer, allow_invoke, denied, document, refusal, shown, statement

#: Where the tests' requests come from, and where they do not.
HERE = {"IpAddress": {"aws:SourceIp": ["127.0.0.0/8", "::1/128"]}}
ELSEWHERE = {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "198.51.100.0/24"]}}


def anyone(effect="Allow", resource="execute-api:/*", action=INVOKE, **more):
    return {"Effect": effect, "Principal": "*", "Action": action, "Resource": resource, **more}


def nobody_allowed():
    """A policy that is silent: it speaks of another API."""
    return anyone(resource="arn:aws:execute-api:us-west-2:000000000000:another/*")


def put_policy(api, *statements, stages=("test",)):
    """Puts the policy in its place and deploys the API to `stages`."""
    text = document(*statements) if statements else ""
    api.client.update_rest_api(restApiId=api.id, patchOperations=[patch("replace", "/policy", text)])
    for stage in stages:
        api.deploy(stage)


@pytest.fixture
def api(aws, backend):
    """`/pets` by GET and POST, `/admin` by ANY and all below `/files`, open to everyone."""
    api = RestApi(aws)
    for path, method in [("/pets", "GET"), ("/pets", "POST"), ("/admin", "ANY"), ("/files/{proxy+}", "ANY")]:
        api.http_proxy(path, backend.url + "/x", method, backend_method="GET" if method == "ANY" else None)
    return api


def test_without_an_allow_nobody_gets_in(api, backend, call):
    for statements, explicit in [
        ([anyone(Condition=HERE)], None),
        ([anyone(Condition=ELSEWHERE)], False),
        ([nobody_allowed()], False),
        ([anyone(), anyone("Deny", Condition=HERE)], True),
        ([anyone(), anyone("Deny", Condition=ELSEWHERE)], None),
        ([anyone(), anyone("Deny", Condition={"NotIpAddress": ELSEWHERE["IpAddress"]})], True),
        ([anyone(action="execute-api:InvalidateCache")], False),
        ([anyone(action="execute-api:*")], None),
        ([{**anyone(), "Principal": {"AWS": "000000000000"}}], False),
        ([{**anyone(), "Principal": {"Service": "lambda.amazonaws.com"}}], False),
        ([{**anyone(), "Principal": {"AWS": "*"}}], None),
        # Of what nothing is known decides against the caller; what there is not is absent.
        ([anyone(Condition={"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}})], False),
        ([anyone(), anyone("Deny", Condition={"StringNotEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}})], True),
        ([], None),
    ]:
        backend.clear()
        put_policy(api, *statements)
        reply = call("GET", api.path("/pets"))
        if explicit is None:
            assert reply.status == 200, statements
            assert len(backend.received) == 1
        else:
            assert refusal(reply) == denied("anonymous", shown(api, "/pets"), explicit), statements
            assert backend.received == []


def test_a_policy_acts_once_it_is_deployed(api, backend, call):
    put_policy(api, anyone())
    put_policy(api, anyone("Deny"), stages=())
    assert call("GET", api.path("/pets")).status == 200
    api.deploy()
    assert call("GET", api.path("/pets")).status == 403
    put_policy(api, stages=())
    assert call("GET", api.path("/pets")).status == 403
    assert len(backend.received) == 1


def test_one_stage_is_not_another(api, backend, call):
    put_policy(api, anyone(resource="execute-api:/test/*"), stages=("test", "prod", "TEST", "test2"))
    answers = {stage: call("GET", api.path("/pets", stage)).status for stage in ("test", "prod", "TEST", "test2")}
    assert answers == {"test": 200, "prod": 403, "TEST": 403, "test2": 403}
    put_policy(api, anyone(), anyone("Deny", "execute-api:/prod/*"), stages=("test", "prod"))
    assert call("GET", api.path("/pets")).status == 200
    assert refusal(call("GET", api.path("/pets", "prod"))) == denied("anonymous", shown(api, "/pets", "prod"), True)
    assert len(backend.received) == 2


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/pets"),
        ("GET", "/admin"),
        ("HEAD", "/admin"),
        ("DELETE", "/admin"),
        ("GET", "//admin"),
        ("GET", "/pets/"),
        ("GET", "/files/shut/1"),
        ("GET", "/files/open"),
        ("GET", "/files//open/1"),
        ("GET", "/files/op%65n/1"),
        ("GET", "/files/OPEN/1"),
    ],
)
def test_what_is_allowed_opens_nothing_else(api, backend, call, gateway, method, path):
    put_policy(api, anyone(resource=["execute-api:/test/GET/pets", "execute-api:/test/*/files/open/*"]))
    host = {"Host": f"{api.id}.execute-api.{api.aws.region}.localhost:{gateway.port}"}
    assert call("GET", api.path("/pets")).status == 200
    assert call("GET", api.path("/files/open/1")).status == 200
    backend.clear()
    for target, headers in [
        (api.path(path), {}),
        (f"/restapis/{api.id}/test/_user_request_{path}", {}),
        (f"/test{path}", host),
        (f"//test{path}", host),
        (f"http://{host['Host']}/test{path}", host),
    ]:
        assert call(method, target, headers).status == 403, target
    assert backend.received == []


@pytest.mark.parametrize(
    "path",
    ["/files/shut", "/files/shut/", "//files/shut", "/files/%73hut", "/files/sh%75t/", "/files//shut", "/files%2Fshut"],
)
@pytest.mark.parametrize("way", ["deny", "not resource"])
def test_what_is_shut_is_shut_in_every_writing(api, backend, call, path, way):
    shut = "execute-api:/*/*/files/shut"
    allowed = {name: value for name, value in anyone().items() if name != "Resource"}
    put_policy(api, *([anyone(), anyone("Deny", shut)] if way == "deny" else [{**allowed, "NotResource": shut}]))
    assert call("GET", api.path("/files/open")).status == 200
    backend.clear()
    assert call("GET", api.path(path)).status == 403
    assert backend.received == []


def test_circumstances_decide(api, backend, call):
    def gets_in(condition, **headers):
        put_policy(api, anyone(Condition=condition))
        return call("GET", api.path("/pets"), {name.replace("_", "-"): value for name, value in headers.items()}).status == 200

    assert gets_in({"StringLike": {"aws:UserAgent": "own/*"}}, User_Agent="own/1")
    assert not gets_in({"StringLike": {"aws:UserAgent": "own/*"}}, User_Agent="curl/8")
    assert not gets_in({"StringLike": {"aws:UserAgent": "own/*"}})
    assert gets_in({"StringLike": {"aws:Referer": "https://here.example/*"}}, Referer="https://here.example/a")
    assert not gets_in({"StringLike": {"aws:Referer": "https://here.example/*"}}, Referer="https://other.example/")
    assert not gets_in({"Bool": {"aws:SecureTransport": "true"}})
    assert gets_in({"Bool": {"aws:SecureTransport": "false"}})
    assert gets_in({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}})
    assert not gets_in({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}})
    assert gets_in({"NumericGreaterThan": {"aws:EpochTime": "1577836800"}})
    # No header of a client's makes it come from elsewhere, or from a VPC.
    assert not gets_in(ELSEWHERE, X_Forwarded_For="192.0.2.1", Forwarded="for=192.0.2.1", X_Real_IP="192.0.2.1")
    for key in ("aws:SourceVpce", "aws:SourceVpc", "aws:VpcSourceIp", "aws:PrincipalArn", "aws:PrincipalAccount"):
        headers = {"X_Amzn_Vpce_Id": "vpce-1", "X_Amz_Source_Vpce": "vpce-1"}
        assert not gets_in({"StringLike": {key: "*"}}, **headers)
    # A key that nobody knows of decides against the caller.
    assert not gets_in({"StringNotEquals": {"aws:Tomorrow": "x"}})


def test_a_canary_has_its_own_deployments_policy(api, backend, call):
    put_policy(api, anyone())
    put_policy(api, anyone("Deny"), stages=())
    api.deploy(canarySettings={"percentTraffic": 100.0})
    assert refusal(call("GET", api.path("/pets"))) == denied("anonymous", shown(api, "/pets"), True)
    assert backend.received == []


def test_a_cached_answer_is_for_those_who_may_ask(aws, backend, call):
    api = RestApi(aws)
    api.http_proxy("/pets", backend.url + "/x")
    condition = {"StringLike": {"aws:UserAgent": "friend"}}
    text = document(anyone(Condition=condition), anyone(action="execute-api:InvalidateCache", Condition={"StringLike": {"aws:Referer": "boss"}}))
    api.client.update_rest_api(restApiId=api.id, patchOperations=[patch("replace", "/policy", text)])
    api.deploy(cacheClusterEnabled=True, cacheClusterSize="0.5")
    api.client.update_stage(
        restApiId=api.id,
        stageName="test",
        patchOperations=[
            patch("replace", "/*/*/caching/enabled", "true"),
            patch("replace", "/*/*/caching/requireAuthorizationForCacheControl", "true"),
        ],
    )
    friend, fresh = {"User-Agent": "friend"}, {"Cache-Control": "max-age=0"}
    for _ in range(2):
        assert call("GET", api.path("/pets"), friend).status == 200
    assert refusal(call("GET", api.path("/pets"))) == denied("anonymous", shown(api, "/pets"))
    assert call("GET", api.path("/pets"), {**friend, **fresh}).header("Warning")
    assert len(backend.received) == 1
    assert call("GET", api.path("/pets"), {**friend, **fresh, "Referer": "boss"}).status == 200
    assert len(backend.received) == 2


AUTHORIZER = """
import json

def handler(event, context):
    token = event["authorizationToken"]
    if token == "unknown":
        raise Exception("Unauthorized")
    effect = {"allow": "Allow", "deny": "Deny"}.get(token)
    resource = event["methodArn"] if effect else "arn:aws:execute-api:us-west-2:000000000000:another/*"
    return {"principalId": token, "policyDocument": {"Version": "2012-10-17", "Statement": [
        {"Effect": effect or "Allow", "Action": "execute-api:Invoke", "Resource": resource}]}}
"""


def test_a_lambda_authorizer_is_asked_between(aws, backend, call):
    """Table A of the guide, but that an authorizer's silence allows nothing."""
    arn = functions.function(aws, AUTHORIZER)
    functions.allow_gateway(aws, arn)
    api = RestApi(aws)
    made = api.client.create_authorizer(
        restApiId=api.id,
        name="own",
        type="TOKEN",
        identitySource="method.request.header.Auth",
        authorizerResultTtlInSeconds=300,
        authorizerUri=invocation_uri(aws.region, arn),
    )
    api.method("/pets", authorizationType="CUSTOM", authorizerId=made["id"])
    api.integration("/pets", type="HTTP_PROXY", integrationHttpMethod="GET", uri=backend.url + "/x")
    not_allowed = (403, "AccessDeniedException", {"Message": "User is not authorized to access this resource"})
    by_authorizer = (403, not_allowed[1], {"Message": not_allowed[2]["Message"] + " with an explicit deny"})
    unauthorized = (401, "UnauthorizedException", {"message": "Unauthorized"})
    by_policy = denied("anonymous", shown(api, "/pets"), True)
    for statements, expected in [
        ([anyone()], {"allow": 200, "deny": by_authorizer, "silent": not_allowed, "unknown": unauthorized}),
        ([nobody_allowed()], {"allow": 200, "deny": by_authorizer, "silent": not_allowed, "unknown": unauthorized}),
        ([anyone("Deny")], dict.fromkeys(("allow", "deny", "silent", "unknown"), by_policy)),
        ([anyone(), anyone("Deny", Condition=HERE)], dict.fromkeys(("allow", "unknown"), by_policy)),
    ]:
        put_policy(api, *statements)
        for token, outcome in expected.items():
            for _ in range(2):  # the second time it may be what the authorizer has said before
                backend.clear()
                reply = call("GET", api.path("/pets"), {"Auth": token})
                if outcome == 200:
                    assert (reply.status, len(backend.received)) == (200, 1), (statements, token)
                else:
                    assert (refusal(reply), backend.received) == (outcome, []), (statements, token)
    # Without an identity the authorizer is not asked, and what the policy denies comes before that.
    assert refusal(call("GET", api.path("/pets"))) == by_policy


def encoded(data):
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def test_a_user_pools_token_needs_the_policys_allow(tmp_path, backend):
    """Guide, "Amazon Cognito authentication and resource policy": a deny or neither results in a deny."""
    pool = "arn:aws:cognito-idp:us-west-2:000000000000:userpool/us-west-2_own"
    key = rsa_key()
    numbers = key.public_key().public_numbers()
    n, e = (encoded(number.to_bytes((number.bit_length() + 7) // 8, "big")) for number in (numbers.n, numbers.e))
    jwks = tmp_path / "jwks.json"
    jwks.write_text(json.dumps({"keys": [{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "k1", "n": n, "e": e}]}))
    config = tmp_path / "gatewright.toml"
    config.write_text(f'[[user_pools]]\narn = "{pool}"\njwks = "{jwks}"\n')
    now = int(time.time())
    claims = {"iss": "https://cognito-idp.us-west-2.amazonaws.com/us-west-2_own", "token_use": "id", "sub": "s"}
    signed = f"{encoded({'alg': 'RS256', 'kid': 'k1'})}.{encoded({**claims, 'iat': now, 'exp': now + 600})}"
    token = f"{signed}.{encoded(key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"
    with Gateway("--ephemeral", "--config", config) as gateway:
        aws = Aws(gateway.endpoint, "us-west-2")
        api = RestApi(aws)
        made = api.client.create_authorizer(
            restApiId=api.id,
            name="pool",
            type="COGNITO_USER_POOLS",
            providerARNs=[pool],
            identitySource="method.request.header.Auth",
        )
        api.method("/pets", authorizationType="COGNITO_USER_POOLS", authorizerId=made["id"])
        api.integration("/pets", type="HTTP_PROXY", integrationHttpMethod="GET", uri=backend.url + "/x")

        def get(token):
            return wire.send(gateway.endpoint, "GET", api.path("/pets"), {"Auth": token})

        unauthorized = (401, "UnauthorizedException", {"message": "Unauthorized"})
        for statements, with_token, without in [
            ([anyone(Condition=HERE)], None, unauthorized),
            ([anyone(Condition=ELSEWHERE)], denied("anonymous", shown(api, "/pets")), unauthorized),
            ([anyone(), anyone("Deny")], *[denied("anonymous", shown(api, "/pets"), True)] * 2),
        ]:
            put_policy(api, *statements)
            backend.clear()
            reply = get(token)
            if with_token is None:
                assert (reply.status, len(backend.received)) == (200, 1)
            else:
                assert (refusal(reply), backend.received) == (with_token, [])
            backend.clear()
            assert (refusal(get("made.up.token")), backend.received) == (without, [])


ALLOW = statement("Allow", INVOKE, "*")
DENY = statement("Deny", INVOKE, "*")

#: The guide's table A: what the caller's own policies say, what the API's says, and what comes of it.
TABLE_A = [
    (ALLOW, "Allow", None),
    (ALLOW, "neither", None),
    (ALLOW, "Deny", True),
    (None, "Allow", None),
    (None, "neither", False),
    (None, "Deny", True),
    (DENY, "Allow", True),
    (DENY, "neither", True),
    (DENY, "Deny", True),
]


def iam_api(aws, backend):
    api = RestApi(aws)
    api.method("/pets", authorizationType="AWS_IAM")
    api.integration("/pets", type="HTTP_PROXY", integrationHttpMethod="GET", uri=backend.url + "/x")
    return api


def held_to(effect):
    return nobody_allowed() if effect == "neither" else anyone(effect)


def outcome(reply, user, api, explicit, backend):
    """Fails unless the reply is what the table says."""
    if explicit is None:
        assert (reply.status, len(backend.received)) == (200, 1)
    else:
        account = api.account if hasattr(api, "account") else "000000000000"
        expected = denied(user, shown(api, "/pets", account=account), explicit)
        assert (refusal(reply), backend.received) == (expected, [])


@pytest.mark.parametrize(("own", "of_api", "explicit"), TABLE_A)
def test_iam_within_one_account(aws, backend, own, of_api, explicit, call):
    api = iam_api(aws, backend)
    put_policy(api, held_to(of_api))
    ida = Person(aws, *([own] if own else []))
    outcome(ida.get(api.path("/pets")), ida.arn, api, explicit, backend)
    # Whatever the policy allows to anyone, nobody gets in unsigned.
    backend.clear()
    assert refusal(call("GET", api.path("/pets")))[1] == "MissingAuthenticationTokenException"
    assert backend.received == []


def test_iam_by_principal(aws, backend):
    api = iam_api(aws, backend)
    ida, otto = Person(aws), Person(aws)
    put_policy(api, {**anyone(), "Principal": {"AWS": ida.arn}})
    outcome(ida.get(api.path("/pets")), ida.arn, api, None, backend)
    backend.clear()
    outcome(otto.get(api.path("/pets")), otto.arn, api, False, backend)
    # An account's Allow leaves it to the account's own policies.
    put_policy(api, {**anyone(), "Principal": {"AWS": "000000000000"}})
    outcome(ida.get(api.path("/pets")), ida.arn, api, False, backend)
    ida.may(allow_invoke(api.source_arn("test/GET/pets")))
    outcome(ida.get(api.path("/pets")), ida.arn, api, None, backend)
    backend.clear()
    put_policy(api, anyone(), {**anyone("Deny"), "Principal": {"AWS": ida.arn}})
    outcome(ida.get(api.path("/pets")), ida.arn, api, True, backend)
    outcome(otto.get(api.path("/pets")), otto.arn, api, None, backend)


#: The guide's table B, for callers of another account.
TABLE_B = [
    (ALLOW, "Allow", None),
    (ALLOW, "neither", False),
    (ALLOW, "Deny", True),
    (None, "Allow", False),
    (None, "neither", False),
    (None, "Deny", True),
    (DENY, "Allow", True),
    (DENY, "neither", True),
    (DENY, "Deny", True),
]


def test_iam_across_accounts(tmp_path, backend):
    """Two accounts in one store: the users are made under the one root, the API under the other."""
    key = ("AKIAROOTROOTROOTROOT", "root-secret-root-secret-root-secret-root")

    def configuration(account):
        path = tmp_path / f"{account}.toml"
        path.write_text(
            f'auth = "strict"\n[root]\naccount = "{account}"\naccess_key_id = "{key[0]}"\nsecret_access_key = "{key[1]}"\n'
        )
        return path

    data = tmp_path / "data"
    with Gateway("--data-dir", data, "--config", configuration("111111111111")) as gateway:
        callers = Aws(gateway.endpoint, "us-west-2", *key)
        people = {str(own): Person(callers, *([own] if own else [])) for own in (ALLOW, None, DENY)}
    with Gateway("--data-dir", data, "--config", configuration("222222222222")) as gateway:
        api = iam_api(Aws(gateway.endpoint, "us-west-2", *key), backend)
        api.account = "222222222222"
        for own, of_api, explicit in TABLE_B:
            put_policy(api, held_to(of_api))
            person = people[str(own)]
            backend.clear()
            reply = person.but(endpoint=gateway.endpoint).get(api.path("/pets"))
            outcome(reply, person.arn, api, explicit, backend)
        # Without a policy no other account gets in, and its own root does.
        put_policy(api)
        backend.clear()
        reply = people[str(ALLOW)].but(endpoint=gateway.endpoint).get(api.path("/pets"))
        outcome(reply, people[str(ALLOW)].arn, api, False, backend)
        assert Signer(gateway.endpoint, "us-west-2", *key).get(api.path("/pets")).status == 200
