"""The resource policy of a function. Shapes and texts from Lambda's API reference and its answers."""

import json

import pytest

from harness.account import refused, status
from harness.functions import allow_gateway, function

NO_POLICY = "The resource you requested does not exist."


@pytest.fixture
def pets(aws):
    """The ARN of a function."""
    return function(aws, "def handler(event, context): pass")


def test_a_statement_comes_back_as_text(aws, pets):
    source = f"arn:aws:execute-api:{aws.region}:000000000000:abc/*/*"
    added = aws.functions.add_permission(
        FunctionName=pets,
        StatementId="gateway",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=source,
    )
    assert status(added) == 201
    statement = {
        "Sid": "gateway",
        "Effect": "Allow",
        "Principal": {"Service": "apigateway.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": pets,
        "Condition": {"ArnLike": {"AWS:SourceArn": source}},
    }
    assert json.loads(added["Statement"]) == statement
    policy = aws.functions.get_policy(FunctionName=pets)
    assert json.loads(policy["Policy"]) == {"Version": "2012-10-17", "Id": "default", "Statement": [statement]}
    assert policy["RevisionId"]


def test_without_source_there_is_no_condition(aws, pets):
    allow_gateway(aws, pets)
    [statement] = json.loads(aws.functions.get_policy(FunctionName=pets)["Policy"])["Statement"]
    assert "Condition" not in statement


def test_a_statement_id_is_taken_once(aws, pets):
    allow_gateway(aws, pets)
    with refused(
        409,
        "ResourceConflictException",
        "The statement id (gateway) provided already exists. "
        "Please provide a new statement id, or remove the existing statement.",
    ):
        allow_gateway(aws, pets)


def test_the_policy_ends_with_its_last_statement(aws, pets):
    with refused(404, "ResourceNotFoundException", NO_POLICY):
        aws.functions.get_policy(FunctionName=pets)
    allow_gateway(aws, pets)
    assert status(aws.functions.remove_permission(FunctionName=pets, StatementId="gateway")) == 204
    with refused(404, "ResourceNotFoundException", NO_POLICY):
        aws.functions.get_policy(FunctionName=pets)
    with refused(404, "ResourceNotFoundException", "No policy is associated with the given resource."):
        aws.functions.remove_permission(FunctionName=pets, StatementId="gateway")
    allow_gateway(aws, pets)
    with refused(404, "ResourceNotFoundException", "Statement other is not found in resource policy."):
        aws.functions.remove_permission(FunctionName=pets, StatementId="other")


def test_the_policy_goes_with_the_function(aws, pets):
    allow_gateway(aws, pets)
    aws.functions.delete_function(FunctionName=pets)
    name = pets.rpartition(":")[2]
    again = function(aws, "def handler(event, context): pass", name=name)
    with refused(404, "ResourceNotFoundException", NO_POLICY):
        aws.functions.get_policy(FunctionName=again)


def test_an_unknown_function(aws):
    with pytest.raises(aws.functions.exceptions.ResourceNotFoundException):
        allow_gateway(aws, "nobody")


def test_account_principals(aws, pets):
    aws.functions.add_permission(
        FunctionName=pets, StatementId="account", Action="lambda:InvokeFunction", Principal="111111111111"
    )
    [statement] = json.loads(aws.functions.get_policy(FunctionName=pets)["Policy"])["Statement"]
    assert statement["Principal"] == {"AWS": "arn:aws:iam::111111111111:root"}
