"""GetUsage and UpdateUsage. The refusal of unknown plans is recorded from AWS; its texts for bad dates are not.

Nothing is counted here: what requests add is tested where they are counted.
"""

import datetime

import pytest

from harness.account import answer, bad_request, not_found, patch


def today(days=0):
    return (datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days)).isoformat()


@pytest.fixture
def plan(apigateway):
    return apigateway.create_usage_plan(name="p", quota={"limit": 100, "period": "MONTH"})["id"]


@pytest.fixture
def keys(apigateway, plan):
    """Three keys of the plan, in the order of their ids."""
    ids = sorted(apigateway.create_api_key()["id"] for _ in range(3))
    for key in ids:
        apigateway.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")
    return ids


def test_each_key_has_a_pair_for_each_day(apigateway, plan, keys):
    usage = answer(apigateway.get_usage(usagePlanId=plan, startDate="2026-01-30", endDate="2026-02-01"))
    assert usage == {
        "usagePlanId": plan,
        "startDate": "2026-01-30",
        "endDate": "2026-02-01",
        "items": {key: [[0, 100], [0, 100], [0, 100]] for key in keys},
    }


def test_a_plan_without_keys_has_no_items(apigateway, plan):
    assert apigateway.get_usage(usagePlanId=plan, startDate=today(), endDate=today())["items"] == {}


def test_the_keys_come_in_pages(apigateway, plan, keys):
    pages = apigateway.get_paginator("get_usage").paginate(
        usagePlanId=plan, startDate=today(), endDate=today(), PaginationConfig={"PageSize": 2}
    )
    assert [list(page["items"]) for page in pages] == [keys[:2], keys[2:]]


def test_one_key_can_be_asked_for(apigateway, plan, keys):
    days = {"usagePlanId": plan, "startDate": today(), "endDate": today()}
    assert list(apigateway.get_usage(**days, keyId=keys[1])["items"]) == [keys[1]]
    with not_found("Invalid API Key identifier specified"):
        apigateway.get_usage(**days, keyId="nope")


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        ("23/11/2026", "2026-11-23", "Invalid startDate specified. Dates are of the form YYYY-MM-DD"),
        ("2026-11-23", "2026-02-30", "Invalid endDate specified. Dates are of the form YYYY-MM-DD"),
        (
            "2026-11-23",
            "2026-11-22",
            "Invalid date range specified. The startDate must not be after the endDate",
        ),
        ("2024-01-01", "2025-01-01", "Invalid date range specified. At most 366 days can be asked for"),
    ],
)
def test_bad_dates_are_refused(apigateway, plan, start, end, text):
    with bad_request(text):
        apigateway.get_usage(usagePlanId=plan, startDate=start, endDate=end)


def test_a_year_can_be_asked_for(apigateway, plan, keys):
    usage = apigateway.get_usage(usagePlanId=plan, startDate="2024-01-01", endDate="2024-12-31")
    assert len(usage["items"][keys[0]]) == 366


def test_unknown_plans_are_refused(apigateway):
    with not_found("Invalid Usage Plan ID specified"):
        apigateway.get_usage(usagePlanId="nope", startDate=today(), endDate=today())
    with not_found("Invalid Usage Plan ID specified"):
        apigateway.update_usage(usagePlanId="nope", keyId="nope", patchOperations=[])


def test_what_is_left_is_set_for_this_period(apigateway, plan, keys):
    updated = answer(
        apigateway.update_usage(
            usagePlanId=plan, keyId=keys[0], patchOperations=[patch("replace", "/remaining", "250")]
        )
    )
    assert updated["items"] == {keys[0]: [[0, 250]]}
    usage = apigateway.get_usage(usagePlanId=plan, startDate=today(), endDate=today(31))["items"]
    assert (usage[keys[0]][0], usage[keys[0]][-1]) == ([0, 250], [0, 100])
    assert usage[keys[1]][0] == [0, 100]


def test_other_patches_are_refused(apigateway, plan, keys):
    def update(*operations):
        apigateway.update_usage(usagePlanId=plan, keyId=keys[0], patchOperations=list(operations))

    with bad_request("Invalid patch path  '/used' specified for op 'replace'. Must be one of: [/remaining]"):
        update(patch("replace", "/used", "1"))
    with bad_request("Invalid value specified for path /remaining: -1"):
        update(patch("replace", "/remaining", "-1"))
    with not_found("Invalid API Key identifier specified"):
        apigateway.update_usage(
            usagePlanId=plan, keyId="nope", patchOperations=[patch("replace", "/remaining", "1")]
        )
