"""Developer portals, defined by boto3."""

COLORS = {
    "AccentColor": "#0a7d5c",
    "BackgroundColor": "#ffffff",
    "ErrorValidationColor": "#c00",
    "HeaderColor": "#e8f5f0",
    "NavigationColor": "#f6f6f6",
    "TextColor": "#222222",
}
CONTENT = {"DisplayName": "Pet adoption", "Description": "All <pets>", "Theme": {"CustomColors": COLORS}}


def portal(v2, *products, **settings):
    settings = {"Authorization": {"None": {}}, "EndpointConfiguration": {"None": {}}, "PortalContent": CONTENT, **settings}
    return v2.create_portal(IncludedPortalProductArns=list(products), **settings)


def endpoint(v2, product, api, path="/pets/{id}", method="GET", stage="test", **more):
    parts = {"RestApiId": api.id, "Stage": stage, "Path": path, "Method": method}
    return v2.create_product_rest_endpoint_page(
        PortalProductId=product, RestEndpointIdentifier={"IdentifierParts": parts}, **more
    )
