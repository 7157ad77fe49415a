"""JWT authorizers (API Gateway developer guide, "Control access to HTTP APIs with JWT authorizers in API Gateway"). The
issuer is this file's own: keys and tokens are made here."""

import json
import time

import pytest

from harness import functions
from harness.http_apis import HttpApi
from harness.issuers import Issuer

INVALID = 'Bearer scope="" error="invalid_token" error_description="{}"'


@pytest.fixture(scope="module")
def issuer():
    issuer = Issuer()
    issuer.publish()
    yield issuer
    issuer.close()


def jwt(api, issuer, audience=("app", "web"), source="$request.header.Authorization"):
    """The id of a new authorizer."""
    return api.client.create_authorizer(
        ApiId=api.id,
        Name="jwt",
        AuthorizerType="JWT",
        IdentitySource=[source],
        JwtConfiguration={"Issuer": issuer.url, "Audience": list(audience)},
    )["AuthorizerId"]


@pytest.fixture(scope="module")
def api(shared_aws, shared_backend, issuer):
    api = HttpApi(shared_aws)
    asked = {"AuthorizationType": "JWT", "AuthorizerId": jwt(api, issuer)}
    claim = {"overwrite:header.sub": "$context.authorizer.claims.sub"}
    api.http("ANY /me", shared_backend.url, request=claim, **asked)
    api.http("GET /pets", shared_backend.url, AuthorizationScopes=["pets/read", "pets/write"], **asked)
    api.http("$default", shared_backend.url)
    return api


@pytest.fixture
def ask(call, api, shared_backend):
    def send(path, token=None, method="GET", **headers):
        shared_backend.clear()
        headers = headers if token is None else {"Authorization": token, **headers}
        return call(method, api.path(path), headers)

    return send


def refused(reply, description):
    assert (reply.status, reply.text) == (401, '{"message":"Unauthorized"}')
    assert reply.header("www-authenticate") == INVALID.format(description)


def test_a_token_lets_its_owner_in(ask, issuer, shared_backend):
    """ "The identitySource can include only the token, or the token prefixed with Bearer." """
    for token in (issuer.token(), f"Bearer {issuer.token()}", f"bearer {issuer.token(sub='s1')}"):
        assert ask("/me", token).status == 200
        assert shared_backend.last.header("sub") == "s1"


def test_without_a_token_nobody_gets_in(ask, shared_backend):
    for token in (None, "", "Bearer "):
        reply = ask("/me", token)
        assert (reply.status, reply.text) == (401, '{"message":"Unauthorized"}')
        assert reply.header("www-authenticate") == "Bearer"
    assert shared_backend.received == []


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"aud": "other"}, "the token does not have a valid audience"),
        ({"aud": ["x", "y"]}, "the token does not have a valid audience"),
        ({"aud": "other", "client_id": "app"}, "the token does not have a valid audience"),
        ({"iss": "https://other.example"}, "the token does not have a valid issuer"),
        ({"exp": int(time.time()) - 1}, "the token has expired"),
        ({"exp": None}, "the token has expired"),
        ({"nbf": int(time.time()) + 600}, "the token is not valid yet"),
        ({"iat": int(time.time()) + 600}, "the token is of the future"),
    ],
)
def test_claims_are_validated(ask, issuer, shared_backend, claims, why):
    refused(ask("/me", issuer.token(**claims)), why)
    assert shared_backend.received == []


def test_a_client_id_stands_for_an_audience_that_is_not_there(ask, issuer):
    """ "API Gateway validates client_id only if aud is not present." """
    assert ask("/me", issuer.token(aud=None, client_id="web")).status == 200
    refused(ask("/me", issuer.token(aud=None, client_id="other")), "the token does not have a valid audience")


def test_only_rsa_signatures_of_the_issuers_key_are_believed(ask, issuer):
    strange = Issuer("strange")
    forged = strange.token(iss=issuer.url)
    refused(ask("/me", forged), "the token does not have a valid signature")
    for alg in ("none", "HS256", "ES256"):
        assert ask("/me", issuer.token(alg=alg)).status == 401
    # The key says RS256.
    refused(ask("/me", issuer.token(alg="RS512")), "the signing method of the token is not that of its key")
    for nonsense in ("x", "a.b.c", issuer.token()[:-4] + "AAAA", issuer.token() + "x"):
        assert ask("/me", nonsense).status == 401
    strange.close()


