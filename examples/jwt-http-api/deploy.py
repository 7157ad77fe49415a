"""Defines and deploys a small notebook with boto3, as it would be done on AWS: an HTTP API whose routes take tokens of
an issuer (a JWT authorizer with scopes), CORS for a page in a browser, and a Lambda function behind it.

    python examples/jwt-http-api/deploy.py ISSUER [ENDPOINT]          (default http://127.0.0.1:4566)

ISSUER is an OpenID provider's address, under which it has /.well-known/openid-configuration. It prints the URL of the
API:

    curl -H "Authorization: Bearer $TOKEN" $URL/notes
    curl -H "Authorization: Bearer $TOKEN" -d '{"text": "Buy milk"}' $URL/notes

A token has to be for the audience `notes`, and to have the scope `notes/read`, or `notes/write` to write.
"""

import io
import json
import pathlib
import sys
import tempfile
import uuid
import zipfile

import boto3

HERE = pathlib.Path(__file__).parent
REGION = "us-east-1"

#: Each route with the scope that it asks for.
ROUTES = {
    "GET /notes": "notes/read",
    "POST /notes": "notes/write",
    "DELETE /notes/{id}": "notes/write",
}


def deploy(issuer, endpoint):
    """Deploys a notebook of its own and returns its URL."""

    def client(service):
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, endpoint_url=endpoint, region_name=REGION, **keys)

    gateway, functions, iam = client("apigatewayv2"), client("lambda"), client("iam")
    name = f"notes-{uuid.uuid4().hex[:8]}"
    api = gateway.create_api(
        Name=name,
        ProtocolType="HTTP",
        CorsConfiguration={
            "AllowOrigins": ["http://localhost:3000"],
            "AllowMethods": ["GET", "POST", "DELETE"],
            "AllowHeaders": ["authorization", "content-type"],
        },
    )["ApiId"]
    function = create_function(functions, iam, name, api)
    authorizer = gateway.create_authorizer(
        ApiId=api,
        Name="tokens",
        AuthorizerType="JWT",
        IdentitySource=["$request.header.Authorization"],
        JwtConfiguration={"Issuer": issuer, "Audience": ["notes"]},
    )["AuthorizerId"]
    integration = gateway.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=function, PayloadFormatVersion="2.0"
    )["IntegrationId"]
    for key, scope in ROUTES.items():
        gateway.create_route(
            ApiId=api,
            RouteKey=key,
            Target=f"integrations/{integration}",
            AuthorizationType="JWT",
            AuthorizerId=authorizer,
            AuthorizationScopes=[scope],
        )
    gateway.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    return f"{endpoint}/_aws/execute-api/{api}"


def create_function(functions, iam, name, api):
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as package:
        package.write(HERE / "handler.py", "handler.py")
    table = pathlib.Path(tempfile.gettempdir(), f"{name}.sqlite")
    arn = functions.create_function(
        FunctionName=name,
        Runtime="python3.12",
        Handler="handler.handler",
        Role=role,
        Code={"ZipFile": code.getvalue()},
        Environment={"Variables": {"TABLE": str(table)}},
    )["FunctionArn"]
    account = arn.split(":")[4]
    functions.add_permission(
        FunctionName=name,
        StatementId="invoked-by-its-api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:{REGION}:{account}:{api}/*",
    )
    return arn


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    print(deploy(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "http://127.0.0.1:4566"))
