"""Defines and deploys a chat with boto3, as it would be done on AWS: a WebSocket API, a Lambda function for its
routes, and a role that lets the function speak to the clients.

    python examples/chat/deploy.py [ENDPOINT]          (default http://127.0.0.1:4566)

It prints the URL to connect to; any WebSocket client will do:

    python -m websockets 'ws://127.0.0.1:4566/_aws/execute-api/…/dev?name=you'
    > {"action": "join", "room": "lobby"}
    > {"action": "say", "text": "Hello!"}
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


def deploy(endpoint):
    """Deploys a chat of its own and returns its URL."""

    def client(service):
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, endpoint_url=endpoint, region_name=REGION, **keys)

    gateway, functions, iam = client("apigatewayv2"), client("lambda"), client("iam")
    name = f"chat-{uuid.uuid4().hex[:8]}"
    api = gateway.create_api(
        Name=name, ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
    )["ApiId"]
    role = create_role(iam, name, api)
    function = create_function(functions, name, role, api)
    create_routes(gateway, api, function)
    gateway.create_stage(ApiId=api, StageName="dev", AutoDeploy=True)
    return f"{endpoint.replace('http', 'ws', 1)}/_aws/execute-api/{api}/dev"


def create_role(iam, name, api):
    """A role for the function, by which it may speak to the API's clients and nothing else."""
    trust = statement("sts:AssumeRole", Principal={"Service": "lambda.amazonaws.com"})
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    post = f"arn:aws:execute-api:{REGION}:*:{api}/dev/POST/@connections/*"
    policy = statement("execute-api:ManageConnections", Resource=post)
    iam.put_role_policy(RoleName=name, PolicyName="speak", PolicyDocument=policy)
    return role


def statement(action, **more):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, **more}]})


def create_function(functions, name, role, api):
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as package:
        for file in ("handler.py", "connections.py"):
            package.write(HERE / file, file)
    table = pathlib.Path(tempfile.gettempdir(), f"{name}.sqlite")
    arn = functions.create_function(
        FunctionName=name,
        Runtime="python3.12",
        Handler="handler.handler",
        Role=role,
        Timeout=29,
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


def create_routes(gateway, api, function):
    integration = gateway.create_integration(
        ApiId=api,
        IntegrationType="AWS_PROXY",
        IntegrationMethod="POST",
        IntegrationUri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function}/invocations",
    )["IntegrationId"]
    for key in ("$connect", "$disconnect", "$default", "say"):
        gateway.create_route(ApiId=api, RouteKey=key, Target=f"integrations/{integration}")
    # Who joins is answered by what the function returns.
    join = gateway.create_route(
        ApiId=api,
        RouteKey="join",
        Target=f"integrations/{integration}",
        RouteResponseSelectionExpression="$default",
    )["RouteId"]
    gateway.create_route_response(ApiId=api, RouteId=join, RouteResponseKey="$default")


if __name__ == "__main__":
    print(deploy(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:4566"))
