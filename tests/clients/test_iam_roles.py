"""IAM roles, their inline and attached policies. Shapes and texts from IAM's API reference and its answers."""

import re

import pytest

from harness.account import ACCOUNT, answer, refused
from harness.functions import TRUST_LAMBDA, role, unique

BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:*","Resource":"*"}]}'
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def no_such(message):
    return refused(404, "NoSuchEntity", message)


@pytest.fixture
def name(aws):
    """The name of a role."""
    made = unique("role", aws)
    role(aws, made)
    return made


def test_create_and_get(aws):
    name = unique("role", aws)
    given = {"Path": "/service/", "Description": "runs pets", "MaxSessionDuration": 7200}
    created = aws.iam.create_role(
        RoleName=name, AssumeRolePolicyDocument=TRUST_LAMBDA, **given, Tags=[{"Key": "team", "Value": "zoo"}]
    )["Role"]
    assert re.fullmatch("AROA[A-Z2-7]{17}", created["RoleId"])
    assert created["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/service/{name}"
    assert created["AssumeRolePolicyDocument"] == TRUST
    got = aws.iam.get_role(RoleName=name)["Role"]
    for key in ("Path", "RoleName", "RoleId", "Arn", "CreateDate", "AssumeRolePolicyDocument"):
        assert got[key] == created[key]
    assert {key: got[key] for key in given} == given
    assert got["Tags"] == [{"Key": "team", "Value": "zoo"}]
    assert got["RoleLastUsed"] == {}


def test_defaults(aws, name):
    got = aws.iam.get_role(RoleName=name)["Role"]
    assert (got["Path"], got["MaxSessionDuration"]) == ("/", 3600)
    assert not {"Description", "Tags"} & got.keys()


def test_a_name_is_taken_once(aws, name):
    with refused(409, "EntityAlreadyExists", f"Role with name {name} already exists."):
        role(aws, name)


def test_an_unknown_role_is_named(aws):
    text = "The role with name nobody cannot be found."
    iam = aws.iam
    for call in (
        lambda: iam.get_role(RoleName="nobody"),
        lambda: iam.delete_role(RoleName="nobody"),
        lambda: iam.list_role_policies(RoleName="nobody"),
        lambda: iam.list_attached_role_policies(RoleName="nobody"),
        lambda: iam.put_role_policy(RoleName="nobody", PolicyName="x", PolicyDocument=POLICY),
        lambda: iam.attach_role_policy(RoleName="nobody", PolicyArn=BASIC),
    ):
        with no_such(text):
            call()


@pytest.mark.parametrize("document", ["nonsense", "{", "[]", "{}", '{"Version":"2012-10-17"}'])
def test_a_broken_trust_policy_is_refused(aws, document):
    with refused(400, "MalformedPolicyDocument", re.compile(".+", re.DOTALL)):
        aws.iam.create_role(RoleName=unique("role", aws), AssumeRolePolicyDocument=document)


@pytest.mark.parametrize("bad", ["", "a" * 65, "with space", "with/slash"])
def test_names_that_are_refused(aws, bad):
    with refused(400, "ValidationError", re.compile(".*'?roleName'?.*", re.DOTALL)):
        aws.iam.create_role(RoleName=bad, AssumeRolePolicyDocument=TRUST_LAMBDA)


def test_inline_policies(aws, name):
    assert answer(aws.iam.list_role_policies(RoleName=name)) == {"PolicyNames": [], "IsTruncated": False}
    aws.iam.put_role_policy(RoleName=name, PolicyName="logs", PolicyDocument=POLICY)
    assert aws.iam.list_role_policies(RoleName=name)["PolicyNames"] == ["logs"]
    assert answer(aws.iam.get_role_policy(RoleName=name, PolicyName="logs")) == {
        "RoleName": name,
        "PolicyName": "logs",
        "PolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}],
        },
    }
    with refused(409, "DeleteConflict", "Cannot delete entity, must delete policies first."):
        aws.iam.delete_role(RoleName=name)
    aws.iam.delete_role_policy(RoleName=name, PolicyName="logs")
    for call in (aws.iam.get_role_policy, aws.iam.delete_role_policy):
        with no_such("The role policy with name logs cannot be found."):
            call(RoleName=name, PolicyName="logs")
    aws.iam.delete_role(RoleName=name)


def test_attached_policies(aws, name):
    aws.iam.attach_role_policy(RoleName=name, PolicyArn=BASIC)
    aws.iam.attach_role_policy(RoleName=name, PolicyArn=BASIC)
    assert aws.iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"] == [
        {"PolicyName": "AWSLambdaBasicExecutionRole", "PolicyArn": BASIC}
    ]
    with refused(409, "DeleteConflict", "Cannot delete entity, must detach all policies first."):
        aws.iam.delete_role(RoleName=name)
    aws.iam.detach_role_policy(RoleName=name, PolicyArn=BASIC)
    with no_such(re.compile(f"Policy {BASIC} was not found.")):
        aws.iam.detach_role_policy(RoleName=name, PolicyArn=BASIC)
    aws.iam.delete_role(RoleName=name)


def test_a_policy_that_is_not_there_cannot_be_attached(aws, name):
    missing = f"arn:aws:iam::{ACCOUNT}:policy/nothing"
    with no_such(f"Policy {missing} does not exist or is not attachable."):
        aws.iam.attach_role_policy(RoleName=name, PolicyArn=missing)


@pytest.mark.parametrize(
    "arn",
    [
        BASIC,
        "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole",
        "arn:aws:iam::aws:policy/service-role/AWSLambdaRole",
        "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs",
        "arn:aws:iam::aws:policy/AmazonAPIGatewayAdministrator",
        "arn:aws:iam::aws:policy/AmazonAPIGatewayInvokeFullAccess",
        "arn:aws:iam::aws:policy/AWSLambda_FullAccess",
    ],
)
def test_awss_own_policies_are_there(aws, arn):
    policy = aws.iam.get_policy(PolicyArn=arn)["Policy"]
    assert (policy["Arn"], policy["PolicyName"]) == (arn, arn.rpartition("/")[2])
    version = aws.iam.get_policy_version(PolicyArn=arn, VersionId=policy["DefaultVersionId"])["PolicyVersion"]
    assert version["Document"]["Version"] == "2012-10-17"
    assert version["Document"]["Statement"]


def test_a_role_has_no_instance_profiles(aws, name):
    # Terraform's provider asks before it deletes a role.
    assert answer(aws.iam.list_instance_profiles_for_role(RoleName=name)) == {
        "InstanceProfiles": [],
        "IsTruncated": False,
    }


def test_a_deleted_role_is_gone(aws, name):
    aws.iam.delete_role(RoleName=name)
    with no_such(f"The role with name {name} cannot be found."):
        aws.iam.get_role(RoleName=name)
