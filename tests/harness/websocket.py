"""WebSocket APIs in a few lines, and clients that speak with them: one that behaves, and one that does not."""

import base64
import functools
import http.server
import json
import os
import socket
import struct
import threading

from websockets.sync.client import connect as _connect

from . import wire
from .account import Aws
from .definitions import invocation_uri

TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 0x1, 0x2, 0x0, 0x8, 0x9, 0xA

#: The request template of a MOCK integration whatever the message.
OK = {"$default": '{"statusCode": 200}'}


class WebSocketApi:
    """An API in the making, and its stage `test`."""

    def __init__(self, aws, selection="$request.body.action", **settings):
        self.aws = aws
        self.client = aws.client("apigatewayv2")
        created = self.client.create_api(
            Name="chat", ProtocolType="WEBSOCKET", RouteSelectionExpression=selection, **settings
        )
        self.id = created["ApiId"]
        self.stage = "test"

    def integration(self, **settings):
        """An integration's target."""
        made = self.client.create_integration(ApiId=self.id, **settings)
        return f"integrations/{made['IntegrationId']}"

    def response(self, target, key="$default", **settings):
        """An integration response."""
        integration = target.removeprefix("integrations/")
        self.client.create_integration_response(
            ApiId=self.id, IntegrationId=integration, IntegrationResponseKey=key, **settings
        )

    def mock(self, answer=None, status=200, **settings):
        """A MOCK integration; `answer` is the template of what it answers."""
        templates = {"$default": json.dumps({"statusCode": status})}
        target = self.integration(IntegrationType="MOCK", **{"RequestTemplates": templates, **settings})
        if answer is not None:
            self.response(target, ResponseTemplates={"$default": answer}, TemplateSelectionExpression="\\$default")
        return target

    def function(self, arn, **settings):
        """A proxy integration with a function."""
        uri = invocation_uri(self.aws.region, arn)
        return self.integration(
            IntegrationType="AWS_PROXY", IntegrationMethod="POST", IntegrationUri=uri, **settings
        )

    def route(self, key, target=None, two_way=False, **settings):
        """A route; the client gets its answers if it is `two_way`."""
        if target:
            settings["Target"] = target
        if two_way:
            settings["RouteResponseSelectionExpression"] = "$default"
        made = self.client.create_route(ApiId=self.id, RouteKey=key, **settings)
        if two_way:
            self.client.create_route_response(ApiId=self.id, RouteId=made["RouteId"], RouteResponseKey="$default")
        return made["RouteId"]

    def echo(self, key="$default"):
        """A route that answers every message with itself."""
        target = self.integration(
            IntegrationType="HTTP_PROXY", IntegrationMethod="POST", IntegrationUri=_echo_server()
        )
        return self.route(key, target, two_way=True)

    def deploy(self, **settings):
        """Makes what is defined now the stage's."""
        deployed = self.client.create_deployment(ApiId=self.id)["DeploymentId"]
        named = {"ApiId": self.id, "StageName": self.stage}
        stages = self.client.get_stages(ApiId=self.id)["Items"]
        change = self.client.update_stage if stages else self.client.create_stage
        return change(**named, DeploymentId=deployed, **settings)

    @property
    def path(self):
        return f"/_aws/execute-api/{self.id}/{self.stage}"

    @property
    def host(self):
        port = self.aws.endpoint.rpartition(":")[2]
        return f"{self.id}.execute-api.{self.aws.region}.localhost:{port}"

    def connect(self, query="", **settings):
        """A client that behaves. `settings` are those of the package `websockets`."""
        url = self.aws.endpoint.replace("http://", "ws://") + self.path + query
        return _connect(url, **{"open_timeout": 20, "close_timeout": 20, "compression": None, **settings})

    def raw(self, query="", headers=()):
        """A client that sends what it is told to."""
        return RawClient(self.aws.endpoint, self.path + query, headers)

    def management(self, signer, path=None):
        """The client by which somebody who has a key speaks to connections."""
        endpoint = self.aws.endpoint + (path or self.path)
        keys = (signer.access_key, signer.secret_key, signer.token)
        return Aws(endpoint, self.aws.region, *keys).client("apigatewaymanagementapi")


