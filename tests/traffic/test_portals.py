"""Developer portals: defined by boto3, looked at by a browser's requests. Developer guide, "API Gateway portals". Texts of
refusals are this gateway's own. What other accounts may do is tested beside the code: these clients have one account."""

import json
import re

import pytest

from harness import wire
from harness.account import answer, bad_request, conflict, not_found, status
from harness.definitions import RestApi
from harness.portals import COLORS, CONTENT, endpoint, portal

@pytest.fixture
def v2(aws):
    return aws.client("apigatewayv2")


@pytest.fixture
def pets(aws):
    """A REST API with a documented method, deployed to `test`."""
    api = RestApi(aws)
    api.mock("/pets/{id}", body="x")
    api.client.create_documentation_part(
        restApiId=api.id,
        location={"type": "METHOD", "path": "/pets/{id}", "method": "GET"},
        properties=json.dumps({"description": "One **pet**."}),
    )
    api.deploy()
    return api


def get(gateway, path, host=None, method="GET"):
    return wire.send(gateway.endpoint, method, path, [("Host", host)] if host else [], b"")


def test_a_portal_is_published_and_stays_as_it_was(gateway, aws, v2, pets):
    made = answer(v2.create_portal_product(DisplayName="Pets", Description="Adopt one"))
    product = made["PortalProductId"]
    assert made["PortalProductArn"] == f"arn:aws:apigateway:{aws.region}:000000000000:/portalproducts/{product}"
    page = v2.create_product_page(PortalProductId=product, DisplayContent={"Title": "Terms", "Body": "Be *kind*.\n\n<script>"})
    shown = endpoint(v2, product, pets)
    url = f"https://{pets.id}.execute-api.{aws.region}.amazonaws.com/test/pets/{{id}}"
    assert shown["DisplayContent"] == {"Body": "One **pet**.", "Endpoint": url}
    assert (shown["Status"], shown["TryItState"]) == ("AVAILABLE", "DISABLED")
    made = answer(portal(v2, made["PortalProductArn"], Tags={"a": "1"}))
    own, host = made["PortalId"], made["EndpointConfiguration"]["PortalDefaultDomainName"]
    assert host == f"p-{own}.apigw-portal.{aws.region}.on.aws"
    assert (made["PublishStatus"], made["Tags"]) == ("DISABLED", {"a": "1"})
    assert get(gateway, "/", host).status == 404
    assert status(v2.publish_portal(PortalId=own, Description="first")) == 202
    published = v2.get_portal(PortalId=own)
    assert (published["PublishStatus"], published["LastPublishedDescription"]) == ("PUBLISHED", "first")

    home = get(gateway, "/", host)
    assert (home.status, home.header("Content-Type")) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in home.header("Content-Security-Policy")
    assert "All &lt;pets&gt;" in home.text
    links = re.findall(r'href="(product-[^"]+)"', home.text)
    assert links == [f"product-{product}"]
    shown_page = get(gateway, f"/page-{product}-{page['ProductPageId']}", host).text
    assert "<em>kind</em>" in shown_page and "<script>" not in shown_page
    method = get(gateway, f"/endpoint-{product}-{shown['ProductRestEndpointPageId']}", host).text
    assert "<strong>pet</strong>" in method and url in method
    assert "--accent:#0a7d5c" in get(gateway, "/style.css", host).text
    # By path, for whoever has no names; and whatever stands behind `apigw-portal`.
    assert get(gateway, f"/_aws/portals/{own}/").text == home.text
    assert get(gateway, f"/_aws/portals/{own}").header("Location") == f"{own}/"
    assert get(gateway, "/", f"p-{own}.apigw-portal.localhost:4566").text == home.text
    assert get(gateway, "/", host, "POST").status == 405

    # What is changed is seen when it is published again.
    v2.update_product_page(
        PortalProductId=product, ProductPageId=page["ProductPageId"], DisplayContent={"Title": "Rules", "Body": "Be kinder."}
    )
    assert "Terms" in get(gateway, links[0].join(["/", ""]), host).text
    v2.publish_portal(PortalId=own)
    assert "Rules" in get(gateway, f"/{links[0]}", host).text
    v2.disable_portal(PortalId=own)
    assert get(gateway, "/", host).status == 404
    with conflict("The portal is not published"):
        v2.disable_portal(PortalId=own)


def test_a_preview_has_an_address_that_nobody_guesses(gateway, v2):
    own = portal(v2)["PortalId"]
    assert "Preview" not in v2.get_portal(PortalId=own)
    assert status(v2.preview_portal(PortalId=own)) == 202
    preview = v2.get_portal(PortalId=own)["Preview"]
    assert preview["PreviewStatus"] == "PREVIEW_READY"
    host, path = re.fullmatch(r"https://([^/]+)(/preview-[0-9a-f-]{36}/)", preview["PreviewUrl"]).groups()
    assert "Pet adoption" in get(gateway, path, host).text
    assert get(gateway, "/", host).status == 404
    v2.preview_portal(PortalId=own)
    assert get(gateway, path, host).status == 404


