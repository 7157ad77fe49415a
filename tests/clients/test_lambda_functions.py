"""Lambda functions as definitions. (Running them: tests/functions.) Shapes and texts from Lambda's API reference."""

import base64
import hashlib
import re

import pytest

from harness.account import ACCOUNT, refused, status
from harness.functions import function, package, role, unique

SOURCE = "def handler(event, context):\n    return event\n"


def arn(aws, name):
    return f"arn:aws:lambda:{aws.region}:{ACCOUNT}:function:{name}"


def missing(aws, name="nobody"):
    return refused(404, "ResourceNotFoundException", f"Function not found: {arn(aws, name)}")


def create(aws, **settings):
    return aws.functions.create_function(
        **{
            "FunctionName": "pets",
            "Runtime": "python3.12",
            "Handler": "index.handler",
            "Role": role(aws),
            "Code": {"ZipFile": package({"index.py": SOURCE})},
            **settings,
        }
    )


def test_create_answers_the_configuration(aws):
    code = package({"index.py": SOURCE})
    created = create(aws, Code={"ZipFile": code}, Environment={"Variables": {"COLOR": "blue"}}, Description="all pets")
    assert status(created) == 201
    digest = base64.b64encode(hashlib.sha256(code).digest()).decode()
    expected = {
        "FunctionName": "pets",
        "FunctionArn": arn(aws, "pets"),
        "Runtime": "python3.12",
        "Handler": "index.handler",
        "CodeSize": len(code),
        "CodeSha256": digest,
        "Description": "all pets",
        "Timeout": 3,
        "MemorySize": 128,
        "Version": "$LATEST",
        "TracingConfig": {"Mode": "PassThrough"},
        "PackageType": "Zip",
        "Architectures": ["x86_64"],
        "EphemeralStorage": {"Size": 512},
        "Environment": {"Variables": {"COLOR": "blue"}},
    }
    assert {key: created.get(key) for key in expected} == expected
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000", created["LastModified"])
    got = aws.functions.get_function_configuration(FunctionName="pets")
    assert {key: got.get(key) for key in expected} == expected
    assert (got["State"], got["LastUpdateStatus"]) == ("Active", "Successful")


def test_a_function_is_found_by_name_and_by_arn(aws):
    create(aws, Tags={"team": "zoo"})
    for name in ("pets", f"{ACCOUNT}:function:pets", arn(aws, "pets"), arn(aws, "pets") + ":$LATEST"):
        got = aws.functions.get_function(FunctionName=name)
        assert got["Configuration"]["FunctionName"] == "pets"
        assert got["Code"]["RepositoryType"] == "S3"
        assert got["Tags"] == {"team": "zoo"}


def test_a_name_is_taken_once(aws):
    create(aws)
    with refused(409, "ResourceConflictException", "Function already exist: pets"):
        create(aws)


def test_an_unknown_function_is_named_by_its_arn(aws):
    functions = aws.functions
    for call in (
        functions.get_function,
        functions.get_function_configuration,
        functions.delete_function,
        functions.invoke,
        functions.list_versions_by_function,
    ):
        with missing(aws):
            call(FunctionName="nobody")
    with missing(aws):
        functions.update_function_code(FunctionName="nobody", ZipFile=package({"index.py": SOURCE}))


@pytest.mark.parametrize("code", [b"nonsense", b"", package({"index.py": SOURCE})[:-30]], ids=["text", "empty", "cut"])
def test_a_broken_package_is_refused(aws, code):
    with pytest.raises(aws.functions.exceptions.ClientError) as caught:
        create(aws, Code={"ZipFile": code})
    error = caught.value.response["Error"]
    assert error["Code"] in ("InvalidParameterValueException", "ValidationException")
    if code:
        text = "Could not unzip uploaded file. Please check your file, then try to upload again."
        assert (error["Code"], error["Message"]) == ("InvalidParameterValueException", text)
    assert aws.functions.list_functions()["Functions"] == []


