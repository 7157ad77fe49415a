"""Regions never see each other's things. (Accounts: test_strict.py.)"""

from harness.account import ACCOUNT, Aws, not_found
from harness.definitions import RestApi
from harness.functions import function, unique


def test_regions_have_their_own_apis(aws):
    other = aws.elsewhere()
    api = RestApi(aws)
    assert other.apigateway.get_rest_apis()["items"] == []
    unknown = f"Invalid API identifier specified {ACCOUNT}:{api.id}"
    with not_found(unknown):
        other.apigateway.get_rest_api(restApiId=api.id)
    with not_found(unknown):
        other.apigateway.delete_rest_api(restApiId=api.id)
    assert [item["id"] for item in aws.apigateway.get_rest_apis()["items"]] == [api.id]


def test_regions_have_their_own_functions_and_logs(aws):
    other = aws.elsewhere()
    function(aws, "def handler(event, context): pass")
    aws.logs.create_log_group(logGroupName="here")
    assert other.functions.list_functions()["Functions"] == []
    assert other.logs.describe_log_groups()["logGroups"] == []


def test_regions_share_iam(aws):
    other = aws.elsewhere()
    name = unique("shared", aws)
    aws.iam.create_user(UserName=name)
    assert other.iam.get_user(UserName=name)["User"]["UserName"] == name


def test_any_key_is_the_default_account(gateway, aws):
    RestApi(aws, "pets")
    for key in ("AKIAIOSFODNN7EXAMPLE", "whatever"):
        other = Aws(gateway.endpoint, aws.region, key, "secret")
        assert other.sts.get_caller_identity()["Account"] == ACCOUNT
        assert [item["name"] for item in other.apigateway.get_rest_apis()["items"]] == ["pets"]


def test_the_account_settings_are_regional(aws):
    other = aws.elsewhere()
    name = unique("logs", aws)
    trust = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"apigateway.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
    arn = aws.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    aws.apigateway.update_account(
        patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": arn}]
    )
    assert "cloudwatchRoleArn" not in other.apigateway.get_account()