def test_products_are_ordered_as_their_owner_says(gateway, v2, pets):
    made = v2.create_portal_product(DisplayName="Pets")
    product = made["PortalProductId"]
    pages = [v2.create_product_page(PortalProductId=product, DisplayContent={"Title": t, "Body": t}) for t in ("One", "Two")]
    arn = endpoint(v2, product, pets, DisplayContent={"Overrides": {"OperationName": "Look at a pet"}})["ProductRestEndpointPageArn"]
    order = {
        "OverviewPageArn": pages[1]["ProductPageArn"],
        "Contents": [{"SectionName": "Adopt", "ProductRestEndpointPageArns": [arn]}],
    }
    assert v2.update_portal_product(PortalProductId=product, DisplayOrder=order)["DisplayOrder"] == order
    with bad_request(f"Invalid page specified in the display order: {arn}x"):
        v2.update_portal_product(
            PortalProductId=product, DisplayOrder={"Contents": [{"SectionName": "s", "ProductRestEndpointPageArns": [arn + "x"]}]}
        )
    own = portal(v2, made["PortalProductArn"])["PortalId"]
    v2.publish_portal(PortalId=own)
    shown = get(gateway, f"/_aws/portals/{own}/product-{product}").text
    assert shown.index(">Two</a>") < shown.index(">One</a>") < shown.index("Adopt") < shown.index("GET Look at a pet")


def test_what_a_portal_uses_is_there(v2, pets):
    with bad_request("Invalid portal product ARN specified: arn:aws:apigateway:nowhere:1:/portalproducts/x"):
        portal(v2, "arn:aws:apigateway:nowhere:1:/portalproducts/x")
    made = v2.create_portal_product(DisplayName="Pets")
    product = made["PortalProductId"]
    for at, text in [
        ({"path": "/dogs"}, "The stage test does not serve GET /dogs"),
        ({"method": "PUT"}, "The stage test does not serve PUT /pets/{id}"),
        ({"stage": "other"}, "Invalid stage identifier specified"),
    ]:
        with bad_request(text):
            endpoint(v2, product, pets, **at)
    own = portal(v2, made["PortalProductArn"])["PortalId"]
    with bad_request(f"The portal product is included in the portal {own}"):
        v2.delete_portal_product(PortalProductId=product)
    v2.publish_portal(PortalId=own)
    with bad_request("The portal must be disabled before it can be deleted"):
        v2.delete_portal(PortalId=own)
    v2.disable_portal(PortalId=own)
    assert status(v2.delete_portal(PortalId=own)) == 204
    assert status(v2.delete_portal_product(PortalProductId=product)) == 204
    with not_found("Invalid Portal identifier specified"):
        v2.get_portal(PortalId=own)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"PortalContent": {**CONTENT, "Theme": {"CustomColors": {**COLORS, "TextColor": "red}"}}}}, "Invalid color specified"),
        ({"LogoUri": "javascript:alert(1)"}, "LogoUri must be an address"),
        ({"Authorization": {}}, "exactly one way of authorization"),
        ({"EndpointConfiguration": {}}, "exactly one endpoint configuration"),
        ({"RumAppMonitorName": "m"}, "There is no CloudWatch RUM here"),
    ],
)
def test_bad_settings_are_refused(v2, settings, text):
    with bad_request(re.compile(f".*{re.escape(text)}.*")):
        portal(v2, **settings)
    assert v2.list_portals()["Items"] == []


def test_pages_are_listed_read_and_removed(v2, pets):
    product = v2.create_portal_product(DisplayName="Pets")["PortalProductId"]
    page = v2.create_product_page(PortalProductId=product, DisplayContent={"Title": "T", "Body": "B"})
    at = {"PortalProductId": product, "ProductPageId": page["ProductPageId"]}
    assert answer(v2.get_product_page(**at)) == answer(page)
    (item,) = v2.list_product_pages(PortalProductId=product)["Items"]
    assert (item["PageTitle"], item["ProductPageArn"]) == ("T", page["ProductPageArn"])
    assert status(v2.delete_product_page(**at)) == 204
    with not_found("Invalid ProductPage identifier specified"):
        v2.get_product_page(**at)
    made = endpoint(v2, product, pets)
    at = {"PortalProductId": product, "ProductRestEndpointPageId": made["ProductRestEndpointPageId"]}
    assert answer(v2.get_product_rest_endpoint_page(**at)) == answer(made)
    overrides = {"Body": "Mine", "Endpoint": "https://api.example.com/pets", "OperationName": "See"}
    changed = v2.update_product_rest_endpoint_page(**at, DisplayContent={"Overrides": overrides})
    assert changed["DisplayContent"] == overrides
    raw = v2.get_product_rest_endpoint_page(**at, IncludeRawDisplayContent="true")["RawDisplayContent"]
    assert json.loads(raw) == {"overrides": {"body": "Mine", "endpoint": "https://api.example.com/pets", "operationName": "See"}}
    (item,) = v2.list_product_rest_endpoint_pages(PortalProductId=product)["Items"]
    assert (item["OperationName"], item["Endpoint"]) == ("See", "https://api.example.com/pets")
    assert status(v2.delete_product_rest_endpoint_page(**at)) == 204
    with not_found("Invalid ProductRestEndpointPage identifier specified"):
        v2.get_product_rest_endpoint_page(**at)
    for number in range(40):
        v2.create_product_page(PortalProductId=product, DisplayContent={"Title": str(number), "Body": "B"})
    with bad_request("Maximum number of product pages for this portal product has been reached. The limit is 40."):
        v2.create_product_page(PortalProductId=product, DisplayContent={"Title": "T", "Body": "B"})
    with bad_request("A page can be at most 32000 characters long"):
        v2.update_product_page(
            PortalProductId=product,
            ProductPageId=v2.list_product_pages(PortalProductId=product)["Items"][0]["ProductPageId"],
            DisplayContent={"Title": "T", "Body": "x" * 32001},
        )
