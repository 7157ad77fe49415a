"""IAM users and their keys, and managed policies. Shapes and texts from IAM's API reference and its answers."""

import re

import pytest

from harness.account import ACCOUNT, answer, refused
from harness.functions import unique

POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"*"}]}'
DOCUMENT = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}],
}


def no_such(message):
    return refused(404, "NoSuchEntity", message)


@pytest.fixture
def user(aws):
    """The name of a user."""
    name = unique("ada", aws)
    aws.iam.create_user(UserName=name)
    return name


@pytest.fixture
def policy(aws):
    """The ARN of a managed policy."""
    return aws.iam.create_policy(PolicyName=unique("policy", aws), PolicyDocument=POLICY)["Policy"]["Arn"]


class TestUser:
    def test_create_and_get(self, aws):
        name = unique("ada", aws)
        created = aws.iam.create_user(UserName=name, Path="/staff/", Tags=[{"Key": "a", "Value": "1"}])["User"]
        assert re.fullmatch("AIDA[A-Z2-7]{17}", created["UserId"])
        assert created["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/staff/{name}"
        got = aws.iam.get_user(UserName=name)["User"]
        assert got == created

    def test_a_name_is_taken_once(self, aws, user):
        with refused(409, "EntityAlreadyExists", f"User with name {user} already exists."):
            aws.iam.create_user(UserName=user)

    def test_an_unknown_user_is_named(self, aws):
        for call in (
            aws.iam.get_user,
            aws.iam.delete_user,
            aws.iam.create_access_key,
            aws.iam.list_access_keys,
            aws.iam.list_attached_user_policies,
            aws.iam.list_groups_for_user,
        ):
            with no_such("The user with name nobody cannot be found."):
                call(UserName="nobody")

    def test_a_user_has_no_groups(self, aws, user):
        assert answer(aws.iam.list_groups_for_user(UserName=user)) == {"Groups": [], "IsTruncated": False}

    def test_delete(self, aws, user):
        aws.iam.delete_user(UserName=user)
        with no_such(f"The user with name {user} cannot be found."):
            aws.iam.get_user(UserName=user)


class TestAccessKey:
    def test_the_secret_is_shown_once(self, aws, user):
        key = aws.iam.create_access_key(UserName=user)["AccessKey"]
        assert re.fullmatch("AKIA[A-Z2-7]{16}", key["AccessKeyId"])
        assert len(key["SecretAccessKey"]) == 40
        assert (key["UserName"], key["Status"]) == (user, "Active")
        [listed] = aws.iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
        assert listed.keys() == {"UserName", "AccessKeyId", "Status", "CreateDate"}
        assert listed["AccessKeyId"] == key["AccessKeyId"]

    def test_two_keys_are_the_most(self, aws, user):
        for _ in range(2):
            aws.iam.create_access_key(UserName=user)
        with refused(409, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2"):
            aws.iam.create_access_key(UserName=user)

    def test_last_use(self, aws, user):
        key = aws.iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
        got = aws.iam.get_access_key_last_used(AccessKeyId=key)
        assert got["UserName"] == user
        assert {"Region", "ServiceName"} <= got["AccessKeyLastUsed"].keys()

    def test_a_user_with_keys_cannot_be_deleted(self, aws, user):
        key = aws.iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
        with refused(409, "DeleteConflict", "Cannot delete entity, must delete access keys first."):
            aws.iam.delete_user(UserName=user)
        aws.iam.delete_access_key(UserName=user, AccessKeyId=key)
        with no_such(f"The Access Key with id {key} cannot be found."):
            aws.iam.delete_access_key(UserName=user, AccessKeyId=key)
        aws.iam.delete_user(UserName=user)


class TestPolicy:
    def test_create_and_get(self, aws):
        name = unique("policy", aws)
        created = aws.iam.create_policy(PolicyName=name, PolicyDocument=POLICY, Description="may call")["Policy"]
        assert re.fullmatch("ANPA[A-Z2-7]{17}", created["PolicyId"])
        assert created["Arn"] == f"arn:aws:iam::{ACCOUNT}:policy/{name}"
        got = aws.iam.get_policy(PolicyArn=created["Arn"])["Policy"]
        assert {key: got[key] for key in ("PolicyName", "DefaultVersionId", "AttachmentCount", "Path", "Description")} == {
            "PolicyName": name,
            "DefaultVersionId": "v1",
            "AttachmentCount": 0,
            "Path": "/",
            "Description": "may call",
        }
        assert got["IsAttachable"] is True

    def test_versions(self, aws, policy):
        version = aws.iam.get_policy_version(PolicyArn=policy, VersionId="v1")["PolicyVersion"]
        assert (version["Document"], version["VersionId"], version["IsDefaultVersion"]) == (DOCUMENT, "v1", True)
        [listed] = aws.iam.list_policy_versions(PolicyArn=policy)["Versions"]
        assert (listed["VersionId"], listed["IsDefaultVersion"]) == ("v1", True)
        with no_such(re.compile(f"Policy {policy} version v9 does not exist or is not attachable.")):
            aws.iam.get_policy_version(PolicyArn=policy, VersionId="v9")

    def test_a_name_is_taken_once(self, aws, policy):
        name = policy.rpartition("/")[2]
        text = f"A policy called {name} already exists. Duplicate names are not allowed."
        with refused(409, "EntityAlreadyExists", text):
            aws.iam.create_policy(PolicyName=name, PolicyDocument=POLICY)

    def test_an_unknown_policy_is_named(self, aws):
        arn = f"arn:aws:iam::{ACCOUNT}:policy/nothing"
        for call in (aws.iam.get_policy, aws.iam.delete_policy, aws.iam.list_policy_versions):
            with no_such(f"Policy {arn} was not found."):
                call(PolicyArn=arn)

    @pytest.mark.parametrize("document", ["nonsense", "{", "{}", '{"Version":"2012-10-17","Statement":[{}]}'])
    def test_a_broken_document_is_refused(self, aws, document):
        with refused(400, "MalformedPolicyDocument", re.compile(".+", re.DOTALL)):
            aws.iam.create_policy(PolicyName=unique("policy", aws), PolicyDocument=document)

    def test_attached_to_a_user(self, aws, user, policy):
        aws.iam.attach_user_policy(UserName=user, PolicyArn=policy)
        assert aws.iam.list_attached_user_policies(UserName=user)["AttachedPolicies"] == [
            {"PolicyName": policy.rpartition("/")[2], "PolicyArn": policy}
        ]
        assert aws.iam.get_policy(PolicyArn=policy)["Policy"]["AttachmentCount"] == 1
        with refused(409, "DeleteConflict", "Cannot delete a policy attached to entities."):
            aws.iam.delete_policy(PolicyArn=policy)
        with refused(409, "DeleteConflict", "Cannot delete entity, must detach all policies first."):
            aws.iam.delete_user(UserName=user)
        aws.iam.detach_user_policy(UserName=user, PolicyArn=policy)
        aws.iam.delete_policy(PolicyArn=policy)
        with no_such(f"Policy {policy} was not found."):
            aws.iam.get_policy(PolicyArn=policy)
