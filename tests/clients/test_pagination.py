"""`limit` and `position`: every list of an API hands out all of it, page by page."""

import pytest

from harness.account import answer
from harness.definitions import RestApi


@pytest.fixture(scope="module")
def lists(shared_aws):
    """Seven things in each list."""
    client = shared_aws.client("apigateway")
    apis = [RestApi(shared_aws, f"api-{n}") for n in range(7)]
    apis[0].mock("/")
    for n in range(6):
        apis[0].resource(f"/part{n}")
    for n in range(7):
        client.create_deployment(restApiId=apis[0].id, description=str(n))
    return client


def busy(client):
    return next(api["id"] for api in client.get_rest_apis(limit=500)["items"] if api["name"] == "api-0")


CALLS = [
    ("get_rest_apis", False, "name"),
    ("get_resources", True, "path"),
    ("get_deployments", True, "description"),
]


def arguments(client, inside):
    return {"restApiId": busy(client)} if inside else {}


@pytest.mark.parametrize(("operation", "inside", "key"), CALLS)
@pytest.mark.parametrize("limit", [1, 3, 6, 7, 500])
def test_pages_add_up(lists, operation, inside, key, limit):
    call, given = getattr(lists, operation), arguments(lists, inside)
    whole = [item[key] for item in call(**given, limit=500)["items"]]
    assert len(set(whole)) == 7
    seen, position = [], None
    while True:
        page = answer(call(**given, limit=limit, **({"position": position} if position else {})))
        assert len(page["items"]) <= limit
        seen += [item[key] for item in page["items"]]
        position = page.get("position")
        if position is None:
            break
        assert len(page["items"]) == limit, "only the last page may be short"
        assert len(seen) < 7, "a position points to something that is there"
    assert seen == whole


@pytest.mark.parametrize(("operation", "inside", "key"), CALLS)
def test_botos_paginator_finds_everything(lists, operation, inside, key):
    pages = lists.get_paginator(operation).paginate(**arguments(lists, inside), PaginationConfig={"PageSize": 2})
    assert len({item[key] for page in pages for item in page["items"]}) == 7


def test_a_page_has_25_items_unless_asked(aws):
    # API Gateway API reference: "The default value is 25 and the maximum value is 500."
    api = RestApi(aws)
    for n in range(24):
        api.resource(f"/part{n}")
    page = answer(api.client.get_resources(restApiId=api.id))
    assert (len(page["items"]), "position" in page) == (25, False)
    api.resource("/one-more")
    first = answer(api.client.get_resources(restApiId=api.id))
    assert len(first["items"]) == 25
    second = answer(api.client.get_resources(restApiId=api.id, position=first["position"]))
    assert (len(second["items"]), "position" in second) == (1, False)


def test_a_position_that_nobody_gave_out_is_refused(lists):
    with pytest.raises(lists.exceptions.ClientError) as caught:
        lists.get_rest_apis(position="made up")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_what_comes_in_between_pages_does_not_double_anything(aws):
    client = aws.client("apigateway")
    for n in range(4):
        client.create_rest_api(name=f"api-{n}")
    first = client.get_rest_apis(limit=2)
    client.delete_rest_api(restApiId=first["items"][1]["id"])
    client.create_rest_api(name="late")
    rest = client.get_rest_apis(limit=500, position=first["position"])
    ids = [item["id"] for item in first["items"] + rest["items"]]
    assert len(ids) == len(set(ids))
