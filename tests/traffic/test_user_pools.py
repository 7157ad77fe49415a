"""Authorizers of Cognito user pools (API Gateway developer guide, "Control access to REST APIs using Amazon Cognito user
pools as an authorizer"). The pools are this file's own: keys are made here, and the configuration says where they are."""

import json
import time

import pytest

from harness import wire
from harness.account import Aws, answer
from harness.backend import Backend
from harness.definitions import RestApi
from harness.process import Gateway
from harness.user_pools import ISSUER, REGION, Pool

UNAUTHORIZED = (401, '{"message":"Unauthorized"}', "UnauthorizedException")


@pytest.fixture(scope="module")
def issuer():
    """Where the keys of `served` are, one scripted answer a fetch."""
    backend = Backend()
    yield backend
    backend.close()


@pytest.fixture(scope="module")
def pools(tmp_path_factory, issuer):
    """Of `filed` the keys are in a file; those of `served` are fetched; `lost` has none anywhere."""
    folder = tmp_path_factory.mktemp("pools")
    made = {name: Pool(name) for name in ("filed", "served", "lost", "strange")}
    (folder / "filed.json").write_text(made["filed"].jwks())
    entries = [
        (made["filed"].arn, folder / "filed.json"),
        (made["served"].arn, f"{issuer.url}/jwks.json"),
        (made["lost"].arn, "http://127.0.0.1:9/jwks.json"),
    ]
    config = "".join(f'[[user_pools]]\narn = "{arn}"\njwks = "{jwks}"\n' for arn, jwks in entries)
    (folder / "gatewright.toml").write_text(config)
    made["config"] = folder / "gatewright.toml"
    return made


@pytest.fixture(scope="module")
def aws(pools):
    with Gateway("--ephemeral", "--config", pools["config"]) as gateway:
        yield Aws(gateway.endpoint, REGION)


@pytest.fixture(scope="module")
def api(aws, pools):
    api = RestApi(aws)
    given = [pools[name].arn for name in ("filed", "served", "lost")]
    made = api.client.create_authorizer(
        restApiId=api.id,
        name="pools",
        type="COGNITO_USER_POOLS",
        providerARNs=given,
        identitySource="method.request.header.Authorization",
    )
    api.authorizer = made["id"]
    asked = {"authorizationType": "COGNITO_USER_POOLS", "authorizerId": made["id"]}
    body = "$context.authorizer.claims.sub $context.authorizer.claims['cognito:groups'] $context.authorizer.principalId|"
    api.mock("/me", body=body, **asked)
    api.mock("/pets", body="pets", authorizationScopes=["pets/read", "pets/write"], **asked)
    api.deploy()
    return api


@pytest.fixture
def ask(aws, api):
    def send(path, token=None, header="Authorization"):
        return wire.send(aws.endpoint, "GET", api.path(path), {} if token is None else {header: token})

    return send


def told(reply):
    return reply.status, reply.text, reply.header("x-amzn-ErrorType")


def test_an_identity_token_lets_its_owner_in(ask, pools):
    for token in (pools["filed"].token(), "Bearer " + pools["filed"].token()):
        reply = ask("/me", token)
        assert (reply.status, reply.text) == (200, "s1  |")
    # Whatever the header's name is written like.
    assert ask("/me", pools["filed"].token(), "AUTHORIZATION").status == 200


def test_without_scopes_on_the_method_an_access_token_is_none(ask, pools):
    access = pools["filed"].token(token_use="access", scope="pets/read")
    assert told(ask("/me", access)) == UNAUTHORIZED
    assert ask("/pets", access).text == "pets"


@pytest.mark.parametrize(
    ("claims", "passes"),
    [
        ({"token_use": "access", "scope": "openid pets/write"}, True),
        ({"token_use": "access", "scope": "pets/readers"}, False),
        ({"token_use": "access"}, False),
        ({"token_use": "id", "scope": "pets/read"}, False),
    ],
)
def test_scopes_ask_for_an_access_token_with_one_of_them(ask, pools, claims, passes):
    reply = ask("/pets", pools["filed"].token(**claims))
    assert (reply.status, reply.text) == (200, "pets") if passes else told(reply) == UNAUTHORIZED


@pytest.mark.parametrize(
    "change",
    [
        lambda pools: None,
        lambda pools: "",
        lambda pools: "Bearer ",
        lambda pools: "nonsense",
        lambda pools: "a.b.c",
        lambda pools: pools["filed"].token(exp=int(time.time()) - 1),
        lambda pools: pools["filed"].token(nbf=int(time.time()) + 600),
        lambda pools: pools["filed"].token(iss=ISSUER.format("strange")),
        lambda pools: pools["filed"].token(kid="k2"),
        lambda pools: pools["strange"].token(),
        # Signed by another than who it says.
        lambda pools: pools["strange"].token(iss=ISSUER.format("filed")),
        lambda pools: pools["filed"].token()[:-4] + "AAAA",
        lambda pools: pools["filed"].token(alg="none"),
        lambda pools: pools["filed"].token(alg="HS256"),
        lambda pools: pools["filed"].token().rpartition(".")[0] + ".",
        lambda pools: pools["filed"].token() + ", " + pools["filed"].token(),
    ],
)
def test_any_other_token_is_401(ask, pools, change):
    assert told(ask("/me", change(pools))) == UNAUTHORIZED


def test_a_pool_whose_keys_cannot_be_had_lets_nobody_in(ask, pools):
    reply = ask("/me", pools["lost"].token())
    assert told(reply) == (500, '{"message":null}', "AuthorizerConfigurationException")


def test_keys_are_fetched_once_and_made_up_key_names_fetch_none(ask, pools, issuer):
    served = pools["served"]
    for _ in range(2):
        issuer.reply(body=served.jwks("k1"))
    assert ask("/me", served.token()).status == 200
    assert [ask("/me", served.token()).status for _ in range(3)] == [200] * 3
    assert [told(ask("/me", served.token(kid=f"made-up-{n}"))) for n in range(5)] == [UNAUTHORIZED] * 5
    assert len(issuer.received) == 1
    assert (issuer.last.method, issuer.last.target) == ("GET", "/jwks.json")


def test_test_invoke_authorizer_shows_the_claims(api, pools):
    def tested(token):
        headers = {} if token is None else {"Authorization": token}
        named = {"restApiId": api.id, "authorizerId": api.authorizer}
        return answer(api.client.test_invoke_authorizer(**named, headers=headers))

    found = tested(pools["filed"].token(email_verified=True))
    assert (found["clientStatus"], found["claims"]["sub"], found["claims"]["email_verified"]) == (0, "s1", "true")
    assert "policy" not in found and "principalId" not in found
    assert pools["filed"].token() not in found["log"]
    assert tested(None)["clientStatus"] == 401
    assert tested(pools["strange"].token())["clientStatus"] == 401
    assert tested(pools["lost"].token())["clientStatus"] == 500
