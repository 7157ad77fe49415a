"""Trying an endpoint from its page (API Gateway developer guide, "Enable try it for an API Gateway product REST endpoint in
your portal"): the form, the policy of its page, and what its script sends."""

import html
import json
import re
import subprocess

import pytest

from harness import wire
from harness.account import bad_request
from harness.definitions import RestApi
from harness.portals import endpoint, portal

STRICT = (
    "default-src 'none'; style-src 'self'; img-src https: http:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@pytest.fixture
def v2(aws):
    return aws.client("apigatewayv2")


@pytest.fixture
def shop(v2, aws, backend):
    """A published portal with an endpoint that can be tried, and one that cannot."""
    api = RestApi(aws)
    paths = {"integration.request.path.id": "method.request.path.id"}
    api.http_proxy("/pets/{id}", backend.url + "/{id}", "ANY", parameters=paths)
    api.deploy()
    product = v2.create_portal_product(DisplayName="Pets")
    id = product["PortalProductId"]
    tried = endpoint(v2, id, api, method="ANY", TryItState="ENABLED")
    assert tried["TryItState"] == "ENABLED"
    plain = endpoint(v2, id, api, method="ANY")
    own = portal(v2, product["PortalProductArn"])["PortalId"]
    v2.publish_portal(PortalId=own)
    pages = [f"/endpoint-{id}-{page['ProductRestEndpointPageId']}" for page in (tried, plain)]
    return own, api, pages, (id, tried["ProductRestEndpointPageId"])


def get(gateway, path, host=None):
    return wire.send(gateway.endpoint, "GET", path, [("Host", host)] if host else [])


def address(page):
    return html.unescape(re.search(r'data-address="([^"]*)"', page.text).group(1))


def test_a_page_reaches_its_endpoint_and_nothing_else(gateway, aws, shop):
    own, api, (tried, plain), _ = shop
    page = get(gateway, f"/_aws/portals/{own}{tried}")
    assert page.header("Content-Security-Policy") == f"{STRICT}; script-src 'self'; connect-src 'self'"
    assert address(page) == f"/_aws/execute-api/{api.id}/test/pets/{{id}}"
    assert '<input name="{id}" required>' in page.text and '<textarea name="body"' in page.text
    # Nothing runs that is not the site's file.
    assert re.findall(r"<script[^>]*>", page.text) == ['<script src="try-it.js" defer>']
    assert not re.search(r"\son\w+=", page.text)
    script = get(gateway, f"/_aws/portals/{own}/try-it.js")
    assert script.header("Content-Type") == "text/javascript; charset=utf-8"
    for host, origin in (
        (f"p-{own}.apigw-portal.{aws.region}.localhost:4566", f"http://{api.id}.execute-api.{aws.region}.localhost:4566"),
        (f"p-{own}.apigw-portal.{aws.region}.on.aws", f"https://{api.id}.execute-api.{aws.region}.amazonaws.com"),
    ):
        page = get(gateway, tried, host)
        assert page.header("Content-Security-Policy") == f"{STRICT}; script-src 'self'; connect-src {origin}"
        assert address(page) == f"{origin}/test/pets/{{id}}"
    other = get(gateway, f"/_aws/portals/{own}{plain}")
    assert other.header("Content-Security-Policy") == STRICT
    assert "<form" not in other.text and "<script" not in other.text


def test_what_the_script_sends_arrives(gateway, backend, shop, tmp_path):
    """The script itself, under node: what it makes of a form's fields is what the API gets."""
    own, _, (tried, _), _ = shop
    (tmp_path / "try-it.js").write_text(get(gateway, f"/_aws/portals/{own}/try-it.js").text)
    where = gateway.endpoint + address(get(gateway, f"/_aws/portals/{own}{tried}"))
    fields = {"method": "POST", "{id}": "a/b c", "query": "?x=1&y=#", "headers": "x-one: 1\nX-Two:  2 ", "body": '{"a": 1}'}
    backend.reply(201, {"X-Made": "yes", "Content-Type": "text/plain"}, "<b>made</b>")
    program = "require(process.argv[1]).send(process.argv[2], JSON.parse(process.argv[3]))"
    program += ".then((shown) => console.log(JSON.stringify(shown)))"
    run = subprocess.run(
        ["node", "-e", program, str(tmp_path / "try-it.js"), where, json.dumps(fields)],
        capture_output=True,
        timeout=30,
        check=True,
    )
    status, headers, text = json.loads(run.stdout)
    assert status.startswith("201") and "x-made: yes" in headers and text == "<b>made</b>"
    sent = backend.last
    assert (sent.method, sent.body) == ("POST", b'{"a": 1}')
    assert (sent.header("x-one"), sent.header("x-two")) == ("1", "2")
    assert sent.target == "/a%2Fb%20c?x=1&y=%23"


def test_an_authors_address_is_tried_where_it_is(gateway, v2, shop):
    own, _, (tried, _), (product, page) = shop
    for written, origin in (
        ("https://api.example.com/v1/{id}", "https://api.example.com"),
        ("an address to come", None),
        ("javascript:alert(1)", None),
    ):
        overrides = {"Overrides": {"Endpoint": written}}
        v2.update_product_rest_endpoint_page(PortalProductId=product, ProductRestEndpointPageId=page, DisplayContent=overrides)
        v2.publish_portal(PortalId=own)
        shown = get(gateway, f"/_aws/portals/{own}{tried}")
        policy = shown.header("Content-Security-Policy")
        assert policy == (f"{STRICT}; script-src 'self'; connect-src {origin}" if origin else STRICT)
        assert ("<form" in shown.text) == bool(origin)


def test_a_preview_tries_nothing(gateway, v2, shop):
    """Same page: "Try it is not supported when you preview a portal"."""
    own, _, (tried, _), _ = shop
    v2.preview_portal(PortalId=own)
    host, path = re.fullmatch(r"https://([^/]+)(/.+)/", v2.get_portal(PortalId=own)["Preview"]["PreviewUrl"]).groups()
    page = get(gateway, path + tried, host)
    assert page.status == 200 and "<form" not in page.text


def test_private_apis_are_not_tried(aws, v2):
    policy = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*"}]}
    api = RestApi(
        aws, endpointConfiguration={"types": ["PRIVATE"]}, policy=json.dumps({"Version": "2012-10-17", **policy})
    )
    api.mock("/x", body="x")
    api.deploy()
    product = v2.create_portal_product(DisplayName="Pets")["PortalProductId"]
    with bad_request("Try it is not available for private APIs"):
        endpoint(v2, product, api, "/x", TryItState="ENABLED")
    assert endpoint(v2, product, api, "/x")["TryItState"] == "DISABLED"