@functools.cache
def _echo_server():
    """The URL of a server that answers every request with its body; one for each worker."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"


def handshake(endpoint, target, headers=(), secured=None):
    """The answer to an upgrade request, and the socket; over TLS if there is an SSL context."""
    key = base64.b64encode(os.urandom(16)).decode()
    own = {
        "Host": endpoint.removeprefix("http://"),
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": key,
        **dict(headers),
    }
    sent = [(name, value) for name, value in own.items() if value is not None]
    connection = wire.connect(endpoint)
    if secured:
        connection = secured.wrap_socket(connection)
    connection.sendall(wire.head("GET", target, sent))
    # Byte by byte: what follows the head are frames.
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        assert byte, f"the connection ended within the head: {head!r}"
        head += byte
    lines = head.decode("latin-1").split("\r\n")
    found = [tuple(line.split(": ", 1)) for line in lines[1:] if line]
    status = int(lines[0].split(" ")[1])
    reply = wire.Reply(status, found, b"")
    if status != 101:
        length = int(reply.header("content-length") or 0)
        while len(reply.body) < length:
            reply.body += connection.recv(length - len(reply.body))
    return reply, connection


def frame(opcode, payload=b"", fin=True, rsv=0, masked=True, length=None):
    """A frame as bytes; `length` says how long it claims to be, in that many bits: 7, 16 or 64."""
    payload = payload.encode() if isinstance(payload, str) else payload
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    size = len(payload)
    form = length or (7 if size < 126 else 16 if size < 65536 else 64)
    mark = 0x80 if masked else 0
    if form == 7:
        head = struct.pack("!BB", first, mark | size)
    elif form == 16:
        head = struct.pack("!BBH", first, mark | 126, size)
    else:
        head = struct.pack("!BBQ", first, mark | 127, size)
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


class RawClient:
    """A client that sends bytes and reads frames."""

    def __init__(self, endpoint, target, headers=(), secured=None):
        self.reply, self.socket = handshake(endpoint, target, headers, secured)
        assert self.reply.status == 101, self.reply

    def send(self, *pieces):
        """Sends all of this at once."""
        self.socket.sendall(b"".join(pieces))

    def chop(self, data, size=1):
        """Sends this in pieces."""
        for at in range(0, len(data), size):
            self.socket.sendall(data[at : at + size])

    def _read(self, count):
        data = b""
        while len(data) < count:
            try:
                more = self.socket.recv(count - len(data))
            except ConnectionResetError:
                raise EOFError from None
            if not more:
                raise EOFError
            data += more
        return data

    def frame(self):
        """The next frame: (opcode, payload, fin). EOFError if the connection ends."""
        first, second = self._read(2)
        assert not second & 0x80, "the server masks its frames"
        size = second & 0x7F
        if size == 126:
            (size,) = struct.unpack("!H", self._read(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", self._read(8))
        return first & 0x0F, self._read(size), bool(first & 0x80)

    def message(self):
        """The next message as (opcode, payload), its fragments put together."""
        opcode, payload, fin = self.frame()
        while not fin:
            more, part, fin = self.frame()
            assert more == CONTINUATION
            payload += part
        return opcode, payload

    def close_code(self):
        """What the connection is closed with; frames in front of the close frame are passed over."""
        while True:
            opcode, payload, _ = self.frame()
            if opcode == CLOSE:
                return struct.unpack("!H", payload[:2])[0] if payload else None

    def ended(self):
        """Whether the server ends the connection and says nothing more."""
        try:
            self.frame()
        except EOFError:
            return True
        return False

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def close_payload(code, reason=b""):
    return struct.pack("!H", code) + reason


def quiet(client, seconds=0.2):
    """Whether nothing comes for so long."""
    client.socket.settimeout(seconds)
    try:
        client.socket.recv(1, socket.MSG_PEEK)
    except TimeoutError:
        return True
    finally:
        client.socket.settimeout(30)
    return False