@pytest.mark.parametrize("entry", ["../outside.py", "/etc/outside.py", "a/../../outside.py"])
def test_a_package_cannot_write_outside(aws, entry):
    with refused(400, "InvalidParameterValueException", re.compile(".+")):
        create(aws, Code={"ZipFile": package({entry: SOURCE})})


@pytest.mark.parametrize(
    "settings",
    [
        {"Runtime": "python2.1"},
        {"Timeout": 0},
        {"Timeout": 901},
        {"MemorySize": 127},
        {"MemorySize": 32769},
        {"FunctionName": "with space"},
        {"FunctionName": "a" * 65},
        {"Role": "nonsense"},
        {"Handler": "with space"},
    ],
    ids=str,
)
def test_constraints(aws, settings):
    with pytest.raises(aws.functions.exceptions.ClientError) as caught:
        create(aws, **settings)
    response = caught.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert response["Error"]["Code"] in ("ValidationException", "InvalidParameterValueException")
    assert next(iter(settings)).lower() in response["Error"]["Message"].lower().replace(" ", "")


@pytest.mark.parametrize(("timeout", "memory"), [(1, 128), (900, 10240)])
def test_the_borders_of_timeout_and_memory(aws, timeout, memory):
    created = create(aws, Timeout=timeout, MemorySize=memory)
    assert (created["Timeout"], created["MemorySize"]) == (timeout, memory)


def test_update_of_code_and_configuration(aws):
    created = create(aws, Environment={"Variables": {"COLOR": "blue"}})
    code = package({"index.py": SOURCE + "# new\n"})
    updated = aws.functions.update_function_code(FunctionName="pets", ZipFile=code)
    assert updated["CodeSha256"] == base64.b64encode(hashlib.sha256(code).digest()).decode() != created["CodeSha256"]
    assert updated["RevisionId"] != created["RevisionId"]
    updated = aws.functions.update_function_configuration(FunctionName="pets", Timeout=10, Description="new")
    assert (updated["Timeout"], updated["Description"]) == (10, "new")
    assert updated["Environment"] == {"Variables": {"COLOR": "blue"}}
    got = aws.functions.get_function_configuration(FunctionName="pets")
    assert (got["Timeout"], got["CodeSha256"]) == (10, updated["CodeSha256"])


def test_lists(aws):
    for n in range(3):
        create(aws, FunctionName=f"pets-{n}")
    names = [item["FunctionName"] for item in aws.functions.list_functions()["Functions"]]
    assert sorted(names) == ["pets-0", "pets-1", "pets-2"]
    pages = aws.functions.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2})
    paged = [item["FunctionName"] for page in pages for item in page["Functions"]]
    assert paged == names
    [version] = aws.functions.list_versions_by_function(FunctionName="pets-0")["Versions"]
    assert version["Version"] == "$LATEST"
    assert version["FunctionArn"] == arn(aws, "pets-0") + ":$LATEST"


def test_delete(aws):
    create(aws)
    assert status(aws.functions.delete_function(FunctionName="pets")) == 204
    with missing(aws, "pets"):
        aws.functions.get_function(FunctionName="pets")


def test_no_code_signing(aws):
    # Terraform's provider reads it for every function.
    create(aws)
    got = aws.functions.get_function_code_signing_config(FunctionName="pets")
    assert got["FunctionName"] == "pets"
    assert not got.get("CodeSigningConfigArn")


def test_a_role_that_is_not_there_is_refused(aws):
    with refused(
        400, "InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda."
    ):
        create(aws, Role=f"arn:aws:iam::{ACCOUNT}:role/{unique('nobody', aws)}")


def test_function_of_another_region_is_not_found(aws):
    there = function(aws.elsewhere(), SOURCE)
    with pytest.raises(aws.functions.exceptions.ClientError):
        aws.functions.invoke(FunctionName=there)