def test_one_of_the_routes_scopes_is_needed(ask, issuer):
    for claims in ({"scope": "openid pets/write"}, {"scp": ["pets/read"]}, {"scp": "pets/read"}):
        assert ask("/pets", issuer.token(**claims)).status == 200
    for claims in ({}, {"scope": "pets/readers"}, {"scope": ""}):
        reply = ask("/pets", issuer.token(**claims))
        assert (reply.status, reply.text) == (403, '{"message":"Forbidden"}')
        assert reply.header("www-authenticate") == (
            'Bearer scope="pets/read pets/write" error="insufficient_scope" '
            'error_description="the token does not have the required scope"'
        )


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/me/"),
        ("GET", "//me"),
        ("GET", "/%6de"),
        ("GET", "/%6De/"),
        ("HEAD", "/me"),
        ("OPTIONS", "/me"),
        ("PUT", "/me"),
        ("GET", "/%2Fme"),
    ],
)
def test_no_other_writing_of_the_path_gets_round(ask, shared_backend, method, path):
    assert ask(path, method=method).status == 401
    assert shared_backend.received == []


@pytest.mark.parametrize("path", ["/x/../me", "/./me", "/x/%2e%2e/me", "/x%2F..%2Fme"])
def test_a_path_that_climbs_reaches_nothing(ask, shared_backend, path):
    assert ask(path).status == 404
    assert shared_backend.received == []


def test_no_other_stage_gets_round(call, api, shared_backend):
    api.add_stage("other")
    shared_backend.clear()
    assert call("GET", api.path("/me", "other")).status == 401
    assert call("GET", api.path("/me", "$default")).status == 401
    assert call("GET", f"/_aws/execute-api/{api.id}/%6fther/me").status == 200  # the open route $default, as /other/me
    assert shared_backend.last.target == "/%6fther/me"


def test_claims_reach_functions(call, aws, issuer):
    arn = functions.function(aws, "def handler(event, context):\n    return event['requestContext']['authorizer']\n")
    functions.allow_gateway(aws, arn)
    api = HttpApi(aws)
    asked = {"AuthorizationType": "JWT", "AuthorizerId": jwt(api, issuer)}
    api.function("GET /a", arn, **asked)
    api.function("GET /b", arn, AuthorizationScopes=["x", "y"], **asked)
    now = int(time.time())
    token = issuer.token(exp=now + 60, iat=now, scope="y z", groups=["a", "b"], token_use="access")
    claims = {
        "iss": issuer.url,
        "aud": "app",
        "token_use": "access",
        "sub": "s1",
        "exp": str(now + 60),
        "iat": str(now),
        "scope": "y z",
        "groups": "[a b]",
    }
    said = call("GET", api.path("/a"), {"Authorization": token})
    assert json.loads(said.text) == {"jwt": {"claims": claims, "scopes": None}}
    said = call("GET", api.path("/b"), {"Authorization": token})
    assert json.loads(said.text) == {"jwt": {"claims": claims, "scopes": ["y"]}}


def test_a_token_may_be_in_the_query(call, aws, backend, issuer):
    api = HttpApi(aws)
    authorizer = jwt(api, issuer, source="$request.querystring.token")
    api.http("$default", backend.url, AuthorizationType="JWT", AuthorizerId=authorizer)
    assert call("GET", api.path(f"/?token={issuer.token()}")).status == 200
    assert call("GET", api.path("/"), {"Authorization": issuer.token()}).status == 401


def guarded(aws, backend, issuer):
    api = HttpApi(aws)
    api.http("$default", backend.url, AuthorizationType="JWT", AuthorizerId=jwt(api, issuer))
    return api


@pytest.mark.parametrize(
    "publish",
    [
        lambda issuer: issuer.server.reply(404),
        lambda issuer: issuer.publish(issuer="https://other.example"),
        lambda issuer: issuer.publish(keys="no keys"),
        lambda issuer: issuer.publish(keys='{"keys": [' + " " * 150_000 + "]}"),
    ],
)
def test_without_the_issuers_keys_no_token_is_believed(call, aws, backend, publish):
    """ "JWKS endpoint response: 150,000 bytes" (quotas)."""
    issuer = Issuer()
    publish(issuer)
    api = guarded(aws, backend, issuer)
    refused(call("GET", api.path("/"), {"Authorization": issuer.token()}), "the keys of the issuer cannot be had")
    assert backend.received == []
    issuer.close()


def test_keys_are_fetched_once(call, aws, backend):
    issuer = Issuer()
    issuer.publish("k1", "k2")
    api = guarded(aws, backend, issuer)
    for kid in ("k1", "k2", "k1"):
        assert call("GET", api.path("/"), {"Authorization": issuer.token(kid)}).status == 200
    targets = [received.target for received in issuer.server.received]
    assert targets == ["/.well-known/openid-configuration", "/keys"]
    issuer.close()
