"""GetAccount, UpdateAccount, TagResource, UntagResource, GetTags."""

import json

import pytest

from harness.account import ACCOUNT, answer, bad_request, patch, status
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
        with bad_request(
            "Invalid patch path  '/wrong' specified for op 'replace'. Must be one of: [/cloudwatchRoleArn, /features]"
        ):
            apigateway.update_account(patchOperations=[patch("replace", "/wrong", "x")])

    def test_roles_that_are_refused(self, aws, apigateway):
        """The texts are recorded from AWS."""
        untrusting = role(aws, trust=TRUST_GATEWAY.replace("apigateway", "lambda"))
        no_rights = (
            "The role ARN does not have required permissions configured. Please grant trust permission for API "
            "Gateway and add the required role policy."
        )
        for arn, message in (
            ("nonsense", "The role ARN is not well formed"),
            (f"arn:aws:iam::{ACCOUNT}:user/logs", "The role ARN is not well formed"),
            ("arn:aws:iam::111111111111:role/logs", "Cross-account pass role is not allowed."),
            (f"arn:aws:iam::{ACCOUNT}:role/nobody", no_rights),
            (untrusting, no_rights),
        ):
            with bad_request(message):
                apigateway.update_account(patchOperations=[patch("replace", "/cloudwatchRoleArn", arn)])
        assert answer(apigateway.get_account()) == UNTOUCHED

    def test_the_usage_plans_feature_is_there_already(self, apigateway):
        """API Gateway API reference, UpdateAccount: it can be added, and never removed."""
        assert answer(apigateway.update_account(patchOperations=[patch("add", "/features", "UsagePlans")])) == UNTOUCHED
        for op in ("remove", "replace"):
            with bad_request(
                f"Invalid patch path  '/features' specified for op '{op}'. Please choose supported operations"
            ):
                apigateway.update_account(patchOperations=[patch(op, "/features", "UsagePlans")])


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

    @pytest.fixture
    def taggable(self, aws, apigateway, api, arns):
        """The ARN of one of everything that can have tags."""
        balancer = f"arn:aws:elasticloadbalancing:{aws.region}:{ACCOUNT}:loadbalancer/net/n/50dc6c495c0c9188"
        return [
            *arns,
            aws.arn(f"/apikeys/{apigateway.create_api_key()['id']}"),
            aws.arn(f"/usageplans/{apigateway.create_usage_plan(name='p')['id']}"),
            aws.arn(f"/clientcertificates/{apigateway.generate_client_certificate()['clientCertificateId']}"),
            aws.arn(f"/vpclinks/{apigateway.create_vpc_link(name='l', targetArns=[balancer])['id']}"),
        ]

    def test_all_that_can_have_tags_has_the_same_rules(self, apigateway, taggable):
        """AWS General Reference, "Tag naming limits and requirements"; the texts are not recorded."""
        for arn in taggable:
            fifty = {f"k{n}": "" for n in range(50)}
            apigateway.tag_resource(resourceArn=arn, tags=fifty)
            for tags, message in (
                ({"one-more": ""}, "A resource can have at most 50 tags."),
                (
                    {"aws:x": ""},
                    "Invalid tag key 'aws:x'. Tag keys that start with 'aws:' are reserved for AWS use.",
                ),
                (
                    {"k" * 129: ""},
                    f"Invalid tag key '{'k' * 129}'. Tag keys must be between 1 and 128 characters long.",
                ),
                (
                    {"k1": "v" * 257},
                    "Invalid tag value for key 'k1'. Tag values can be at most 256 characters long.",
                ),
            ):
                with bad_request(message):
                    apigateway.tag_resource(resourceArn=arn, tags=tags)
            assert apigateway.get_tags(resourceArn=arn)["tags"] == fifty
            apigateway.untag_resource(resourceArn=arn, tagKeys=list(fifty))
            apigateway.tag_resource(resourceArn=arn, tags={"k" * 128: "v" * 256})
            assert apigateway.get_tags(resourceArn=arn)["tags"] == {"k" * 128: "v" * 256}

    def test_tags_are_gone_with_what_had_them(self, apigateway, api, arns):
        apigateway.tag_resource(resourceArn=arns[1], tags={"a": "1"})
        apigateway.delete_stage(restApiId=api.id, stageName="dev")
        with pytest.raises(apigateway.exceptions.NotFoundException):
            apigateway.get_tags(resourceArn=arns[1])
        api.deploy("dev")
        assert apigateway.get_tags(resourceArn=arns[1])["tags"] == {}
