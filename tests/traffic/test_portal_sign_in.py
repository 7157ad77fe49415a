"""Portals whose readers sign in with a Cognito user pool (API Gateway developer guide, "Create a portal in API Gateway";
Amazon Cognito developer guide, "Using PKCE in authorization code grants" and "Logout endpoint"). The pool is this file's
own: it answers at an address of this machine, and signs with keys that are made here."""

import base64
import hashlib
import json
import re
import time
from urllib.parse import parse_qs, urlsplit

import pytest

from harness import wire
from harness.account import Aws, answer, bad_request
from harness.backend import Backend
from harness.portals import portal
from harness.process import Gateway
from harness.user_pools import REGION, Pool

CLIENT = "6example7client8id9"


@pytest.fixture(scope="module")
def domain():
    """Where the pool signs users in."""
    backend = Backend()
    yield backend
    backend.close()


@pytest.fixture(scope="module")
def pools(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pools")
    own, lost = Pool("portal"), Pool("lost")
    (folder / "keys.json").write_text(own.jwks())
    (folder / "gatewright.toml").write_text(
        f'[[user_pools]]\narn = "{own.arn}"\njwks = "{folder / "keys.json"}"\n'
        f'[[user_pools]]\narn = "{lost.arn}"\njwks = "http://127.0.0.1:9/keys"\n'
    )
    own.lost, own.config = lost, folder / "gatewright.toml"
    return own


@pytest.fixture(scope="module")
def running(pools):
    with Gateway("--ephemeral", "--config", pools.config) as gateway:
        yield gateway


@pytest.fixture
def v2(running):
    """An account has room for few portals."""
    client = Aws(running.endpoint, REGION).client("apigatewayv2")
    yield client
    for made in client.list_portals()["Items"]:
        if made["PublishStatus"] == "PUBLISHED":
            client.disable_portal(PortalId=made["PortalId"])
        client.delete_portal(PortalId=made["PortalId"])


def cognito(pool, domain, client=CLIENT):
    config = {"AppClientId": client, "UserPoolArn": pool.arn, "UserPoolDomain": domain}
    return {"Authorization": {"CognitoConfig": config}}


class Reader:
    """A browser at one portal: it keeps cookies, and follows nothing by itself."""

    def __init__(self, running, id, host=None):
        self.running, self.id, self.cookies = running, id, {}
        self.host = host or f"p-{id}.apigw-portal.{REGION}.localhost:4566"
        self.kept = []

    def get(self, path, headers=(), method="GET"):
        headers = [("Host", self.host), *headers]
        if self.cookies:
            headers.append(("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items())))
        reply = wire.send(self.running.endpoint, method, path, headers)
        self.kept = reply.all("Set-Cookie")
        for cookie in self.kept:
            name, value = cookie.split(";")[0].split("=", 1)
            self.cookies[name] = value
            if "Max-Age=0;" in cookie:
                del self.cookies[name]
        return reply

    def begin(self, to=""):
        """What the user pool is asked."""
        reply = self.get(f"/sign-in?to={to}")
        assert reply.status == 303
        address = urlsplit(reply.header("Location"))
        return address, {name: value for name, (value,) in parse_qs(address.query).items()}

    def sign_in(self, domain, pool, to="", **claims):
        _, asked = self.begin(to)
        reply_token(domain, pool, **{"nonce": asked["nonce"], **claims})
        return self.get(f"/?code=c0de&state={asked['state']}")


def reply_token(domain, pool, **claims):
    token = pool.token(**{"aud": CLIENT, **claims})
    domain.reply(headers={"Content-Type": "application/json"}, body=json.dumps({"id_token": token, "token_type": "Bearer"}))


@pytest.fixture
def reader(running, v2, pools, domain):
    domain.clear()
    id = answer(portal(v2, **cognito(pools, domain.url)))["PortalId"]
    v2.publish_portal(PortalId=id)
    return Reader(running, id)


def test_a_reader_signs_in_and_out(reader, domain, pools):
    closed = reader.get("/product-x")
    assert (closed.status, closed.header("Cache-Control")) == (401, "no-store")
    assert 'href="/sign-in?to=product-x"' in closed.text and "Pet adoption" not in closed.text
    assert "#0a7d5c" not in reader.get("/sign-in.css").text

    address, asked = reader.begin("style")
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{domain.url}/oauth2/authorize"
    verifier_challenge = asked.pop("code_challenge")
    state, nonce = asked.pop("state"), asked.pop("nonce")
    assert asked == {
        "response_type": "code",
        "client_id": CLIENT,
        "redirect_uri": f"http://{reader.host}",
        "scope": "openid",
        "code_challenge_method": "S256",
    }
    assert len(state) == len(nonce) == 43 and state != nonce
    (kept,) = reader.kept
    assert re.search(r"; Path=/; Max-Age=600; HttpOnly; SameSite=Lax$", kept)

    reply_token(domain, pools, nonce=nonce)
    back = reader.get(f"/?code=c0de%2F1&state={state}")
    assert (back.status, back.header("Location")) == (303, "/style")
    exchanged = domain.last
    assert (exchanged.method, exchanged.target) == ("POST", "/oauth2/token")
    assert exchanged.header("Content-Type") == "application/x-www-form-urlencoded"
    form = {name: value for name, (value,) in parse_qs(exchanged.body.decode()).items()}
    challenge = base64.urlsafe_b64encode(hashlib.sha256(form.pop("code_verifier").encode()).digest()).rstrip(b"=")
    assert challenge.decode() == verifier_challenge
    assert form == {
        "grant_type": "authorization_code",
        "client_id": CLIENT,
        "code": "c0de/1",
        "redirect_uri": f"http://{reader.host}",
    }
    session = next(cookie for cookie in reader.kept if "-session=" in cookie)
    assert re.search(r"; Path=/; Max-Age=(600|599|598); HttpOnly; SameSite=Lax$", session)
    assert list(reader.cookies) == [f"portal-{reader.id}-session"]

    page = reader.get("/")
    assert (page.status, page.header("Cache-Control")) == (200, "no-store")
    assert "Pet adoption" in page.text and 'href="sign-out"' in page.text
    # Not another site's doing.
    assert reader.get("/sign-out", [("Sec-Fetch-Site", "cross-site")]).status == 403
    assert reader.get("/").status == 200
    out = reader.get("/sign-out", [("Sec-Fetch-Site", "same-origin")])
    where = urlsplit(out.header("Location"))
    assert (out.status, f"{where.scheme}://{where.netloc}{where.path}") == (303, f"{domain.url}/logout")
    assert parse_qs(where.query) == {"client_id": [CLIENT], "logout_uri": [f"http://{reader.host}"]}
    assert (reader.cookies, reader.get("/").status) == ({}, 401)


def test_nothing_is_told_before(running, reader):
    for path in ("/", "/style.css", "/try-it.js", "/product-a", "/page-a-b", "/endpoint-a-b", "/none", "/sign-in.css/x"):
        for method in ("GET", "HEAD"):
            reply = reader.get(path, method=method)
            assert reply.status == 401
            assert "Pet adoption" not in reply.text and "All &lt;pets" not in reply.text
    by_path = wire.send(running.endpoint, "GET", f"/_aws/portals/{reader.id}/")
    assert by_path.status == 401 and f'href="/_aws/portals/{reader.id}/sign-in?to="' in by_path.text
    assert wire.send(running.endpoint, "POST", f"/_aws/portals/{reader.id}/").status == 405


def test_cookies_are_for_tls_elsewhere(running, reader):
    """Whoever ends TLS in front of the gateway: the browser is sent back by https, and keeps cookies for that alone."""
    away = Reader(running, reader.id, f"p-{reader.id}.apigw-portal.{REGION}.on.aws")
    _, asked = away.begin()
    assert asked["redirect_uri"] == f"https://p-{reader.id}.apigw-portal.{REGION}.on.aws"
    assert re.match(rf"__Host-portal-{reader.id}-sign-in=\S+; Path=/; .*; HttpOnly; SameSite=Lax; Secure$", away.kept[0])
    by_path = wire.send(running.endpoint, "GET", f"/_aws/portals/{reader.id}/sign-in")
    assert f"; Path=/_aws/portals/{reader.id}/;" in by_path.header("Set-Cookie")
    back = parse_qs(urlsplit(by_path.header("Location")).query)["redirect_uri"]
    assert back == [f"{running.endpoint}/_aws/portals/{reader.id}/"]


@pytest.mark.parametrize(
    ("case", "claims"),
    [
        ("another app client", {"aud": "another"}),
        ("another sign-in", {"nonce": "another"}),
        ("an access token", {"token_use": "access"}),
        ("too late", {"exp": int(time.time()) - 1}),
        ("another pool", {"iss": "https://cognito-idp.us-west-2.amazonaws.com/us-west-2_other"}),
        ("no key of the pool", {"kid": "k2"}),
    ],
)
def test_a_token_that_is_not_this_sign_ins_lets_nobody_in(reader, domain, pools, case, claims):
    assert reader.sign_in(domain, pools, **claims).status == 401, case
    assert reader.get("/").status == 401


def test_a_token_that_another_key_has_signed_lets_nobody_in(reader, domain):
    assert reader.sign_in(domain, Pool("portal")).status == 401
    assert reader.get("/").status == 401


def test_an_answer_of_the_pool_that_is_none_lets_nobody_in(reader, domain, pools):
    for status, scripted, expected in (
        (400, b'{"error":"invalid_grant"}', 401),
        (500, b"", 502),
        (200, b"{}", 502),
        (200, b'{"id_token":"' + b"x" * 200_000 + b'"}', 502),
        (200, b'{"id_token":"x.y.z"}', 401),
    ):
        _, asked = reader.begin()
        domain.reply(status, {"Content-Type": "application/json"}, scripted)
        reply = reader.get(f"/?code=c&state={asked['state']}")
        assert (reply.status, reader.get("/").status) == (expected, 401), scripted[:40]
        assert "invalid_grant" not in reply.text


def test_what_others_have_begun_begins_nothing_here(running, reader, domain, pools):
    """RFC 6749, section 10.12: an answer without the state that this browser keeps is somebody else's."""
    other = Reader(running, reader.id)
    _, asked = other.begin()
    before = len(domain.received)
    assert reader.get(f"/?code=c&state={asked['state']}").status == 401
    _, own = reader.begin()
    assert reader.get(f"/?code=c&state={asked['state']}").status == 401
    assert reader.get("/?code=c&state=").status == 401
    assert reader.get(f"/?error=access_denied&state={own['state']}").status == 401
    assert len(domain.received) == before, "the pool was asked"


def test_a_session_is_good_for_its_portal_and_app_client(running, v2, reader, domain, pools):
    assert reader.sign_in(domain, pools).status == 303
    (session,) = reader.cookies.values()
    other = portal(v2, **cognito(pools, domain.url))["PortalId"]
    v2.publish_portal(PortalId=other)
    stranger = Reader(running, other)
    stranger.cookies[f"portal-{other}-session"] = session
    assert stranger.get("/").status == 401
    changed = Reader(running, reader.id)
    changed.cookies[f"portal-{reader.id}-session"] = session[:-1] + ("A" if session[-1] != "A" else "E")
    assert changed.get("/").status == 401
    # Who is signed in stays so when the portal is published again, but not for another app client.
    v2.publish_portal(PortalId=reader.id)
    assert reader.get("/").status == 200
    v2.update_portal(PortalId=reader.id, **cognito(pools, domain.url, "another"))
    v2.publish_portal(PortalId=reader.id)
    assert reader.get("/").status == 401
    v2.update_portal(PortalId=reader.id, **cognito(pools, domain.url))
    v2.publish_portal(PortalId=reader.id)
    assert reader.get("/").status == 200
    # Nor when it has been disabled in between.
    v2.disable_portal(PortalId=reader.id)
    v2.publish_portal(PortalId=reader.id)
    assert reader.get("/").status == 401


def test_nobody_is_led_to_another_site(reader, domain, pools):
    for to in ("//evil.example.com", "/%2Fevil.example.com", "https://evil.example.com", "%5C%5Cevil.example.com"):
        assert reader.sign_in(domain, pools, to).header("Location") == "/"


def test_a_pool_whose_keys_cannot_be_had_lets_nobody_in(running, v2, domain, pools):
    domain.clear()
    id = portal(v2, **cognito(pools.lost, domain.url))["PortalId"]
    v2.publish_portal(PortalId=id)
    reader = Reader(running, id)
    assert reader.sign_in(domain, pools.lost).status == 502
    assert reader.get("/").status == 401


def test_a_preview_is_for_whom_it_was_told(running, v2, reader):
    """Its address is what lets in; the site that is published stays closed."""
    v2.preview_portal(PortalId=reader.id)
    path = urlsplit(v2.get_portal(PortalId=reader.id)["Preview"]["PreviewUrl"]).path
    assert "Pet adoption" in reader.get(path).text
    assert reader.get("/").status == 401


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"UserPoolArn": "arn:aws:s3:::userpool/us-west-2_a"}, "Invalid user pool ARN specified: .*"),
        (
            {"UserPoolArn": "arn:aws:cognito-idp:eu-west-1:000000000000:userpool/eu-west-1_a"},
            "The user pool must be in the same Region as the portal",
        ),
        ({"AppClientId": "a client"}, "Invalid app client ID specified: a client"),
        ({"UserPoolDomain": "http://pool.example.com"}, "Invalid user pool domain specified: .*"),
        ({"UserPoolDomain": "https://pool.example.com/login"}, "Invalid user pool domain specified: .*"),
    ],
)
def test_what_nobody_could_sign_in_with_is_refused(v2, pools, settings, text):
    given = cognito(pools, "https://pool.example.com")
    given["Authorization"]["CognitoConfig"].update(settings)
    with bad_request(re.compile(text)):
        portal(v2, **given)
