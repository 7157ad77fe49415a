"""Functions whose answers a test writes piece by piece."""

import json
import socket

from . import functions

#: A runtime of its own in Python, which streams what it is told over a connection to the test: lines with the
#: length of the part that follows; -1 ends the answer, -2 ends it with an error, -3 ends the process.
BOOTSTRAP = r'''#!/bin/sh
exec python3 - <<'END'
import base64, json, os, socket, sys
host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].rsplit(":", 1)
runtime = socket.create_connection((host, int(port)))
answers = runtime.makefile("rb")
def send(method, path, headers=""):
    runtime.sendall(f"{method} /2018-06-01/runtime/{path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n".encode())
def answer():
    answers.readline()
    headers = {}
    for line in iter(answers.readline, b"\r\n"):
        name, value = line.decode().split(":", 1)
        headers[name.lower()] = value.strip()
    return headers, answers.read(int(headers.get("content-length", 0)))
while True:
    send("GET", "invocation/next")
    headers, event = answer()
    test = socket.create_connection(("127.0.0.1", int(os.environ["TEST_PORT"])))
    told = test.makefile("rb")
    told_event = json.dumps({"resource": json.loads(event)["resource"]}).encode()
    test.sendall(told_event + b"\n")
    id = headers["lambda-runtime-aws-request-id"]
    send("POST", f"invocation/{id}/response",
         "Lambda-Runtime-Function-Response-Mode: streaming\r\nTransfer-Encoding: chunked\r\n"
         "Content-Type: application/vnd.awslambda.http-integration-response\r\n")
    trailers = ""
    while (size := int(told.readline())) > 0:
        part = told.read(size)
        runtime.sendall(b"%x\r\n%s\r\n" % (size, part))
    if size == -3:
        sys.exit(1)
    if size == -2:
        error = base64.b64encode(b'{"errorMessage": "no more", "errorType": "Odd"}').decode()
        trailers = ("Lambda-Runtime-Function-Error-Type: Function.Odd\r\n"
                    f"Lambda-Runtime-Function-Error-Body: {error}\r\n")
    runtime.sendall(f"0\r\n{trailers}\r\n".encode())
    answer()
    test.sendall(b"done\n")
    test.close()
END
'''


class Steered:
    """A function whose answer the test writes piece by piece."""

    def __init__(self, aws, **settings):
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.listening.settimeout(30)
        port = self.listening.getsockname()[1]
        self.arn = functions.function(
            aws,
            BOOTSTRAP,
            "provided.al2023",
            Environment={"Variables": {"TEST_PORT": str(port)}},
            **{"Timeout": 60, **settings},
        )
        functions.allow_gateway(aws, self.arn)

    def accept(self):
        """The function's connection, once it is invoked."""
        self.connection, _ = self.listening.accept()
        self.connection.settimeout(30)
        self.reading = self.connection.makefile("rb")
        return json.loads(self.reading.readline())

    def write(self, data):
        self.connection.sendall(b"%d\n%s" % (len(data), data))

    def end(self, how=-1):
        self.connection.sendall(b"%d\n" % how)

    def is_done(self):
        return self.reading.readline() == b"done\n"
