"""What the gateway adds to a warm function: calls through it, and the same process driven by a bare loop."""

import contextlib
import io
import json
import socket
import sys
import time
import zipfile

from .apis import STAGE, client
from .processes import TOP

HANDLER = """
import json

def handler(event, context):
    return {"statusCode": 200, "body": json.dumps(event) if event["path"] == "/echo" else "{}"}
"""
ROLE = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}


def define(endpoint):
    """An API whose every path leads to a Python function by AWS_PROXY; its id."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("handler.py", HANDLER)
    role = client("iam", endpoint).create_role(RoleName="bench", AssumeRolePolicyDocument=json.dumps(ROLE))["Role"]["Arn"]
    functions, gateway = client("lambda", endpoint), client("apigateway", endpoint)
    version = "python3.{}".format(min(13, max(9, sys.version_info.minor)))
    function = functions.create_function(FunctionName="bench", Runtime=version, Role=role, Handler="handler.handler",
                                         Code={"ZipFile": packed.getvalue()})["FunctionArn"]
    functions.add_permission(FunctionName="bench", StatementId="bench", Action="lambda:InvokeFunction",
                             Principal="apigateway.amazonaws.com")
    api = gateway.create_rest_api(name="bench-functions")
    resource = gateway.create_resource(restApiId=api["id"], parentId=api["rootResourceId"], pathPart="{proxy+}")
    place = {"restApiId": api["id"], "resourceId": resource["id"], "httpMethod": "GET"}
    gateway.put_method(**place, authorizationType="NONE")
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations"
    gateway.put_integration(**place, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
    gateway.create_deployment(restApiId=api["id"], stageName=STAGE)
    return api["id"]


class Kept:
    """One kept connection that sends requests as bytes and reads answers by their Content-Length."""

    def __init__(self, connected):
        self.socket, self.rest = connected, b""
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def read(self):
        """One message: its head and its body."""
        data = self.rest
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._more()
        head = data[:end].lower()
        length = 0
        if (at := head.find(b"\r\ncontent-length:")) >= 0:
            length = int(head[at + 17:].split(b"\r\n")[0])
        while len(data) < end + 4 + length:
            data += self._more()
        self.rest = data[end + 4 + length:]
        return head, data[end + 4:end + 4 + length]

    def _more(self):
        part = self.socket.recv(262144)
        if not part:
            raise SystemExit("the other side has closed the connection")
        return part


class ThroughTheGateway:
    def __init__(self, port, api):
        self.kept = Kept(socket.create_connection(("127.0.0.1", port)))
        self.base = f"/_aws/execute-api/{api}/{STAGE}"

    def call(self, path="/call"):
        """Seconds that one call took, and what it answered."""
        request = f"GET {self.base}{path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\n\r\n".encode()
        started = time.perf_counter()
        self.kept.socket.sendall(request)
        head, body = self.kept.read()
        took = time.perf_counter() - started
        if b" 200 " not in head.split(b"\r\n")[0] + b" ":
            raise SystemExit(f"the function failed: {head.decode()} {body.decode()}")
        return took, body


class BareLoop:
    """The smallest Runtime API that there can be, for the same function in the same runtime."""

    def __init__(self, lab, cpus, event):
        folder = lab.folder / "bare-function"
        folder.mkdir()
        (folder / "handler.py").write_text(HANDLER)
        listening = lab.stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        address = "127.0.0.1:{}".format(listening.getsockname()[1])
        bootstrap = TOP / "crates/functions/src/bootstrap/python.py"
        lab.spawn("bare-function", [sys.executable, bootstrap], cpus, AWS_LAMBDA_RUNTIME_API=address,
                  _HANDLER="handler.handler", LAMBDA_TASK_ROOT=str(folder), PYTHONPATH=str(folder))
        listening.settimeout(30)
        self.kept = Kept(lab.stack.enter_context(contextlib.closing(listening.accept()[0])))
        self.event, self.number = event, 0
        self.kept.read()

    def call(self):
        """Seconds from the event's last byte out to the answer's last byte in."""
        self.number += 1
        head = (f"HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: {self.number}\r\nLambda-Runtime-Deadline-Ms: "
                f"{int(time.time() * 1000) + 3000}\r\nLambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:"
                f"000000000000:function:bench\r\nContent-Length: {len(self.event)}\r\n\r\n").encode()
        started = time.perf_counter()
        self.kept.socket.sendall(head + self.event)
        self.kept.read()
        took = time.perf_counter() - started
        self.kept.socket.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
        self.kept.read()
        return took
