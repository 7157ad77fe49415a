"""GetAccount, UpdateAccount, TagResource, UntagResource, GetTags."""

import json

import pytest

from harness.account import answer, patch, status
from harness.functions import role

TRUST_GATEWAY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)

#: API Gateway API reference, GetAccount; the limits are AWS's defaults.
UNTOUCHED = {
    "throttleSettings": {"burstLimit": 5000, "rateLimit": 10000.0},
    "features": ["UsagePlans"],
    "apiKeyVersion": "4",
}


class TestAccount:
    def test_an_untouched_account(self, apigateway):
        assert answer(apigateway.get_account()) == UNTOUCHED

    def test_the_log_role_is_set_and_cleared(self, aws, apigateway):
        arn = role(aws, trust=TRUST_GATEWAY)
        aws.iam.attach_role_policy(
            RoleName=arn.rpartition("/")[2],
            PolicyArn="arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs",
        )
        updated = apigateway.update_account(patchOperations=[patch("replace", "/cloudwatchRoleArn", arn)])
        assert answer(updated) == {**UNTOUCHED, "cloudwatchRoleArn": arn}
        assert answer(apigateway.get_account()) == {**UNTOUCHED, "cloudwatchRoleArn": arn}
        apigateway.update_account(patchOperations=[patch("replace", "/cloudwatchRoleArn", "")])
        assert answer(apigateway.get_account()) == UNTOUCHED

    def test_an_unknown_path_is_refused(self, apigateway):
        with pytest.raises(apigateway.exceptions.BadRequestException):
            apigateway.update_account(patchOperations=[patch("replace", "/wrong", "x")])


class TestTags:
    @pytest.fixture
    def arns(self, aws, api):
        """The ARNs of an API and of its stage."""
        api.mock("/")
        api.deploy("dev")
        return aws.arn(f"/restapis/{api.id}"), aws.arn(f"/restapis/{api.id}/stages/dev")

    def test_tags_of_apis_and_stages(self, apigateway, api, arns):
        for arn in arns:
            assert apigateway.get_tags(resourceArn=arn)["tags"] == {}
            assert status(apigateway.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})) == 204
            apigateway.tag_resource(resourceArn=arn, tags={"b": "3"})
            assert apigateway.get_tags(resourceArn=arn)["tags"] == {"a": "1", "b": "3"}
            assert status(apigateway.untag_resource(resourceArn=arn, tagKeys=["a", "absent"])) == 204
            assert apigateway.get_tags(resourceArn=arn)["tags"] == {"b": "3"}
        assert apigateway.get_rest_api(restApiId=api.id)["tags"] == {"b": "3"}
        assert apigateway.get_stage(restApiId=api.id, stageName="dev")["tags"] == {"b": "3"}

    def test_the_arn_comes_escaped_in_the_path(self, aws, api):
        arn = f"arn%3Aaws%3Aapigateway%3A{aws.region}%3A%3A%2Frestapis%2F{api.id}"
        done = aws.send("apigateway", "PUT", f"/tags/{arn}", {"tags": {"a": "1"}}, {"Content-Type": "application/json"})
        assert (done.status, done.body) == (204, b"")
        assert api.client.get_rest_api(restApiId=api.id)["tags"] == {"a": "1"}

    def test_unknown_things_have_no_tags(self, aws, apigateway, api):
        for path in ("/restapis/nothere123", f"/restapis/{api.id}/stages/nope"):
            with pytest.raises(apigateway.exceptions.NotFoundException):
                apigateway.tag_resource(resourceArn=aws.arn(path), tags={"a": "1"})

    @pytest.mark.parametrize("arn", ["nonsense", "arn:aws:s3:::bucket", "arn:aws:apigateway:us-east-1::/nothing/x"])
    def test_arns_of_other_things_are_refused(self, apigateway, arn):
        with pytest.raises(apigateway.exceptions.ClientError) as caught:
            apigateway.tag_resource(resourceArn=arn, tags={"a": "1"})
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 404)
