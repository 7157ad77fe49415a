"""Defines and deploys the hello API with boto3, as it would be done on AWS: a Lambda function, and a REST API
that passes every path below /hello to it. Run again, it updates the function and keeps the API.

    python examples/hello/deploy.py [ENDPOINT]          (default http://127.0.0.1:4566)
"""

import io
import json
import pathlib
import sys
import zipfile

import boto3

HERE = pathlib.Path(__file__).parent
REGION = "us-east-1"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def deploy(endpoint):
    """Deploys and returns the URL of GET /hello."""

    def client(service):
        return boto3.client(
            service,
            endpoint_url=endpoint,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    functions, gateway = client("lambda"), client("apigateway")
    function_arn = put_function(functions, client("iam"))
    api_id = deployed_api(gateway)
    if api_id is None:
        api_id = create_api(gateway, functions, function_arn)
    return f"{endpoint}/_aws/execute-api/{api_id}/dev/hello"


def deployed_api(gateway):
    """The id of the API that an earlier run deployed, or None."""
    for page in gateway.get_paginator("get_rest_apis").paginate():
        for api in page["items"]:
            if api["name"] == "hello" and gateway.get_stages(restApiId=api["id"])["item"]:
                return api["id"]
    return None


def put_function(functions, iam):
    """Creates the function or brings its code up to date; returns its ARN."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as package:
        package.write(HERE / "handler.py", "handler.py")
    try:
        return functions.update_function_code(FunctionName="hello", ZipFile=code.getvalue())["FunctionArn"]
    except functions.exceptions.ResourceNotFoundException:
        pass
    try:
        role = iam.get_role(RoleName="hello")["Role"]["Arn"]
    except iam.exceptions.NoSuchEntityException:
        role = iam.create_role(RoleName="hello", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    return functions.create_function(
        FunctionName="hello",
        Runtime="python3.12",
        Handler="handler.handler",
        Role=role,
        Code={"ZipFile": code.getvalue()},
    )["FunctionArn"]


def create_api(gateway, functions, function_arn):
    """An API whose /hello and everything below it goes to the function, deployed; returns its id."""
    api = gateway.create_rest_api(name="hello", description="The first API of Gatewright's README")
    hello = gateway.create_resource(restApiId=api["id"], parentId=api["rootResourceId"], pathPart="hello")
    below = gateway.create_resource(restApiId=api["id"], parentId=hello["id"], pathPart="{proxy+}")
    for resource in (hello, below):
        place = {"restApiId": api["id"], "resourceId": resource["id"], "httpMethod": "ANY"}
        gateway.put_method(**place, authorizationType="NONE")
        gateway.put_integration(
            **place,
            type="AWS_PROXY",
            integrationHttpMethod="POST",
            uri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function_arn}/invocations",
        )
    account = function_arn.split(":")[4]
    functions.add_permission(
        FunctionName="hello",
        StatementId=f"invoked-by-{api['id']}",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:{REGION}:{account}:{api['id']}/*/*",
    )
    gateway.create_deployment(restApiId=api["id"], stageName="dev")
    return api["id"]


if __name__ == "__main__":
    print(deploy(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:4566"))
