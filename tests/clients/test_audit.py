"""LookupEvents over the records that other calls have left. The form of the records is that of CloudTrail's
user guide ("CloudTrail record contents"); texts of refusals are not recorded from AWS."""

import datetime
import json

import pytest

from harness.account import ACCOUNT, not_found, refused


@pytest.fixture
def cloudtrail(aws):
    return aws.client("cloudtrail")


def trail(event):
    return json.loads(event["CloudTrailEvent"])


def by(key, value):
    return [{"AttributeKey": key, "AttributeValue": value}]


def test_changes_and_refusals_are_recorded_and_looks_are_not(aws, apigateway, cloudtrail):
    made = apigateway.create_rest_api(name="pets")
    apigateway.get_rest_apis()
    with not_found(f"Invalid API identifier specified {ACCOUNT}:nope"):
        apigateway.delete_rest_api(restApiId="nope")
    refusal, change = cloudtrail.lookup_events()["Events"]
    assert (refusal["EventName"], change["EventName"]) == ("DeleteRestApi", "CreateRestApi")
    assert change["Username"] == "root"
    assert change["ReadOnly"] == "false"
    assert change["EventSource"] == "apigateway.amazonaws.com"
    assert change["AccessKeyId"] == "test"
    assert change["Resources"] == [{"ResourceType": "AWS::ApiGateway::RestApi", "ResourceName": made["id"]}]
    event = trail(change)
    assert event["eventID"] == change["EventId"]
    assert event["requestID"] == made["ResponseMetadata"]["RequestId"]
    assert event["awsRegion"] == aws.region
    assert event["sourceIPAddress"] == "127.0.0.1"
    assert event["userAgent"].startswith("Boto")
    assert event["requestParameters"] == {"name": "pets"}
    assert event["responseElements"]["id"] == made["id"]
    assert event["userIdentity"] == {
        "type": "Root",
        "principalId": ACCOUNT,
        "arn": f"arn:aws:iam::{ACCOUNT}:root",
        "accountId": ACCOUNT,
        "accessKeyId": "test",
    }
    event = trail(refusal)
    assert event["errorCode"] == "NotFoundException"
    assert event["errorMessage"] == f"Invalid API identifier specified {ACCOUNT}:nope"
    assert event["responseElements"] is None


def test_the_values_of_api_keys_are_hidden(apigateway, cloudtrail):
    secret = "s3cret-s3cret-s3cret-s3cret"
    apigateway.create_api_key(name="k", value=secret)
    made_up = apigateway.create_api_key(name="k")["value"]
    told = json.dumps(cloudtrail.lookup_events(), default=str)
    assert "HIDDEN_DUE_TO_SECURITY_REASONS" in told
    assert secret not in told
    assert made_up not in told


def test_events_are_found_by_their_attributes(apigateway, cloudtrail):
    first, second = (apigateway.create_rest_api(name=name)["id"] for name in "ab")
    apigateway.create_resource(
        restApiId=first, parentId=apigateway.get_resources(restApiId=first)["items"][0]["id"], pathPart="p"
    )

    def names(key, value):
        events = cloudtrail.lookup_events(LookupAttributes=by(key, value))["Events"]
        return [event["EventName"] for event in events]

    assert names("EventName", "CreateRestApi") == ["CreateRestApi"] * 2
    assert names("ResourceName", first) == ["CreateResource", "CreateRestApi"]
    assert names("ResourceName", second) == ["CreateRestApi"]
    assert names("ResourceType", "AWS::ApiGateway::Resource") == ["CreateResource"]
    assert names("Username", "nobody") == []
    with refused(400, "InvalidLookupAttributesException", "Lookup attributes must not be more than one."):
        cloudtrail.lookup_events(LookupAttributes=by("ReadOnly", "false") + by("Username", "root"))


def test_events_come_in_pages_newest_first(apigateway, cloudtrail):
    made = [apigateway.create_rest_api(name=str(number))["id"] for number in range(5)]
    pages = cloudtrail.get_paginator("lookup_events").paginate(PaginationConfig={"PageSize": 2})
    found = [[event["Resources"][0]["ResourceName"] for event in page["Events"]] for page in pages]
    assert found == [[made[4], made[3]], [made[2], made[1]], [made[0]]]
    with refused(400, "InvalidNextTokenException", "The next token is invalid."):
        cloudtrail.lookup_events(NextToken="nope")


def test_a_span_of_time_can_be_asked_for(apigateway, cloudtrail):
    apigateway.create_rest_api(name="a")
    now = datetime.datetime.now(datetime.UTC)
    hour = datetime.timedelta(hours=1)
    assert len(cloudtrail.lookup_events(StartTime=now - hour, EndTime=now + hour)["Events"]) == 1
    assert cloudtrail.lookup_events(StartTime=now + hour)["Events"] == []
    assert cloudtrail.lookup_events(EndTime=now - hour)["Events"] == []
    with refused(400, "InvalidTimeRangeException", "The start time must not be after the end time."):
        cloudtrail.lookup_events(StartTime=now + hour, EndTime=now)


def test_each_region_has_its_own(aws, apigateway):
    apigateway.create_rest_api(name="a")
    assert aws.elsewhere().client("cloudtrail").lookup_events()["Events"] == []
