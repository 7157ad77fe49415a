"""STS: who am I, and being somebody else. Shapes from the STS API reference."""

import datetime
import json
import re

import pytest

from harness.account import ACCOUNT, answer, refused
from harness.functions import role, unique


def trust(principal):
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}],
        }
    )


def test_an_unknown_key_is_the_accounts_root(aws):
    got = answer(aws.sts.get_caller_identity())
    assert got.keys() == {"UserId", "Account", "Arn"}
    assert (got["Account"], got["Arn"]) == (ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root")


def test_a_stored_key_is_its_user(aws):
    name = unique("ada", aws)
    user = aws.iam.create_user(UserName=name)["User"]
    key = aws.iam.create_access_key(UserName=name)["AccessKey"]
    got = answer(aws.as_key(key["AccessKeyId"], key["SecretAccessKey"]).sts.get_caller_identity())
    assert got == {"UserId": user["UserId"], "Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/{name}"}


def test_assume_role(aws):
    name = unique("assumed", aws)
    arn = role(aws, name, trust({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}))
    got = aws.sts.assume_role(RoleArn=arn, RoleSessionName="me")
    credentials = got["Credentials"]
    assert re.fullmatch("ASIA[A-Z2-7]{16}", credentials["AccessKeyId"])
    left = credentials["Expiration"] - datetime.datetime.now(tz=credentials["Expiration"].tzinfo)
    assert 3500 < left.total_seconds() < 3610
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/me"
    assert got["AssumedRoleUser"]["Arn"] == session
    assert re.fullmatch("AROA[A-Z2-7]{17}:me", got["AssumedRoleUser"]["AssumedRoleId"])
    assumed = aws.as_key(
        credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"]
    ).sts.get_caller_identity()
    assert answer(assumed) == {
        "UserId": got["AssumedRoleUser"]["AssumedRoleId"],
        "Account": ACCOUNT,
        "Arn": session,
    }


def test_a_role_must_exist_and_trust_its_caller(aws):
    caller = f"arn:aws:iam::{ACCOUNT}:root"
    missing = f"arn:aws:iam::{ACCOUNT}:role/nobody"
    text = "User: {} is not authorized to perform: sts:AssumeRole on resource: {}"
    with refused(403, "AccessDenied", text.format(caller, missing)):
        aws.sts.assume_role(RoleArn=missing, RoleSessionName="me")
    functions_only = role(aws)
    with refused(403, "AccessDenied", text.format(caller, functions_only)):
        aws.sts.assume_role(RoleArn=functions_only, RoleSessionName="me")


@pytest.mark.parametrize(
    "settings",
    [
        {"RoleArn": "arn:aws:iam::000000000000:role/x", "RoleSessionName": "m"},
        {"RoleArn": "arn:aws:iam::000000000000:role/x", "RoleSessionName": "with space"},
        {"RoleArn": "short", "RoleSessionName": "me"},
        {"RoleArn": "arn:aws:iam::000000000000:role/x", "RoleSessionName": "me", "DurationSeconds": 899},
        {"RoleArn": "arn:aws:iam::000000000000:role/x", "RoleSessionName": "me", "DurationSeconds": 43201},
    ],
)
def test_constraints(aws, settings):
    with refused(400, "ValidationError", re.compile("1 validation error detected: Value .*", re.DOTALL)):
        aws.sts.assume_role(**settings)
